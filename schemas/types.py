"""Shared types of the records: physical values with the range in which they make sense.

Days are ``int`` days since 1970-01-01, instants ``int`` milliseconds since 1970-01-01 UTC; minutes, cents and mills are
``int`` too. A value outside its range is INVALID; two values that cannot both be true are a :func:`contradiction`.
``Field`` holds for the models of facts, ``Meta`` the same for the structs of conclusions.
"""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from functools import lru_cache
from typing import Annotated, Any

from msgspec import Meta
from pydantic import Field
from pydantic_core import PydanticCustomError

Fields = dict[str, Any]
"""A record before it is judged: physical values by field."""
Json = dict[str, Any]
"""An object of JSON or TOML, read or to be written."""

EPOCH = date(1970, 1, 1)
FIRST_DAY = (date(1900, 1, 1) - EPOCH).days
LAST_DAY = (date(2199, 12, 31) - EPOCH).days
END_OF_DAYS = (date.max - EPOCH).days  # 9999-12-31, which many systems write for "no end"
MILLIS_PER_DAY = 24 * 60 * 60 * 1000
FIRST_MILLIS, END_MILLIS = FIRST_DAY * MILLIS_PER_DAY, (LAST_DAY + 1) * MILLIS_PER_DAY
LONGEST_DAY = 25 * 60  # daylight saving ends
LONGEST_WEEK = 7 * 24 * 60 + 60
LONGEST_MONTH = 31 * 24 * 60
SUNDAY = 3  # 1970-01-04, the first Sunday of the epoch, and the remainder by 7 of every other

EpochDay = Annotated[int, Field(ge=FIRST_DAY, le=LAST_DAY), Meta(ge=FIRST_DAY, le=LAST_DAY)]
EndDay = Annotated[int, Field(ge=FIRST_DAY, le=END_OF_DAYS)]
EpochMillis = Annotated[int, Field(ge=FIRST_MILLIS, lt=END_MILLIS), Meta(ge=FIRST_MILLIS, lt=END_MILLIS)]

_IDENTIFIER = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
_INSTRUCTION_ID = r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,255}"
_COUNTY = r"^(0[1-9]|[1-4][0-9]|5[0-8])"
_SHA256 = r"^[0-9a-f]{64}"
_SHA256_OR_EMPTY = r"^([0-9a-f]{64})?"
END = r"\Z"  # of a text for ``Meta``: its ``$`` lets one more line feed pass

Identifier = Annotated[str, Field(pattern=f"{_IDENTIFIER}$"), Meta(pattern=_IDENTIFIER + END)]
InstructionId = Annotated[str, Field(pattern=f"{_INSTRUCTION_ID}$"), Meta(pattern=_INSTRUCTION_ID + END)]
County = Annotated[str, Field(pattern=f"{_COUNTY}$"), Meta(pattern=_COUNTY + END)]
Token = Annotated[str, Field(min_length=1, max_length=256), Meta(min_length=1, max_length=256)]
Text = Annotated[str, Field(max_length=4096)]
Sha256 = Annotated[str, Field(pattern=f"{_SHA256}$"), Meta(pattern=_SHA256 + END)]
Sha256OrEmpty = Annotated[str, Field(pattern=f"{_SHA256_OR_EMPTY}$"), Meta(pattern=_SHA256_OR_EMPTY + END)]

Revision = Annotated[int, Field(ge=1, lt=2**31)]
MinutesOfDay = Annotated[int, Field(ge=0, le=LONGEST_DAY)]
MinutesOfWeek = Annotated[int, Field(ge=0, le=LONGEST_WEEK)]
MinutesOfMonth = Annotated[int, Field(ge=0, le=LONGEST_MONTH)]
Cents = Annotated[int, Field(ge=0, le=10**9)]

Count = Annotated[int, Field(ge=0, lt=2**31), Meta(ge=0, lt=2**31)]
LongCount = Annotated[int, Field(ge=0, lt=2**63), Meta(ge=0, le=2**63 - 1)]
SignedMinutes = Annotated[int, Field(gt=-(2**31), lt=2**31), Meta(gt=-(2**31), lt=2**31)]
SignedCents = Annotated[int, Field(gt=-(2**63), lt=2**63), Meta(gt=-(2**63), le=2**63 - 1)]

CONTRADICTION = "contradiction"


def contradiction(field: str, message: str) -> PydanticCustomError:
    """The error of a record whose ``field`` cannot be true beside another; the message holds no value of the record."""
    return PydanticCustomError(CONTRADICTION, "{message}", {"field": field, "message": message})


@lru_cache(maxsize=4096)
def days_of_pay_period(start: int) -> int:
    """Days in the pay period that starts on epoch day ``start``; 0 where no pay period starts."""
    first = EPOCH + timedelta(days=start)
    if first.day == 1:
        return 15
    return calendar.monthrange(first.year, first.month)[1] - 15 if first.day == 16 else 0


def check_pay_period(start: int) -> int:
    """Days of the pay period; raises a contradiction unless ``start`` is a 1st or a 16th."""
    days = days_of_pay_period(start)
    if not days:
        raise contradiction("period_start", "A pay period starts on the 1st or the 16th of a month.")
    return days


def check_workweek(start: int) -> None:
    """Raises a contradiction unless epoch day ``start`` is a Sunday."""
    if start % 7 != SUNDAY:
        raise contradiction("workweek_start", "A workweek starts on a Sunday.")


def check_span(first: int | None, last: int | None, last_name: str, first_name: str) -> None:
    """Raises a contradiction if both ends are known and the last day lies before the first."""
    if first is not None and last is not None and last < first:
        raise contradiction(last_name, f"{last_name} lies before {first_name}.")


def path_of(location: tuple[int | str, ...]) -> str:
    """Dotted path of a field, such as ``trips[0].minutes``."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in location).lstrip(".")
