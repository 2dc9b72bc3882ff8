"""What a person sees while work goes on: bars with the time left on a terminal, a line now and then on a pipe, or
nothing."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import takewhile

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

Beat = Callable[[str, int, int], None]
"""``beat(stage, done, total)``: so many elements of a stage are done; a total of 0 is one not yet known."""

STAGES = {
    "read": "Reading facts",
    "authorize": "Authorizing time",
    "price": "Pricing time",
    "settle": "Settling payments",
    "close": "Closing pay runs",
}
"""Of a replay. Other work has stages of its own, often one."""
WEIGHTS = {"read": 7, "authorize": 29, "price": 38, "settle": 23, "close": 3, "rows": 2}
"""Shares of a replay's time (docs/measured.md; writing is part of settling), and of an import's: rows beside facts.
Any other stage weighs 1."""
SECONDS_BETWEEN_LINES = 5.0
SECONDS_TO_JUDGE_BY = 1.0  # before, what is left cannot be told from what is done
SHARE_TO_JUDGE_BY = 0.05  # coming up takes longer than the first file, so that it seems to go on like that for hours


@contextmanager
def shown(console: Console, quiet: bool = False, stages: Mapping[str, str] = STAGES) -> Iterator[Beat]:
    """Give a ``Beat`` to call from any thread; what it draws on ``console`` ends with the block."""
    if quiet:
        yield lambda stage, done, total: None
    elif console.is_terminal:
        with _bars(console) as bars:
            yield _Bars(bars, stages)
    else:
        yield _Lines(console, stages=stages)


class Pace:
    """How much of all stages is done, and so how long the rest will take if it goes on like this.

    Stages come one after the other. The clock runs from the first part done: coming up is no measure of what is left.
    """

    def __init__(self, stages: Mapping[str, str], clock: Callable[[], float]) -> None:
        self._weights = {stage: WEIGHTS.get(stage, 1) for stage in stages}
        self._done = dict.fromkeys(stages, 0.0)
        self._clock = clock
        self._first: tuple[float, float] | None = None  # when something was done first, and how much

    def beat(self, stage: str, done: int, total: int) -> None:
        """So much of a stage is done."""
        for each in takewhile(lambda each: each != stage, self._done):
            self._done[each] = 1.0  # also of a shard for which there was nothing
        self._done[stage] = done / total if total else 0.0
        if self._first is None and done:
            self._first = (self._clock(), self._share())

    def _share(self) -> float:
        share = sum(self._done[stage] * weight for stage, weight in self._weights.items())
        return share / sum(self._weights.values())

    def seconds_left(self) -> float | None:
        """None while nobody can tell."""
        if self._first is None:
            return None
        began, had = self._first
        share, elapsed = self._share(), self._clock() - began
        if share - had < SHARE_TO_JUDGE_BY or share >= 1 or elapsed < SECONDS_TO_JUDGE_BY:
            return None
        return elapsed * (1 - share) / (share - had)

    def left(self) -> str:
        """Time left in words; "" while nobody can tell."""
        left = self.seconds_left()
        return "" if left is None else "about {}:{:02} left".format(*divmod(round(left), 60))


def _bars(console: Console) -> Progress:
    columns = (
        TextColumn("{task.description:<18}"),
        BarColumn(bar_width=30),
        TimeElapsedColumn(),
        TextColumn("{task.fields[count]}"),
        TextColumn("[cyan]{task.fields[left]}"),
    )
    return Progress(*columns, console=console, transient=True)


class _Bars:
    """A bar for each stage from its first beat on; the first from the start, as Beam takes seconds to come up."""

    def __init__(self, bars: Progress, stages: Mapping[str, str]) -> None:
        self._bars, self._stages = bars, stages
        self._pace = Pace(stages, time.monotonic)
        self._rows: dict[str, TaskID] = {}
        self(next(iter(stages)), 0, 0)

    def __call__(self, stage: str, done: int, total: int) -> None:
        self._pace.beat(stage, done, total)
        if stage not in self._rows:
            self._rows[stage] = self._bars.add_task(self._stages[stage], total=None, count="", left="")
        self._bars.update(self._rows[stage], completed=done, total=total or None, count=_count(done, total))
        # What is left is of all the work, so it is said once: beside the stage that goes on.
        newest = list(self._rows.values())[-1]
        for row in self._rows.values():
            self._bars.update(row, left=self._pace.left() if row == newest else "")


def _count(done: int, total: int) -> str:
    return f"{done:,} of {total:,}" if total else f"{done:,}"


class _Lines:
    """One plain line every few seconds: a log should show that work goes on, not be filled by it."""

    def __init__(
        self, console: Console, clock: Callable[[], float] = time.monotonic, stages: Mapping[str, str] = STAGES
    ) -> None:
        self._console, self._clock, self._stages = console, clock, stages
        self._pace = Pace(stages, clock)
        self._last = clock()
        self._counts: dict[str, str] = {}

    def __call__(self, stage: str, done: int, total: int) -> None:
        self._pace.beat(stage, done, total)
        self._counts[stage] = f"{self._stages[stage].lower()} {_count(done, total)}"
        now = self._clock()
        if now - self._last < SECONDS_BETWEEN_LINES:
            return
        self._last = now
        left = self._pace.left()
        told = "; ".join([*self._counts.values(), *([left] if left else [])])
        self._console.print(told[0].upper() + told[1:], highlight=False, soft_wrap=True)
