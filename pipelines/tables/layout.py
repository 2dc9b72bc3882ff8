"""What tables there are and what their columns mean: read off the Avro schemas of the records.

A record is a row of its kind's table; an array in it is a table of its own, with the record's key and a place from 1.
Amounts are exact dollars, DECIMAL(18,2), rates DECIMAL(18,3); time is whole minutes; instants are UTC.
"""

import re
from functools import cache
from typing import NamedTuple

from schemas import CONCLUSIONS
from schemas.avro import logical_schema
from schemas.types import Json

DOLLARS, RATE = "DECIMAL(18,2)", "DECIMAL(18,3)"
NAMES = {
    ("PaymentInstruction", ""): "instructions",
    ("PaymentInstruction", "lines"): "lines",
    ("PaymentInstruction", "deductions"): "deductions",
    ("PaymentInstruction", "documents"): "documents",
    ("PaymentInstruction", "assumptions"): "assumptions",
    ("PaymentInstruction", "reversed"): "reversed",
    ("Finding", ""): "findings",
    ("AdvanceReconciliation", ""): "reconciliations",
    ("LeaveBalance", ""): "leave_balances",
    ("BenefitHours", ""): "benefit_hours",
    ("PayRun", ""): "pay_runs",
    ("PayRun", "totals"): "pay_run_totals",
    ("PayRun", "assumptions"): "pay_run_assumptions",
    ("PayRun", "came_back"): "came_back",
    ("Rejection", ""): "rejections",
}
"""Tables by kind of record and array; a new array is refused until it has its name here."""
KEYS = {"PaymentInstruction": "instruction_id", "PayRun": "run_date"}
ITEMS = {"documents": "document", "assumptions": "assumption", "reversed": "reversed_instruction_id"}
"""What one text of an array is called."""
REFERRED = (
    ("document_kind", "VARCHAR", "What kind of fact it is."),
    ("document_id", "VARCHAR", "Its number."),
    ("revision", "BIGINT", "Its revision that decided."),
)
"""The parts of a reference to a document."""
UNITS = {"rate_mills": "Dollars an hour, to a tenth of a cent."}
"""What is said of a field whose unit is another here."""
TYPES = {
    "date": "DATE", "timestamp-millis": "TIMESTAMP", "boolean": "BOOLEAN", "int": "BIGINT", "long": "BIGINT",
    "bytes": "BLOB",
}  # fmt: skip


class TidyColumn(NamedTuple):
    """``field``: of the record, or of the array's item; "" for one that is made here."""

    name: str
    type: str
    words: str
    field: str = ""


class TidyTable(NamedTuple):
    """``part``: the array whose items are its rows; "" for the records themselves."""

    name: str
    kind: str
    part: str
    words: str
    columns: tuple[TidyColumn, ...]


@cache
def tables() -> tuple[TidyTable, ...]:
    """All tables, those of a kind together."""
    return tuple(table for kind in CONCLUSIONS for table in _of_kind(kind))


def _of_kind(kind: str) -> list[TidyTable]:
    schema = logical_schema(kind)
    arrays = {field["name"]: field for field in schema["fields"] if _item(field)}
    plain = [_column(field) for field in schema["fields"] if field["name"] not in arrays]
    own = [column for column in plain if column.type != "BLOB"]  # of an event's bytes a table has the number of
    made = [TidyTable(NAMES[kind, ""], kind, "", schema["doc"], (*own, *_added(kind, own)))]
    return made + [_of_array(kind, name, field, own) for name, field in arrays.items()]


def _of_array(kind: str, name: str, field: Json, own: list[TidyColumn]) -> TidyTable:
    [key] = [column for column in own if column.name == KEYS[kind]]
    item = _item(field)
    if isinstance(item, dict):
        columns = [_column(each) for each in item["fields"]]
    elif name == "documents":
        columns = [TidyColumn(*each) for each in REFERRED]
    else:
        columns = [TidyColumn(ITEMS[name], "VARCHAR", field["doc"])]
    place = TidyColumn("place", "BIGINT", "Place in the record, from 1.")
    return TidyTable(NAMES[kind, name], kind, name, field["doc"], (key, place, *columns))


def _added(kind: str, own: list[TidyColumn]) -> list[TidyColumn]:
    """Columns that no field is: what else a reader needs."""
    if kind == "Rejection":
        return [
            TidyColumn("number", "BIGINT", "By which `rejections show --paid` gives its bytes."),
            TidyColumn("bytes", "BIGINT", "How many bytes came."),
        ]
    named = {column.name for column in own}
    return [] if "run_date" in named else [TidyColumn("run_date", "DATE", "Business day of the pay run that says it.")]


def _item(field: Json) -> Json | str | None:
    """The item's type of an array; None for any other field."""
    plain = _plain(field)
    found: Json | str | None = plain["items"] if isinstance(plain, dict) and plain["type"] == "array" else None
    return found


def _plain(field: Json) -> Json | str:
    """The type without its null."""
    type_: Json | str | list[Json | str] = field["type"]
    return next(each for each in type_ if each != "null") if isinstance(type_, list) else type_


def _column(field: Json) -> TidyColumn:
    """Dollars for cents and mills; ``_utc`` after an instant."""
    type_ = _sql_type(field["name"], _plain(field))
    name = re.sub("(cents|mills)$", "dollars", field["name"])
    return TidyColumn(f"{name}_utc" if type_ == "TIMESTAMP" else name, type_, _words(field), field["name"])


def _sql_type(name: str, plain: Json | str) -> str:
    if name.endswith("cents"):
        return DOLLARS
    if name.endswith("_mills"):
        return RATE
    logical = plain.get("logicalType", plain["type"]) if isinstance(plain, dict) else plain
    return TYPES.get(str(logical), "VARCHAR")


def _words(field: Json) -> str:
    plain = _plain(field)
    symbols = plain.get("symbols", []) if isinstance(plain, dict) else []
    one_of = f" One of {', '.join(symbols[1:])}." if symbols else ""
    return UNITS.get(field["name"], f"{field.get('doc', '')}{one_of}".strip())
