"""A cell to an id, a code, an amount. What can be read in two ways is a BadCell that shows both."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from schemas.symbols import RejectionReason

Cell = Any  # str, or what a workbook or JSON says: a number, a boolean, a day, a time, a span, None
Note = Callable[[str], None]

MINUTES_IN_HOUR = 60
SAFE_DIGITS = 15  # a spreadsheet keeps no more of a number
WHOLE_DIGITS = 18  # all that surely fit into 64 bits
MOST_DIGITS = 400  # before the point or after it, of any number of a float
CENTS_IN_DOLLAR = 100
MOST_NAMED = 8
YES, NO = {"yes", "y", "true", "t", "1"}, {"no", "n", "false", "f", "0"}

MARKS = ("=", "'")
SPACES = re.compile(r"[\s\u00a0\u200b\ufeff]+")
QUOTED_FORMULA = re.compile(r'="(.*)"')
EXPONENT = re.compile(r"[0-9]+(?:[.,][0-9]+)?E\+?[0-9]+", re.ASCII | re.IGNORECASE)


class BadCell(ValueError):
    """A cell that cannot be used. ``expected`` says what was, and never repeats the cell; ``column`` and ``cell`` where
    it is another than the field's first; ``secret``: nothing of the row may be repeated."""

    def __init__(
        self,
        expected: str,
        reason: RejectionReason = "INVALID",
        column: str = "",
        cell: "Cell" = None,
        secret: bool = False,
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
    """A number without an exponent; one that would be too long to write so keeps it, and is no number anywhere."""
    exact = Decimal(repr(number)) if isinstance(number, float) else number
    if not exact.is_finite() or abs(exact.adjusted()) > MOST_DIGITS:
        return str(number)
    return str(int(exact)) if exact == int(exact) else format(exact, "f")


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


def whole_number(cell: Cell, decimal: str) -> int:
    """A whole number below 10 ** 18, or a BadCell: a comma that parts no thousands may be a decimal sign."""
    text, thousands = text_of(cell), "." if decimal == "," else ","
    if not re.fullmatch(rf"-?(?:[0-9]{{1,3}}(?:\{thousands}[0-9]{{3}}){{1,5}}|[0-9]{{1,{WHOLE_DIGITS}}})", text):
        raise BadCell("a whole number, such as 12 or 1,234")
    return int(text.replace(thousands, ""))


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
