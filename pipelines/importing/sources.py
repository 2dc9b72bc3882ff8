"""A file to its rows, streaming: text with a delimiter or fixed columns, a workbook, JSON. What is wrong with a row
stays with it; only what makes the whole file unreadable is refused at once."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import msgspec

from pipelines.importing.cells import BadCell, Cell, text_of
from pipelines.importing.map import ImportMap, listed
from schemas.symbols import RejectionReason

WORKBOOK, OLD_WORKBOOK = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
HEADINGS_WITHIN = 30  # rows: titles may stand above, but not a page of them


class RefusedFile(Exception):
    """A file of which nothing can be used: reason UNREADABLE or UNKNOWN_SCHEMA, and what to do."""

    def __init__(self, reason: RejectionReason, expected: str) -> None:
        super().__init__(expected)
        self.reason, self.expected = reason, expected


@dataclass(slots=True)
class SourceRow:
    """``place``: its line, row or record. ``cells`` by column of the map; ``raw`` as it came; ``fault``: why none of it
    can be read."""

    place: int
    cells: dict[str, Cell]
    raw: Sequence[Cell] | str
    fault: BadCell | None = None

    def first(self, columns: Sequence[str]) -> tuple[str, Cell]:
        """The first column with something in it, and that; else the first column, and nothing."""
        for column in columns:
            if not is_empty(cell := self.cells.get(column)):
                return column, cell
        return columns[0], None


def is_empty(cell: Cell) -> bool:
    """Whether nothing stands in a cell; texts that mean nothing are nothing already."""
    return cell is None or (isinstance(cell, str) and not cell)


class Wanted(NamedTuple):
    """Columns that a map names: of each group one must be there; ``others`` need not."""

    groups: list[list[str]]
    others: list[str]

    @property
    def all(self) -> list[str]:
        """Each once."""
        return list(dict.fromkeys(name for names in (*self.groups, self.others) for name in names))


def wanted(asked: ImportMap) -> Wanted:
    """The columns of a map."""
    groups: list[list[str]] = []
    others = [rule.column for skip in asked.rows.skip for rule in (skip, *skip.also)]
    others += [skip.total for skip in asked.rows.skip if skip.total]
    for each in asked.fields.values():
        alone = [
            *(each.columns or ()),
            *(when.column for when in (*each.when, *each.refuse)),
            *listed(each.minutes_column),
        ]
        alone += [name for name in (each.day, each.clock, each.zone_column) if name]
        found = [listed(each.column)] if each.column else []
        if each.optional:
            others += [name for names in (*found, alone) for name in names]
        else:
            groups += [*found, *([name] for name in alone)]
    return Wanted(groups, others)


@dataclass
class RowSource(ABC):
    """One file. ``done`` of ``total`` (bytes, or rows of a workbook) has been read; ``blank`` rows held nothing."""

    path: Path
    asked: ImportMap
    done: int = 0
    total: int = 0
    blank: int = 0
    headings: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.columns = wanted(self.asked)
        self.empty = {each.casefold() for each in self.asked.file.empty}

    def cell(self, value: Cell) -> Cell:
        """A cell, None where it means nothing."""
        if isinstance(value, str):
            text = value.strip()
            return None if not text or text.casefold() in self.empty or not text_of(text) else value
        return value

    @abstractmethod
    def rows(self) -> Iterator[SourceRow]:
        """All rows. Raises RefusedFile."""


class HeadedSource(RowSource):
    """A source whose rows are lists of cells, the first of them headings."""

    @abstractmethod
    def lists(self) -> Iterator[tuple[int, list[Cell], BadCell | None]]:
        """Number, cells and fault of each row that holds anything."""

    def rows(self) -> Iterator[SourceRow]:
        """Rows below the headings."""
        lists = self.lists()
        places = self._by_position() if self.asked.file.headings else self._below_headings(lists)
        for number, cells, fault in lists:
            found = {name: self.cell(cells[at]) if at < len(cells) else None for name, at in places.items()}
            yield SourceRow(number, found, cells, fault)

    def _by_position(self) -> dict[str, int]:
        return self.places_in(self.asked.file.headings)

    def _below_headings(self, lists: Iterator[tuple[int, list[Cell], BadCell | None]]) -> dict[str, int]:
        above: list[list[str]] = []
        depth, missing = self.asked.file.header_rows, self.columns.all
        for _ in range(HEADINGS_WITHIN):
            row = next(lists, None)
            if row is None:
                break
            above = (
                [*above[-(depth - 1) :], [heading_of(each) for each in row[1]]]
                if depth > 1
                else [[heading_of(each) for each in row[1]]]
            )
            here = self.missing_from(together(above))
            if not here:
                return self.places_in(together(above))
            missing = min(missing, here, key=len)
        raise RefusedFile("UNKNOWN_SCHEMA", f"no row of headings with {', '.join(missing)}: name them in the map")

    def missing_from(self, headings: list[str]) -> list[str]:
        """What must be there and is not."""
        known = {key_of(each) for each in headings}
        return [
            " or ".join(group) for group in self.columns.groups if not any(key_of(_stem(n)) in known for n in group)
        ]

    def places_in(self, headings: list[str]) -> dict[str, int]:
        """Where each column stands. Raises RefusedFile for a heading that stands twice and is wanted."""
        self.headings = headings
        keys = [key_of(each) for each in headings]
        places = {}
        for name in self.columns.all:
            stem, which = _stem(name), _which(name)
            at = [place for place, key in enumerate(keys) if key == key_of(stem)]
            if which is None and len(at) > 1:
                words = f"the heading {stem} stands {len(at)} times: say {stem}#1 or {stem}#2 in the map"
                raise RefusedFile("UNKNOWN_SCHEMA", words)
            if at and len(at) >= (which or 1):
                places[name] = at[(which or 1) - 1]
        return places


def heading_of(cell: Cell) -> str:
    """A heading without marks and spaces around, one space within."""
    return " ".join(text_of(cell).replace("\ufeff", "").split())


def key_of(heading: str) -> str:
    """A heading as it is compared: capitals and spaces do not matter."""
    return " ".join(heading.split()).casefold()


def together(rows: list[list[str]]) -> list[str]:
    """Headings of several rows as one: the upper ones reach to the right until the next."""
    *upper, last = rows
    filled = [_filled_right(each, len(last)) for each in upper]
    return [" ".join(part for part in parts if part) for parts in zip(*filled, last, strict=True)]


def _filled_right(headings: list[str], width: int) -> list[str]:
    filled, latest = [], ""
    for place in range(width):
        latest = (headings[place] if place < len(headings) else "") or latest
        filled.append(latest)
    return filled


def _stem(name: str) -> str:
    stem, mark, which = name.rpartition("#")
    return stem if mark and which.isdigit() else name


def _which(name: str) -> int | None:
    _, mark, which = name.rpartition("#")
    return int(which) if mark and which.isdigit() else None


def as_text(raw: Sequence[Cell] | str) -> str:
    """A row as it came, on one line."""
    if isinstance(raw, str):
        return raw.encode("utf-8", "backslashreplace").decode("utf-8")
    try:
        return msgspec.json.encode([each if type(each) is str else text_of(each) for each in raw]).decode()
    except UnicodeEncodeError:  # bytes of another encoding
        return json.dumps([text_of(each) for each in raw])
