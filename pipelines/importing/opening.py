"""Which reader a file is for: by the map, else by how it begins."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from pipelines.importing.cells import Cell
from pipelines.importing.encodings import begins_with
from pipelines.importing.instants import digits_of, proven_order
from pipelines.importing.json_rows import Json
from pipelines.importing.map import ImportMap, listed
from pipelines.importing.sources import OLD_WORKBOOK, WORKBOOK, RefusedFile, RowSource, SourceRow
from pipelines.importing.targets import targets
from pipelines.importing.texts import Delimited, FixedWidth
from pipelines.importing.workbooks import Workbook
from pipelines.misuse import Misuse

MARKS_AND_SPACE = b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"
JSON_ENDINGS = (".json", ".jsonl", ".ndjson")
OF_DAYS = ("date", "instant", "trips")
READERS: dict[str, type[RowSource]] = {"csv": Delimited, "xlsx": Workbook, "fixed": FixedWidth, "json": Json}


def opened(path: Path, asked: ImportMap) -> RowSource:
    """The source of a file. Raises RefusedFile."""
    begins = begins_with(path)
    if begins.startswith(OLD_WORKBOOK):
        raise RefusedFile("UNREADABLE", "a workbook saved as .xlsx without a password: this is an old .xls, or locked")
    if begins.startswith(b"Obj\x01"):
        raise RefusedFile("UNREADABLE", "a table: this is Avro, which replay reads as it is")
    return READERS[asked.file.format or _seen(path, begins, asked)](path, asked)


def with_order(asked: ImportMap, files: Sequence[Path]) -> ImportMap:
    """The map with the order of days in digits; where it says auto, the one that the cells of all files prove. Raises
    Misuse where they do not."""
    if asked.dates != "auto":
        return asked
    first = second = 0
    columns = _of_days(asked)
    for row in (row for path in files for row in _rows(path, asked)):
        items = [each for name, separator in columns for each in _items(row.cells.get(name), separator)]
        for pair in filter(None, map(digits_of, items)):
            first, second = max(first, pair[0]), max(second, pair[1])
    order = proven_order([(first, second)])
    if order is None and first:
        raise Misuse(
            'no day in the files proves whether month or day comes first: say dates = "MDY" or "DMY" in the map'
        )
    return asked.model_copy(update={"dates": order or "YMD"})


def _of_days(asked: ImportMap) -> list[tuple[str, str]]:
    """Columns in which the map's order of days counts, with what stands between the items of each."""
    known = targets(asked.kind)
    fields = [each for name, each in asked.fields.items() if (each.form or known[name].form) in OF_DAYS]
    return [
        (name, each.separator)
        for each in fields
        if not (each.pattern or each.serial)
        for name in (*listed(each.column), *(each.columns or ()), each.day, each.clock)
        if name
    ]


def _items(cell: Cell, separator: str) -> list[str]:
    return [each.strip() for each in cell.split(separator)] if isinstance(cell, str) else []


def _rows(path: Path, asked: ImportMap) -> Iterator[SourceRow]:
    try:
        yield from opened(path, asked).rows()
    except RefusedFile:
        return  # said when the file is read


def _seen(path: Path, begins: bytes, asked: ImportMap) -> str:
    if begins.startswith(WORKBOOK):
        return "xlsx"
    if asked.file.widths:
        return "fixed"
    is_json = path.suffix.lower() in JSON_ENDINGS or begins.lstrip(MARKS_AND_SPACE)[:1] in (b"{", b"[")
    return "json" if is_json else "csv"
