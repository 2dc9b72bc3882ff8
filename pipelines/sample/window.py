"""The months a sample covers, and moments within them."""

from dataclasses import dataclass
from datetime import date
from random import Random

from rules import periods

LAST_RECORDED_AFTER_DAYS = 20
MILLIS_IN_MINUTE = 60_000
OFFICE_OPENS, OFFICE_CLOSES = 8 * 60, 20 * 60


@dataclass(frozen=True)
class Window:
    """``months`` and ``pay_periods`` are their first days; nothing is recorded at or after the instant ``horizon``."""

    county: str
    months: tuple[int, ...]
    pay_periods: tuple[int, ...]
    first: int
    last: int
    horizon: int

    def open_at(self, instant: int) -> bool:
        """Whether a fact recorded at the instant still belongs to the sample."""
        return instant < self.horizon


def window(county: str, start: str, months: int) -> Window:
    """The window of ``months`` months from ``start`` (``"YYYY-MM"``). Raises ValueError when start is no month."""
    first = periods.epoch_day(date.fromisoformat(f"{start}-01"))
    in_it = tuple(periods.add_months(first, ahead) for ahead in range(months))
    last = periods.month_end(in_it[-1])
    halves = tuple(half for month in in_it for half in (month, periods.period_end(month) + 1))
    return Window(county, in_it, halves, first, last, periods.midnight(last + 1 + LAST_RECORDED_AFTER_DAYS))


def moment(day: int, rng: Random) -> int:
    """An instant in office hours of the day."""
    return periods.midnight(day) + int(rng.random() * (OFFICE_CLOSES - OFFICE_OPENS) * 60 + OFFICE_OPENS * 60) * 1000


def clock(day: int, minutes: int) -> int:
    """The instant ``minutes`` after the day began."""
    return periods.midnight(day) + minutes * MILLIS_IN_MINUTE


def daylight_saving_days(first: int, last: int) -> list[int]:
    """The days on which the clock changes."""
    return [day for day in range(first, last + 1) if periods.day_length_minutes(day) != 24 * 60]
