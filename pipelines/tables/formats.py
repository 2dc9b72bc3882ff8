"""The tables and views as files: Parquet, CSV that a spreadsheet shows and never obeys, a workbook."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from pipelines.cells import Rows, harmless_cell
from pipelines.harmless import harmless
from pipelines.misuse import Misuse
from pipelines.tables.store import NAMES, Connection
from schemas import private

ROWS = 10_000  # read at once
MOST_ROWS = 1_048_575  # of a sheet, below its headings
LONGEST_CELL = 32_767
WORKBOOK = "payroll.xlsx"
Cells = tuple[Any, ...]


def write_parquet(connection: Connection, folder: Path) -> int:
    """A file a table. Texts that were cut: none."""
    for name in NAMES:
        with private.created(folder / f"{name}.parquet") as stream:
            reader = connection.sql(f"FROM {name}").to_arrow_reader(ROWS)
            with pq.ParquetWriter(stream, reader.schema, compression="zstd") as writer:
                for batch in reader:
                    writer.write_batch(batch)
    return 0


def write_csv(connection: Connection, folder: Path) -> int:
    """A file a table. Texts that were cut: none."""
    for name in NAMES:
        columns, rows = _read(connection, name)
        with private.text(folder / f"{name}.csv") as stream:
            written = Rows(stream, columns)
            for row in rows:
                written.row(map(_in_text, row))
    return 0


def _in_text(value: Any) -> Any:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else value


def write_xlsx(connection: Connection, folder: Path) -> int:
    """A sheet a table, the views first; how many texts were cut, since no cell holds them. Raises Misuse for a table
    that no sheet holds."""
    book, cut = openpyxl.Workbook(write_only=True), 0
    for name in reversed(NAMES):
        columns, rows = _read(connection, name)
        sheet = book.create_sheet(name)
        sheet.freeze_panes = "A2"
        sheet.append([_heading(sheet, column) for column in columns])
        for number, row in enumerate(rows):
            if number == MOST_ROWS:
                raise Misuse(f"{name} has more rows than a sheet holds: take --format csv, parquet or duckdb")
            cells = [_in_sheet(value) for value in row]
            sheet.append([each[:LONGEST_CELL] if isinstance(each, str) else each for each in cells])
            cut += sum(isinstance(each, str) and len(each) > LONGEST_CELL for each in cells)
    with private.created(folder / WORKBOOK) as stream:
        book.save(stream)
    return cut


def _heading(sheet: Any, column: str) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, column)
    cell.font = Font(bold=True)
    return cell


def _in_sheet(value: Any) -> Any:
    return harmless_cell(harmless(value)) if isinstance(value, str) else value


def _read(connection: Connection, name: str) -> tuple[list[str], Iterator[Cells]]:
    """Columns and rows of a table."""
    found = connection.execute(f"FROM {name}")
    return [column[0] for column in found.description], _all(found)


def _all(found: Connection) -> Iterator[Cells]:
    while rows := found.fetchmany(ROWS):
        yield from rows


WRITERS: dict[str, Callable[[Connection, Path], int]] = {
    "csv": write_csv,
    "parquet": write_parquet,
    "xlsx": write_xlsx,
}
