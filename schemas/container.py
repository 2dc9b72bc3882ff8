"""Avro object container files <-> dicts of physical values, in whole blocks, with the place of any damage."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import IO, Any

import fastavro
import msgspec
from fastavro.read import HEADER_SCHEMA

from schemas import ARRIVALS, FACTS, private
from schemas.codecs import CODECS, LARGEST_BLOCK, Inflated, long_bytes
from schemas.envelope import Crossing, OutgoingRecord
from schemas.physical import (
    Unreadable,
    declared_schema,
    fingerprint,
    kind_of,
    logical_schema,
    reader_of,
)
from schemas.resolution import Json
from schemas.streams import BAD_BYTES, Exact, Spliced
from schemas.types import Fields
from schemas.written import understood_as

MAGIC = b"Obj\x01"
PLAIN = "null"  # the codec of a file that is not compressed
LARGEST_FILE = 4 << 30  # bytes; what is larger is not read at all
LARGEST_HEADER = 1 << 20  # bytes; ours have 3,000
MOST_RECORDS = 1 << 20  # in a block: all of them are in the memory at once
DAMAGED = f"The file is damaged, cut off, or in blocks of more than {LARGEST_BLOCK >> 20} MiB from here on."


class Container:
    """Reader of one container file: iterate for ``(position, record)``, position counted from 0 in records.

    ``kind`` is the record's kind. Records are dicts of physical values in our current schema. Raises Unreadable at once
    for a file that is none of ours, and while iterating, after all whole blocks before the damage, for a damaged one;
    its ``offset`` is the first byte not used. An OSError of the stream itself passes through.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        refuse_large(stream)
        self._source = Spliced(stream)
        header = self._read_header()
        understood = understood_as(self.recognized, header["meta"].get("avro.schema", b""))
        self.writer_schema, self.kind, self.reader_schema, relabelled = understood
        self.block_offset = self._source.offset  # where the block of the record last yielded begins
        self._codec, self._marker = self._read_codec(header), len(header["sync"])
        self._header = _encode_header(header, relabelled)
        self._block, self._ends = BytesIO(), [0]  # the current block, and where in it each record ends
        self._before = 0  # records of the current block that came before the present one

    @staticmethod
    def recognized(schema: Json) -> tuple[str, Json | None]:
        """The kind of the file's records, and what to resolve them to (None: as they are). ``schema``: the writer's, as
        `declared` gives it. Raises Unreadable."""
        kind = kind_of(schema)
        if kind is None:
            raise Unreadable("UNKNOWN_SCHEMA", "The file's record name is none of ihss.v1.", offset=0)
        return kind, reader_of(declared_schema(kind), schema, nulls=kind in (*FACTS, *ARRIVALS))

    def __iter__(self) -> Iterator[tuple[int, Fields]]:
        position = 0
        for records in self._blocks():
            for self._before, record in enumerate(records):
                yield position, record
                position += 1

    def block_at(self, offset: int) -> Iterator[Fields]:
        """Records of the block that begins at a byte of the file, as an earlier ``block_offset`` said. Raises
        Unreadable."""
        self._source.seek(offset)
        records = next(self._blocks(), [])
        for self._before, record in enumerate(records):
            yield record

    @cached_property
    def head(self) -> bytes:
        """What a single-object message in the writer's schema begins with."""
        return b"\xc3\x01" + fingerprint(self.writer_schema)

    def own_bytes(self) -> bytes:
        """Body of the record last yielded, as its writer wrote it."""
        return bytes(self._block.getbuffer()[self._ends[self._before] : self._ends[self._before + 1]])

    def _blocks(self) -> Iterator[list[Fields]]:
        good = self._source.offset
        block: Any
        try:
            for block in fastavro.block_reader(self._plain(), self.reader_schema):
                records, ends = _records_of(block)
                self._block, self._ends = block.bytes_, ends
                self.block_offset, good = good, self._source.offset
                yield records
        except BAD_BYTES:
            if self._source.failed:
                raise
            raise Unreadable("UNREADABLE", DAMAGED, offset=good) from None

    def _plain(self) -> Any:
        """The stream from where it stands as if it were not compressed, with a header before it."""
        if self._codec != PLAIN:
            return Inflated(self._source, self._header, self._codec, self._marker)
        self._source.replace_header(self._header)
        return self._source

    def _read_codec(self, header: Fields) -> str:
        codec: str = header["meta"].get("avro.codec", PLAIN.encode()).decode(errors="replace")
        if codec not in (PLAIN, *CODECS):
            known = ", ".join((PLAIN, *CODECS))
            raise Unreadable("UNREADABLE", f"The file is compressed with another codec than {known}.", offset=0)
        return codec

    def _read_header(self) -> Fields:
        try:
            magic = self._source.read(len(MAGIC))
            if magic != MAGIC:
                raise ValueError("not an Avro file")
            self._source.replace_header(magic)
            self._source.end = LARGEST_HEADER
            header = fastavro.schemaless_reader(self._source, HEADER_SCHEMA, None)  # type: ignore[arg-type]
            self._source.end = None
            return header  # type: ignore[return-value]
        except BAD_BYTES:
            if self._source.failed:
                raise
            raise Unreadable("UNREADABLE", "Not an Avro object container file.", offset=0) from None


def refuse_large(stream: IO[bytes]) -> None:
    """Raises Unreadable for a file that is larger than any honest one. A stream that has no size passes."""
    if not stream.seekable():
        return
    here = stream.tell()
    size = stream.seek(0, os.SEEK_END)
    stream.seek(here)
    if size > LARGEST_FILE:
        raise Unreadable(
            "UNREADABLE", f"The file has more than {LARGEST_FILE >> 20:,} MiB: send it in parts.", offset=0
        )


def _records_of(block: Any) -> tuple[list[Fields], list[int]]:
    """The records of a block, and where each ends, with 0 before them."""
    if not 0 <= block.num_records <= MOST_RECORDS:
        raise ValueError("more records than a block may have")
    if block.reader_schema is not None:
        block.bytes_ = Exact(block.bytes_.getvalue())
    records, ends, body = [], [0], block.bytes_
    for record in block:
        records.append(record)
        ends.append(body.tell())
    if ends[-1] != body.seek(0, os.SEEK_END):
        raise ValueError("bytes left over")
    return records, ends


def _encode_header(header: Fields, schema: bytes) -> bytes:
    relabelled = BytesIO()
    meta = header["meta"] | {"avro.schema": schema, "avro.codec": PLAIN.encode()}
    fastavro.schemaless_writer(relabelled, HEADER_SCHEMA, header | {"meta": meta})
    return relabelled.getvalue()


def read_container(stream: IO[bytes]) -> Iterator[tuple[int, str, Fields]]:
    """``(position, kind, record)`` of every record of a container file; see :class:`Container`."""
    container = Container(stream)
    for position, record in container:
        yield position, container.kind, record


def original_message(container: Container) -> bytes:
    """The record last yielded as a single-object message in its writer's schema, to be repaired and resent."""
    return container.head + container.own_bytes()


def fields_of(record: Crossing) -> Fields:
    """Physical values of a record by field, as Avro's writer takes them."""
    if isinstance(record, OutgoingRecord):
        fields: Fields = msgspec.to_builtins(record, builtin_types=(bytes,))
        return fields
    return record.model_dump()


BYTES_IN_BLOCK = 16_000  # from which a block is closed


def write_container(
    path: Path | str, kind: str, records: Iterable[Fields | OutgoingRecord], codec: str = "null"
) -> None:
    """Writes dicts of physical values, or structs, as a container file with the published schema.

    The same records give the same bytes. The file appears whole or not at all; writing it twice does no harm.
    """
    plain = (record if isinstance(record, dict) else fields_of(record) for record in records)
    with _whole(Path(path)) as stream:
        fastavro.writer(stream, logical_schema(kind), plain, codec, BYTES_IN_BLOCK, sync_marker=_marker(kind))


def write_bodies(path: Path, kind: str, bodies: Iterable[bytes]) -> None:
    """The same file as `write_container` makes, of records that are encoded already (`schemas.avro.encode`)."""
    marker = _marker(kind)
    with _whole(path) as stream:
        fastavro.writer(stream, logical_schema(kind), [], sync_marker=marker)
        block, size = [], 0
        for body in bodies:
            block.append(body)
            size += len(body)
            if size >= BYTES_IN_BLOCK:
                stream.write(_block(block, size, marker))
                block, size = [], 0
        if block:
            stream.write(_block(block, size, marker))


def _block(bodies: list[bytes], size: int, marker: bytes) -> bytes:
    return b"".join((long_bytes(len(bodies)), long_bytes(size), *bodies, marker))


def _marker(kind: str) -> bytes:
    return hashlib.sha256(kind.encode()).digest()[:16]


@contextmanager
def _whole(path: Path) -> Iterator[IO[bytes]]:
    """A stream to a file that appears when all is written, or not at all."""
    unfinished = private.unfinished_name(path)
    try:
        with private.created(unfinished) as stream:
            yield stream
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
