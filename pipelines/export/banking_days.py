"""On which days the Federal Reserve Banks, and so the ACH, settle. The holidays stand in banking_days.toml.

Not the business days of pay runs (rules/periods.py): the State keeps other holidays. Units: days are epoch days.
"""

import tomllib
from datetime import date, timedelta
from functools import cache
from itertools import count
from pathlib import Path

from rules.periods import civil_date, epoch_day
from schemas.types import Json

HOLIDAYS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))["closed"]["holiday"]
SATURDAY, SUNDAY = 6, 7  # counted from Monday = 1


@cache
def is_banking_day(day: int) -> bool:
    """Whether ACH credits settle on the day."""
    return civil_date(day).isoweekday() < SATURDAY and day not in _closed(civil_date(day).year)


def next_banking_day(day: int) -> int:
    """The first banking day after the day, never the day itself."""
    return next(later for later in count(day + 1) if is_banking_day(later))


@cache
def _closed(year: int) -> frozenset[int]:
    """The days of a year on which a holiday is kept: on a Sunday the Monday after, on a Saturday no other day."""
    civil = (_in_year(holiday, year) for holiday in HOLIDAYS if year >= holiday.get("from_year", year))
    return frozenset(epoch_day(day) + (day.isoweekday() == SUNDAY) for day in civil)


def _in_year(holiday: Json, year: int) -> date:
    if "on" in holiday:
        return date.fromisoformat(f"{year}-{holiday['on']}")
    month, weekday, which = map(int, holiday["weekday"])
    days = (date(year, month, 1) + timedelta(days=later) for later in range(31))
    matching = [day for day in days if day.month == month and day.isoweekday() == weekday]
    return matching[which - 1 if which > 0 else which]
