"""What a recipient's side tells a provider: time, terms, visits.

Authority: none of its own; the words between AuthorizeTime and PriceTime.
All are compact msgspec arrays of ints and strings. Each says what is kept of it when its month closes.
"""

from rules.conclusion import PRICE, Closed, Conclusion, Stop
from rules.conclusions import AssignmentTerm, AuthorizationTerm, Stamp
from rules.periods import month_of, next_month
from schemas.ids import DAY_IN_SPANS, PERIOD_IN_TIME, day_in
from schemas.symbols import Program


class ToProvider(Conclusion, frozen=True):
    """What a recipient's side tells a provider."""

    provider_id: str
    recipient_id: str

    @property
    def to(self) -> Stop:
        """The provider's hours and pay."""
        return Stop(PRICE, self.provider_id)


class AuthorizedTime(ToProvider, frozen=True):
    """What is left of one timesheet after the recipient's side; to the provider.

    ``minutes`` and ``counties`` have one entry per day of the pay period; ``counties`` is "" where nothing is payable.
    claimed = sum(minutes) + held + cut + denied. ``places`` are HOURS-6's: (stamp, minutes), oldest first.
    """

    state_number = 0

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

    @classmethod
    def month_in(cls, id: str) -> int:
        """That of its pay period."""
        return month_of(day_in(id, PERIOD_IN_TIME))

    def compared(self, day: int) -> int:
        """Minutes of a day that visits are held against (EVV-5)."""
        index = day - self.period_start
        by_day = self.past_terms or self.minutes
        return by_day[index] if 0 <= index < len(by_day) else 0

    def still_read(self, is_closed: Closed, told: set[str]) -> bool:
        """While the month after its own is open, which may have the rest of a workweek. One for each recipient for
        good: it tells who pays the provider."""
        tells_payer = self.recipient_id not in told
        told.add(self.recipient_id)
        return tells_payer or not is_closed(next_month(month_of(self.period_start)))


class LateTime(ToProvider, frozen=True):
    """Minutes of an approved timesheet that came for a closed month and wait for a person (TIME-6); to the provider."""

    state_number = 17
    leaves_nothing = True

    program: str
    period_start: int
    document_id: str
    minutes: int
    payable: Stamp


class Engagement(ToProvider, frozen=True):
    """A provider's terms with one recipient, by program, in order of days; to the provider.

    ``advance``: some authorization asked for advance pay, now or in an earlier revision (a mode is settled once).
    ``departed``: days (first, last) that a document gave up by its present revision, kind/document_id/revision.
    """

    state_number = 1

    authorizations: dict[str, list[AuthorizationTerm]]
    assignments: dict[str, list[AssignmentTerm]]
    advance: bool = False
    departed: list[tuple[int, int, str]] = []

    def departed_on(self, first: int, last: int) -> set[str]:
        """References of documents that gave up a day from ``first`` to ``last``."""
        return {id for start, end, id in self.departed if start <= last and first <= end}


class VisitSpans(ToProvider, frozen=True):
    """Visit spans of one provider with one recipient on one civil day; to the provider.

    ``spans`` are (check-in, check-out) instants cut to the civil day.
    """

    state_number = 2
    leaves_nothing = True

    service_date: int
    spans: list[tuple[int, int]]

    @classmethod
    def month_in(cls, id: str) -> int:
        """That of its day."""
        return month_of(day_in(id, DAY_IN_SPANS))

    def still_read(self, is_closed: Closed, told: set[str]) -> bool:
        """While its month is open."""
        return not is_closed(month_of(self.service_date))


class VisitWarning(ToProvider, frozen=True):
    """Visits of a day drew a warning (EVV-4 under ``warn``); to the provider, whose probation counts it (EVV-6)."""

    state_number = 3
    leaves_nothing = True

    service_date: int
