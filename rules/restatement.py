"""A fact arrived; decide again; say what changed.

Authority: MONEY-2 and TIME-6 in their general form: nothing said is edited, only followed by a difference; a closed
month is never decided again. In force: always. Does not cover: where facts come from and who carries them
(`transforms`).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import heapify, heappop, heappush
from typing import Any, NamedTuple, Protocol

from rules.documents import Arrival
from rules.law import Law
from rules.periods import closing_cut_off, cut_off_at_or_after, month_of


class Unit(NamedTuple):
    """What is decided as a whole. Units sort in the order in which they are decided."""

    rank: int
    month: int  # the service month; of a watched day, the day


(_STANDING, _MONTH, _WATCH, _LIFETIME) = range(1 + 1 + 1 + 1)
STANDING = Unit(_STANDING, 0)  # terms that hold until they change
LIFETIME = Unit(_LIFETIME, 0)  # what adds up over years


def month_unit(month: int) -> Unit:
    """A service month's hours and money."""
    return Unit(_MONTH, month)


def watch_unit(day: int) -> Unit:
    """What is only watched on a day (visits that overlap) and touches no money."""
    return Unit(_WATCH, day)


def is_watch(unit: Unit) -> bool:
    """Is it a day that is only watched?"""
    return unit.rank == _WATCH


class Decision:
    """What is true of a unit as of a cut-off.

    ``conclusions`` by id hold while they are said again; ``records`` are said once; ``reviews`` are instants at which
    units must be decided again though no fact arrives.
    """

    __slots__ = ("conclusions", "records", "reviews")

    def __init__(self) -> None:
        self.conclusions: dict[str, Any] = {}
        self.records: list[Any] = []
        self.reviews: dict[Unit, int] = {}

    def look_again(self, unit: Unit, instant: int) -> None:
        """Ask to decide a unit again at an instant, if not before."""
        self.reviews[unit] = min(instant, self.reviews.get(unit, instant))


class Change(NamedTuple):
    """One id whose conclusion became another: ``now`` None if it vanished. ``id`` "": a record, said once."""

    cut_off: int
    id: str
    before: Any
    now: Any


Before = Mapping[Unit, Mapping[str, Any]]


class CaseFile(Protocol):
    """The facts of one key, and how to decide on them."""

    def admit(self, arrival: Arrival) -> Iterable[Unit]:
        """File a fact or a conclusion; which units does it touch?"""

    def decide(self, unit: Unit, before: Before, cut_off: int) -> Decision:
        """What is true of the unit as of the cut-off? ``before``: what was concluded before, by unit (this cut-off's
        for units already decided)."""

    def followers(self, unit: Unit, change: Change) -> Iterable[Unit]:
        """Later units that read the conclusion that changed."""


def closed(unit: Unit, cut_off: int, law: Law) -> bool:
    """TIME-6: is the unit closed to facts first seen by this cut-off? Months close; terms and lifetimes do not."""
    if unit.rank in (_STANDING, _LIFETIME):
        return False
    month = month_of(unit.month)
    return closing_cut_off(month, law.value("filing.closes_after_months", month)) < cut_off


def restate(case: CaseFile, arrivals: Sequence[Arrival], until: int, law: Law) -> Iterator[Change]:
    """Fold the decision over the cut-offs that matter to this key, up to and including ``until``.

    ``arrivals`` must be in order of recording. Where a value of the law becomes known that was not before (WAGE-2), all
    open units are decided again. Changes come by cut-off, then unit, then id as decided.
    """
    said: dict[Unit, dict[str, Any]] = defaultdict(dict)
    reviews: dict[Unit, int] = {}
    published = list(reversed(law.publications))
    position, count = 0, len(arrivals)
    while True:
        cut_off = arrivals[position].cut_off if position < count else until + 1
        if reviews:
            cut_off = min(cut_off, cut_off_at_or_after(min(reviews.values())))
        if published and said:
            cut_off = min(cut_off, cut_off_at_or_after(published[-1]))
        if cut_off > until:
            return
        touched = _due(reviews, cut_off) if reviews else set()
        while published and published[-1] <= cut_off:
            published.pop()
            touched.update(said)
        while position < count and arrivals[position].cut_off == cut_off:
            touched.update(case.admit(arrivals[position]))
            position += 1
        if touched:
            yield from decide_again(case, touched, said, reviews, cut_off, law)


def _due(reviews: dict[Unit, int], cut_off: int) -> set[Unit]:
    """Units whose review is due; they are asked for no longer."""
    due = {unit for unit, instant in reviews.items() if instant <= cut_off}
    for unit in due:
        del reviews[unit]
    return due


def decide_again(
    case: CaseFile,
    touched: Iterable[Unit],
    said: dict[Unit, dict[str, Any]],
    reviews: dict[Unit, int],
    cut_off: int,
    law: Law,
) -> list[Change]:
    """Decide the touched units and those that follow from them, oldest first, each once; all that changed."""
    found: list[Change] = []
    waiting = [unit for unit in touched if not closed(unit, cut_off, law)]
    heapify(waiting)
    decided: set[Unit] = set()
    while waiting:
        unit = heappop(waiting)
        if unit in decided:
            continue
        decided.add(unit)
        decision = case.decide(unit, said, cut_off)
        if decision.reviews:
            reviews.update(decision.reviews)
        changed = changes(said[unit], decision, cut_off)
        said[unit] = decision.conclusions
        found += changed
        for change in changed:
            for follower in case.followers(unit, change):
                if not closed(follower, cut_off, law):
                    heappush(waiting, follower)
    return found


def changes(before: dict[str, Any], decision: Decision, cut_off: int) -> list[Change]:
    """What the new decision says otherwise than the one before."""
    now = decision.conclusions
    found = [Change(cut_off, id, before.get(id), said) for id, said in now.items() if before.get(id) != said]
    if before:
        found += [Change(cut_off, id, said, None) for id, said in before.items() if id not in now]
    if decision.records:
        found += [Change(cut_off, "", None, record) for record in decision.records]
    return found
