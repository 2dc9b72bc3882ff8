"""Rows of a sheet of an Excel workbook, streaming."""

import zipfile
import zlib
from collections.abc import Iterator
from datetime import datetime, time
from typing import Any
from xml.etree.ElementTree import ParseError

from pipelines.importing.cells import Cell
from pipelines.importing.sources import HeadedSource, RefusedFile
from pipelines.importing.texts import Listed

EXPLANATIONS = "Explanations"  # of our templates
DAMAGED = (ParseError, zipfile.BadZipFile, zlib.error, KeyError, ValueError, TypeError, EOFError)
LARGEST_INSIDE = 8 << 30  # bytes unpacked: a bomb has more


class Workbook(HeadedSource):
    """One sheet. Formulas stay formulas: none is evaluated, and none is read for the value it once had."""

    def lists(self) -> Iterator[Listed]:
        """Rows that hold anything."""
        import openpyxl

        self._refuse_bombs()
        try:
            yield from self._of_book(openpyxl.load_workbook(self.path, read_only=True, keep_links=False))
        except DAMAGED:
            raise RefusedFile("UNREADABLE", f"a workbook that is whole: after row {self.done} it is damaged") from None

    def _of_book(self, book: Any) -> Iterator[Listed]:
        try:
            sheet = self._sheet(book)
            self.total = sheet.max_row or 0
            sheet.reset_dimensions()  # what a writer says of its size may be wrong, and would cut rows off
            for number, row in enumerate(sheet.iter_rows(), 1):
                self.done, cells = number, [_value(cell) for cell in row]
                if any(cell is not None and cell != "" for cell in cells):
                    yield number, cells, None
                else:
                    self.blank += 1
        finally:
            book.close()

    def _refuse_bombs(self) -> None:
        try:
            with zipfile.ZipFile(self.path) as inside:
                size, names = sum(each.file_size for each in inside.infolist()), set(inside.namelist())
        except zipfile.BadZipFile:
            raise RefusedFile("UNREADABLE", "a workbook that is whole: this one is damaged") from None
        if size > LARGEST_INSIDE or "xl/workbook.xml" not in names:
            raise RefusedFile("UNREADABLE", "an Excel workbook (.xlsx)")

    def _sheet(self, book: Any) -> Any:
        names, asked = book.sheetnames, self.asked.file.sheet
        if asked in names:
            return book[asked]
        shown = [each for each in names if book[each].sheet_state == "visible" and each != EXPLANATIONS]
        if asked is None and len(shown) == 1:
            return book[shown[0]]
        which = f"the sheet {asked}" if asked else "one sheet, or its name in the map (sheet = ...)"
        raise RefusedFile("UNKNOWN_SCHEMA", f"{which}: there are {', '.join(shown)}")


def _value(cell: Any) -> Cell:
    """What a cell holds. A workbook keeps a day as its midnight: which of them was typed, the format tells."""
    value: Cell = cell.value
    return value.date() if type(value) is datetime and value.time() == time() and _is_day(cell) else value


def _is_day(cell: Any) -> bool:
    from openpyxl.styles.numbers import is_datetime

    return bool(is_datetime(cell.number_format) == "date")
