"""A cell to minutes, an id, a code, an amount. What can be read in two ways is a BadCell that shows both."""

import math
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

Cell = Any  # str, or what a workbook or JSON says: a number, a boolean, a day, a time, a span, None
Note = Callable[[str], None]

MINUTES_IN_HOUR = 60
MINUTES_IN_DAY = 24 * 60
SAFE_DIGITS = 15  # a spreadsheet keeps no more of a number
CENTS_IN_DOLLAR = 100
MOST_NAMED = 8
YES, NO = {"yes", "y", "true", "t", "1"}, {"no", "n", "false", "f", "0"}
HOURS_FORMS = "hours as 4:30, 4.5, 4h30 or 270m"

MARKS = ("=", "'")
SPACES = re.compile(r"[\s\u00a0\u200b\ufeff]+")
QUOTED_FORMULA = re.compile(r'="(.*)"')
EXPONENT = re.compile(r"[0-9]+(?:[.,][0-9]+)?E\+?[0-9]+", re.ASCII | re.IGNORECASE)
COLON = re.compile(r"(\d{1,4}):(\d{2})(?::(\d{2}))?", re.ASCII)
LETTERS = re.compile(
    r"(?:(\d{1,4})\s*(?:h|hr|hrs|hours?))?\s*(?:(\d{1,5})\s*(?:m|min|mins|minutes?)?)?", re.I | re.ASCII
)
DECIMAL_HOURS = re.compile(r"(\d*[.,]?\d+)\s*(?:h|hr|hrs|hours?)?", re.I | re.ASCII)


class BadCell(ValueError):
    """A cell that cannot be used. ``expected`` says what was, and never repeats the cell; ``column`` and ``cell`` where
    it is another than the field's first; ``secret``: nothing of the row may be repeated."""

    def __init__(
        self, expected: str, reason: str = "INVALID", column: str = "", cell: "Cell" = None, secret: bool = False
    ) -> None:
        super().__init__(expected)
        self.expected, self.reason = expected, reason
        self.column, self.cell, self.is_secret = column, cell, secret


def text_of(cell: Cell) -> str:
    """The text of a cell as a person sees it: without spaces around, no-break spaces, or the marks of a text cell."""
    if cell is None:
        return ""
    if type(cell) is str:
        return _plain(cell)
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, datetime | date | time):
        return cell.isoformat()
    if isinstance(cell, float | Decimal):
        return _digits(cell)
    return _plain(str(cell))


def _plain(text: str) -> str:
    if not text.isascii() or "\n" in text or "  " in text:
        text = SPACES.sub(" ", text)
    text = text.strip()
    if not text.startswith(MARKS):
        return text
    if found := QUOTED_FORMULA.fullmatch(text):
        return found[1].strip()
    return text[1:].strip() if text[:1] == "'" else text


def _digits(number: float | Decimal) -> str:
    if isinstance(number, float) and not math.isfinite(number):
        return str(number)
    return (
        str(int(number))
        if number == int(number)
        else format(Decimal(repr(number) if isinstance(number, float) else number), "f")
    )


def no_formula(cell: Cell) -> None:
    """Raises BadCell for a formula: none is evaluated, and what a sheet once made of it may be old."""
    if isinstance(cell, str) and cell.startswith("=") and not QUOTED_FORMULA.fullmatch(cell.strip()):
        raise BadCell("a value: a formula is not evaluated; copy the sheet and paste its values")


def identifier(cell: Cell) -> str:
    """An id as text, with its zeros. Raises BadCell where a spreadsheet has lost digits of it."""
    if isinstance(cell, bool | datetime | date | time | timedelta):
        raise BadCell("an id: the spreadsheet made something else of it; format the column as text and enter it again")
    text = text_of(cell)
    lost = EXPONENT.fullmatch(text) or (isinstance(cell, int | float | Decimal) and len(text) > SAFE_DIGITS)
    if lost:
        raise BadCell("an id with all its digits: a spreadsheet has cut them; export it again as text")
    return text


def code(cell: Cell, codes: Mapping[str, str], symbols: list[str]) -> str:
    """What a word means: by the map's codes, else one of the symbols themselves. Capitals do not matter."""
    text = text_of(cell)
    meant = codes.get(text) or (text if text in symbols else None)
    if meant is None:
        meant = _folded({each: each for each in symbols} | dict(codes)).get(text.casefold())
    if meant is None:
        raise BadCell(f"one of {named([*codes, *(each for each in symbols if each not in codes)])}")
    return meant


def _folded(codes: Mapping[str, str]) -> dict[str, str]:
    return {key.casefold(): value for key, value in codes.items()}


def named(words: list[str]) -> str:
    """The first few of what may stand there."""
    more = f" or {len(words) - MOST_NAMED:,} more" if len(words) > MOST_NAMED else ""
    return ", ".join(words[:MOST_NAMED]) + more


def yes_no(cell: Cell, codes: Mapping[str, str]) -> bool:
    """Yes or no."""
    text = text_of(cell).casefold()
    text = _folded(codes).get(text, text).casefold()
    if text not in YES | NO:
        raise BadCell("yes or no")
    return text in YES


def whole_number(cell: Cell) -> int:
    """A whole number, or a BadCell."""
    text = text_of(cell).replace(",", "")
    if not re.fullmatch(r"-?[0-9]{1,19}", text):
        raise BadCell("a whole number")
    return int(text)


def cents(cell: Cell, decimal: str) -> int:
    """Dollars to cents, exactly."""
    text = text_of(cell).removeprefix("$").strip()
    thousands = "." if decimal == "," else ","
    if not re.fullmatch(
        rf"[0-9]{{1,3}}(?:\{thousands}?[0-9]{{3}})*(?:\{decimal}[0-9]{{1,2}})?|\{decimal}[0-9]{{2}}", text
    ):
        raise BadCell("dollars and cents, such as 1,234.56")
    try:
        amount = Decimal(text.replace(thousands, "").replace(decimal, ".")) * CENTS_IN_DOLLAR
    except InvalidOperation:
        raise BadCell("dollars and cents, such as 1,234.56") from None
    return int(amount)


def minutes(cell: Cell, form: str, decimal: str, corrections: bool, note: Note) -> int:
    """Minutes of what a cell says as ``form``: hours (any usual way), decimal_hours, minutes, hours_of_days (a fraction
    of a day is a spreadsheet's span). Raises BadCell."""
    if isinstance(cell, timedelta | time | datetime):
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


def _of_span(span: timedelta | time | datetime) -> int:
    if isinstance(span, datetime):
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
    try:
        exact = Fraction(text) * MINUTES_IN_DAY
    except ValueError:
        raise BadCell("a fraction of a day, such as 0.1875 for 4:30") from None
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
