"""Bytes <-> models: every record is read and trusted here, once; whatever cannot be is one :class:`Unreadable`."""

from __future__ import annotations

import re
from io import BytesIO
from typing import NamedTuple, TypeVar

import fastavro
import msgspec
from pydantic import ValidationError

from schemas import KINDS
from schemas.container import Container, fields_of, original_message, read_container, write_bodies, write_container
from schemas.envelope import Crossing, OutgoingRecord
from schemas.physical import (
    Published,
    Unreadable,
    fingerprint_of,
    logical_schema,
    physical_schema,
    published,
    schema_path,
)
from schemas.streams import BAD_BYTES, Exact
from schemas.types import CONTRADICTION, Fields, path_of

__all__ = [
    "Container",
    "Unreadable",
    "decode_fields",
    "decode_message",
    "decode_plain",
    "encode",
    "encode_message",
    "fields_of",
    "fingerprint_of",
    "logical_schema",
    "original_message",
    "outgoing",
    "physical_schema",
    "read_container",
    "schema_path",
    "validate",
    "write_bodies",
    "write_container",
]

MISSING = "missing"  # pydantic's name
MARKER = b"\xc3\x01"
PREFIX = len(MARKER) + 8
Out = TypeVar("Out", bound=OutgoingRecord)


def validate(kind: str, record: Fields) -> Crossing:
    """The model, or struct, of a dict of physical values; Unreadable (INVALID, CONTRADICTORY) names the first wrong
    field, and of a model all that are missing."""
    model = KINDS[kind]
    if issubclass(model, OutgoingRecord):
        return outgoing(model, record)
    try:
        return model.model_validate(record)
    except ValidationError as wrong:
        raise refusal(wrongs(wrong)) from None


def outgoing(kind: type[Out], record: Fields) -> Out:
    """The struct of a dict of physical values. Raises Unreadable (INVALID) for the first wrong field."""
    try:
        return msgspec.convert(record, kind)
    except msgspec.ValidationError as wrong:
        raise _misfit(str(wrong)) from None


def _misfit(said: str) -> Unreadable:
    """msgspec's words, without the value that some of them hold: ``Expected `int` >= 0 - at `$.lines[0].minutes` ``."""
    words, _, place = said.partition(" - at `$")
    name = re.search(r"(?:required|unknown) field `(.*)`", words)
    field = f"{place.rstrip('`')}.{name[1]}" if name else place.rstrip("`")
    told = re.sub(r""" ['"].*['"]""", "", words, flags=re.DOTALL)
    return Unreadable("INVALID", f"{told}.", field.lstrip(".") or None)


class Wrong(NamedTuple):
    """A field that cannot be used: its path, pydantic's name of what is wrong with it, and its words."""

    field: str
    type: str
    words: str


def wrongs(found: ValidationError) -> list[Wrong]:
    """All that is wrong with a record, in the order of its fields."""
    errors = found.errors(include_url=False, include_input=False)
    fields = (each["ctx"]["field"] if each["type"] == CONTRADICTION else path_of(each["loc"]) for each in errors)
    return [Wrong(field, each["type"], each["msg"]) for field, each in zip(fields, errors, strict=True)]


def refusal(found: list[Wrong]) -> Unreadable:
    """The refusal of a record for the first of what is wrong with it; of missing fields all are named at once."""
    first, missing = found[0], [each.field for each in found if each.type == MISSING]
    if first.type == CONTRADICTION:
        return Unreadable("CONTRADICTORY", first.words, first.field)
    if not missing:
        return Unreadable("INVALID", first.words, first.field)
    words = "" if first.type == MISSING else f"{first.words.rstrip('.')}. "
    return Unreadable("INVALID", f"{words}Missing: {', '.join(missing)}.", first.field)


def encode(record: Crossing) -> bytes:
    """Plain Avro body of a record, without its schema."""
    body = BytesIO()
    fastavro.schemaless_writer(body, physical_schema(record.KIND), fields_of(record))
    return body.getvalue()


def encode_message(record: Crossing) -> bytes:
    """Single-object encoding: C3 01, fingerprint of the schema, body."""
    return MARKER + fingerprint_of(record.KIND) + encode(record)


def decode_message(raw: bytes, kind: str | None = None) -> Crossing:
    """The record of a single-object message in the current or an earlier published schema; of ``kind`` if given. Raises
    Unreadable."""
    return decode_as(*_version_and_body(raw, kind))


def decode_fields(raw: bytes) -> tuple[str, Fields]:
    """The kind of the same message, and its fields as they lie in the bytes, which nobody looks at here: for what was
    validated when it came. Raises Unreadable."""
    version, body = _version_and_body(raw)
    return version.kind, _decode_body(version, body)


def _version_and_body(raw: bytes, kind: str | None = None) -> tuple[Published, bytes]:
    if len(raw) < PREFIX or not raw.startswith(MARKER):
        raise Unreadable("UNREADABLE", "Not an Avro single-object message: it must begin with C3 01 and a fingerprint.")
    mark = raw[len(MARKER) : PREFIX]
    version = published().get(mark)
    if version is None:
        raise Unreadable("UNKNOWN_SCHEMA", f"No published schema has the fingerprint {mark.hex()}.")
    if kind not in (None, version.kind):
        raise Unreadable("UNKNOWN_SCHEMA", f"The message is a {version.kind}, not a {kind}.")
    return version, raw[PREFIX:]


def decode_plain(kind: str, raw: bytes) -> Crossing:
    """The record of a plain Avro body in the current schema of ``kind``."""
    return decode_as(published()[fingerprint_of(kind)], raw)


def decode_as(version: Published, body: bytes) -> Crossing:
    """The record of a plain Avro body in a version that is known. Raises Unreadable."""
    return validate(version.kind, _decode_body(version, body))


def _decode_body(version: Published, body: bytes) -> Fields:
    stream = BytesIO(body) if version.reader is None else Exact(body)
    try:
        record = fastavro.schemaless_reader(stream, version.layout, version.reader)
    except BAD_BYTES:
        raise Unreadable("UNREADABLE", f"The bytes end early or are no {version.kind}.") from None
    if stream.tell() != len(body):
        raise Unreadable("UNREADABLE", f"{len(body) - stream.tell()} bytes too many for a {version.kind}.")
    return record  # type: ignore[return-value]  # the layout is a record's
