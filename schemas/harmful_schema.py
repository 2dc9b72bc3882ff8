"""Schemas of others that a few bytes could make endless: fastavro goes as deep as they say, and dies of it.

What is accepted here costs time and stack by the bytes that are read, and by nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

Json = Any  # a schema as JSON: str, list or dict

DEEPEST = 64  # levels, of JSON and of types within types; ours have 11
MOST_FIELDS = 1000  # of all its records; ours have 40
LARGEST_FIXED = 1 << 20  # bytes
STEPS_OF_A_BYTE = 8  # values within each other that one byte may stand for: nullable items of a record are 3
MOST_IDLE = 64  # steps that a field of nothing but nulls may take
TOO_DEEP = f"It goes more than {DEEPEST} levels deep."
RECORDS = ("record", "error")
NAMED = (*RECORDS, "enum", "fixed")
PRIMITIVES = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")
FULL_NAME = re.compile(r"(?:[A-Za-z_][A-Za-z0-9_-]*\.)*(?P<last>[A-Za-z_][A-Za-z0-9_-]*)")
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
    """Raises Harmful for a parsed schema by which a value may hold itself, or have any number of parts in no byte, or
    by which one is of a size that cannot be."""
    names = named_types(schema)
    _refuse_many(names.values())
    shapes = _Shapes(names)
    for field in schema["fields"] if isinstance(schema, dict) and schema["type"] in RECORDS else ():
        with _naming(field):
            if shapes.of(field["type"], DEEPEST).idle > MOST_IDLE:
                raise Harmful("It has records of nothing.")
    shapes.of(schema, DEEPEST)


def refuse_nameless(schema: Json) -> None:
    """Raises ValueError for what fastavro parses and dies of while it reads: names that are no names."""
    for each in named_types(schema).values():
        fields = each.get("fields", [])
        named = [*(part.get("name") for part in (each, *fields)), *each.get("symbols", [])]
        named += [alias for part in (each, *fields) for alias in part.get("aliases", [])]
        own = FULL_NAME.fullmatch(each["name"])
        if own is None or own["last"] in PRIMITIVES or not all(isinstance(name, str) for name in named):
            raise ValueError("no schema: a name is none")


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


def _refuse_many(named: Iterable[Json]) -> None:
    if sum(len(each["fields"]) for each in named if each["type"] in RECORDS) > MOST_FIELDS:
        raise Harmful(f"It has more than {MOST_FIELDS:,} fields.")


class _Shape(NamedTuple):
    height: int  # types within each other
    idle: int  # how many steps more than its bytes stand for a value may take


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
        height = 1 + max((shape.height for shape in within), default=0)
        return _Shape(height, 1 + _idle(schema, [shape.idle for shape in within]))


def _idle(schema: Json, within: list[int]) -> int:
    """Of a type but for its own step. Raises Harmful."""
    kind = schema["type"] if isinstance(schema, dict) else "union" if isinstance(schema, list) else schema
    if kind in RECORDS:
        return sum(within)
    if kind == "fixed":
        return -STEPS_OF_A_BYTE * _size(schema)
    if kind == "array" and within[0] > 0:
        raise Harmful("It has arrays of nothing.")
    if kind == "map" and within[0] > STEPS_OF_A_BYTE:  # every key takes a byte
        raise Harmful("It has maps of nothing.")
    if kind == "union":
        return max(within, default=0) - STEPS_OF_A_BYTE
    return 0 if kind == "null" else -STEPS_OF_A_BYTE


def _size(schema: Json) -> int:
    size = schema["size"]
    if type(size) is not int or not 0 <= size <= LARGEST_FIXED:
        raise Harmful(f"One of its types is fixed to more than {LARGEST_FIXED:,} bytes, or to no number of them.")
    return size
