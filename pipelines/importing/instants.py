"""Days, times of day and instants as people write them. What a clock never showed, or showed twice, is a BadCell."""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pipelines.importing.cells import BadCell, Cell, Note, text_of
from pipelines.importing.map import FieldMap, listed
from pipelines.misuse import YEARS
from rules.periods import epoch_day

MILLIS = 1000
LONGEST_MONTH = 31
NOON = MONTHS_IN_YEAR = 12
FIRST_SERIAL = date(1899, 12, 30)  # day 0 of the 1900 system, for days after its 29 February that never was
SERIALS = range(61, 200_000)
SECONDS_IN_DAY = 24 * 60 * 60
OF_TIME = re.compile(r"%[HIcX]")  # directives of strptime that say a time of day
DIGITS = re.compile(r"(\d{1,4})([-/.])(\d{1,2})\2(\d{1,4})", re.ASCII)
WORDED = re.compile(
    r"(?:[A-Za-z]{3,9},? )?(?:([A-Za-z]{3,9})\.? (\d{1,2}),?|(\d{1,2})[ -]([A-Za-z]{3,9})\.?,?)[ -](\d{4})", re.ASCII
)
TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)? ?([AaPp])?\.?(?:[Mm]\.?)?", re.ASCII)
BEFORE_TIME = re.compile(r"[ ,T]")
HOUR = re.compile(r"(\d{1,2}) ?([AaPp])\.?[Mm]\.?", re.ASCII)
COMPACT_TIME = re.compile(r"(\d{2})(\d{2})", re.ASCII)
JOINED = re.compile(r"(.+?)(?:T|,? +)(\d{1,2}(?::\d{2}.*| ?[AaPp]\.?[Mm]\.?))", re.ASCII)
ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?( ?Z|[+-]\d\d:?\d\d)", re.ASCII)
MONTHS = ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
          "december"]  # fmt: skip
ORDERS = {"MDY": "month/day/year", "DMY": "day/month/year", "YMD": "year-month-day"}
NOT_BOTH = "a time that was: clocks went forward then, and this one they never showed"
TWICE = "a time with its offset: clocks went back then and showed this one twice, and no duration tells which"

DAY_ALONE = "a day and a time of day: a day alone is its midnight only if the map says so (midnight = true)"


def day_of(cell: Cell, order: str, patterns: list[str] = [], serial: bool = False) -> date:  # noqa: B006
    """The civil day of a cell, by an order such as MDY. Raises BadCell."""
    if isinstance(cell, datetime):
        if cell.time() != time():
            raise BadCell("a day alone: a time of day stands in it too")
        return _in_years(cell.date())
    if isinstance(cell, date):
        return _in_years(cell)
    if serial:
        return _of_serial(cell).date()
    text = text_of(cell)
    for pattern in patterns:
        if at := _parsed(text, pattern):
            return _in_years(at.date())
    if patterns:
        raise BadCell(f"a day written as {' or '.join(patterns)}")
    return _in_years(_of_digits(text, order) or _of_words(text))


def proven_order(pairs: Sequence[tuple[int, int]]) -> str | None:
    """MDY or DMY, by numbers that can be no month; None where none proves it, or some prove one and some the other."""
    day_first = any(first > MONTHS_IN_YEAR for first, _ in pairs)
    month_first = any(second > MONTHS_IN_YEAR for _, second in pairs)
    return None if day_first == month_first else "DMY" if day_first else "MDY"


def digits_of(cell: Cell) -> tuple[int, int] | None:
    """The first two numbers of a day such as 1/31/2026, a time after it or none: month and day, or day and month."""
    found = DIGITS.fullmatch(BEFORE_TIME.split(text_of(cell), maxsplit=1)[0]) if isinstance(cell, str) else None
    if found is None or len(found[1]) == len("YYYY"):
        return None
    first, second = int(found[1]), int(found[3])
    return (first, second) if max(first, second) <= LONGEST_MONTH else None


@lru_cache(maxsize=4096)
def _of_digits(text: str, order: str) -> date | None:
    found = DIGITS.fullmatch(text)
    if not found:
        return None
    first, _, second, third = found.groups()
    if len(first) == 4:
        return _made(first, second, third, "year-month-day")
    if len(third) != 4:
        raise BadCell("a day with four digits of year")
    if order == "YMD":
        raise BadCell("a day written year-month-day, as the map says")
    month, day = (first, second) if order == "MDY" else (second, first)
    return _made(third, month, day, ORDERS[order])


def _made(year: str, month: str, day: str, words: str) -> date:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        raise BadCell(f"a day of the calendar, {words} as the map says") from None


def _of_words(text: str) -> date:
    if found := WORDED.fullmatch(text):
        word = (found[1] or found[4]).lower()
        months = [number for number, name in enumerate(MONTHS, 1) if name == word or name[:3] == word or word == "sept"]
        if len(months) == 1:
            return _made(found[5], str(months[0]), found[2] or found[3], "with the month's name")
    raise BadCell("a day, such as 2026-01-31")


def _in_years(day: date) -> date:
    if day.year not in YEARS:
        raise BadCell(f"a day of {YEARS.start} to {YEARS.stop - 1}")
    return day


def _of_serial(cell: Cell) -> datetime:
    text = text_of(cell)
    if not re.fullmatch(r"\d{1,6}(\.\d+)?", text) or int(float(text)) not in SERIALS:
        raise BadCell("a spreadsheet's number of a day, such as 45992.75")
    seconds = round(float(text) % 1 * SECONDS_IN_DAY)
    return datetime.combine(FIRST_SERIAL, time()) + timedelta(days=int(float(text)), seconds=seconds)


def clock_of(cell: Cell, note: Note) -> time:
    """The time of day of a cell. Raises BadCell."""
    if isinstance(cell, time):
        return cell.replace(microsecond=0, tzinfo=None)
    if isinstance(cell, datetime | timedelta | bool):
        raise BadCell("a time of day, such as 9:00 AM or 17:30: the spreadsheet made something else of it")
    text = text_of(cell)
    if found := TIME.fullmatch(text):
        return _time(found[1], found[2], found[3], found[4], note)
    if found := HOUR.fullmatch(text):
        return _time(found[1], "0", None, found[2], note)
    if isinstance(cell, str) and (found := COMPACT_TIME.fullmatch(text)):
        return _time(found[1], found[2], None, None, note)
    raise BadCell("a time of day, such as 9:00 AM or 17:30")


def _time(hour: str, minute: str, second: str | None, half: str | None, note: Note) -> time:
    hours, is_afternoon = int(hour), (half or "").lower() == "p"
    if half and hours > NOON:
        if not is_afternoon:
            raise BadCell("a time of day that agrees with its AM")
        note("times such as 13:05 PM were read as 13:05")
    elif half:
        hours = hours % NOON + NOON * is_afternoon
    try:
        return time(hours, int(minute), int(second or 0))
    except ValueError:
        raise BadCell("a time of day that there is, such as 9:00 AM or 17:30") from None


@lru_cache(maxsize=64)
def zone_of(name: str) -> ZoneInfo:
    """A time zone by its name. Raises BadCell."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadCell("a time zone, such as America/Los_Angeles: say in [zones] what this one is") from None


def zone_named(cell: Cell, zones: Mapping[str, str]) -> ZoneInfo:
    """The zone that a column names."""
    text = text_of(cell)
    return zone_of(zones.get(text, text))


def written_instant(cell: Cell, order: str, each: FieldMap, note: Note) -> datetime:
    """An instant, or a civil time (without offset). Raises BadCell, also for a day alone unless midnight is said."""
    if isinstance(cell, datetime):
        return cell
    if isinstance(cell, date):
        return _at_midnight(cell, each)
    text, patterns = text_of(cell), listed(each.pattern)
    if each.serial:
        return _at_midnight(_of_serial(cell).date(), each) if text.isdecimal() else _of_serial(cell)
    if patterns:
        return _patterned(text, patterns, each)
    if ISO.fullmatch(text):
        with suppress(ValueError):
            return datetime.fromisoformat(text.replace(" Z", "Z"))
    if found := JOINED.fullmatch(text):
        return datetime.combine(day_of(found[1], order), clock_of(found[2], note))
    if each.midnight:
        return _at_midnight(day_of(text, order), each)
    raise BadCell("a day and a time of day, such as 2026-01-31 17:30")


def _patterned(text: str, patterns: list[str], each: FieldMap) -> datetime:
    for pattern in patterns:
        if at := _parsed(text, pattern):
            return at if OF_TIME.search(pattern) else _at_midnight(at.date(), each)
    raise BadCell(f"a day and time written as {' or '.join(patterns)}")


def _parsed(text: str, pattern: str) -> datetime | None:
    with suppress(ValueError):
        return datetime.strptime(text, pattern)  # noqa: DTZ007  # its zone is the map's
    return None


def _at_midnight(day: date, each: FieldMap) -> datetime:
    if not each.midnight:
        raise BadCell(DAY_ALONE)
    return datetime.combine(_in_years(day), time())


def instants_of(civil: datetime, zone: ZoneInfo) -> list[int]:
    """The instants (epoch milliseconds) at which clocks in a zone showed a time: one, or two when they go back. Raises
    BadCell where they never did; an offset of its own wins."""
    if civil.tzinfo is not None:
        return [_millis(civil)]
    there = [civil.replace(tzinfo=zone, fold=fold) for fold in (0, 1)]
    if there[0].utcoffset() == there[1].utcoffset():
        return [_millis(there[0])]
    real = [each for each in there if each.astimezone(UTC).astimezone(zone).replace(tzinfo=None, fold=0) == civil]
    if not real:
        raise BadCell(NOT_BOTH)
    return list(dict.fromkeys(_millis(each) for each in real))


def _millis(at: datetime) -> int:
    return round(at.timestamp() * MILLIS)


def epoch(day: date) -> int:
    """The epoch day of a civil day."""
    return epoch_day(day)
