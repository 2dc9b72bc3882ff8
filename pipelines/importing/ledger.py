"""What became of every row, so that the counts add up; and each bad one, as it is found, as CSV and JSON."""

import json
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from pipelines.cells import Rows
from pipelines.importing.cells import Cell
from pipelines.importing.readings import Assumed, Bad
from schemas import private
from schemas.types import Json

BOM = "\ufeff"  # without it Excel takes another encoding
COLUMNS = ("file", "row", "column", "value", "expected", "reason", "field", "raw")
FATES = ("used", "duplicates", "skipped", "unchanged", "superseded", "rejected")
MOST_SHOWN = 20
LONGEST_SHOWN = 200
WORDS = {"check_in": "check-in", "check_out": "check-out", "provider_signed_at": "time of the provider's signature",
         "recorded_at": "time at which it was taken in", "minutes_worked": "hours of a day"}  # fmt: skip


class BadRow(NamedTuple):
    """One thing wrong, with its place."""

    file: str
    row: int
    bad: Bad
    raw: str

    def told(self) -> Json:
        """As JSON."""
        bad = self.bad._asdict() | {"value": self.bad.value[:LONGEST_SHOWN]}
        return {"file": self.file, "row": self.row, **bad, "raw": self.raw}


class ImportLedger:
    """Counts of an import; ``bad_csv`` and ``bad_json`` get the bad rows."""

    def __init__(self, names: Sequence[str], bad_csv: Path, bad_json: Path) -> None:
        self.names = names
        self.rows: Counter[str] = Counter()
        self.minutes: Counter[str] = Counter()
        self.skipped: Counter[str] = Counter()
        self.assumed: Counter[Assumed] = Counter()
        self.noted: Counter[str] = Counter()
        self.documents: Counter[str] = Counter()
        self._said: dict[tuple[tuple[Assumed, ...], tuple[str, ...]], int] = {}
        self._used: Counter[int] = Counter()
        self.warnings: list[str] = []
        self.by: Counter[tuple[str, str, str]] = Counter()
        self.first: list[BadRow] = []
        self.bad_cells = 0
        self._csv = private.text(bad_csv)
        self._json = private.text(bad_json)
        self._csv.write(BOM)
        self._rows = Rows(self._csv, COLUMNS)
        self._json.write("[")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._json.write("\n]\n" if self.bad_cells else "]\n")
        self._csv.close()
        self._json.close()

    def became(self, fate: str, minutes: int, is_row: bool = True) -> None:
        """A row is one of FATES, with the minutes that it claims."""
        self.rows[fate] += is_row
        self.minutes[fate] += minutes

    def skip(self, why: str) -> None:
        """A row that is no fact."""
        self.rows["skipped"] += 1
        self.skipped[why] += 1

    def reject(self, file: int, place: int, bad: Bad, raw: str) -> None:
        """One thing that is wrong with a row."""
        found = BadRow(self.names[file], place, bad, raw)
        if len(self.first) < MOST_SHOWN:
            self.first.append(found)
        self.by[bad.column or bad.field, bad.expected, bad.reason] += 1
        told = found.told()
        self._json.write(("," if self.bad_cells else "") + "\n" + _printable(json.dumps(told, ensure_ascii=False)))
        self._rows.row(_printable(told[name]) for name in COLUMNS)
        self.bad_cells += 1

    def saying(self, assumed: Sequence[Assumed], noted: Sequence[str]) -> int:
        """A number for what the map said of a row and what was noted of it: few are different."""
        return self._said.setdefault((tuple(assumed), tuple(noted)), len(self._said))

    def assume(self, said: int) -> None:
        """A row is used of which that was said."""
        self._used[said] += 1

    def _count_sayings(self) -> None:
        for (assumed, noted), number in self._said.items():
            for each in assumed:
                self.assumed[each] += self._used[number]
            for words in set(noted):
                self.noted[words] += self._used[number]
        self._used.clear()

    def adds_up(self) -> bool:
        """Whether every row read became one thing, and its minutes with it."""
        return all(counts["read"] == sum(counts[fate] for fate in FATES) for counts in (self.rows, self.minutes))

    def told(self, kind: str, rows_are_documents: bool) -> Json:
        """As JSON."""
        self._count_sayings()
        assumed = sorted(self.assumed.items(), key=lambda each: (each[0].why, -each[1], each[0]))
        return {
            "rows": {name: self.rows[name] for name in ("read", *FATES)} | {"blank": self.rows["blank"]},
            "minutes": {name: self.minutes[name] for name in ("read", *FATES)},
            "skipped": dict(self.skipped.most_common()),
            "documents": {name: self.documents[name] for name in ("new", "revised", "withdrawn")},
            "assumed": [
                {**each._asdict(), "rows": count, "words": in_words(each, count, kind, rows_are_documents)}
                for each, count in assumed
                if count
            ],
            "noted": {words: count for words, count in self.noted.most_common() if count},
            "warnings": self.warnings,
            "bad": {
                "cells": self.bad_cells,
                "by": [
                    {"column": column, "expected": expected, "reason": reason, "count": count}
                    for (column, expected, reason), count in self.by.most_common()
                ],
                "first": [each.told() for each in self.first],
            },
        }


def several(kind: str) -> str:
    """A kind as many of it are called: evv visits."""
    words = re.sub(r"(?<!^)(?=[A-Z])", " ", kind).lower().removeprefix("evv ")
    return f"{words[:-1]}ies" if words.endswith(("ory", "ity")) else f"{words}s"


def _printable(cell: Cell) -> Cell:
    return cell.encode("utf-8", "backslashreplace").decode("utf-8") if isinstance(cell, str) else cell


def in_words(assumed: Assumed, count: int, kind: str, rows_are_documents: bool) -> str:
    """What was assumed, as a sentence."""
    name = field_words(assumed.field)
    many = several(kind) if rows_are_documents or assumed.why == "import" else "rows"
    of = f"{count:,} {many if count != 1 else many.removesuffix('s')}"
    if assumed.why == "constant":
        return f"{of}: {name} is {assumed.value}, by the map"
    if assumed.why == "default":
        return f"{of} had no {name}: {assumed.value} assumed, by the map"
    return f"{of} had no {name}: {assumed.value}"


def field_words(name: str) -> str:
    """A field as a person says it."""
    if name in WORDS:
        return WORDS[name]
    for part, words in WORDS.items():
        name = name.replace(part, words)
    return name.replace("_", " ")
