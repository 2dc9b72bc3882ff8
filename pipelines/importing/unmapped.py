"""A file before there is a map for it: its headings, and what its columns look like."""

from collections import defaultdict
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from pipelines.importing.cells import Cell
from pipelines.importing.json_rows import Json
from pipelines.importing.map import ImportMap
from pipelines.importing.opening import opened
from pipelines.importing.sources import HEADINGS_WITHIN, HeadedSource, RefusedFile, heading_of, is_empty
from pipelines.importing.templates import kind_of_headings

ROWS_LOOKED_AT = 2000
NO_MAP = {"kind": "Timesheet", "fields": {}}


class Looked(NamedTuple):
    """``columns``: cells that are filled, by heading."""

    columns: dict[str, list[Cell]]


def look(path: Path) -> Looked:
    """The headings and the first cells of a file. Raises RefusedFile."""
    source = opened(path, ImportMap.model_validate(NO_MAP))
    if isinstance(source, Json):
        return Looked(_paths(source))
    if not isinstance(source, HeadedSource):
        raise RefusedFile("UNKNOWN_SCHEMA", "a table with headings, or JSON: fixed width needs a map (file: widths)")
    rows = [cells for _, cells, fault in islice(source.lists(), ROWS_LOOKED_AT) if fault is None]
    if not rows:
        raise RefusedFile("UNKNOWN_SCHEMA", "a row of headings: nothing is in the file")
    above = max(range(min(len(rows), HEADINGS_WITHIN)), key=lambda at: (_worded(rows[at]), -at))
    columns: dict[str, list[Cell]] = {heading_of(each): [] for each in rows[above] if heading_of(each)}
    for row in rows[above + 1 :]:
        for heading, cell in zip(map(heading_of, rows[above]), row, strict=False):
            if heading and not is_empty(source.cell(cell)):
                columns[heading].append(cell)
    return Looked(columns)


def _worded(row: list[Cell]) -> int:
    """How many cells of a row are words, as headings are."""
    return len({heading_of(each) for each in row if isinstance(each, str) and any(map(str.isalpha, each))})


def _paths(source: Json) -> dict[str, list[Cell]]:
    """Paths into records, with what stands there."""
    import json

    columns: dict[str, list[Cell]] = defaultdict(list)
    for row in islice(source.rows(), ROWS_LOOKED_AT):
        if row.fault is None:
            for name, value in _flat("", json.loads(str(row.raw))):
                columns[name].append(value)
    return dict(columns)


def _flat(path: str, value: Cell) -> list[tuple[str, Cell]]:
    if isinstance(value, dict):
        return [each for name, part in value.items() for each in _flat(f"{path}.{name}".lstrip("."), part)]
    return [] if isinstance(value, list) else [(path, value)]


def kind_of_file(path: Path) -> str | None:
    """The kind whose template the file fills; None for none."""
    try:
        return kind_of_headings(list(look(path).columns))
    except RefusedFile:
        return None
