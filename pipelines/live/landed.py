"""A file that landed, read as messages. Reading any file costs no more than its size; what cannot be used of it becomes
one rejection, under its SHA-256.

A file that is too large and has no readable head is not read: its mark is the SHA-256 of its size and first bytes.
"""

import hashlib
import os
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from stat import S_ISREG
from typing import Any

from fold.door import LARGEST_RAW
from pipelines.live.collector import Message, Taken
from schemas import FACTS
from schemas.avro import Container, Unreadable, encode_message, original_message, validate
from schemas.ids import origin_in

NEITHER_LINK_NOR_PIPE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK  # a link may lead anywhere, a pipe be endless
Seen = tuple[int, int, int]


def opened(path: Path) -> BufferedReader:
    """The file itself, to be read. Raises OSError where there is none, or it may not be read."""
    descriptor = os.open(path, NEITHER_LINK_NOR_PIPE)
    if not S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise FileNotFoundError(path)
    return open(descriptor, "rb")


def mark_of(stream: BufferedReader) -> str | None:
    """What `LandedFile.mark` will be; None: only what the file holds can tell. Raises OSError."""
    if os.fstat(stream.fileno()).st_size > LARGEST_RAW:
        return None
    return hashlib.file_digest(stream, "sha256").hexdigest()


def seen(stat: os.stat_result) -> Seen:
    """What changes when a file does."""
    return stat.st_ino, stat.st_size, stat.st_mtime_ns


class LandedFile:
    """One file, open. ``mark``: by which the same content is known again; ``damage``: why the rest of it cannot be used
    (None: all was read), once ``messages`` were. Raises OSError while it cannot be read."""

    def __init__(self, stream: BufferedReader, name: str) -> None:
        self._stream = stream
        self._seen = seen(os.fstat(stream.fileno()))
        self.damage: Unreadable | None = None
        self._container = self._begun()
        self.mark = self._mark()
        self.origin = f"{name if name.isprintable() else repr(name)}#{self.mark[:16]}"

    def lies_at(self, path: Path) -> bool:
        """Is it still what has this name, as it was when it was opened? Else somebody wrote to it, or gave the name to
        another file."""
        try:
            return seen(path.lstat()) == self._seen
        except FileNotFoundError:
            return False

    def messages(self) -> Iterator[Message]:
        """Its facts, what is damaged as one rejection, and a mark of its end."""
        try:
            if self._container:
                for position, record in self._container:
                    yield _message(self._container, record, origin_in(self.origin, position))
        except Unreadable as damage:
            self.damage = damage
        if self.damage:
            yield self._rest(self.damage)
        yield Message(bytes.fromhex(self.mark), origin_in(self.origin, "end"), wrong=Taken())

    def _begun(self) -> Container | None:
        try:
            container = Container(self._stream)
            if container.kind not in FACTS:
                raise Unreadable("UNKNOWN_SCHEMA", f"{container.kind} is not a kind of fact.", offset=0)
            return container
        except Unreadable as damage:
            self.damage = damage
            return None

    @property
    def _size(self) -> int:
        return self._seen[1]

    def _mark(self) -> str:
        here = self._stream.tell()
        self._stream.seek(0)
        if self._container is None and self._size > LARGEST_RAW:
            found = hashlib.sha256(b"%d " % self._size + self._stream.read(LARGEST_RAW))
        else:
            found = hashlib.file_digest(self._stream, "sha256")
        self._stream.seek(here)
        return found.hexdigest()

    def _rest(self, damage: Unreadable) -> Message:
        """All from the damage on: with its bytes, or where they are if they are too many to carry."""
        offset = damage.offset or 0
        origin, size = origin_in(self.origin, f"from byte {offset}"), self._size - offset
        if size > LARGEST_RAW:
            words = f"{damage.message} {size:,} bytes of the file marked {self.mark} are in quarantine."
            return Message(b"", origin, wrong=Unreadable(damage.reason, words, damage.field, offset))
        self._stream.seek(offset)
        return Message(self._stream.read(size), origin, wrong=damage)


def _message(container: Container, record: dict[str, Any], origin: str) -> Message:
    """The record last read. A journal is read without the schemas of its writers, so what others wrote otherwise is
    written as we would; what cannot be used stays as it was."""
    try:
        if container.reader_schema is not None:
            return Message(encode_message(validate(container.kind, record)), origin)
    except Unreadable as wrong:
        return Message(original_message(container), origin, wrong=wrong)
    return Message(original_message(container), origin)
