"""Rows of JSON: an array, one nested by a path, or an object a line; columns are paths into each record."""

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import IO, NamedTuple

from pipelines.importing.cells import BadCell, Cell
from pipelines.importing.encodings import encoding_of, is_writable
from pipelines.importing.sources import RefusedFile, RowSource, SourceRow

END = object()
MOST_DIGITS = 4000  # below the limit of int(), which is 4300
LONG = re.compile(rb"(?<![0-9])[0-9]{%d}" % MOST_DIGITS)
STEP = re.compile(r"([^.\[\]]+)(?:\[([^=\]]+)=([^\]]*)\])?(?:\.|$)")


class Step(NamedTuple):
    """Into a key; of an array there, to its item whose ``key`` is one of ``values``."""

    name: str
    key: str
    values: frozenset[str]


class LongNumber(ValueError):
    """More digits in a row than Python makes a number of: the parser, which is in C, would end the process."""


class _Bounded:
    """Bytes of a stream, as far as no such number stands in them."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self._last = stream, b""

    def read(self, size: int = -1) -> bytes:
        read = self._stream.read(size)
        if LONG.search(self._last + read):
            raise LongNumber
        self._last = (self._last + read)[-MOST_DIGITS:]
        return read


class Json(RowSource):
    """Records of JSON. UTF-8, or UTF-16 with its mark."""

    def rows(self) -> Iterator[SourceRow]:
        """A row a record."""
        self.total = self.path.stat().st_size
        encoding = encoding_of(self.path, self.asked.file.encoding)
        with self.path.open("rb") as stream:
            begins = stream.read(4096).decode(encoding, "replace").lstrip("\ufeff \t\r\n")
            stream.seek(0)
            is_lines = begins[:1] == "{" and not self.asked.file.records
            yield from self._of_lines(stream, encoding) if is_lines else self._of_array(stream, encoding)

    def _of_lines(self, stream: IO[bytes], encoding: str) -> Iterator[SourceRow]:
        if encoding not in ("utf-8", "utf-8-sig"):
            raise RefusedFile("UNREADABLE", "lines of JSON in UTF-8")
        for number, line in enumerate(stream, 1):
            self.done += len(line)
            text = line.decode("utf-8-sig" if number == 1 else "utf-8", "surrogateescape").strip()
            if not text:
                self.blank += 1
                continue
            try:
                record = json.loads(text)
            except (ValueError, RecursionError):
                yield SourceRow(number, {}, text, BadCell("an object of JSON", "UNREADABLE"))
                continue
            yield self._row(number, record)

    def _of_array(self, stream: IO[bytes], encoding: str) -> Iterator[SourceRow]:
        import ijson

        path = self.asked.file.records
        prefix = f"{path}.item" if path else "item"
        if encoding != "utf-8":
            import codecs

            stream = codecs.EncodedFile(stream, "utf-8", encoding)
        number, found = 0, ijson.items(_Bounded(stream), prefix)
        while True:
            try:
                record = next(found, END)
            except (ijson.JSONError, UnicodeDecodeError, RecursionError, ArithmeticError, LongNumber):
                words = "JSON to its end: what comes after this record cannot be read"
                yield SourceRow(number + 1, {}, "", BadCell(words, "UNREADABLE"))
                return
            if record is END:
                break
            number, self.done = number + 1, stream.tell()
            yield self._row(number, record)
        if not number:
            raise RefusedFile("UNKNOWN_SCHEMA", f"records at {path or 'the outermost array'}: none is there")

    def _row(self, number: int, record: Cell) -> SourceRow:
        raw = json.dumps(record, ensure_ascii=False, default=str)
        if not isinstance(record, dict):
            return SourceRow(number, {}, raw, BadCell("an object, with names and values", "UNREADABLE"))
        cells: dict[str, Cell] = {}
        fault = None if is_writable(raw) else BadCell("text in UTF-8", "UNREADABLE")
        for name in self.columns.all:
            try:
                cells[name] = self.cell(found_at(record, name))
            except BadCell as bad:
                fault = bad
        return SourceRow(number, cells, raw, fault)


def found_at(record: Cell, path: str) -> Cell:
    """What stands at a path such as ``Calls[CallAssignment=Time In|Call In].CallDateTime``; None for nothing. Raises
    BadCell where two items fit, or an object stands."""
    at = record
    for step in steps(path):
        at = at.get(step.name) if isinstance(at, dict) else None
        if step.key and at is not None:
            fitting = [each for each in at if _fits(each, step)] if isinstance(at, list) else []
            if len(fitting) > 1:
                raise BadCell(f"one item of {step.name} that is {' or '.join(sorted(step.values))}", "CONTRADICTORY")
            at = fitting[0] if fitting else None
    if isinstance(at, list) and all(isinstance(each, str) for each in at):
        return ";".join(at)
    if isinstance(at, dict | list):
        raise BadCell(f"a value at {path}, not an object")
    return at


def _fits(item: Cell, step: Step) -> bool:
    return isinstance(item, dict) and str(item.get(step.key, "")).strip().casefold() in step.values


@lru_cache(maxsize=1024)
def steps(path: str) -> tuple[Step, ...]:
    """The steps of a path."""
    return tuple(
        Step(found[1], found[2] or "", frozenset(each.casefold() for each in (found[3] or "").split("|")))
        for found in STEP.finditer(path)
    )
