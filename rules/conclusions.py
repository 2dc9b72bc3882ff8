"""What the stages say to each other, and what a month keeps to itself.

Authority: none of its own; CONTRACT.md names what leaves the house, these are the words inside it.
All are compact msgspec arrays of ints and strings. Each conclusion says where it goes and what is kept of it.
"""

from collections.abc import Sequence

import msgspec

from rules.conclusion import OUT, SETTLE, Closed, Conclusion, Stop
from rules.periods import MONTHS_IN_YEAR, add_months, month_of
from schemas.advance_reconciliation import AdvanceReconciliation
from schemas.benefit_hours import BenefitHours
from schemas.envelope import OutgoingRecord
from schemas.ids import day_of, settlement_of
from schemas.leave_balance import LeaveBalance
from schemas.payment_instruction import PaymentInstruction
from schemas.symbols import Earning, LineProgram, PaymentKind

Stamp = tuple[int, int]  # (cut-off that first saw it, recorded_at)
Return = tuple[str, Stamp]  # instruction id, and when it was recorded that it came back
LOOKED_BACK = MONTHS_IN_YEAR + MONTHS_IN_YEAR  # months: further than any county's rule of benefits does
UNSENT = 0  # in the place of a cut-off


class AuthorizationTerm(msgspec.Struct, array_like=True, frozen=True):
    """An authorization in force from ``first`` to ``last`` (None: open), its minutes limited to the ceiling."""

    first: int
    last: int | None
    county: str
    monthly_minutes: int
    training_needs: list[str]
    reference: str


class AssignmentTerm(msgspec.Struct, array_like=True, frozen=True):
    """An assignment in force from ``first`` to ``last`` (None: open)."""

    first: int
    last: int | None
    monthly_minutes: int | None
    relationship: str
    live_in: bool
    reference: str


class Line(msgspec.Struct, array_like=True, frozen=True, order=True):
    """One earning of a statement, whole (not a difference). ``rate_mills`` None: a weighted premium or an incentive."""

    earning: Earning
    program: LineProgram
    county: str | None
    rate_mills: int | None
    minutes: int
    cents: int
    rule: str

    @property
    def key(self) -> tuple[str, str, str, int]:
        """What makes it one line: earning, program, county and rate."""
        return self.earning, self.program, self.county or "", self.rate_mills or 0


class Offsettable(msgspec.Struct, array_like=True, frozen=True):
    """Straight IHSS service minutes of one document that an advance may cover, at their HOURS-6 place."""

    stamp: Stamp
    document_id: str
    county: str
    rate_mills: int
    minutes: int


class Statement(Conclusion, frozen=True):
    """What one provider earns for one recipient in one pay period, as of a cut-off; to settlement."""

    state_number = 4

    statement_id: str
    kind: PaymentKind
    provider_id: str
    recipient_id: str | None
    period_start: int
    lines: list[Line]
    claimed_minutes: int
    held_minutes: int
    cut_minutes: int
    denied_minutes: int
    payable: tuple[Stamp, str] | None
    relationship: str
    live_in: bool
    offsettable: list[Offsettable]
    documents: list[str]
    assumptions: list[str]
    bearing_cents: int = 0  # IHSS service, straight and premium, which can bear share of cost (SOC-4)
    case_county: str | None = None  # whose case it is, of which findings tell
    claim: tuple[str, str, int] | None = None  # a document it stands on: kind/document_id/revision, program, pay period

    @property
    def key(self) -> str:
        """Settlement's key: the recipient, or the provider for training and incentives."""
        return settlement_of(self.kind, self.provider_id, self.recipient_id)

    @property
    def to(self) -> Stop:
        """The settlement that pays it."""
        return Stop(SETTLE, self.key)

    @classmethod
    def month_in(cls, id: str) -> int | None:
        """That of its pay period."""
        day = day_of(id)
        return None if day is None else month_of(day)

    def still_read(self, is_closed: Closed, told: set[str]) -> bool:
        """While its month is open."""
        return not is_closed(month_of(self.period_start))


def worth_nothing(
    statement_id: str, kind: PaymentKind, provider_id: str, recipient_id: str | None, period_start: int,
    documents: Sequence[str] = (), relationship: str = "NON_RELATIVE", live_in: bool = False,
    assumptions: Sequence[str] = (),
) -> Statement:  # fmt: skip
    """A statement that there is nothing on: whose it is, and what once decided it."""
    return Statement(
        statement_id, kind, provider_id, recipient_id, period_start, [], 0, 0, 0, 0, None, relationship, live_in, [],
        list(documents), list(assumptions),
    )  # fmt: skip


class AccountTerm(msgspec.Struct, array_like=True, frozen=True):
    """An enrolment in force from ``first`` to ``last`` with its account token, and when that was recorded."""

    first: int
    last: int | None
    token: str | None
    recorded: Stamp
    county: str = ""


class PayeeAccount(Conclusion, frozen=True):
    """Where a provider's money goes, by day; to each settlement that pays this provider.

    ``returned``: payments that are said to have come back (RUN-4): whether they were made at all, and moved anything,
    only the settlement that made them knows (`PaymentReturned`).
    """

    state_number = 5

    key: str
    provider_id: str
    terms: list[AccountTerm]
    returned: list[Return] = []

    @property
    def to(self) -> Stop:
        """The settlement that pays the provider."""
        return Stop(SETTLE, self.key)


class HandedOn(msgspec.Struct, array_like=True):
    """Minutes of a month's unfinished workweek, as its provider's key remembers them: the fields of `rules.worked`."""

    day: int
    earning: Earning
    payable: Stamp
    recorded: Stamp
    document_id: str
    reference: str
    recipient_id: str | None
    program: LineProgram
    county: str
    rate_mills: int
    minutes: int
    overtime_minutes: int = 0
    assumptions: tuple[str, ...] = ()


class ContractRecord(Conclusion, frozen=True):
    """What leaves the house: a record of the contract. Its cut-off is UNSENT until it is sent, so that the same content
    compares equal at every pay run."""

    content: OutgoingRecord

    @property
    def to(self) -> Stop:
        """To whoever reads the records."""
        return OUT


class InstructionRecord(ContractRecord, frozen=True):
    """A payment, said once and remembered by its account."""

    content: PaymentInstruction


class ReconciliationRecord(ContractRecord, frozen=True):
    """How far an advance is accounted for (ADV-6)."""

    state_number = 6

    content: AdvanceReconciliation

    def when_closed(self, month: int, is_closed: Closed) -> "ReconciliationRecord | None":
        """As long as hours."""
        return None if is_closed(add_months(month, LOOKED_BACK)) else self


class BenefitRecord(ContractRecord, frozen=True):
    """Hours that health benefits depend on (BEN-1)."""

    state_number = 20

    content: BenefitHours

    def when_closed(self, month: int, is_closed: Closed) -> "BenefitRecord | None":
        """While later months may look back to its hours."""
        return None if is_closed(add_months(month, LOOKED_BACK)) else self


class LeaveRecord(ContractRecord, frozen=True):
    """What a provider has of paid sick leave in a leave year (SICK-7)."""

    state_number = 23

    content: LeaveBalance


class PaymentTurned(Conclusion, frozen=True):
    """A payment that stands no more (RUN-4), or again (``reversed`` false), and of which no instruction of the run
    tells; to the pay run."""

    instruction_id: str
    net_cents: int
    reversed: bool

    @property
    def to(self) -> Stop:
        """Among what the pay run tells."""
        return OUT
