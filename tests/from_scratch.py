"""Deciding everything once, at the end, with an empty memory: what the fold over all pay runs must come to as well.

The same facts, each first seen by the pay run that saw it, but only one cut-off is decided. What the two may differ in
are the rules that may look at their own past (DESIGN.md): `tests/test_from_scratch.py` excepts them by name.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

from fold.door import Door
from fold.rows import Row, arrival, catalog_of, conclusion_row
from fold.stages import STAGES
from rules.conclusion import OUT
from rules.documents import Arrival
from rules.law import Law
from rules.restatement import Before, CaseFile, Change, Decision, Memory, Unit, restate, step
from schemas.envelope import Fact

Fold = Callable[[CaseFile, Sequence[Arrival], int, Law], Iterable[Change]]


class Place(NamedTuple):
    """Where a conclusion stands."""

    stage: str
    key: str
    unit: Unit
    id: str


class Recorded:
    """A case file that remembers what was last concluded of each unit, and the cut-offs at which it was asked."""

    def __init__(self, case: CaseFile) -> None:
        self.case = case
        self.standing: dict[Unit, dict[str, Any]] = {}

    def admit(self, arrival: Arrival) -> Iterable[Unit]:
        return self.case.admit(arrival)

    def decide(self, unit: Unit, before: Before, cut_off: int) -> Decision:
        decision = self.case.decide(unit, before, cut_off)
        self.standing[unit] = decision.conclusions
        return decision

    def followers(self, unit: Unit, change: Change, now: Before) -> Iterable[Unit]:
        return self.case.followers(unit, change, now)


def folded(facts: Iterable[Fact], law: Law, until: int) -> dict[Place, Any]:
    """What stands after all pay runs."""
    return _standing(facts, law, until, lambda stage, key: restate)


def from_scratch(facts: Iterable[Fact], law: Law, until: int, woken: Iterable[Place] = ()) -> dict[Place, Any]:
    """What stands if all is decided once, at the end.

    ``woken``: units that a clock wakes, which no fact names (an advance of a month to come); so others are decided too.
    """
    units: dict[tuple[str, str], set[Unit]] = defaultdict(set)
    for place in woken:
        units[place.stage, place.key].add(place.unit)
    return _standing(facts, law, until, lambda stage, key: partial(decide_once, units[stage, key]))


def decide_once(
    woken: Iterable[Unit], case: CaseFile, arrivals: Sequence[Arrival], until: int, law: Law
) -> Iterator[Change]:
    """Admit everything, then decide what was touched, as of ``until`` alone."""
    memory = Memory()
    memory.reviews = dict.fromkeys(woken, 0)
    yield from step(case, memory, arrivals, until, law)


def _standing(facts: Iterable[Fact], law: Law, until: int, fold_of: Callable[[str, str], Fold]) -> dict[Place, Any]:
    door = Door(1, until)
    for fact in facts:
        door.take(fact)
    catalog = catalog_of(door.catalog)
    rows: dict[str, dict[str, set[Row]]] = {stage: defaultdict(set) for stage in STAGES}
    for (stage, _), dealt in door.dealer.hands.items():
        for row in dealt:
            rows[stage][row[0]].add(row)
    found: dict[Place, Any] = {}
    for stage in STAGES:
        for key in sorted(rows[stage]):
            case = Recorded(STAGES[stage](key, law, catalog))
            arrivals = [arrival(row) for row in sorted(rows[stage][key], key=lambda row: row[1:])]
            for change in fold_of(stage, key)(case, arrivals, until, law):
                _deal(change, rows)
            for unit, conclusions in case.standing.items():
                found |= {Place(stage, key, unit, id): said for id, said in conclusions.items()}
    return found


def _deal(change: Change, rows: dict[str, dict[str, set[Row]]]) -> None:
    said = change.now if change.now is not None else change.before
    stop = said.to
    if stop not in (None, OUT):
        row = conclusion_row(stop.key, change.cut_off, change.id, type(said).__name__, change.now)
        rows[stop.stage][stop.key].add(row)
