"""Rows of text: with a delimiter, as CSV has them, or in columns of fixed width."""

import csv
from collections.abc import Iterator
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.importing.cells import BadCell, Cell
from pipelines.importing.encodings import ESCAPED, encoding_of, not_this_text, position
from pipelines.importing.sources import HeadedSource, RowSource, SourceRow

if TYPE_CHECKING:
    import _csv

DELIMITERS = (",", "\t", ";", "|")
STATED = "sep="
LARGEST_FIELD = 1 << 20
LINES_TO_CHOOSE_BY = 30
Listed = tuple[int, list[Cell], BadCell | None]


class Delimited(HeadedSource):
    """CSV, TSV and their like."""

    def lists(self) -> Iterator[Listed]:
        """Rows that hold anything; a quote that is never closed makes one bad row from its first line to the end."""
        csv.field_size_limit(LARGEST_FIELD)
        self.total = self.path.stat().st_size
        with _opened(self.path, self.asked.file.encoding) as stream:
            delimiter, skipped = self._delimiter()
            for _ in range(skipped):
                next(stream)
            yield from self._read(stream, csv.reader(stream, delimiter=delimiter, strict=True), skipped)

    def _read(self, stream: TextIOWrapper, reader: "_csv.Reader", skipped: int) -> Iterator[Listed]:
        while True:
            number = reader.line_num + skipped + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as wrong:
                yield number, [], BadCell(_fault(str(wrong)), "UNREADABLE")
                continue
            self.done = position(stream)
            if not any(cells):
                self.blank += 1
                continue
            yield number, cells, next((fault for cell in cells if (fault := not_this_text(cell))), None)

    def _delimiter(self) -> tuple[str, int]:
        """The delimiter, and the lines before the first row: the map's, the file's own word, else the one that finds
        the columns, or makes the most of them."""
        with _opened(self.path, self.asked.file.encoding) as stream:
            lines = [line.rstrip("\r\n") for line, _ in zip(stream, range(LINES_TO_CHOOSE_BY), strict=False)]
        has_word = bool(lines) and lines[0].strip().strip('"').lower().startswith(STATED)
        if self.asked.file.delimiter:
            return self.asked.file.delimiter, int(has_word)
        if has_word:
            return lines[0].strip().strip('"')[len(STATED) :] or "\t", 1
        return max(DELIMITERS, key=lambda each: self._found_by(each, lines)), 0

    def _found_by(self, delimiter: str, lines: list[str]) -> tuple[int, int]:
        known = {name.casefold() for name in self.columns.all}
        split = [[part.strip(' "').casefold() for part in line.split(delimiter)] for line in lines]
        return max((len(known & set(parts)) for parts in split), default=0), max(map(len, split), default=0)


class FixedWidth(RowSource):
    """Columns from one character to another."""

    def rows(self) -> Iterator[SourceRow]:
        """A row a line; one that is too long is not what the map describes."""
        self.total, asked = self.path.stat().st_size, self.asked.file
        with _opened(self.path, asked.encoding) as stream:
            for number, line in enumerate(stream, 1):
                self.done, text = position(stream), line.rstrip("\r\n")
                if not text.strip():
                    self.blank += 1
                    continue
                cells = {
                    name: self.cell(text[first - 1 : last].strip()) for name, (first, last) in asked.widths.items()
                }
                misfit = self._misfit(text)  # in which no column can be told
                yield SourceRow(number, {} if misfit else cells, text, misfit or not_this_text(text))

    def _misfit(self, text: str) -> BadCell | None:
        length = self.asked.file.length
        if length and len(text) > length:
            return BadCell(f"a line of {length} characters: this one has {len(text)}", "UNREADABLE")
        return None


def _opened(path: Path, encoding: str | None) -> TextIOWrapper:
    return path.open(encoding=encoding_of(path, encoding), errors=ESCAPED, newline="")


def _fault(words: str) -> str:
    if "unexpected end" in words or "field limit" in words or "field larger" in words:
        return "a quote that is closed: from this line on nothing can be told apart"
    return "a row by the rules of CSV: a quote stands where none may"
