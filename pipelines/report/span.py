"""Which pay runs a report is about, and which one its last run is compared with. Days are epoch days."""

from collections.abc import Mapping
from dataclasses import dataclass

from pipelines.misuse import Misuse
from rules.periods import business_day_of, cut_off_after, cut_off_of, iso, month_of, period_of
from schemas.pay_run import PayRun

RUNS_BEFORE = 20
"""So many earlier runs say what is usual."""


@dataclass(frozen=True)
class ReportSpan:
    """The runs asked for, ``days`` sorted. ``last``: the newest of them that said anything, else the newest.

    ``before``: the newest run before it that said anything; ``usual``: that one and up to 19 more such runs before it.
    """

    days: tuple[int, ...]
    last: int
    usual: tuple[int, ...]
    whole: bool

    @property
    def before(self) -> int | None:
        return self.usual[-1] if self.usual else None

    @property
    def period(self) -> int:
        """The pay period whose pay was on its way at the end: the newest that had ended by the last run."""
        return period_of(period_of(self.last) - 1)

    @property
    def period_before(self) -> int:
        """The same pay period, the first or the second of its month, a month before."""
        half = self.period - month_of(self.period)
        return month_of(month_of(self.period) - 1) + half

    def compares(self, period: int, run: int) -> str | None:
        """``last`` or ``before``, of which two pay periods an instruction is; of the one before only what had been said
        as long after its beginning."""
        if period == self.period and run <= self.last:
            return "last"
        as_long_after = self.last - (self.period - self.period_before)
        return "before" if period == self.period_before and run <= as_long_after else None

    @property
    def end(self) -> int:
        """The cut-off that everything standing is as of."""
        return cut_off_of(self.days[-1])

    def saw(self, instant: int) -> bool:
        """Whether what came at an instant came for one of these runs."""
        return self.whole or business_day_of(cut_off_after(instant)) in self

    def __contains__(self, day: int | None) -> bool:
        return day is not None and self.days[0] <= day <= self.days[-1]


def span_of(runs: Mapping[int, PayRun], first: int | None, last: int | None) -> ReportSpan:
    """The span from business day ``first`` to ``last`` (None: from the first, to the last there is). Raises Misuse.

    ``runs``: PayRun records by run date.
    """
    known = sorted(runs)
    if not known:
        raise Misuse("no pay run is in that folder: replay facts that claim pay")
    days = tuple(day for day in known if (first is None or day >= first) and (last is None or day <= last))
    if not days:
        raise Misuse(f"no pay run lies in what was asked; {_nearest(known, first, last)}")
    speaking = [day for day in known if runs[day].totals or runs[day].findings]
    newest = max((day for day in days if day in set(speaking)), default=days[-1])
    earlier = tuple(day for day in speaking if day < newest)[-RUNS_BEFORE:]
    return ReportSpan(days, newest, earlier, days == tuple(known))


def _nearest(known: list[int], first: int | None, last: int | None) -> str:
    """Which runs to ask for instead: those beside an empty gap between runs, else from where to where there are any."""
    before = [day for day in known if first is not None and day < first]
    after = [day for day in known if last is not None and day > last]
    if before and after:
        return f"the nearest are --run {iso(before[-1])} and --run {iso(after[0])}: name one, or a wider range"
    return f"the runs there are of {iso(known[0])} to {iso(known[-1])}: name days between these"
