"""What a table takes when a schema gains a field: nothing that Terraform would make anew."""

import copy
import json
from typing import Any

import pytest

from deploy.roll import METADATA, TABLES, columns, columns_of
from schemas.avro import schema_path
from schemas.physical import EARLIER

LINE = {"type": "record", "name": "Line", "fields": [{"name": "cents", "type": "long"}]}
DUE = {"type": "record", "name": "Due", "fields": [{"name": "by", "type": "int"}]}
FIRST: Any = {
    "type": "record",
    "name": "Paid",
    "namespace": "ihss.v1",
    "fields": [
        {"name": "id", "type": "string"},
        {"name": "kind", "type": {"type": "enum", "name": "Kind", "symbols": ["A", "B"]}},
        {"name": "lines", "type": {"type": "array", "items": LINE}},
        {"name": "last", "type": ["null", "Line"], "default": None},
        {"name": "first_line", "type": "Line"},
    ],
}
NEW: dict[str, tuple[Any, Any, str, str]] = {
    "int_with_a_default": ("int", 0, "INTEGER", "NULLABLE"),
    "string_with_a_default": ("string", "", "STRING", "NULLABLE"),
    "boolean": ("boolean", False, "BOOLEAN", "NULLABLE"),
    "bytes": ("bytes", "", "BYTES", "NULLABLE"),
    "double": ("double", 0.5, "FLOAT", "NULLABLE"),
    "date": ({"type": "int", "logicalType": "date"}, 0, "DATE", "NULLABLE"),
    "instant": ({"type": "long", "logicalType": "timestamp-millis"}, 0, "TIMESTAMP", "NULLABLE"),
    "nullable": (["null", "long"], None, "INTEGER", "NULLABLE"),
    "enum": ({"type": "enum", "name": "New", "symbols": ["X"]}, "X", "INTEGER", "NULLABLE"),
    "enum_of_before": ("Kind", "A", "INTEGER", "NULLABLE"),
    "record_of_before": ("Line", {"cents": 0}, "RECORD", "NULLABLE"),
    "record": (DUE, {"by": 0}, "RECORD", "NULLABLE"),
    "nullable_record": (["null", "Line"], None, "RECORD", "NULLABLE"),
    "array": ({"type": "array", "items": "string"}, [], "STRING", "REPEATED"),
    "array_of_records": ({"type": "array", "items": "Line"}, [], "RECORD", "REPEATED"),
}  # fmt: skip


def later(field: Any) -> Any:
    schema = copy.deepcopy(FIRST)
    schema["fields"].append(field)
    return schema


def required(columns: list[dict[str, Any]], path: str = "") -> set[str]:
    """Names of all columns, at any depth, that must have a value."""
    found = {f"{path}{each['name']}" for each in columns if each["mode"] == "REQUIRED"}
    return found.union(*(required(each.get("fields", []), f"{path}{each['name']}.") for each in columns))


@pytest.mark.parametrize("case", NEW)
def test_a_new_field_is_a_column_that_a_table_takes(case: str) -> None:
    """Whatever its default: nullable or repeated, within too, and after all that were there."""
    kind, default, column_type, mode = NEW[case]
    made = columns_of(later({"name": "new", "type": kind, "default": default}), FIRST)
    assert (made[-1]["name"], made[-1]["type"], made[-1]["mode"]) == ("new", column_type, mode)
    assert made[:-1] == columns_of(FIRST, FIRST)
    assert not required(made[-1:])


def test_a_new_field_of_a_line_is_nullable_too() -> None:
    schema = copy.deepcopy(FIRST)
    schema["fields"][2]["type"]["items"]["fields"].append({"name": "minutes", "type": "int", "default": 0})
    made = columns_of(schema, FIRST)
    assert required(made) == required(columns_of(FIRST, FIRST)) == {
        "id", "kind", "lines.cents", "last.cents", "first_line", "first_line.cents",
    }  # fmt: skip
    assert {"name": "minutes", "mode": "NULLABLE", "type": "INTEGER"} in made[2]["fields"]


def test_a_field_that_may_be_null_from_now_on_is_relaxed() -> None:
    schema = copy.deepcopy(FIRST)
    schema["fields"][0] |= {"type": ["null", "string"], "default": None}
    assert columns_of(schema, FIRST)[0]["mode"] == "NULLABLE"


@pytest.mark.parametrize("kind", TABLES)
def test_every_required_column_was_there_at_first(kind: str) -> None:
    path = EARLIER / f"{schema_path(kind).stem}-1.avsc"
    first = json.loads((path if path.exists() else schema_path(kind)).read_text())
    assert required(columns(kind)) == required(columns_of(first, first))
    assert all(each in columns(kind) for each in METADATA)


def test_what_was_reversed_is_the_last_column() -> None:
    assert columns("PaymentInstruction")[-1] == {"name": "reversed", "mode": "REPEATED", "type": "STRING"}
