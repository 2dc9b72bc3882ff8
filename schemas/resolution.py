"""A writer's schema beside ours: what to read its records as, and which of our fields it does not fit.

Avro resolves by layout: it would take local time for UTC and microseconds for milliseconds. Here a logical type must be
the one that we publish, and a number without one has no unit; only the ``uuid`` of a text changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import fastavro

from schemas.harmful_schema import NAME, named_types, refuse_deep, refuse_endless, refuse_nameless

Json = Any  # a schema as JSON: str, list or dict

LOGICAL = "logicalType"
DECLARED = "declaredType"  # where the logical type stands while fastavro, which would act on it, parses the schema
PROMOTED = {("int", "long"), ("bytes", "string"), ("string", "bytes")}  # written, read
HARMLESS = ("string", "uuid")
MOST_NAMED = 5  # fields in a message


class Misfit(NamedTuple):
    """A field of ours, as a path such as ``trips[].minutes``, and what is wrong with the writer's."""

    field: str
    words: str


def declared(schema: Json) -> Json:
    """A schema as JSON, ready to be set beside another. Raises Harmful, or what fastavro does for what is none."""
    refuse_deep(schema)
    ready = fastavro.parse_schema(_relabelled(schema))
    refuse_nameless(ready)
    refuse_endless(ready)
    return ready


def words_of(misfits: list[Misfit]) -> str:
    """What does not fit, field by field, of many the first."""
    named = "; ".join(f"{misfit.field} {misfit.words}".strip() for misfit in misfits[:MOST_NAMED])
    more = len(misfits) - MOST_NAMED
    return f"{named}; and {more} more." if more > 0 else f"{named}."


class Resolution:
    """``ours`` beside ``writer``, records both, as `declared` gives them. ``reader``: what to read theirs as.

    The contract settles the names of records and fields, not of the enums and parts within: whatever the writer called
    those counts as an alias. ``nulls``: a null where we have none is read as a null, for who looks at each record.
    """

    def __init__(self, ours: Json, writer: Json, nulls: bool) -> None:
        self.misfits: list[Misfit] = []
        self._nulls = nulls
        self._ours, self._writer = named_types(ours), named_types(writer)
        self._aliases = [name for name, schema in self._writer.items() if schema["type"] in ("record", "enum")]
        self.reader = self._fitted(ours, writer, "")

    def _fitted(self, ours: Json, written: Json, path: str) -> Json:
        """Ours, so that what was written can be read as it; neither is a union."""
        defined_before = isinstance(ours, str) and ours in self._ours
        read = _named(ours, self._ours)
        written = _named(written, self._writer)
        if not _fits(read, written):
            self.misfits.append(Misfit(path, f"is {_words(written)}, not {_words(read)}"))
        elif _type(read) == "array":
            return read | {"items": self._read_as(read["items"], written["items"], f"{path}[]")}
        elif _type(read) == "record":
            return read | {"aliases": self._aliases, "fields": list(self._fields(read, written, path))}
        elif _type(read) == "enum" and not defined_before:
            return read | {"aliases": self._aliases}
        return ours

    def _fields(self, ours: Json, written: Json, path: str) -> Iterator[Json]:
        for field in ours["fields"]:
            name = f"{path}.{field['name']}".removeprefix(".")
            theirs = [each["type"] for each in written["fields"] if each["name"] == field["name"]]
            if len(theirs) > 1:
                self.misfits.append(Misfit(name, "stands there twice"))
            elif not theirs and "default" not in field:
                self.misfits.append(Misfit(name, "is missing"))
            yield field | {"type": self._read_as(field["type"], theirs[0], name)} if theirs else field

    def _read_as(self, ours: Json, written: Json, path: str) -> Json:
        """Our schema of a field or item, as wide as it must be for what was written."""
        may_be_null, (read,) = _branches(ours)
        has_null, branches = _branches(written)
        if has_null and not may_be_null and not (self._nulls and branches):
            self.misfits.append(Misfit(path, "may be null"))
        for branch in branches:
            read = self._fitted(read, branch, path)
        return ["null", read] if may_be_null or has_null else read


def _relabelled(schema: Json) -> Json:
    """The schema with its logical types where fastavro does not look."""
    if isinstance(schema, list):
        return [_relabelled(branch) for branch in schema]
    if not isinstance(schema, dict):
        return schema
    return {DECLARED if key == LOGICAL else key: value if key == "default" else _relabelled(value)
            for key, value in schema.items()}  # fmt: skip


def _named(schema: Json, names: dict[str, Json]) -> Json:
    return names.get(schema, schema) if isinstance(schema, str) else schema


def _type(schema: Json) -> str:
    return str(schema["type"] if isinstance(schema, dict) else schema)


def _logical(schema: Json) -> Json:
    return schema.get(DECLARED) if isinstance(schema, dict) else None


def _branches(schema: Json) -> tuple[bool, list[Json]]:
    """Whether it may be null, and what else it may be."""
    branches = schema if isinstance(schema, list) else [schema]
    others = [branch for branch in branches if _type(branch) != "null"]
    return len(others) < len(branches), others


def _fits(ours: Json, written: Json) -> bool:
    """Whether a value means the same read as ours; of arrays and records, apart from what is in them."""
    same = _type(written) == _type(ours) or (_type(written), _type(ours)) in PROMOTED
    harmless = (_type(written), _logical(written)) == HARMLESS
    return same and (harmless or _logical(written) == _logical(ours))


def _words(schema: Json) -> str:
    """``long/timestamp-millis``, ``int``, ``enum``; a logical type that is no plain name is not repeated."""
    logical = _logical(schema)
    if logical is None:
        return _type(schema)
    return f"{_type(schema)}/{logical if isinstance(logical, str) and NAME.fullmatch(logical) else '...'}"
