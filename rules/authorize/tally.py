"""One timesheet on its way through the recipient's side: what is left of it and what was taken.

Authority: none of its own; it keeps the books for the rules of the recipient's side. In force: always.
Does not cover: why minutes are taken.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from rules.authorized_time import Use
from rules.claimed_time import Claim
from rules.conclusions import Stamp
from rules.documents import About, Terms
from rules.findings import Loss
from rules.periods import month_of
from schemas.ids import conclusion_id, statement_id
from schemas.symbols import FindingOutcome, Program

Key = tuple[str, Program, int, str]  # provider, program, period start, document id
Pair = tuple[str, Program]  # provider, program
ByDay = Mapping[int, int]  # minutes by day, numbered within the pay period
AWAITING = "AWAITING_RECIPIENT_APPROVAL"


class HoursTally:
    """One timesheet on its way through the recipient's side: minutes left by day, and what was taken.

    ``assigned``, ``authorized``: the document in force on each day; ``past_terms``: minutes by day that got past WHO-3;
    ``witnesses``: references of visits that decided, where visits decide.
    """

    __slots__ = (
        "assigned", "authorized", "claim", "cut", "denied", "held", "key", "losses", "past_terms", "use", "witnesses",
    )  # fmt: skip

    def __init__(
        self, key: Key, claim: Claim, use: Use, held: int, assigned: list[Any], authorized: list[Any]
    ) -> None:  # fmt: skip
        self.key, self.claim, self.use, self.held = key, claim, use, held
        self.assigned, self.authorized = assigned, authorized
        self.cut = self.denied = 0
        self.past_terms: list[int] = []
        self.losses: list[Loss] = []
        self.witnesses: set[str] = set()

    @property
    def pair(self) -> Pair:
        """Provider and program."""
        return self.key[0], self.key[1]

    @property
    def period(self) -> int:
        """First day of the pay period."""
        _, _, period, _ = self.key
        return period

    @property
    def order(self) -> tuple[Stamp | None, str]:
        """First payable, then document id."""
        return self.claim.payable, self.use.document_id

    def lose(self, code: str, outcome: FindingOutcome, by_day: ByDay) -> None:
        """Say why minutes are not payable, if there are any."""
        for day, minutes in by_day.items():
            if minutes:
                self.losses.append(Loss(self.key[-1], self.key[1], code, outcome, self.period + day, minutes))

    def strike(self, days: Iterable[int]) -> dict[int, int]:
        """Take all minutes of days (numbers within the period); how many there were of each."""
        taken = {}
        for day in days:
            taken[day] = self.use.minutes[day]
            self.use.minutes[day] = 0
        return taken

    def hold(self, days: Iterable[int] | None = None) -> dict[int, int]:
        """Take all minutes of days (None: of all) as held."""
        held = self.strike(range(len(self.use.minutes)) if days is None else days)
        self.held += sum(held.values())
        return held

    @property
    def held_for(self) -> dict[str, int]:
        """Minutes held for another reason than the recipient's approval, by code."""
        if not self.losses:
            return {}
        sums: dict[str, int] = defaultdict(int)
        for loss in self.losses:
            if loss.outcome == "HELD" and loss.code != AWAITING:
                sums[loss.code] += loss.minutes
        return dict(sorted(sums.items()))


def days_with_minutes(tally: HoursTally) -> list[tuple[int, int]]:
    """(day, minutes) of the minutes left."""
    period = tally.period
    return [(period + index, minutes) for index, minutes in enumerate(tally.use.minutes) if minutes]


def id_of(key: Key, recipient_id: str) -> str:
    """Of the conclusion: every field that a key is made of, so that a moved claim is another id."""
    provider, program, period, document_id = key
    return conclusion_id("time", provider, recipient_id, program, period, document_id)


def about(key: Key, recipient_id: str) -> About:
    """Fields of a finding about a timesheet."""
    provider, program, period, document_id = key
    return {
        "provider_id": provider,
        "recipient_id": recipient_id,
        "program": program,
        "kind": "Timesheet",
        "document_id": document_id,
        "period_start": period,
        "statement_id": statement_id("ARREARS", provider, recipient_id, period),
        "service_month": month_of(period),
    }


def covered(terms: Terms[Any], first: int, last: int) -> list[Any]:
    """The document in force on each day from first to last, None where there is none."""
    covering: list[Any] = [None] * (last - first + 1)
    for span in terms.spans(first, last):
        covering[span.first - first : span.last - first + 1] = [span.fact] * (span.last - span.first + 1)
    return covering
