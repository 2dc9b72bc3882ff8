"""Schemas as others write them: ours with one thing changed, and files that bear them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from io import BytesIO
from typing import Any, NamedTuple

import fastavro
from fastavro.read import HEADER_SCHEMA

from schemas.avro import schema_path
from schemas.physical import parsed

Json = Any


def published(kind: str) -> Json:
    """Our schema of a kind as JSON, to be changed."""
    return json.loads(schema_path(kind).read_text())


def encoded(schema: Json, record: dict[str, Any]) -> bytes:
    """The body of a record, its values as they lie in the bytes."""
    body = BytesIO()
    fastavro.schemaless_writer(body, parsed(schema), record)
    return body.getvalue()


def file_with(schema: Json, *bodies: bytes) -> bytes:
    """A container file of one block."""
    file, marker = BytesIO(), bytes(range(16))
    meta = {"avro.schema": json.dumps(schema).encode(), "avro.codec": b"null"}
    fastavro.schemaless_writer(file, HEADER_SCHEMA, {"magic": b"Obj\x01", "meta": meta, "sync": marker})
    if bodies:
        fastavro.schemaless_writer(file, "long", len(bodies))
        fastavro.schemaless_writer(file, "bytes", b"".join(bodies))
        file.write(marker)
    return file.getvalue()


class Leaf(NamedTuple):
    """Where a schema names a primitive type: the path of its field, and how to get there."""

    field: str
    steps: tuple[Any, ...]

    def of(self, schema: Json) -> Json:
        """What stands there."""
        for step in self.steps:
            schema = schema[step]
        return schema

    def replaced(self, schema: Json, by: Json) -> Json:
        """The schema with something else there."""
        changed = deepcopy(schema)
        self.put(changed, by)
        return changed

    def put(self, schema: Json, by: Json) -> None:
        """Something else, in the schema itself; a field's own default goes with the type that it was of."""
        *way, last = self.steps
        for step in way:
            schema = schema[step]
        schema[last] = by
        if last == "type":
            schema.pop("default", None)


def leaves(schema: Json, field: str = "", steps: tuple[Any, ...] = ()) -> Iterator[Leaf]:
    """All primitive types of a schema but null, in order; what is within arrays and records too."""
    if isinstance(schema, list):
        for place, branch in enumerate(schema):
            yield from leaves(branch, field, (*steps, place))
    elif isinstance(schema, dict) and schema["type"] == "record":
        for place, each in enumerate(schema["fields"]):
            yield from leaves(each["type"], f"{field}.{each['name']}".lstrip("."), (*steps, "fields", place, "type"))
    elif isinstance(schema, dict) and schema["type"] == "array":
        yield from leaves(schema["items"], f"{field}[]", (*steps, "items"))
    elif _type(schema) in ("boolean", "int", "long", "string", "bytes"):
        yield Leaf(field, steps)


def _type(schema: Json) -> str:
    return schema["type"] if isinstance(schema, dict) else schema
