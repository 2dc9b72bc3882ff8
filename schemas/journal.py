"""The journal's entries: what a live job took in, when, and which pay run sees it first, in append-only Avro segments.

Not part of what crosses the boundary, but what every fold of a journal reads. A segment is a container file whose
blocks each were synced before anything in them was acknowledged. Units: instants in milliseconds since 1970-01-01 UTC.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, NamedTuple

import fastavro

from schemas.physical import BAD_SCHEMA, Unreadable, same_layout
from schemas.streams import BAD_BYTES, Spliced
from schemas.types import Fields

FOLDER = "segments"  # of a journal; below it a folder for each pay run, by business day
NAME = "ihss.journal.v1.Entry"
TAKEN = "TAKEN"  # in the place of a reason: no event, but a file that is in the journal to its end
LAW = "LAW"  # in the place of a reason: no event, but a change of law that was published (`fold.publications`)
NO_EVENTS = (TAKEN, LAW)
LAW_ORIGIN = "ihss.law.v1"  # of such an entry, by which it is found
MARKER = hashlib.sha256(NAME.encode()).digest()[:16]
LARGEST_BATCH = 1 << 30  # bytes: a batch is a block
OPTIONAL = ["null", "string"]
SCHEMA = fastavro.parse_schema(
    {
        "type": "record",
        "name": NAME,
        "fields": [
            {"name": "number", "type": "long", "doc": "1, 2, ... over all segments of the journal."},
            {"name": "arrived_at", "type": "long"},
            {"name": "admitted_cut_off", "type": "long"},
            {"name": "origin", "type": "string", "doc": "File and position, or subscription and message id."},
            {"name": "raw", "type": "bytes", "doc": "Single-object message; of a rejection, the bytes as they came."},
            {
                "name": "reason",
                "type": OPTIONAL,
                "doc": "Null: a fact. TAKEN: raw is a file's SHA-256. LAW: a change of law.",
            },
            {"name": "field", "type": OPTIONAL},
            {"name": "message", "type": OPTIONAL},
            {"name": "check", "type": "bytes", "doc": "First half of the SHA-256 of all before it."},
        ],
    }
)


class Entry(NamedTuple):
    """One thing that arrived. ``reason`` None: a fact; TAKEN: a file's end; LAW: a change of law; else why it was
    rejected."""

    number: int
    arrived_at: int
    admitted_cut_off: int
    origin: str
    raw: bytes
    reason: str | None = None
    field: str | None = None
    message: str | None = None

    @property
    def check(self) -> bytes:
        """What shows that nothing in the entry was changed."""
        return _check(*self)

    @property
    def is_rejection(self) -> bool:
        """Is it an event that could not be used?"""
        return self.reason is not None and self.reason not in NO_EVENTS

    def record(self) -> Fields:
        """The Avro record."""
        return self._asdict() | {"check": self.check}


def is_journal(folder: Path) -> bool:
    """Does the folder hold a journal?"""
    return (folder / FOLDER).is_dir()


def is_segment(stream: IO[bytes]) -> bool:
    """Does the stream begin as a segment does? It is left at its start."""
    begins = stream.read(4096)
    stream.seek(0)
    return MARKER in begins and NAME.encode().rpartition(b".")[-1] in begins


def read_segment(stream: IO[bytes]) -> Iterator[Entry]:
    """Entries of a segment. Raises Unreadable after the last whole block; ``offset``: the first byte of no use."""
    return (entry for _, entries in segment_blocks(stream) for entry in entries)


def segment_blocks(stream: IO[bytes]) -> Iterator[tuple[int, list[Entry]]]:
    """(byte at which it begins, entries) of each block of a segment; see `read_segment`."""
    good = 0
    block: Any
    try:
        blocks = fastavro.block_reader(stream)
        if blocks.codec != "null" or not _is_ours(blocks.metadata["avro.schema"]):
            raise ValueError("no job writes its journal so")
        for block in blocks:
            entries = [_checked(record) for record in block]
            if block.bytes_.read(1):
                raise ValueError("bytes left over")
            good = block.offset + block.size
            yield block.offset, entries
    except (*BAD_BYTES, *BAD_SCHEMA):
        raise Unreadable("UNREADABLE", "The segment is damaged or cut off from here on.", offset=good) from None


@lru_cache(maxsize=8)
def _is_ours(schema: str) -> bool:
    """Whether the text of a segment's schema gives the same bytes as ours; all of our segments have one."""
    return same_layout(fastavro.parse_schema(json.loads(schema)), SCHEMA)


def whole_bytes(stream: IO[bytes]) -> int:
    """Bytes of a segment up to the end of its last whole block; 0 if there is none."""
    try:
        for _ in segment_blocks(stream):
            pass
    except Unreadable as damage:
        return damage.offset or 0
    return stream.tell()


def segment_block_at(stream: IO[bytes], offset: int) -> list[Entry]:
    """Entries of the block that begins at a byte of a segment, as `segment_blocks` said. Raises Unreadable."""
    stream.seek(0)
    source = Spliced(stream, LARGEST_BATCH)
    try:
        header = next(fastavro.block_reader(stream)).offset  # where the first block begins
        stream.seek(0)
        source.seek(offset, stream.read(header))
        block: Any = next(fastavro.block_reader(source))  # type: ignore[arg-type]
        return [_checked(record) for record in block]
    except (*BAD_BYTES, *BAD_SCHEMA):
        raise Unreadable("UNREADABLE", "The segment is damaged or cut off from here on.", offset=offset) from None


def _checked(record: Fields) -> Entry:
    *fields, check = record.values()  # in the order of the schema, which is that of an entry
    if _check(*fields) != check:
        raise ValueError("an entry is not what was written")
    return Entry._make(fields)


def _check(
    number: int, arrived_at: int, admitted_cut_off: int, origin: str, raw: bytes, *rejected: str | None
) -> bytes:
    head = repr((number, arrived_at, admitted_cut_off, origin, *rejected)).encode()
    return hashlib.sha256(head + b"\0" + raw).digest()[:16]
