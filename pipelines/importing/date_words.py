"""What a clerk reads about a day or an instant that could not be read: what was written, what is asked for, and the
same written right where that is plain. 01/07/2024 is in January or in July: that nobody guesses."""

import calendar
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, time

from pipelines.misuse import YEARS
from rules.periods import PACIFIC

SHOWN = re.compile(r"[0-9A-Za-z ,.:/+-]{1,40}")  # what is repeated: nothing else is part of a date
NUMBERS = re.compile(r"(\d{1,4})([-/. ])(\d{1,2})\2(\d{1,4})", re.ASCII)
COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
NAMED = re.compile(r"(?:(\d{1,2})[ -]?([A-Za-z]{3,9})|([A-Za-z]{3,9})\.? (\d{1,2})),?[ -](\d{4})", re.ASCII)
CLOCK = re.compile(r"[T ,]+(\d{1,2}):(\d{2})(?::(\d{2}))?(?:[.,]\d+)? ?([AaPp][Mm])?", re.ASCII)
OFFSET = re.compile(r"[+-]\d{2}:\d{2}", re.ASCII)
MONTHS = list(calendar.month_name)
LONGEST_NUMBER = 20  # digits
HALF_DAY = 12  # hours
NO_END = date.max  # as many systems write it
DAY = "A day is written YYYY-MM-DD"
INSTANT = "An instant is written with its offset from UTC"
SUCH_AS = "2024-01-31T17:00:00-08:00"


def day_words(value: object) -> str:
    """What is wrong with a value that should be a day."""
    if not isinstance(value, str):
        return f"{_read(value)} {DAY}, or as the number of days since 1970-01-01, from 1900 to 2199."
    meant = days_meant(value)
    if not meant:
        return f"{_read(value)}{_why_none(value)} {DAY}, such as 2024-01-31."
    if len(meant) > 1:
        return f"{_read(value)} It may mean {meant[0]} or {meant[1]}. {DAY}: write the one that is meant."
    return f"{_read(value)} {DAY}: {meant[0]}."


def instant_words(value: object) -> str:
    """What is wrong with a value that should be an instant."""
    if not isinstance(value, str):
        return (
            f"{_read(value)} {INSTANT}, such as {SUCH_AS}, or as milliseconds since 1970-01-01 UTC, from 1900 to 2199."
        )
    meant, clock = [day for day in days_meant(value) if day != NO_END], _clock_of(value)
    if not meant:
        return f"{_read(value)}{_why_none(value)} {INSTANT}, such as {SUCH_AS}."
    if len(meant) > 1:
        return f"{_read(value)} Its day may be {meant[0]} or {meant[1]}. {INSTANT}, such as {SUCH_AS}."
    if clock is None and CLOCK.search(value):
        return f"{_read(value)} There is no such time of day. {INSTANT}, such as {SUCH_AS}."
    if clock is None:
        noon = _in_california(datetime.combine(meant[0], time(HALF_DAY)))[0]
        return f"{_read(value)} {INSTANT} and its time: {noon} is noon of that day in California."
    return f"{_read(value)} {INSTANT}: {_offset_words(value, datetime.combine(meant[0], clock))}"


def days_meant(text: str) -> list[date]:
    """The days that a text may mean: none, one, or two when day and month can be taken for each other."""
    return sorted(day for day in _days_named(text) if day.year in YEARS or day == NO_END)


def _days_named(text: str) -> set[date]:
    days, head = set(), _head(text)
    for year, month, day in _numbers_of(head):
        with suppress(ValueError):
            days.add(date(year, month, day))
    with suppress(ValueError):
        days.add(date.fromisoformat(head))
    return days


def _head(text: str) -> str:
    """A text up to its time of day."""
    found = CLOCK.search(text)
    return (text[: found.start()] if found else text).strip()


def _numbers_of(text: str) -> Iterator[tuple[int, int, int]]:
    """Years, months and days that a text may name."""
    if found := NUMBERS.fullmatch(text):
        first, _, second, third = found.groups()
        if len(first) == len("YYYY") and len(third) <= len("DD"):
            yield int(first), int(second), int(third)
        if len(third) == len("YYYY") and len(first) <= len("DD"):
            yield int(third), int(first), int(second)
            yield int(third), int(second), int(first)
    elif found := COMPACT.fullmatch(text):
        yield int(found[1]), int(found[2]), int(found[3])
    elif found := NAMED.fullmatch(text):
        word = (found[2] or found[3]).capitalize()
        months = [number for number, name in enumerate(MONTHS) if name.startswith(word)]
        yield from ((int(found[5]), month, int(found[1] or found[4])) for month in months)


def _clock_of(text: str) -> time | None:
    """The time of day in a text, as far as it says one that there is."""
    if (found := CLOCK.search(text)) is None:
        return None
    hour, minute, second, half = found.groups()
    with suppress(ValueError):
        hours = int(hour) % HALF_DAY + HALF_DAY * (half.upper() == "PM") if half else int(hour)
        return time(hours, int(minute), int(second or 0))
    return None


def _offset_words(text: str, at: datetime) -> str:
    """The instant written right: with its own offset, or as California's time and as UTC."""
    if found := OFFSET.search(text, CLOCK.search(text).end()):  # type: ignore[union-attr]  # it has a time
        return f"{at.isoformat()}{found[0]}."
    here = _in_california(at)
    utc = f"{at.isoformat()}Z if it is UTC."
    if not here:
        return f"in California clocks went from 02:00 to 03:00 and there was no such time; {utc}"
    if len(here) > 1:
        return f"in California that hour came twice, {here[0]} and {here[1]}; {utc}"
    return f"{here[0]} if it is California's time, {utc}"


def _in_california(at: datetime) -> list[str]:
    """The instants at which clocks in California showed a time: none or two in the hours in which they are changed."""
    there = (at.replace(tzinfo=PACIFIC, fold=fold) for fold in (0, 1))
    real = (each for each in there if each.astimezone(UTC).astimezone(PACIFIC).replace(tzinfo=None, fold=0) == at)
    return list(dict.fromkeys(each.isoformat() for each in real))


def _read(value: object) -> str:
    """What was read, where that can be shown."""
    if isinstance(value, str):
        return f'Read "{value}".' if SHOWN.fullmatch(value) else f"Read a text of {len(value):,} characters."
    if isinstance(value, int) and len(str(value)) > LONGEST_NUMBER:
        return f"Read a number of more than {LONGEST_NUMBER} digits."
    if value is None or isinstance(value, bool | int):
        return f"Read {'null' if value is None else str(value).lower()}."
    return "Read a number with a fraction." if isinstance(value, float) else "Read a list or an object."


def _why_none(text: str) -> str:
    head = _head(text)
    if _days_named(text):
        return f" No year is paid but {YEARS.start} to {YEARS.stop - 1}."
    if NUMBERS.fullmatch(head):
        return " There is no such day." if re.search(r"\d{4}", head) else " A year has four digits."
    return " A number stands without quotes." if re.fullmatch(r"-?[0-9]+", text) else ""
