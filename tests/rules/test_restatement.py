"""One step of one key: what it keeps of a decision, and what it does not."""

from collections.abc import Iterable

from rules.documents import Arrival
from rules.law import Law
from rules.restatement import STANDING, Before, Change, Decision, Trace, Unit, restate

LAW = Law.load()
CUT_OFF = 1_700_000_000_000


class Traced:
    """A case file with one unit, whose decisions say how they were made."""

    def __init__(self) -> None:
        self.decided: list[Decision] = []

    def admit(self, arrival: Arrival) -> Iterable[Unit]:
        return [STANDING]

    def decide(self, unit: Unit, before: Before, cut_off: int) -> Decision:
        self.decided.append(Decision(Trace()))
        return self.decided[-1]

    def followers(self, unit: Unit, change: Change) -> Iterable[Unit]:
        return ()


def test_a_fold_drops_the_trace_of_a_decision() -> None:
    """It holds the month and the decision itself: a fold of a county would keep them all until the collector comes."""
    case = Traced()
    assert not [*restate(case, [Arrival(CUT_OFF, 0, "", "", b"", "Timesheet", None)], CUT_OFF, LAW)]
    assert [decision.trace for decision in case.decided] == [None]
