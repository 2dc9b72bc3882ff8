"""What a row says, field by field: values, what is wrong, what was assumed; and what a rule of the map sees in it."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from pipelines.importing.cells import Cell, text_of
from pipelines.importing.map import FieldMap, When, listed
from pipelines.importing.sources import SourceRow, is_empty
from schemas.symbols import RejectionReason
from schemas.types import Fields


class Bad(NamedTuple):
    """One cell, or row, that cannot be used."""

    column: str
    value: str
    expected: str
    reason: RejectionReason = "INVALID"
    field: str = ""


class Assumed(NamedTuple):
    """What the map said and the file did not. ``why``: constant, default, import time, known time."""

    field: str
    value: str
    why: str


class Civil(NamedTuple):
    """What a clock showed, and in which zone; ``day`` is the column that said the day alone."""

    at: datetime
    zone: ZoneInfo
    day: str
    column: str


@dataclass
class Reading:
    """Fields of a row by name, in physical units, and what is wrong with it."""

    values: Fields = field(default_factory=dict)
    bad: list[Bad] = field(default_factory=list)
    assumed: list[Assumed] = field(default_factory=list)
    noted: list[str] = field(default_factory=list)
    is_secret: bool = False


def joined(each: FieldMap, row: SourceRow) -> Cell:
    """Several columns as one text: first and last name."""
    return " ".join(text for name in each.columns or () if (text := text_of(row.cells.get(name)))) or None


def holds(rule: When, row: SourceRow) -> bool:
    """Whether a row is as a rule says."""
    cell = row.cells.get(rule.column)
    if rule.filled is not None:
        return is_empty(cell) != rule.filled
    text = text_of(cell)
    if rule.equals is not None:
        return text.casefold() in {each.casefold() for each in listed(rule.equals)}
    return bool(re.search(rule.matches or "", text))
