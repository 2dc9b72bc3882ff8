"""What a provider's decision reads of months lies within its reach, or state by month would keep it from it."""

from collections import defaultdict
from typing import Any

import pytest

from fold.shelves import reach
from rules.conclusion import PRICE
from rules.price.case import ProviderFile
from rules.price.filed import Filed
from rules.restatement import STANDING, Before, Decision, Unit, closed, month_unit
from tests.case_files import case_files
from tests.paid import replay_plain

READ: set[int] = set()


class Watched(defaultdict[int, Any]):
    """Notes which months are looked at."""

    def __getitem__(self, month: int) -> Any:
        READ.add(month)
        return super().__getitem__(month)

    def get(self, month: int, default: Any = None) -> Any:
        READ.add(month)
        return super().get(month, default)


def test_a_decision_reads_no_month_beyond_its_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    filed, decided, most = Filed.__init__, ProviderFile.decide, set[int]()

    def watched(self: Filed, *about: Any) -> None:
        filed(self, *about)
        self.times, self.travel = Watched(dict), Watched(dict)

    def decide(self: ProviderFile, unit: Unit, before: Before, cut_off: int) -> Decision:
        READ.clear()
        decision = decided(self, unit, before, cut_off)
        if unit != STANDING:
            late = {month for month in READ if closed(month_unit(month), cut_off, self.law)}  # always brought out
            assert {*READ} <= {*(reach(PRICE, unit) or ()), *late}, unit
        most.add(len(READ))
        return decision

    monkeypatch.setattr(Filed, "__init__", watched)
    monkeypatch.setattr(ProviderFile, "decide", decide)
    for file in case_files():
        for each in file.cases:
            replay_plain(each.facts, file.law, each.cut_off)
    assert max(most) == 2, "the month before is read"
