"""Rows of a sheet of an Excel workbook, streaming."""

import zipfile
import zlib
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import ParseError

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
            for number, cells in enumerate(sheet.iter_rows(values_only=True), 1):
                self.done = number
                if any(cell is not None and cell != "" for cell in cells):
                    yield number, list(cells), None
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
