"""What the stages say to each other, and what a month keeps to itself.

Authority: none of its own; CONTRACT.md names what leaves the house, these are the words inside it.
All are compact msgspec arrays of ints and strings; a conclusion is compared by value with the one said before.
"""

from collections.abc import Sequence

import msgspec

from schemas.advance_reconciliation import AdvanceReconciliation
from schemas.benefit_hours import BenefitHours
from schemas.envelope import OutgoingRecord
from schemas.payment_instruction import PaymentInstruction
from schemas.types import Earning, PaidProgram, PaymentKind, Program

UNSENT = 0  # in the place of a cut-off
Stamp = tuple[int, int]  # (cut-off that first saw it, recorded_at)
Return = tuple[str, Stamp]  # instruction id, and when it was recorded that it came back


class AuthorizedTime(msgspec.Struct, array_like=True, frozen=True):
    """What is left of one timesheet after the recipient's side; to the provider.

    ``minutes`` and ``counties`` have one entry per day of the pay period; ``counties`` is "" where nothing is payable.
    claimed = sum(minutes) + held + cut + denied. ``places`` are HOURS-6's: (stamp, minutes), oldest first.
    """

    provider_id: str
    recipient_id: str
    program: Program
    period_start: int
    document_id: str
    revision: int
    recorded: Stamp
    payable: Stamp | None
    places: list[tuple[Stamp, int]]
    minutes: list[int]
    counties: list[str]
    claimed: int
    held: int
    cut: int
    denied: int
    documents: list[str]
    assumptions: list[str]
    past_terms: list[int] = []  # minutes by day that got past WHO-3, where that is more than ``minutes``
    withdrawn: bool = False
    approved: list[int] = []  # minutes by day that fill ``places``, where that is more than ``minutes``
    held_for: dict[str, int] = {}  # of the minutes held: by code, but for those that wait for the recipient's approval
    given_up: list[int] = []  # minutes by day that an earlier approved revision claimed beyond this one

    def compared(self, day: int) -> int:
        """Minutes of a day that visits are held against (EVV-5)."""
        index = day - self.period_start
        by_day = self.past_terms or self.minutes
        return by_day[index] if 0 <= index < len(by_day) else 0


class LateTime(msgspec.Struct, array_like=True, frozen=True):
    """Minutes of an approved timesheet that came for a closed month and wait for a person (TIME-6); to the provider."""

    provider_id: str
    recipient_id: str
    program: str
    period_start: int
    document_id: str
    minutes: int
    payable: Stamp


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


class Engagement(msgspec.Struct, array_like=True, frozen=True):
    """A provider's terms with one recipient, by program, in order of days; to the provider.

    ``advance``: some authorization asked for advance pay, now or in an earlier revision (a mode is settled once).
    ``departed``: days (first, last) that a document gave up by its present revision, kind/document_id/revision.
    """

    provider_id: str
    recipient_id: str
    authorizations: dict[str, list[AuthorizationTerm]]
    assignments: dict[str, list[AssignmentTerm]]
    advance: bool = False
    departed: list[tuple[int, int, str]] = []

    def departed_on(self, first: int, last: int) -> set[str]:
        """References of documents that gave up a day from ``first`` to ``last``."""
        return {id for start, end, id in self.departed if start <= last and first <= end}


class VisitSpans(msgspec.Struct, array_like=True, frozen=True):
    """Visit spans of one provider with one recipient on one civil day; to the provider.

    ``spans`` are (check-in, check-out) instants cut to the civil day.
    """

    provider_id: str
    recipient_id: str
    service_date: int
    spans: list[tuple[int, int]]


class VisitWarning(msgspec.Struct, array_like=True, frozen=True):
    """Visits of a day drew a warning (EVV-4 under ``warn``); to the provider, whose probation counts it (EVV-6)."""

    provider_id: str
    recipient_id: str
    service_date: int


class Line(msgspec.Struct, array_like=True, frozen=True, order=True):
    """One earning of a statement, whole (not a difference). ``rate_mills`` None: a weighted premium or an incentive."""

    earning: Earning
    program: PaidProgram
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


class Statement(msgspec.Struct, array_like=True, frozen=True):
    """What one provider earns for one recipient in one pay period, as of a cut-off; to settlement."""

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
        return f"R/{self.recipient_id}" if self.kind == "ARREARS" else f"P/{self.provider_id}"


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


class PayeeAccount(msgspec.Struct, array_like=True, frozen=True):
    """Where a provider's money goes, by day; to each settlement that pays this provider.

    ``returned``: payments that are said to have come back (RUN-4): whether they were made at all, and moved anything,
    only the settlement that made them knows (`PaymentReturned`).
    """

    key: str
    provider_id: str
    terms: list[AccountTerm]
    returned: list[Return] = []


class Worked(msgspec.Struct, array_like=True):
    """Minutes of one document on one day on the provider's side, while rules take from them.

    ``earning`` is SERVICE, TRAVEL or TRAINING; ``payable`` orders documents in a day (OT-3), ``recorded`` tells who
    loses a day too long (TIME-5), ``reference`` is kind/document_id/revision, ``assumptions`` name this project's own
    choices behind the rate. Mutable: each rule that takes minutes lowers ``minutes`` and says so in a finding.
    """

    day: int
    earning: Earning
    payable: Stamp
    recorded: Stamp
    document_id: str
    reference: str
    recipient_id: str | None
    program: PaidProgram
    county: str
    rate_mills: int
    minutes: int
    overtime_minutes: int = 0
    assumptions: tuple[str, ...] = ()


class Record(msgspec.Struct, array_like=True, frozen=True):
    """What leaves the house: a record of the contract. Its cut-off is UNSENT until it is sent, so that the same content
    compares equal at every pay run."""

    content: OutgoingRecord


class InstructionRecord(Record, array_like=True, frozen=True):
    """A payment, said once."""

    content: PaymentInstruction


class ReconciliationRecord(Record, array_like=True, frozen=True):
    """How far an advance is accounted for (ADV-6)."""

    content: AdvanceReconciliation


class BenefitRecord(Record, array_like=True, frozen=True):
    """Hours that health benefits depend on (BEN-1)."""

    content: BenefitHours
