"""A cell to minutes, in any usual way of writing hours. Nothing is guessed: what can be read in two ways is bad."""

import re
from datetime import date, time, timedelta
from fractions import Fraction

from pipelines.importing.cells import MINUTES_IN_HOUR, SAFE_DIGITS, BadCell, Cell, Note, text_of

MINUTES_IN_DAY = 24 * 60
HOURS_FORMS = "hours as 4:30, 4.5, 4h30 or 270m"
COLON = re.compile(r"(\d{1,4}):(\d{2})(?::(\d{2}))?", re.ASCII)
DECIMAL_HOURS = re.compile(r"(\d{1,9}(?:[.,]\d{1,30})?|[.,]\d{1,30})\s*(?:h|hr|hrs|hours?)?", re.I | re.ASCII)
DAYS = re.compile(r"(?:\d{1,5}(?:\.\d{0,30})?|\.\d{1,30})(?:E-\d{1,2})?", re.I | re.ASCII)
MOST_HOURS = 9999
LETTERS = re.compile(
    r"(?:(\d{1,4})\s*(?:h|hr|hrs|hours?))?\s*(?:(\d{1,5})\s*(?:m|min|mins|minutes?)?)?", re.I | re.ASCII
)


def minutes(cell: Cell, form: str, decimal: str, corrections: bool, note: Note) -> int:
    """Minutes of what a cell says as ``form``: hours (any usual way), decimal_hours, minutes, hours_of_days (a fraction
    of a day is a spreadsheet's span). Raises BadCell."""
    if isinstance(cell, timedelta | time | date):
        return _of_span(cell)
    if isinstance(cell, bool):
        raise BadCell(HOURS_FORMS)
    text, sign = _signed(text_of(cell), corrections)
    if form == "minutes":
        return sign * _only_minutes(text)
    if form == "hours_of_days":
        return sign * _of_day(text)
    if form == "hours" and (found := COLON.fullmatch(text)):
        return sign * _of_clock(*found.groups())
    if form == "hours" and (found := LETTERS.fullmatch(text)) and text and not text.isdigit():
        return sign * _of_letters(found[1], found[2])
    if found := DECIMAL_HOURS.fullmatch(text):
        return sign * _of_decimal(found[1], decimal, note)
    if re.fullmatch(r"\d+:\d+ ?min(utes)?", text):
        raise BadCell(f"{HOURS_FORMS}: this may be minutes and seconds, or hours and minutes")
    raise BadCell(HOURS_FORMS)


def _signed(text: str, corrections: bool) -> tuple[str, int]:
    bracketed = re.fullmatch(r"\((.+)\)", text)
    if not (bracketed or text.startswith(("-", "\u2212")) or (text.endswith("-") and len(text) > 1)):
        return text, 1
    if not corrections:
        raise BadCell("hours not below zero: the map does not say corrections = true for this field")
    return (bracketed[1] if bracketed else text.strip("-\u2212")).strip(), -1


def _of_span(span: timedelta | time | date) -> int:
    if isinstance(span, date):
        # A workbook shows a span of over a day, [h]:mm, as a day of 1900 when its format is lost.
        raise BadCell(f"{HOURS_FORMS}: the spreadsheet made a date of it")
    if isinstance(span, time):
        span = timedelta(hours=span.hour, minutes=span.minute, seconds=span.second, microseconds=span.microsecond)
    whole, seconds = divmod(round(span.total_seconds(), 3), 60)
    if seconds:
        raise BadCell("whole minutes: seconds are not paid and not rounded in silence")
    return int(whole)


def _only_minutes(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}(?:\.0+)?", text):
        raise BadCell("whole minutes, such as 270")
    return int(text.partition(".")[0])


def _of_day(text: str) -> int:
    if not DAYS.fullmatch(text):
        raise BadCell("a fraction of a day, such as 0.1875 for 4:30")
    exact = Fraction(text) * MINUTES_IN_DAY
    whole = round(exact)
    if abs(exact - whole) > Fraction(1, 100):
        raise BadCell("a fraction of a day that is a whole minute, such as 0.1875 for 4:30")
    return whole


def _of_clock(hours: str, rest: str, seconds: str | None) -> int:
    if int(rest) >= MINUTES_IN_HOUR or int(seconds or 0):
        raise BadCell(f"{HOURS_FORMS}, minutes below 60 and no seconds")
    return int(hours) * MINUTES_IN_HOUR + int(rest)


def _of_letters(hours: str | None, rest: str | None) -> int:
    if hours and rest and int(rest) >= MINUTES_IN_HOUR:
        raise BadCell(f"{HOURS_FORMS}, minutes below 60 beside hours")
    return int(hours or 0) * MINUTES_IN_HOUR + int(rest or 0)


def _of_decimal(written: str, decimal: str, note: Note) -> int:
    """Decimal hours: a whole minute, or what a whole minute is written as with so many digits."""
    foreign = "," if decimal == "." else "."
    if foreign in written:
        other = written.replace(foreign, ".")
        raise BadCell(
            f"hours with {decimal!r} as the decimal sign, which the map says: this may be {other} hours, or "
            f"{written.replace(foreign, '')} hours"
        )
    plain = written.replace(decimal, ".")
    digits = len(plain.partition(".")[2])
    exact = Fraction(plain) * MINUTES_IN_HOUR
    whole = round(exact)
    if exact == whole:
        return whole
    if digits <= 2 or _is_written_so(exact, whole, digits):
        note("hours with decimals were taken to the nearest minute")
        return whole
    raise BadCell("hours that are a whole minute: it is none, and may be a fraction of a day")


def _is_written_so(exact: Fraction, whole: int, digits: int) -> bool:
    """Whether a whole minute, in hours with so many digits, is this number, or this number is it but for the last digit
    that a spreadsheet keeps."""
    return abs(exact - whole) <= Fraction(MINUTES_IN_HOUR, 2 * 10 ** min(digits, SAFE_DIGITS - 2))
