"""A text of JSON to the values in it: one a line, one array of them, or each written over many lines.

UTF-8, and what else JSON is written in (UTF-16, UTF-32, with or without a byte order mark). Of lines a bad one does not
take the others with it; after a fault in any other text nobody can say where the next value begins.
"""

import json
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, NamedTuple

from pipelines.importing.json_keys import first_twice, shown
from schemas.avro import Unreadable

Json = Any
BOM = b"\xef\xbb\xbf"
ENOUGH = 4  # bytes that tell an encoding
SPACE = re.compile(r"[ \t\r\n]*")
NOT_UTF_8 = re.compile("[\udc80-\udcff]")  # what surrogateescape makes of bytes that are none
LONGEST_NUMBER = 30  # digits; Python itself gives up at 4,300, and no field takes half as many
REST = "Nothing after it was looked at."
NAMES_A_KIND = {"kind", "type"}


class JsonPiece(NamedTuple):
    """One value of a text. ``place``: its line, with the column if it does not begin there; ``wrong``: why it is none;
    ``is_rest``: all that is left of the text."""

    place: str
    text: str
    value: Json = None
    wrong: Unreadable | None = None
    is_rest: bool = False

    @property
    def raw(self) -> bytes:
        """As it came, in UTF-8."""
        return self.text.encode("utf-8", "surrogateescape")


def pieces(lines: Iterable[bytes]) -> Iterator[JsonPiece]:
    """The values of a text that comes line by line."""
    lines = iter(lines)
    first: list[bytes] = []
    while sum(map(len, first)) < ENOUGH and (line := next(lines, None)) is not None:
        first.append(line)
    encoding = json.detect_encoding(b"".join(first))
    if not encoding.startswith("utf-8"):
        yield from _of_other(b"".join((*first, *lines)), encoding)
        return
    first[:1] = [each.removeprefix(BOM) for each in first[:1]]
    numbered = enumerate(chain(first, lines), 1)
    number, begins = next(((number, line) for number, line in numbered if line.strip()), (1, b""))
    if _is_event(begins):
        yield from _of_lines(chain([(number, begins)], numbered))
    else:
        rest = b"".join((begins, *(line for _, line in numbered)))
        yield from _of_text(rest.decode("utf-8", "surrogateescape"), number)


def _of_other(raw: bytes, encoding: str) -> Iterator[JsonPiece]:
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as wrong:
        words = f"It begins as {encoding.upper()} and is not: byte {wrong.start:,} is wrong."
        yield JsonPiece(
            "1", raw.decode("utf-8", "surrogateescape"), None, Unreadable("UNREADABLE", words), is_rest=True
        )
        return
    yield from _of_text(text, 1)


def _of_text(text: str, line: int) -> Iterator[JsonPiece]:
    """Values one after the other; if that breaks off and some line is an event by itself, a value a line."""
    found = list(_Reader(text, line).each())
    if not _broke_off(found):
        yield from found
        return
    lines = list(enumerate(text.encode("utf-8", "surrogateescape").split(b"\n"), line))
    if not text.lstrip().startswith("[") and any(_is_event(each) for _, each in lines):
        yield from _of_lines(lines)
    else:
        yield from (*found[:-1], _with_the_rest(found[-1]))


def _with_the_rest(last: JsonPiece) -> JsonPiece:
    words = f"{last.wrong.message if last.wrong else ''} {REST}"
    return last._replace(is_rest=True, wrong=Unreadable("UNREADABLE", words))


def _of_lines(lines: Iterable[tuple[int, bytes]]) -> Iterator[JsonPiece]:
    for number, line in lines:
        if line.strip():
            text = line.rstrip(b"\r\n").decode("utf-8", "surrogateescape")
            found = list(_Reader(text, number).each())
            yield from (JsonPiece(str(number), text, wrong=found[-1].wrong),) if _broke_off(found) else found


def _broke_off(found: list[JsonPiece]) -> bool:
    """Whether the last of all is no JSON."""
    return bool(found) and found[-1].wrong is not None and found[-1].value is None


def _is_event(line: bytes) -> bool:
    """Whether a line alone is an object that names a kind."""
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(told, dict) and bool(told.keys() & NAMES_A_KIND)


class _Reader:
    """The values of a text, or of arrays in it, one after the other. ``line``: of its beginning."""

    def __init__(self, text: str, line: int) -> None:
        self.text, self.at = text, 0
        self._line, self._line_begins, self._counted = line, 0, 0
        self._has_twice = False
        self._decoder = json.JSONDecoder(object_pairs_hook=self._object, parse_int=_number)

    def each(self) -> Iterator[JsonPiece]:
        """All values; the last is all the rest, if that is not JSON."""
        try:
            while self._skip_space() < len(self.text):
                yield from self._items() if self.text[self.at] == "[" else (self._next(),)
        except Unreadable as wrong:
            yield JsonPiece(self._place(self.at), self.text[self.at :], wrong=wrong)

    def _items(self) -> Iterator[JsonPiece]:
        self.at += 1
        self._skip_space()
        if self.text.startswith("]", self.at):
            raise Unreadable("UNREADABLE", "An array without an event.")
        while True:
            yield self._next()
            mark = self.text[self._skip_space() : self.at + 1]
            if mark not in ("]", ","):
                raise Unreadable("UNREADABLE", f"Not JSON: expecting ',' or ']' {self._where(self.at)}.")
            self.at += 1
            if mark == "]":
                return
            self._skip_space()

    def _next(self) -> JsonPiece:
        begin, self._has_twice = self.at, False
        place = self._place(begin)
        try:
            value, self.at = self._decoder.raw_decode(self.text, begin)
        except json.JSONDecodeError as wrong:
            what = f"{wrong.msg[0].lower()}{wrong.msg[1:].removesuffix(' at')}"
            raise Unreadable("UNREADABLE", f"Not JSON: {what} {self._where(wrong.pos)}.") from None
        except RecursionError:
            raise Unreadable("UNREADABLE", "It is nested too deeply to be an event.") from None
        return JsonPiece(place, self.text[begin : self.at], value, self._fault(begin, self.at))

    def _fault(self, begin: int, end: int) -> Unreadable | None:
        """What is wrong with a value that is JSON."""
        text = self.text[begin:end]
        if NOT_UTF_8.search(text):
            return Unreadable("UNREADABLE", "It is not written in UTF-8, nor in UTF-16 from the beginning.")
        if self._has_twice and (found := first_twice(text)):
            where = self._where(begin + found.at)
            path = shown(found.path.removeprefix("data.").removeprefix("fields."))
            words = f"The key {path} stands twice in its object, again {where}: which is meant?"
            return Unreadable("INVALID", words, path)
        return None

    def _object(self, pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        told = dict(pairs)
        self._has_twice |= len(told) < len(pairs)
        return told

    def _skip_space(self) -> int:
        self.at = SPACE.match(self.text, self.at).end()  # type: ignore[union-attr]  # it matches anywhere
        return self.at

    def _line_of(self, at: int) -> tuple[int, int]:
        """The line of a character after the last that a place was asked of, and where that line begins."""
        begins = self.text.rfind("\n", self._counted, at) + 1
        return self._line + self.text.count("\n", self._counted, at), begins or self._line_begins

    def _where(self, at: int) -> str:
        line, begins = self._line_of(at)
        return f"in line {line:,} at character {at - begins + 1:,}"

    def _place(self, at: int) -> str:
        self._line, self._line_begins = self._line_of(at)
        self._counted = at
        before = self.text[self._line_begins : at]
        return f"{self._line}:{len(before) + 1}" if before.strip() else str(self._line)


def _number(digits: str) -> int:
    """A number, or one that is as wrong and no larger than need be."""
    if len(digits) <= LONGEST_NUMBER:
        return int(digits)
    longest: int = 10**LONGEST_NUMBER
    return -longest if digits.startswith("-") else longest
