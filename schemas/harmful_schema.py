"""Schemas of others that a few bytes could make endless: fastavro goes as deep as they say, and dies of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

Json = Any  # a schema as JSON: str, list or dict

DEEPEST = 64  # levels, of JSON and of types within types; ours have 11
TOO_DEEP = f"It goes more than {DEEPEST} levels deep."
RECORDS = ("record", "error")
NAMED = (*RECORDS, "enum", "fixed")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")  # of a writer, fit to be repeated


class Harmful(ValueError):
    """Nothing is read by this schema. ``field``: of the writer's record, where it has one."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.field: str | None = None


def refuse_deep(schema: Json) -> None:
    """Raises Harmful for JSON of more levels than a schema needs, before anything else walks it."""
    for field in schema["fields"] if isinstance(schema, dict) and isinstance(schema.get("fields"), list) else ():
        with _naming(field):
            _refuse_deep(field)
    _refuse_deep(schema)


def refuse_endless(schema: Json) -> None:
    """Raises Harmful for a parsed schema by which a value may hold itself, or have any number of parts in no byte."""
    shapes = _Shapes(named_types(schema))
    for field in schema["fields"] if isinstance(schema, dict) and schema["type"] in RECORDS else ():
        with _naming(field):
            shapes.of(field["type"], DEEPEST)
    shapes.of(schema, DEEPEST)


@contextmanager
def _naming(field: Json) -> Iterator[None]:
    try:
        yield
    except Harmful as harm:
        name = field.get("name") if isinstance(field, dict) else None
        harm.field = name if isinstance(name, str) and NAME.fullmatch(name) else None
        raise


def _refuse_deep(schema: Json) -> None:
    level, depth = [schema], 0
    while level:
        depth += 1
        if depth > DEEPEST:
            raise Harmful(TOO_DEEP)
        level = [part for each in level for part in _values(each)]


def named_types(schema: Json) -> dict[str, Json]:
    """The named types that a parsed schema defines, by full name."""
    found, waiting = {}, [schema]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict) and each["type"] in NAMED:
            found[each["name"]] = each
        waiting += _parts(each)
    return found


def _values(value: Json) -> Sequence[Json]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else ()


def _parts(schema: Json) -> Sequence[Json]:
    """The schemas within a parsed one."""
    if not isinstance(schema, dict):
        return schema if isinstance(schema, list) else ()
    if schema["type"] in RECORDS:
        return [field["type"] for field in schema["fields"]]
    return [schema[name] for name in ("items", "values") if name in schema]


class _Shape(NamedTuple):
    height: int  # types within each other
    has_bytes: bool  # every value takes some


class _Shapes:
    """Of the types of one schema; a named one, which may be named often, is worked out once."""

    def __init__(self, names: dict[str, Json]) -> None:
        self.names = names
        self.known: dict[str, _Shape | None] = {}  # None: it is being worked out

    def of(self, schema: Json, room: int) -> _Shape:
        """The shape of a type that may be ``room`` types high. Raises Harmful."""
        name = schema["name"] if isinstance(schema, dict) and schema["type"] in NAMED else schema
        if isinstance(name, str) and name in self.names:
            if name not in self.known:
                self.known[name] = None
                self.known[name] = self._worked_out(self.names[name], room)
            shape = self.known[name]
        else:
            shape = self._worked_out(schema, room)
        if shape is None:
            raise Harmful("One of its types holds itself.")
        if shape.height > room:
            raise Harmful(TOO_DEEP)
        return shape

    def _worked_out(self, schema: Json, room: int) -> _Shape:
        if room <= 0:
            raise Harmful(TOO_DEEP)
        within = [self.of(part, room - 1) for part in _parts(schema)]
        kind = schema["type"] if isinstance(schema, dict) else "union" if isinstance(schema, list) else schema
        if kind == "array" and not within[0].has_bytes:
            raise Harmful("It has arrays of nothing.")
        has_bytes = any(shape.has_bytes for shape in within) if kind in RECORDS else kind != "null"
        if kind == "fixed":
            has_bytes = bool(schema["size"])
        return _Shape(1 + max((shape.height for shape in within), default=0), has_bytes)
