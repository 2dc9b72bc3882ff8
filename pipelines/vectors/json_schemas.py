"""JSON Schemas of the kit, made from the models that judge our own records: what is no fact, no law or no answer is
refused. Each field has the words of its published Avro schema."""

from collections.abc import Iterable, Iterator
from functools import cache

import msgspec
from pydantic.json_schema import models_json_schema

from rules.parameters import Parameter
from schemas import CONCLUSIONS, FACTS
from schemas.avro import schema_path
from schemas.pay_run import CameBack
from schemas.types import Json

OURS = {"authority", "message", "next_step", "documents", "assumptions", "law_version", "cut_off", "rule"}
"""What no other engine can be held to."""
PARTS = {
    "PaymentInstruction": "instructions",
    "Finding": "findings",
    "AdvanceReconciliation": "reconciliations",
    "BenefitHours": "benefit_hours",
    "LeaveBalance": "leave_balances",
}
"""What a pay run says, and its name in an answer."""
DIALECT = "https://json-schema.org/draft/2020-12/schema"
DEFS = "#/$defs/"
DAY = {"type": "string", "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"}
SHA256 = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
LAW_ID = "^[A-Z]{2,6}-[0-9]+$"


def json_schemas() -> dict[str, Json]:
    """By the name of the file: what lies in ``in``, in ``laws``, and in a folder of answers (or ``expected``)."""
    return {"vector": _vector(), "law": _law(), "answer": _answer()}


def _vector() -> Json:
    models = [(FACTS[kind], "validation") for kind in FACTS]
    _, defined = models_json_schema(models, ref_template=DEFS + "{model}")  # type: ignore[arg-type]
    defs: dict[str, Json] = defined["$defs"]
    for kind in FACTS:
        defs[kind]["properties"] = {"kind": {"const": kind}} | defs[kind]["properties"]
        defs[kind]["required"] = ["kind", *defs[kind]["required"]]
    facts = {"type": "array", "minItems": 1, "items": {"oneOf": [{"$ref": DEFS + kind} for kind in FACTS]}}
    properties: Json = {
        "vector": {"type": "string", "description": "Its name in this version of the kit, and that of its files."},
        "sentence": {"type": "string", "description": "What a payroll clerk would say."},
        "law": {"type": "array", "minItems": 1, "items": {"type": "string", "pattern": LAW_ID}},
        "citations": {
            "type": "object",
            "minProperties": 1,
            "propertyNames": {"pattern": LAW_ID},
            "additionalProperties": {"type": "string"},
            "description": "The outside text behind each id of the law.",
        },
        "law_version": SHA256 | {"description": "laws/THIS.json has the values."},
        "facts": facts,
        "pay_runs": {"type": "array", "minItems": 1, "uniqueItems": True, "items": DAY, "description": "In order."},
        "until": DAY | {"description": "The last of them."},
    }
    return _whole("A vector: what an engine gets", properties, defs)


def _answer() -> Json:
    structs = [*(CONCLUSIONS[kind] for kind in PARTS), CameBack]
    _, defs = msgspec.json.schema_components(structs, ref_template=DEFS + "{name}")
    parts = {name: {"type": "array", "items": {"$ref": DEFS + kind}} for kind, name in PARTS.items()}
    run = _object({"run_date": DAY} | parts | {"came_back": {"type": "array", "items": {"$ref": DEFS + "CameBack"}}})
    runs = {"type": "array", "items": run, "description": "Those that say something, a day once."}
    return _whole("An answer: what an engine says of a vector", {"vector": {"type": "string"}, "pay_runs": runs}, defs)


def _law() -> Json:
    _, defs = msgspec.json.schema_components([Parameter], ref_template=DEFS + "{name}")
    of_each = {"type": "object", "minProperties": 1, "additionalProperties": {"$ref": DEFS + "Parameter"}}
    return {"$schema": DIALECT, "title": "The law: parameters by name"} | of_each | {"$defs": _told(defs)}


def _whole(title: str, properties: Json, defs: dict[str, Json]) -> Json:
    return {"$schema": DIALECT, "title": title} | _object(properties) | {"$defs": _told(defs)}


def _object(properties: Json) -> Json:
    return {"type": "object", "additionalProperties": False, "required": [*properties], "properties": properties}


def _told(defs: dict[str, Json]) -> dict[str, Json]:
    """Without what answers leave out, with the words of each field, and patterns as every dialect reads them."""
    for name, schema in defs.items():
        words = _words().get(name, {})
        schema["description"] = words.get("", " ".join(schema.get("description", "").split()))
        of_fields = schema.get("properties", {})
        schema["properties"] = {
            field: (_plain(of_field) | ({"description": words[field]} if field in words else {}))
            for field, of_field in of_fields.items()
            if field not in OURS or name not in _spoken()
        }
        schema["required"] = [field for field in schema.get("required", ()) if field in schema["properties"]]
        schema["additionalProperties"] = False
    return defs


def _plain(schema: Json) -> Json:
    """A ``\\Z`` is the end of a text in Python alone; a title that repeats the field's name says nothing."""
    kept = {name: value for name, value in schema.items() if name != "title"}
    if "pattern" in kept:
        kept["pattern"] = kept["pattern"].replace("\\Z", "$")
    if "anyOf" in kept:
        kept["anyOf"] = [_plain(each) for each in kept["anyOf"]]
    if "items" in kept:
        kept["items"] = _plain(kept["items"])
    return kept


@cache
def _spoken() -> frozenset[str]:
    """The records of an answer and their parts."""
    return frozenset(record["name"] for kind in PARTS for record in _published(kind))


@cache
def _words() -> dict[str, dict[str, str]]:
    """What each record ("") and each field of it says, by the published schemas."""
    records = [record for kind in (*FACTS, *CONCLUSIONS) for record in _published(kind)]
    return {
        each["name"]: {named["name"]: named["doc"] for named in each["fields"] if "doc" in named}
        | ({"": each["doc"]} if "doc" in each else {})
        for each in records
    }


def _published(kind: str) -> Iterator[Json]:
    return _records(msgspec.json.decode(schema_path(kind).read_bytes()))


def _records(schema: object) -> Iterator[Json]:
    """A record of Avro, and those within it."""
    if isinstance(schema, dict):
        if schema.get("type") == "record":
            yield schema
        yield from _within(value for name, value in schema.items() if name in ("type", "items", "fields"))
    elif isinstance(schema, list):
        yield from _within(schema)


def _within(schemas: Iterable[object]) -> Iterator[Json]:
    for each in schemas:
        yield from _records(each)
