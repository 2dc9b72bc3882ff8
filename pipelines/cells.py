"""Rows of CSV that a spreadsheet shows and never obeys: a text that it would take for a formula gets a ' before it."""

import csv
import re
from collections.abc import Iterable
from typing import IO, Any

OBEYED = ("=", "+", "-", "@", "\t", "\r", "\n")
NUMBER = re.compile(r"[+-]?[0-9][0-9.,:]*")


def harmless_cell(value: Any) -> Any:
    """What stands in the cell."""
    if not isinstance(value, str):
        return value
    begun = "'" if value.startswith(OBEYED) and not NUMBER.fullmatch(value) else ""
    return begun + value.replace("\r", "\\r")  # which ends a line though nothing quotes it


class Rows:
    """Writes rows to a stream, a line each."""

    def __init__(self, stream: IO[str], columns: Iterable[str] = ()) -> None:
        self._rows = csv.writer(stream, lineterminator="\n")
        self.columns = tuple(columns)
        if self.columns:
            self.row(self.columns)

    def row(self, values: Iterable[Any]) -> None:
        """One row."""
        self._rows.writerow(map(harmless_cell, values))

    def many(self, rows: Iterable[Iterable[Any]]) -> None:
        """Several rows."""
        for values in rows:
            self.row(values)

    def named(self, values: dict[str, Any]) -> None:
        """One row of what the columns name; nothing where there is nothing, or for what they do not name."""
        self.row(values.get(name, "") for name in self.columns)
