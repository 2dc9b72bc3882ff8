"""A fact arrived; decide again; say what changed.

Authority: MONEY-2 and TIME-6 in their general form: nothing said is edited, only followed by a difference; a closed
month is never decided again. In force: always. Does not cover: where facts come from and who carries them
(`transforms`).
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from heapq import heapify, heappop, heappush
from operator import attrgetter
from typing import Any, NamedTuple, Protocol

from rules.conclusion import Conclusion
from rules.documents import Arrival
from rules.law import Law
from rules.periods import closing_cut_off, cut_off_at_or_after, month_of

REMEMBERED = 60 * 60  # units, each at some pay runs
CLOSES = "filing.closes_after_months"
_cut_off = attrgetter("cut_off")


class Unit(NamedTuple):
    """What is decided as a whole. Units sort in the order in which they are decided."""

    rank: int
    month: int  # the service month; of a watched day, the day


(_STANDING, _MONTH, _WATCH, _LIFETIME) = range(1 + 1 + 1 + 1)
STANDING = Unit(_STANDING, 0)  # terms that hold until they change
LIFETIME = Unit(_LIFETIME, 0)  # what adds up over years


@cache
def month_unit(month: int) -> Unit:
    """A service month's hours and money."""
    return Unit(_MONTH, month)


@cache
def watch_unit(day: int) -> Unit:
    """What is only watched on a day (visits that overlap) and touches no money."""
    return Unit(_WATCH, day)


def is_watch(unit: Unit) -> bool:
    """Is it a day that is only watched?"""
    return unit.rank == _WATCH


class Trace:
    """What a decision was made from and how, by those who make it; kept only for who explains it."""


class Decision:
    """What is true of a unit as of a cut-off.

    ``conclusions`` by id hold while they are said again; ``records`` are said once; ``reviews`` are instants at which
    units must be decided again though no fact arrives. ``trace``: how it was decided, where that can be explained.
    """

    __slots__ = ("conclusions", "records", "reviews", "trace")

    def __init__(self, trace: Trace | None = None) -> None:
        self.trace = trace
        self.conclusions: dict[str, Conclusion] = {}
        self.records: list[Conclusion] = []
        self.reviews: dict[Unit, int] = {}

    def look_again(self, unit: Unit, instant: int) -> None:
        """Ask to decide a unit again at an instant, if not before."""
        self.reviews[unit] = min(instant, self.reviews.get(unit, instant))


class Change:
    """One id whose conclusion became another: ``now`` None if it vanished. ``id`` "": a record, said once."""

    __slots__ = ("before", "cut_off", "id", "now")

    def __init__(self, cut_off: int, id: str, before: Any, now: Any) -> None:
        self.cut_off, self.id, self.before, self.now = cut_off, id, before, now


Concluded = Mapping[str, Any]
"""What is concluded of a unit, by id: each id has a class of its own."""
Before = Mapping[Unit, Concluded]


class NotRead(ValueError):
    """A kind of arrival that came to a stage which does not read it; the message is the kind."""


class CaseFile(Protocol):
    """The facts of one key, and how to decide on them."""

    def admit(self, arrival: Arrival) -> Iterable[Unit]:
        """File a fact or a conclusion; which units does it touch?"""

    def decide(self, unit: Unit, before: Before, cut_off: int) -> Decision:
        """What is true of the unit as of the cut-off? ``before``: what was concluded before, by unit (this cut-off's
        for units already decided)."""

    def followers(self, unit: Unit, change: Change, now: Before) -> Iterable[Unit]:
        """Later units that read the conclusion that changed. ``now``: what is concluded with it, by unit."""


@lru_cache(maxsize=REMEMBERED)
def closed(unit: Unit, cut_off: int, law: Law) -> bool:
    """TIME-6: is the unit closed to facts first seen by this cut-off? Months close; terms and lifetimes do not."""
    if unit.rank in (_STANDING, _LIFETIME):
        return False
    month = month_of(unit.month)
    return closing_cut_off(month, law.value(CLOSES, month, cut_off)) < cut_off


class Memory:
    """What a key remembers from one pay run to the next.

    ``said``: what was concluded, by unit; ``reviews``: instants at which units must be decided again though no fact
    arrives; ``decided``: the last cut-off that was decided (0: none yet).
    """

    __slots__ = ("decided", "reviews", "said")

    def __init__(self) -> None:
        self.said: dict[Unit, Concluded] = defaultdict(dict)
        self.reviews: dict[Unit, int] = {}
        self.decided = 0

    def copy(self) -> "Memory":
        """As it is now; what is concluded is never edited, so it is shared."""
        other = Memory()
        other.said.update(self.said)
        other.reviews.update(self.reviews)
        other.decided = self.decided
        return other

    def due(self, law: Law) -> int | None:
        """The cut-off at which to decide again though no fact arrives: a review, or law that becomes known; None: no
        such cut-off is known yet."""
        instants = [*self.reviews.values()]
        if law.publications and self.said:
            later = bisect_right(law.publications, self.decided)
            instants += law.publications[later : later + 1]
        return cut_off_at_or_after(min(instants)) if instants else None

    def take_due(self, cut_off: int, law: Law) -> set[Unit]:
        """Units to decide at the cut-off though no fact arrives; their reviews are asked for no longer. Where a value
        of the law becomes known that was not before (WAGE-2), that is all of them."""
        due = {unit for unit, instant in self.reviews.items() if instant <= cut_off}
        for unit in due:
            del self.reviews[unit]
        published = law.publications
        if published and bisect_right(published, self.decided) < bisect_right(published, cut_off):
            due.update(self.said)
        return due


def step(case: CaseFile, memory: Memory, arrivals: Iterable[Arrival], cut_off: int, law: Law) -> list[Change]:
    """One pay run of one key: file what arrived, decide what it touches, what is due and what follows; all changes.

    ``arrivals`` must be in the order of recording and first seen by this pay run; no cut-off between the last decided
    and this one may be due. The only way in which anything is decided: over a whole history (`restate`), and taken up
    again where it was left (`fold.key`).
    """
    touched = memory.take_due(cut_off, law)
    for arrival in arrivals:
        touched.update(case.admit(arrival))
    memory.decided = cut_off
    return _decide_again(case, touched, memory, cut_off, law) if touched else []


def restate(case: CaseFile, arrivals: Sequence[Arrival], until: int, law: Law) -> Iterator[Change]:
    """Fold a whole history: a step for each cut-off that matters to this key, up to and including ``until``.

    ``arrivals`` must be in the order of recording. Changes come by cut-off, then unit, then id as decided.
    """
    for said in steps(case, arrivals, until, law, Memory()):
        yield from said


def steps(case: CaseFile, arrivals: Sequence[Arrival], until: int, law: Law, memory: Memory) -> Iterator[list[Change]]:
    """The same step by step, onto what is remembered: what each says. Arrivals of cut-offs that are decided were filed
    already."""
    position = bisect_right(arrivals, memory.decided, key=_cut_off) if memory.decided else 0  # 0: nothing is yet
    while True:
        due = memory.due(law)
        coming = arrivals[position].cut_off if position < len(arrivals) else until + 1
        cut_off = coming if due is None else min(coming, due)
        if cut_off > until:
            return
        begin = position
        while position < len(arrivals) and arrivals[position].cut_off == cut_off:
            position += 1
        yield step(case, memory, arrivals[begin:position], cut_off, law)


def _decide_again(case: CaseFile, touched: Iterable[Unit], memory: Memory, cut_off: int, law: Law) -> list[Change]:
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
        decision = case.decide(unit, memory.said, cut_off)
        memory.reviews.update(decision.reviews)
        changed = changes(memory.said[unit], decision, cut_off)
        memory.said[unit] = decision.conclusions
        decision.trace = None  # it holds the decision itself, and the collector comes seldom
        found += changed
        for change in changed:
            for follower in case.followers(unit, change, memory.said):
                if not closed(follower, cut_off, law):
                    heappush(waiting, follower)
    return found if len(decided) == 1 else each_once(found)


def each_once(found: list[Change]) -> list[Change]:
    """The changes, but what one unit says no longer and another now says (a claim that now names a day of another
    month) as one: whoever hears of an id hears of it once a pay run."""
    begun = {change.id: change for change in found if change.before is None and change.id}
    moved = {each.id: each.before for each in found if each.now is None and each.id in begun}
    if not moved:
        return found
    for id, before in moved.items():
        begun[id].before = before
    whole = (change for change in found if change.now is not None or change.id not in moved)
    return [change for change in whole if change.before != change.now]


def changes(before: Concluded, decision: Decision, cut_off: int) -> list[Change]:
    """What the new decision says otherwise than the one before."""
    now = decision.conclusions
    found = [Change(cut_off, id, was, said) for id, said in now.items() if (was := before.get(id)) != said]
    if before:
        found += [Change(cut_off, id, said, None) for id, said in before.items() if id not in now]
    if decision.records:
        found += [Change(cut_off, "", None, record) for record in decision.records]
    return found
