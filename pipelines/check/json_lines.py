"""Events as lines of JSON, as a sender has them before they are encoded, to facts.

A line is ``{"kind": "Timesheet", "event_id": ...}``, ``{"kind": ..., "fields": {...}}`` (what ``rejections show``
writes) or a CloudEvent (``{"type": "ihss.v1.Timesheet", "data": {...}}``). Days may be written ``2024-01-16`` and
instants ``2024-01-16T08:00:00-08:00`` in place of the numbers that go into the Avro.
"""

import json
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime
from functools import cache
from typing import Any, cast

from rules.periods import epoch_day
from schemas import FACTS
from schemas.avro import Unreadable, logical_schema, validate
from schemas.envelope import Fact

NAMESPACE = "ihss.v1."
Json = Any


def fact_of_line(line: bytes) -> Fact:
    """The fact of a line. Raises Unreadable with the reason it would be rejected for."""
    kind, fields = _named(line)
    if kind not in FACTS:
        raise Unreadable("UNKNOWN_SCHEMA", 'The line names no kind of fact: its "kind" is such as Timesheet.', "kind")
    return cast(Fact, validate(kind, _physical(_schema(kind), fields)))


def kind_of_line(line: bytes) -> str | None:
    """The kind of fact that a line names, whatever else is wrong with it."""
    with suppress(Unreadable):
        kind, _ = _named(line)
        return kind if kind in FACTS else None
    return None


def _named(line: bytes) -> tuple[str, dict[str, Json]]:
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        raise Unreadable("UNREADABLE", "Not JSON: each line is one event.") from None
    if not isinstance(told, dict):
        raise Unreadable("UNREADABLE", "Not an object: each line is one event.")
    if "kind" not in told and "type" in told:
        return str(told["type"]).removeprefix(NAMESPACE), _object(told.get("data"))
    kind = str(told.pop("kind", ""))
    return kind, _object(told["fields"]) if told.keys() == {"fields"} else told


def _object(value: Json) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise Unreadable("UNREADABLE", "The event's fields are no object.")
    return value


@cache
def _schema(kind: str) -> Json:
    return logical_schema(kind)


def _physical(schema: Json, value: Json) -> Json:
    """The value with days and instants as numbers, where they are written so that they can be read."""
    if isinstance(schema, list):
        branches = [branch for branch in schema if branch != "null"]
        return value if value is None or len(branches) != 1 else _physical(branches[0], value)
    if not isinstance(schema, dict):
        return value
    if isinstance(value, str) and (read := READERS.get(schema.get("logicalType", ""))):
        return read(value)
    if schema["type"] == "array" and isinstance(value, list):
        return [_physical(schema["items"], each) for each in value]
    if schema["type"] == "record" and isinstance(value, dict):
        types = {field["name"]: field["type"] for field in schema["fields"]}
        return {name: _physical(types.get(name), each) for name, each in value.items()}
    return value


def _day(text: str) -> int | str:
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        with suppress(ValueError):
            return epoch_day(date.fromisoformat(text))
    return text  # to be refused as no number


def _instant(text: str) -> int | str:
    with suppress(ValueError, OverflowError):
        instant = datetime.fromisoformat(text)
        # Without its offset it could be any of 24 instants.
        if instant.tzinfo is not None:
            return round(instant.timestamp() * 1000)
    return text


READERS: dict[str, Callable[[str], int | str]] = {"date": _day, "timestamp-millis": _instant}
