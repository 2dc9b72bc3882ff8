"""What a unit keeps to itself until it is decided again: private conclusions, the memory of a case file.

Authority: none of its own; MONEY-2, SOC-5, LIMIT-6 and the workweek across two months need what was concluded before.
In force: always. Does not cover: what other stages are told (`conclusions`).
"""

import msgspec
from msgspec.structs import replace

from rules.conclusion import Closed, Conclusion
from rules.conclusions import LOOKED_BACK, HandedOn, Line
from rules.periods import add_months, next_month
from schemas.symbols import DeductionKind


class Claims(Conclusion, frozen=True):
    """Minutes of a month claimed past WHO-3, by provider and day, both programs; of days on which several were there.
    Private."""

    state_number = 8

    by_provider: dict[str, dict[int, int]]


class Tail(Conclusion, frozen=True):
    """Payable minutes of a month's last, unfinished workweek: what the next month must know of this one. Private.

    ``cut_minutes`` of service went by LIMIT-3's monthly cut (they still count in the week), ``cut_travel_minutes`` by
    TRAVEL-1.
    """

    state_number = 9

    worked: list[HandedOn]
    cut_minutes: int = 0
    cut_travel_minutes: int = 0

    def when_closed(self, month: int, is_closed: Closed) -> "Tail | None":
        """While the next month, which has the rest of the week, is open."""
        return None if is_closed(next_month(month)) else self


class PastInstruction(msgspec.Struct, array_like=True, frozen=True):
    """One payment instruction as said: the differences of its run. Private.

    ``part_cents`` is its part of the gross that can bear share of cost (SOC-4; in an advance month ADV-5's offset pay).
    ``deductions`` by kind, without zeros.
    """

    instruction_id: str
    run_date: int
    cut_off: int
    relationship: str
    lines: list[Line]
    deductions: dict[DeductionKind, int]
    part_cents: int
    net_cents: int

    @property
    def gross_cents(self) -> int:
        """Sum of the lines."""
        return sum(line.cents for line in self.lines)


class Account(Conclusion, frozen=True):
    """All instructions of a statement, in order: what a later run sets its entitlement against (MONEY-2). Private."""

    state_number = 10

    said: list[PastInstruction]

    def when_closed(self, month: int, is_closed: Closed) -> "Account":
        """Which instructions there were and what they moved: one may come back (RUN-4)."""
        return Account([replace(each, relationship="", lines=[], deductions={}, part_cents=0) for each in self.said])


class Charges(Conclusion, frozen=True):
    """Share of cost charged in a month: (statement id, cents) in the order of charging (SOC-5). Private."""

    state_number = 11

    charged: list[tuple[str, int]]


class CareerMonth(Conclusion, frozen=True):
    """What a month paid that incentives look at, after all rules of the provider's side. Private.

    ``training``: (class date, pathway, minutes, kind/document_id/revision); ``service``: (recipient, day, minutes).
    """

    state_number = 12

    training: list[tuple[int, str, int, str]]
    service: list[tuple[str, int, int]]

    def when_closed(self, month: int, is_closed: Closed) -> "CareerMonth":
        """All of it: incentives add up over years."""
        return self


class HeldDocument(msgspec.Struct, array_like=True, frozen=True):
    """An approved document and its minutes that are held, by code of the finding.

    ``payable_at``: the instant at which it first became payable. Fields as in a finding about it.
    """

    kind: str
    document_id: str
    period_start: int | None
    recipient_id: str | None
    program: str | None
    statement_id: str | None
    service_month: int
    payable_at: int
    minutes: dict[str, int]
    service_date: int | None = None  # of a kind that is claimed by the day


class HeldTime(Conclusion, frozen=True):
    """What a month holds of approved documents, for the day on which pay for it is overdue (RUN-1). Private."""

    state_number = 18

    documents: list[HeldDocument]

    def when_closed(self, month: int, is_closed: Closed) -> "HeldTime":
        """All of it: pay may become overdue when the month has closed."""
        return self


class PaidIncentives(Conclusion, frozen=True):
    """Which revision of each incentive claim was paid, by document id. Private."""

    state_number = 13

    revisions: dict[str, int]


class ServiceDays(Conclusion, frozen=True):
    """Paid service minutes of a month by day, of programs with paid sick leave (SICK-2), in order. Private.

    ``waiver``: some are of WPCS.
    """

    state_number = 21

    days: list[tuple[int, int]]
    waiver: bool

    def when_closed(self, month: int, is_closed: Closed) -> "ServiceDays | None":
        """Until leave histories that are looked at once a year at least have taken it up."""
        return None if is_closed(add_months(month, LOOKED_BACK)) else self


class Stint(msgspec.Struct, array_like=True, frozen=True):
    """Paid service without too long a gap (SICK-4), and what it earned.

    ``worked_minutes`` are counted until they made leave usable (SICK-3); ``waiver``: some were of WPCS.
    """

    last_day: int
    worked_minutes: int = 0
    earned_on: int | None = None
    usable_from: int | None = None
    waiver: bool = False


class LeaveHistory(Conclusion, frozen=True):
    """What paid sick leave goes on from: stints up to the month ``through``, the last that has closed, and minutes paid
    on claims (recipient, program, service date, document id) of open months (SICK-7). Private."""

    state_number = 22

    through: int
    stints: list[Stint]
    paid: list[tuple[str, str, int, str, int]]


class Violation(msgspec.Struct, array_like=True, frozen=True):
    """What a workweek violates: V1 to V4, minutes against those allowed; V2 also with the month's overtime.

    ``extra_minutes`` of those allowed are by approved exceptions; ``recipients``: how many V3 is about.
    """

    workweek: int
    code: str
    recipient_id: str | None
    minutes: int
    allowed_minutes: int
    overtime_minutes: int = 0
    overtime_allowed_minutes: int = 0
    extra_minutes: int = 0
    recipients: int = 0


class WeeksJudged(Conclusion, frozen=True):
    """Violations of the workweeks whose Saturday a month holds, for the ladder over all months (LIMIT-6). Private."""

    state_number = 14

    violations: list[Violation]

    def when_closed(self, month: int, is_closed: Closed) -> "WeeksJudged":
        """All of it: the ladder counts over years."""
        return self


class OverLimit(Conclusion, frozen=True):
    """A yearly income above the threshold of the category that an assessment claims; what a month keeps of it."""

    state_number = 16

    document_id: str
    category: str
    yearly_cents: int
    limit_cents: int

    def when_closed(self, month: int, is_closed: Closed) -> "OverLimit":
        """All of it: one finding tells of all months."""
        return self


class Held(Conclusion, frozen=True):
    """An advance that cannot be decided, as its month keeps it: the finding's code, the authorization, its minutes,
    what is missing and the month."""

    state_number = 15

    code: str
    document_id: str
    minutes: int
    missing: str
    month: int

    def when_closed(self, month: int, is_closed: Closed) -> "Held":
        """All of it: one finding tells of all months that are held."""
        return self
