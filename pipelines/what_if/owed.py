"""What a variant owes for pay periods that were over, and what a month of it costs.

Money in cents, days as epoch days.
"""

from collections import defaultdict
from typing import NamedTuple

from pipelines.overlays.differences import days_differing
from pipelines.what_if.scenario import Scenario
from pipelines.what_if.sums import Named, WhatIfSums
from pipelines.what_if.variant import Variant
from rules.law import Law
from rules.periods import (
    add_months,
    business_day_of,
    closing_cut_off,
    month_of,
    next_month,
    period_end,
    previous_month,
)
from schemas.types import LAST_DAY

LATE = 2  # months after a service month in which most of it has been claimed


class BeforeAfter(NamedTuple):
    """Before and after, of ``name`` (parts of it, as in the table's columns)."""

    name: Named
    before: int
    after: int

    @property
    def difference(self) -> int:
        """After less before."""
        return self.after - self.before


class Retroactive(NamedTuple):
    """What is due for pay periods that were over: ``since`` the business day of the first run that pays it (None: no
    day of adoption was named, and it would be due after the last run); by service month, gross and net together."""

    since: int | None
    by_month: list[BeforeAfter]
    gross: int
    net: int


def owed_for_past(scenario: Scenario, was: WhatIfSums, now: WhatIfSums, until: int, base: Law) -> Retroactive:
    """By pay runs after the day of adoption, or, without one, by all of months that are still open."""
    adopted = business_day_of(until) if scenario.adopted is None else scenario.adopted
    before, after = (defaultdict[tuple[int], int](int) for _ in range(2))
    gross = net = 0
    runs = []
    for run, period in {**was.runs, **now.runs}:
        if period_end(period) > adopted or (scenario.adopted is None and _closed(month_of(period), until, base)):
            continue
        if scenario.adopted is not None and run <= adopted:
            continue
        one, other = (each.runs.get((run, period), (0, 0)) for each in (was, now))
        before[month_of(period),] += one[0]
        after[month_of(period),] += other[0]
        gross, net = gross + other[0] - one[0], net + other[1] - one[1]
        runs += [run] if other[0] != one[0] else []
    months = [
        BeforeAfter(month, before[month], after[month]) for month in sorted(after) if before[month] != after[month]
    ]
    return Retroactive(min(runs, default=None) if scenario.adopted is not None else None, months, gross, net)


def _closed(month: int, until: int, law: Law) -> bool:
    """TIME-6: nothing of it is decided again."""
    return closing_cut_off(month, law.value("filing.closes_after_months", month)) <= until


def full_month(variant: Variant, base: Law, by_month: dict[int, int], until: int) -> int | None:
    """Cents that a service month differs by, on average over those in which all of it holds and that are long over."""
    spans = days_differing(base, variant.law).values()
    first = max((each[0].start for each in spans), default=0)
    end = min((each[-1].stop for each in spans), default=LAST_DAY)
    last = min(add_months(month_of(business_day_of(until)), -LATE), previous_month(month_of(end)))
    begins = first if first == month_of(first) else next_month(month_of(first))
    whole = [difference for month, difference in by_month.items() if begins <= month <= last]
    return sum(whole) // len(whole) if whole else None
