"""What a person sees while a replay works: bars on a terminal, a plain line now and then on a pipe, or nothing."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

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
SECONDS_BETWEEN_LINES = 5.0


@contextmanager
def shown(console: Console, quiet: bool = False) -> Iterator[Beat]:
    """Give a ``Beat`` to call from any thread; what it draws on ``console`` ends with the block."""
    if quiet:
        yield lambda stage, done, total: None
    elif console.is_terminal:
        with _bars(console) as bars:
            yield _Bars(bars)
    else:
        yield _Lines(console)


def _bars(console: Console) -> Progress:
    columns = (
        TextColumn("{task.description:<18}"),
        BarColumn(bar_width=40),
        TimeElapsedColumn(),
        TextColumn("{task.fields[count]}"),
    )
    return Progress(*columns, console=console, transient=True)


class _Bars:
    """A bar for each stage from its first beat on; reading from the start, as Beam takes seconds to come up."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._rows: dict[str, TaskID] = {}
        self("read", 0, 0)

    def __call__(self, stage: str, done: int, total: int) -> None:
        if stage not in self._rows:
            self._rows[stage] = self._bars.add_task(STAGES[stage], total=None, count="")
        self._bars.update(self._rows[stage], completed=done, total=total or None, count=_count(done, total))


def _count(done: int, total: int) -> str:
    return f"{done:,} of {total:,}" if total else f"{done:,}"


class _Lines:
    """One plain line every few seconds: a log should show that work goes on, not be filled by it."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console, self._clock, self._last = console, clock, clock()
        self._counts: dict[str, str] = {}

    def __call__(self, stage: str, done: int, total: int) -> None:
        self._counts[stage] = f"{STAGES[stage].lower()} {_count(done, total)}"
        if self._clock() - self._last < SECONDS_BETWEEN_LINES:
            return
        self._last = self._clock()
        self._console.print("; ".join(self._counts.values()).capitalize(), highlight=False)
