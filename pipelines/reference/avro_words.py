"""Avro schemas in words, and values as they are meant: 19936 is 2024-08-01."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from rules.periods import MILLIS_IN_SECOND, iso
from schemas.avro import schema_path
from schemas.types import Fields

LOGICAL = {"date": "date", "timestamp-millis": "instant"}
Json = Any  # a schema as JSON: str, list or dict


class Field(NamedTuple):
    """A field, also within a part: ``lines[].cents``."""

    name: str
    type: str
    doc: str
    symbols: tuple[str, ...]


def published_schema(kind: str) -> Json:
    """The schema of a kind as others read it."""
    return json.loads(schema_path(kind).read_text("utf-8"))


def fields_of(kind: str) -> list[Field]:
    """All fields of a kind, those of its parts after the field that holds them."""
    return list(_fields(published_schema(kind), "", {}))


def _fields(record: Json, within: str, enums: dict[str, Json]) -> Iterator[Field]:
    for field in record["fields"]:
        type_, repeated = _inner(field["type"])
        type_ = enums.get(type_, type_) if isinstance(type_, str) else type_
        named = type_ if isinstance(type_, dict) and type_["type"] == "enum" else {}
        enums |= {named["name"]: named} if named else {}
        about = " ".join(part for part in (field.get("doc", ""), named.get("doc", "")) if part)
        symbols = tuple(symbol for symbol in named.get("symbols", ()) if symbol != "UNKNOWN")
        name = within + field["name"] + ("[]" if repeated else "")
        yield Field(name, in_words(field["type"]), about, symbols)
        if isinstance(type_, dict) and type_["type"] == "record":
            yield from _fields(type_, f"{name}.", enums)


def _inner(type_: Json) -> tuple[Json, bool]:
    """The type within a union with null or an array; and whether it was an array."""
    if isinstance(type_, list):
        return _inner(next(branch for branch in type_ if branch != "null"))
    if isinstance(type_, dict) and type_["type"] == "array":
        return _inner(type_["items"])[0], True
    return type_, False


def in_words(type_: Json) -> str:
    """``date, or null``; ``array of int``."""
    if isinstance(type_, list):
        return ", or ".join(in_words(branch) for branch in sorted(type_, key=lambda branch: branch == "null"))
    if isinstance(type_, str):
        return "enum" if type_[0].isupper() else type_
    if type_["type"] == "array":
        return f"array of {in_words(type_['items'])}"
    return LOGICAL.get(type_.get("logicalType", ""), str(type_["type"]))


def as_json(kind: str, record: Fields) -> str:
    """A record as JSON, one field a line, with days and instants said beside their number."""
    meant = {field.name: field.type for field in fields_of(kind)}
    return "\n".join(_written(plain(record), meant, "", ""))


def _written(value: Any, meant: dict[str, str], name: str, indent: str, comma: str = "") -> Iterator[str]:
    """Lines of a value; the first begins where its key ended."""
    deep = isinstance(value, list) and value and isinstance(value[0], dict)
    if not (deep or isinstance(value, dict)):
        yield json.dumps(value, ensure_ascii=False) + comma + _comment(value, meant.get(name, ""))
        return
    opening, closing = "[]" if deep else "{}"
    yield opening
    parts = [("", part) for part in value] if deep else [(f"{json.dumps(key)}: ", value[key]) for key in value]
    for place, (key, part) in enumerate(parts, 1):
        below = f"{name}[]." if deep else name
        path = below if deep else name + json.loads(key[:-2])
        first, *rest = _written(part, meant, path, f"{indent}  ", "," if place < len(parts) else "")
        yield f"{indent}  {key}{first}"
        yield from rest
    yield f"{indent}{closing}{comma}"


def _comment(value: object, type_: str) -> str:
    if not isinstance(value, int):
        return ""
    if type_.startswith("date"):
        return f"  // {iso(value)}"
    return f"  // {datetime.fromtimestamp(value / MILLIS_IN_SECOND, UTC):%Y-%m-%dT%H:%MZ}" if "instant" in type_ else ""


def plain(value: Any) -> Any:
    """A value as Avro's JSON has it: bytes as a string of the same code points."""
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, list):
        return [plain(part) for part in value]
    return {key: plain(part) for key, part in value.items()} if isinstance(value, dict) else value
