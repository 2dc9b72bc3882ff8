"""What time it is: the machine's clock, or a simulated one for tests and drills."""

import time
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

from rules.periods import MILLIS_IN_SECOND, PACIFIC, business_day_of, epoch_day, iso

Clock = Callable[[], int]
"""Gives the present instant (epoch milliseconds)."""


def machine_clock() -> int:
    """The machine's own."""
    return time.time_ns() // 1_000_000


class FileClock:
    """A clock that stands in a file (``2026-01-20T17:00``, Pacific if it names no zone) until somebody moves it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self) -> int:
        """The instant in the file. Raises ValueError if there is none in it."""
        return instant_of(self.path.read_text("ascii").strip())


def instant_of(text: str) -> int:
    """The instant of an ISO date and time. Raises ValueError."""
    when = datetime.fromisoformat(text)
    when = when if when.tzinfo else when.replace(tzinfo=PACIFIC)
    return int(when.timestamp() * MILLIS_IN_SECOND)


def day_of(text: str) -> int:
    """The epoch day of ``YYYY-MM-DD``. Raises ValueError."""
    return epoch_day(date.fromisoformat(text))


def day_of_run(cut_off: int) -> str:
    """The business day of a pay run, as people name it."""
    return iso(business_day_of(cut_off))
