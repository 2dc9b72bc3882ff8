"""What a person sees while a replay works: bars on a terminal, a plain line now and then on a pipe, or nothing."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

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
        SpinnerColumn(finished_text="[green]✓[/]"),
        TextColumn("{task.description:<18}"),
        BarColumn(bar_width=40),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=console, transient=True)


class _Bars:
    """A bar for each stage, all in sight from the start, so that one sees what is still to come."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._rows: dict[str, TaskID] = {name: bars.add_task(STAGES[name], start=False, total=None) for name in STAGES}

    def __call__(self, stage: str, done: int, total: int) -> None:
        row = self._rows[stage]
        self._bars.start_task(row)
        self._bars.update(row, completed=done, total=total or None)


class _Lines:
    """One plain line every few seconds: a log should show that work goes on, not be filled by it."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console, self._clock, self._last = console, clock, clock()

    def __call__(self, stage: str, done: int, total: int) -> None:
        if self._clock() - self._last < SECONDS_BETWEEN_LINES:
            return
        self._last = self._clock()
        self._console.print(f"{STAGES[stage]}: {done:,}" + (f" of {total:,}" if total else ""), highlight=False)
