"""What each field of a kind takes: read from its Avro schema, so that a new field needs no word here."""

from functools import cache
from typing import Any, NamedTuple

from pipelines.importing.map import OF_ROWS
from schemas.avro import logical_schema

Json = Any


class Target(NamedTuple):
    """``form``: how it is written unless a map says; ``symbols``: of a code, or of each item of a list; ``nullable``:
    nothing may stand there; ``defaults``: the schema has a value for it."""

    form: str
    symbols: tuple[str, ...] = ()
    nullable: bool = False
    defaults: bool = False


PARTS = {
    "started_at": Target("instant", nullable=True),
    "ended_at": Target("instant", nullable=True),
    "punched_at": Target("instant"),
    "service_date": Target("date", nullable=True),
    "minutes": Target("hours"),
    "duration": Target("hours", nullable=True),
    "break_minutes": Target("hours", nullable=True),
    "punch": Target("code", ("IN", "OUT")),
    "sequence": Target("whole_number", nullable=True),
}
"""Those of OF_ROWS."""
LATER = {"document_id", "revision", "withdrawn", "recorded_at", "source", "provider_signed_at"}
"""What the import itself makes where the file says nothing."""


@cache
def targets(kind: str) -> dict[str, Target]:
    """All fields that a map for a kind may name."""
    named: dict[str, Json] = {}
    fields = logical_schema(kind)["fields"]
    for each in fields:
        _learn(each["type"], named)
    own = {each["name"]: _target(each["name"], each, named) for each in fields}
    return {**{name: PARTS[name] for name in sorted(OF_ROWS)}, **own}


def _learn(type_: Json, named: dict[str, Json]) -> None:
    """Named types, which the schema writes out once."""
    for each in type_ if isinstance(type_, list) else [type_]:
        if isinstance(each, dict):
            named[each.get("name", "")] = each
            _learn(each.get("items", []), named)
            for field in each.get("fields", []):
                _learn(field["type"], named)


def _target(name: str, field: Json, named: dict[str, Json]) -> Target:
    branches = field["type"] if isinstance(field["type"], list) else [field["type"]]
    [type_] = [each for each in branches if each != "null"]
    form, symbols = _form(name, named.get(type_, type_) if isinstance(type_, str) else type_, named)
    nullable = "null" in branches or (name in LATER)
    return Target(form, symbols, nullable, "default" in field and "null" not in branches)


def _form(name: str, type_: Json, named: dict[str, Json]) -> tuple[str, tuple[str, ...]]:
    kind = type_["type"] if isinstance(type_, dict) else type_
    if kind == "enum":
        return "code", tuple(each for each in type_["symbols"] if each != "UNKNOWN")
    if kind == "array":
        return _of_array(name, type_["items"], named)
    logical = type_.get("logicalType") if isinstance(type_, dict) else None
    if logical:
        return ("date" if logical == "date" else "instant"), ()
    if kind == "boolean":
        return "yes_no", ()
    if kind in ("int", "long"):
        return _of_number(name), ()
    return ("id" if name.endswith(("_id", "_token")) or name == "county" else "text"), ()


def _of_array(name: str, items: Json, named: dict[str, Json]) -> tuple[str, tuple[str, ...]]:
    if name == "minutes_worked":
        return "hours", ()
    items = named.get(items, items) if isinstance(items, str) else items
    if isinstance(items, dict) and items["type"] == "enum":
        return "list", tuple(each for each in items["symbols"] if each != "UNKNOWN")
    return name, ()  # services, trips


def _of_number(name: str) -> str:
    if "minutes" in name:
        return "hours"
    return "dollars" if name.endswith("cents") else "whole_number"
