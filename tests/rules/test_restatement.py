"""One step of one key: what it keeps of a decision, what it does not, and what it says of an id that moves."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import pytest

from rules.documents import Arrival
from rules.kept import Tail
from rules.law import Law
from rules.periods import epoch_day
from rules.restatement import STANDING, Before, Change, Decision, Trace, Unit, month_unit, restate

LAW = Law.load()
CUT_OFF = 1_700_000_000_000
LATER = CUT_OFF + 7 * 86_400_000


class Traced:
    """A case file with one unit, whose decisions say how they were made."""

    def __init__(self) -> None:
        self.decided: list[Decision] = []

    def admit(self, arrival: Arrival) -> Iterable[Unit]:
        return [STANDING]

    def decide(self, unit: Unit, before: Before, cut_off: int) -> Decision:
        self.decided.append(Decision(Trace()))
        return self.decided[-1]

    def followers(self, unit: Unit, change: Change, now: Before) -> Iterable[Unit]:
        return ()


def test_a_fold_drops_the_trace_of_a_decision() -> None:
    """It holds the month and the decision itself: a fold of a county would keep them all until the collector comes."""
    case = Traced()
    assert not [*restate(case, [Arrival(CUT_OFF, 0, "", "", b"", "Timesheet", None)], CUT_OFF, LAW)]
    assert [decision.trace for decision in case.decided] == [None]


class Moving:
    """A case file of two months; an arrival says what is true of both: sayings by id, by month."""

    def __init__(self) -> None:
        self.true: Mapping[int, Mapping[str, Any]] = {}

    def admit(self, arrival: Arrival) -> Iterable[Unit]:
        self.true = arrival.content
        return map(month_unit, MONTHS)

    def decide(self, unit: Unit, before: Before, cut_off: int) -> Decision:
        decision = Decision()
        decision.conclusions.update(self.true.get(unit.month, {}))
        return decision

    def followers(self, unit: Unit, change: Change, now: Before) -> Iterable[Unit]:
        return ()


MONTHS = (19_600, 19_631)


@pytest.mark.parametrize(("old", "new"), [MONTHS, MONTHS[::-1]])
@pytest.mark.parametrize("said", ["as before", "otherwise"])
def test_what_moves_to_another_month_is_heard_of_once(old: int, new: int, said: str) -> None:
    """A claim is corrected to a class of another month and denied there too: whoever hears of an id last would else
    hear that it is no longer so."""
    arrivals = [
        Arrival(cut_off, place, "", "", b"", "Timesheet", true)
        for place, (cut_off, true) in enumerate(
            [(CUT_OFF, {old: {"a": "as before", "b": 1}}), (LATER, {new: {"a": said, "c": 3}})]
        )
    ]
    changes = restate(Moving(), arrivals, LATER, LAW)
    later = [(change.id, change.before, change.now) for change in changes if change.cut_off > CUT_OFF]
    moved = [("a", "as before", said)] if said == "otherwise" else []
    assert sorted(later, key=repr) == [*moved, ("b", 1, None), ("c", None, 3)]


def test_the_rest_of_a_workweek_is_kept_while_the_month_after_it_is_open() -> None:
    """What a closed month hands on goes when nobody can ask for it any more."""
    tail, march, april = Tail([]), epoch_day(date(2026, 3, 1)), epoch_day(date(2026, 4, 1))
    assert tail.when_closed(march, lambda month: month <= march) is tail
    assert tail.when_closed(march, lambda month: month <= april) is None
