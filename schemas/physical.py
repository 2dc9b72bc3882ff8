"""Schemas as they lie in the bytes: parsed, without logical types, known by name and by fingerprint.

Decoding with logical types costs twice as much and gives date objects; the pipeline wants the ints of the bytes.
"""

from __future__ import annotations

import json
import re
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

import fastavro
from fastavro.schema import SchemaParseException, UnknownType, to_parsing_canonical_form
from fastavro.schema import fingerprint as hexadecimal_fingerprint

from schemas import KINDS
from schemas.harmful_schema import Harmful
from schemas.resolution import DECLARED, LOGICAL, Json, Resolution, declared, words_of
from schemas.symbols import RejectionReason

FOLDER = Path(__file__).parent
EARLIER = FOLDER / "earlier"
NAMESPACE = "ihss.v1."
LARGEST_SCHEMA = 256 << 10  # characters of JSON; ours have 7,000

BAD_SCHEMA = (KeyError, ValueError, TypeError, AttributeError, RecursionError, SchemaParseException, UnknownType)


class Unreadable(ValueError):
    """An event that cannot be used.

    ``reason`` is UNREADABLE, UNKNOWN_SCHEMA, INVALID or CONTRADICTORY; ``field`` a dotted path such as
    ``trips[0].minutes``; ``offset`` the first unusable byte of a file. ``message`` never holds a value of the record.
    """

    def __init__(
        self, reason: RejectionReason, message: str, field: str | None = None, offset: int | None = None
    ) -> None:
        super().__init__(f"{reason}: {field}: {message}" if field else f"{reason}: {message}")
        self.reason = reason
        self.message = message
        self.field = field
        self.offset = offset


class Published(NamedTuple):
    """A published version: its kind, its parsed physical schema, what to resolve that to (None: as it is)."""

    kind: str
    layout: Json
    reader: Json | None


def without_logical_types(schema: Json) -> Json:
    """The same schema for the same bytes, with ``int`` where it said ``date``."""
    if isinstance(schema, list):
        return [without_logical_types(branch) for branch in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {
        key: value if key == "default" else without_logical_types(value)
        for key, value in schema.items()
        if key not in (LOGICAL, DECLARED) and not key.startswith("__")
    }
    return kept["type"] if kept.keys() == {"type"} else kept


def parsed(schema: Json) -> Json:
    """A schema as JSON made ready for use, without logical types."""
    return fastavro.parse_schema(without_logical_types(schema))


def as_json(schema: Json) -> str:
    """The JSON of a parsed schema, without what fastavro notes in it."""
    return json.dumps({key: value for key, value in schema.items() if not key.startswith("__")})


def schema_path(kind: str) -> Path:
    """Where the schema of a kind is published; KeyError if there is no such kind."""
    snake = re.sub(r"(?<!^)(?=[A-Z])", "_", KINDS[kind].KIND).lower()
    return FOLDER / f"{snake}.avsc"


@cache
def logical_schema(kind: str) -> Json:
    """Parsed schema of a kind as published, with its logical types; its keys sorted, so that a header's bytes are.

    fastavro walks a set to copy a field's attributes: their order would be another in each process.
    """
    return _in_order(fastavro.parse_schema(json.loads(schema_path(kind).read_text())))


def _in_order(schema: Json) -> Json:
    """The same schema with the keys of every object sorted."""
    if isinstance(schema, dict):
        return {key: _in_order(value) for key, value in sorted(schema.items())}
    return [_in_order(each) for each in schema] if isinstance(schema, list) else schema


@cache
def physical_schema(kind: str) -> Json:
    """Parsed schema of a kind without logical types: decodes to and encodes from plain ints."""
    return parsed(json.loads(schema_path(kind).read_text()))


def fingerprint(schema: Json) -> bytes:
    """CRC-64-AVRO of the canonical form, 8 bytes as they stand in a single-object message (little-endian)."""
    return bytes.fromhex(hexadecimal_fingerprint(to_parsing_canonical_form(schema), "CRC-64-AVRO"))


@cache
def fingerprint_of(kind: str) -> bytes:
    """Fingerprint of the current schema of a kind."""
    return fingerprint(physical_schema(kind))


def kind_of(schema: Json) -> str | None:
    """The kind whose record name a parsed schema bears, if it bears one of ours."""
    name = schema.get("name", "") if isinstance(schema, dict) and schema.get("type") == "record" else ""
    kind = str(name).removeprefix(NAMESPACE)
    return kind if kind in KINDS and str(name).startswith(NAMESPACE) else None


@lru_cache(maxsize=1)
def published() -> dict[bytes, Published]:
    """All published schema versions by fingerprint: the current ones, and those in ``earlier/``."""
    versions = {}
    for path in sorted(EARLIER.glob("*.avsc")):
        writer = json.loads(path.read_text())
        layout = parsed(writer)
        kind = str(kind_of(layout))
        versions[fingerprint(layout)] = Published(kind, layout, reader_of(declared_schema(kind), declared(writer)))
    current = {fingerprint_of(kind): Published(kind, physical_schema(kind), None) for kind in KINDS}
    return versions | current


def same_layout(one: Json, other: Json) -> bool:
    """Whether two parsed schemas give the same bytes for the same values."""
    return to_parsing_canonical_form(one) == to_parsing_canonical_form(other)


def reader_of(ours: Json, writer: Json, nulls: bool = False) -> Json | None:
    """What to resolve a writer's records to; None when the writer's layout is ours, which decodes faster.

    Both schemas as `declared` gives them; ``nulls`` as of `Resolution`. Raises Unreadable (UNKNOWN_SCHEMA) that names
    the first field that does not fit.
    """
    found = Resolution(ours, writer, nulls)
    if found.misfits:
        words = f"The writer's schema does not resolve to ours: {words_of(found.misfits)}"
        raise Unreadable("UNKNOWN_SCHEMA", words, found.misfits[0].field or None, offset=0)
    return None if same_layout(writer, ours) else parsed(found.reader)


def written_schema(text: bytes | str) -> tuple[Json, Json]:
    """A writer's schema as it lies in the bytes, and as `declared` gives it. Raises Unreadable for one that is none, or
    would harm."""
    try:
        if len(text) > LARGEST_SCHEMA:
            raise Harmful(f"It has more than {LARGEST_SCHEMA >> 10} KiB.")
        schema = json.loads(text)
        as_declared = declared(schema)  # first: it refuses what would harm
        return parsed(schema), as_declared
    except Harmful as harm:
        message = f"Nothing is read by the writer's schema: {harm}"
        raise Unreadable("UNKNOWN_SCHEMA", message, harm.field, offset=0) from None
    except BAD_SCHEMA:
        raise Unreadable("UNREADABLE", "What should be the writer's schema is no Avro schema.", offset=0) from None


@cache
def declared_schema(kind: str) -> Json:
    """Schema of a kind with its logical types, to set a writer's beside."""
    return declared(json.loads(schema_path(kind).read_text()))
