"""Avro object container files <-> dicts of physical values, in whole blocks, with the place of any damage."""

from __future__ import annotations

import hashlib
import lzma
import os
import zlib
from collections.abc import Iterable, Iterator
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import IO, Any

import fastavro
import msgspec
from fastavro.read import HEADER_SCHEMA

from schemas import ARRIVALS, FACTS
from schemas.codecs import CODECS, LARGEST_BLOCK, Inflated
from schemas.envelope import Crossing, OutgoingRecord
from schemas.physical import (
    Unreadable,
    as_json,
    declared_schema,
    fingerprint,
    kind_of,
    logical_schema,
    reader_of,
    written_schema,
)
from schemas.resolution import Json
from schemas.types import Fields

MAGIC = b"Obj\x01"
PLAIN = "null"  # the codec of a file that is not compressed
CHUNK = 1024 * 1024

BAD_BYTES = (EOFError, IndexError, KeyError, ValueError, OverflowError, OSError, zlib.error, lzma.LZMAError)


class Spliced:
    """A stream that knows how far it was read and whether reading itself failed; may be given a new header."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._header = BytesIO()
        self.offset = 0
        self.failed = False

    def replace_header(self, header: bytes) -> None:
        self._header = BytesIO(header)

    def tell(self) -> int:
        return self.offset

    def seek(self, offset: int, header: bytes = b"") -> None:
        """Go on at a byte of the stream as if only the header were before it."""
        self._stream.seek(offset)
        self.offset = offset
        self.replace_header(header)

    def read(self, size: int) -> bytes:
        if not 0 <= size <= LARGEST_BLOCK:  # a damaged length must not fill the memory
            raise ValueError("length out of range")
        found = self._header.read(size)
        while len(found) < size:
            chunk = self._read_chunk(min(size - len(found), CHUNK))
            if not chunk:
                break
            found += chunk
        return found

    def _read_chunk(self, size: int) -> bytes:
        try:
            chunk = self._stream.read(size)
        except OSError:
            self.failed = True
            raise
        self.offset += len(chunk)
        return chunk


class Container:
    """Reader of one container file: iterate for ``(position, record)``, position counted from 0 in records.

    ``kind`` is the record's kind. Records are dicts of physical values in our current schema. Raises Unreadable at once
    for a file that is none of ours, and while iterating, after all whole blocks before the damage, for a damaged one;
    its ``offset`` is the first byte not used. An OSError of the stream itself passes through.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._source = Spliced(stream)
        header = self._read_header()
        self.writer_schema, writer = written_schema(header["meta"].get("avro.schema", b""))
        self.kind, self.reader_schema = self.recognized(writer)
        self.block_offset = self._source.offset  # where the block of the record last yielded begins
        self._codec, self._marker = self._read_codec(header), len(header["sync"])
        self._header = _encode_header(header, self.writer_schema)
        self._block = BytesIO()
        self._before = 0  # records of the current block that came before the present one

    def recognized(self, schema: Json) -> tuple[str, Json | None]:
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

    def block_at(self, offset: int) -> list[Fields]:
        """Records of the block that begins at a byte of the file, as an earlier ``block_offset`` said. Raises
        Unreadable."""
        self._source.seek(offset)
        return next(self._blocks(), [])

    @cached_property
    def head(self) -> bytes:
        """What a single-object message in the writer's schema begins with."""
        return b"\xc3\x01" + fingerprint(self.writer_schema)

    def own_bytes(self, record: Fields) -> bytes:
        """Body of the record last yielded, in its writer's schema."""
        if self.reader_schema is None:
            body = BytesIO()
            fastavro.schemaless_writer(body, self.writer_schema, record)
            return body.getvalue()
        self._block.seek(0)
        start = 0
        for _ in range(self._before + 1):
            start = self._block.tell()
            fastavro.schemaless_reader(self._block, self.writer_schema, None)
        return self._block.getvalue()[start : self._block.tell()]

    def _blocks(self) -> Iterator[list[Fields]]:
        good = self._source.offset
        block: Any
        try:
            for block in fastavro.block_reader(self._plain(), self.reader_schema):
                records = list(block)
                if block.bytes_.read(1):
                    raise ValueError("bytes left over")
                self._block, self.block_offset, good = block.bytes_, good, self._source.offset
                yield records
        except BAD_BYTES:
            if self._source.failed:
                raise
            raise Unreadable("UNREADABLE", "The file is damaged or cut off from here on.", offset=good) from None

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
            return fastavro.schemaless_reader(self._source, HEADER_SCHEMA, None)  # type: ignore[arg-type,return-value]
        except BAD_BYTES:
            if self._source.failed:
                raise
            raise Unreadable("UNREADABLE", "Not an Avro object container file.", offset=0) from None


def _encode_header(header: Fields, schema: Json) -> bytes:
    relabelled = BytesIO()
    meta = header["meta"] | {"avro.schema": as_json(schema).encode(), "avro.codec": PLAIN.encode()}
    fastavro.schemaless_writer(relabelled, HEADER_SCHEMA, header | {"meta": meta})
    return relabelled.getvalue()


def read_container(stream: IO[bytes]) -> Iterator[tuple[int, str, Fields]]:
    """``(position, kind, record)`` of every record of a container file; see :class:`Container`."""
    container = Container(stream)
    for position, record in container:
        yield position, container.kind, record


def original_message(kind: str, container: Container, record: Fields) -> bytes:
    """The record last yielded as a single-object message in its writer's schema, to be repaired and resent."""
    if kind != container.kind:
        raise ValueError(f"the file holds {container.kind}, not {kind}")
    return container.head + container.own_bytes(record)


def fields_of(record: Crossing) -> Fields:
    """Physical values of a record by field, as Avro's writer takes them."""
    if isinstance(record, OutgoingRecord):
        fields: Fields = msgspec.to_builtins(record, builtin_types=(bytes,))
        return fields
    return record.model_dump()


def write_container(
    path: Path | str, kind: str, records: Iterable[Fields | OutgoingRecord], codec: str = "null"
) -> None:
    """Writes dicts of physical values, or structs, as a container file with the published schema.

    The same records give the same bytes. The file appears whole or not at all; writing it twice does no harm.
    """
    path = Path(path)
    marker = hashlib.sha256(kind.encode()).digest()[:16]
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    plain = (record if isinstance(record, dict) else fields_of(record) for record in records)
    try:
        with unfinished.open("wb") as stream:
            fastavro.writer(stream, logical_schema(kind), plain, codec=codec, sync_marker=marker)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
