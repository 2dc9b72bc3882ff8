"""Decides where days, pay periods, workweeks, months and pay runs begin and end.

Authority: RUN-1 (business days and cut-offs; Gov. Code 19853(a), (b)), TIME-5 (length of a civil day), TIME-6 (when a
month closes); conventions (Pacific civil dates, workweek Sunday to Saturday, pay period from the 1st or 16th).
In force: always; the holidays are those of parameters/calendar.toml in every year.
Does not cover: which pay run admits a fact that arrives late (schemas, transforms).

Units: day, month, period, workweek ``int`` days since 1970-01-01 (of their first day); instants ``int`` milliseconds
since 1970-01-01 UTC; a cut-off is the instant of midnight at the end of a business day. Years 1900 to 9998.
"""

import tomllib
from datetime import date, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import rules

DAYS_IN_WEEK = 7
EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
EPOCH_WEEKDAY = 4  # 1970-01-01 was a Thursday, four days after a Sunday
SATURDAY = 6  # counted from Monday = 1
SUNDAY = 7
LAST_DAY_OF_FIRST_PERIOD = 15
MILLIS_IN_MINUTE = 60_000
MILLIS_IN_SECOND = 1_000
MINUTES_IN_HOUR = 60
MONTHS_IN_YEAR = 12
PACIFIC = ZoneInfo("America/Los_Angeles")
STANDARD_OFFSET_MILLIS = 8 * 3_600_000  # Pacific time is 8 hours behind UTC, 7 in summer
STANDARD_DAY_MILLIS = 24 * 3_600_000
_WRITTEN = tomllib.loads(Path(rules.__file__).with_name("parameters").joinpath("calendar.toml").read_text("utf-8"))
CALENDAR: dict[str, tuple[str, ...]] = {
    name: tuple(parameter["values"][0]["value"]) for name, parameter in _WRITTEN["calendar"].items()
}


def epoch_day(civil: date) -> int:
    """The day of a civil date."""
    return civil.toordinal() - EPOCH_ORDINAL


@cache
def civil_date(day: int) -> date:
    """The civil date of a day."""
    return date.fromordinal(day + EPOCH_ORDINAL)


@cache
def midnight(day: int) -> int:
    """The instant of the Pacific midnight that starts the day."""
    civil = civil_date(day)
    return int(datetime(civil.year, civil.month, civil.day, tzinfo=PACIFIC).timestamp()) * MILLIS_IN_SECOND


def civil_day(instant: int) -> int:
    """The Pacific civil day that holds the instant."""
    day = (instant - STANDARD_OFFSET_MILLIS) // STANDARD_DAY_MILLIS
    # In summer the next day has begun an hour before standard time says so.
    return day if instant < midnight(day + 1) else day + 1


@cache
def day_length_minutes(day: int) -> int:
    """1440, or 1380 and 1500 on the days daylight saving starts and ends (TIME-5)."""
    return (midnight(day + 1) - midnight(day)) // MILLIS_IN_MINUTE


@cache
def iso(day: int) -> str:
    """The day as ``"2026-01-31"``."""
    return civil_date(day).isoformat()


def hhmm(minutes: int) -> str:
    """Minutes as ``"71:00"``; hours are not limited to a day."""
    hours, rest = divmod(abs(minutes), MINUTES_IN_HOUR)
    return f"{'-' if minutes < 0 else ''}{hours}:{rest:02d}"


def year_of(day: int) -> int:
    """The calendar year of a day, e.g. 2026."""
    return civil_date(day).year


@cache
def month_of(day: int) -> int:
    """The service month of a day."""
    return epoch_day(civil_date(day).replace(day=1))


@cache
def add_months(month: int, months: int) -> int:
    """The month so many months later (earlier if negative)."""
    civil = civil_date(month)
    years, index = divmod(civil.month - 1 + months, MONTHS_IN_YEAR)
    return epoch_day(date(civil.year + years, index + 1, 1))


def next_month(month: int) -> int:
    """The month after."""
    return add_months(month, 1)


def previous_month(month: int) -> int:
    """The month before."""
    return add_months(month, -1)


def days_in_month(month: int) -> int:
    """28 to 31."""
    return add_months(month, 1) - month


@cache
def month_end(month: int) -> int:
    """The last day of the month."""
    return add_months(month, 1) - 1


@cache
def period_of(day: int) -> int:
    """The pay period (the 1st or the 16th) of a day."""
    month = month_of(day)
    second = month + LAST_DAY_OF_FIRST_PERIOD
    return second if day >= second else month


def period_end(period: int) -> int:
    """The last day of the pay period: the 15th or the month's last."""
    month = month_of(period)
    return month_end(month) if period > month else month + LAST_DAY_OF_FIRST_PERIOD - 1


def period_days(period: int) -> int:
    """Days of the pay period, 13 to 16."""
    return period_end(period) - period + 1


def workweek_of(day: int) -> int:
    """The workweek (its Sunday) of a day."""
    return day - (day + EPOCH_WEEKDAY) % DAYS_IN_WEEK


def saturday_of(workweek: int) -> int:
    """The last day of the workweek."""
    return workweek + DAYS_IN_WEEK - 1


def _observed(holiday: str, year: int) -> int:
    civil = date.fromisoformat(f"{year}-{holiday}")
    if civil.isoweekday() == SUNDAY:
        return epoch_day(civil) + 1
    if civil.isoweekday() == SATURDAY and holiday in CALENDAR["friday_before_if_saturday"]:
        return epoch_day(civil) - 1
    return epoch_day(civil)


def _weekday_holidays(holiday: str, year: int) -> list[int]:
    month_number, weekday, which = map(int, holiday.split())
    month = epoch_day(date(year, month_number, 1))
    matching = [day for day in range(month, next_month(month)) if civil_date(day).isoweekday() == weekday]
    day = matching[which - 1 if which > 0 else which]
    return [day, day + 1] if holiday in CALENDAR["day_after_too"] else [day]


@cache
def _holidays(year: int) -> frozenset[int]:
    fixed = [_observed(holiday, year) for holiday in CALENDAR["holidays"]]
    floating = [day for holiday in CALENDAR["weekday_holidays"] for day in _weekday_holidays(holiday, year)]
    return frozenset(fixed + floating)


@cache
def is_business_day(day: int) -> bool:
    """Whether payroll runs on the day (RUN-1)."""
    return civil_date(day).isoweekday() < SATURDAY and day not in _holidays(year_of(day))


@cache
def next_business_day(day: int) -> int:
    """The first business day after the day, never the day itself."""
    return day + 1 if is_business_day(day + 1) else next_business_day(day + 1)


@cache
def previous_business_day(day: int) -> int:
    """The last business day before the day, never the day itself."""
    return day - 1 if is_business_day(day - 1) else previous_business_day(day - 1)


def cut_off_of(business_day: int) -> int:
    """The cut-off of the pay run of a business day: midnight at its end. Raises ValueError on any other day."""
    if not is_business_day(business_day):
        raise ValueError(f"{iso(business_day)} is no business day (RUN-1)")
    return midnight(business_day + 1)


@cache
def business_day_of(cut_off: int) -> int:
    """The business day whose pay run ends at the cut-off. Raises ValueError when the instant is no cut-off."""
    if not is_cut_off(cut_off):
        raise ValueError(f"instant {cut_off} is no cut-off (RUN-1)")
    return civil_day(cut_off) - 1


def is_cut_off(instant: int) -> bool:
    """Whether the instant is midnight at the end of a business day."""
    day = civil_day(instant)
    return midnight(day) == instant and is_business_day(day - 1)


@cache
def _cut_off_from(day: int) -> int:
    return midnight(next_business_day(day - 1) + 1)


def cut_off_after(instant: int) -> int:
    """The first cut-off strictly after the instant: a run uses facts recorded before its cut-off."""
    return _cut_off_from(civil_day(instant))


def cut_off_at_or_after(instant: int) -> int:
    """The instant itself when it is a cut-off, else the first one after it."""
    return _cut_off_from(civil_day(instant - 1))


def cut_offs(first: int, last: int) -> list[int]:
    """All cut-offs from the instant ``first`` to the instant ``last``, both inclusive, in order."""
    days = range(civil_day(first - 1), civil_day(last))
    return [midnight(day + 1) for day in days if is_business_day(day)]


def first_business_day(month: int) -> int:
    """The first business day of the month."""
    return next_business_day(month - 1)


def last_business_day(month: int) -> int:
    """The last business day of the month."""
    return previous_business_day(next_month(month))


@cache
def closing_cut_off(month: int, months: int) -> int:
    """The first cut-off whose business day is later than the month's end + ``months``, day clamped (TIME-6)."""
    later = add_months(month, months)
    return cut_off_of(next_business_day(later + min(days_in_month(month), days_in_month(later)) - 1))
