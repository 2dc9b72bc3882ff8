"""What Terraform must know of the house: topics, enum symbols, columns of tables, days without a pay run.

``python -m deploy.roll`` writes it again; a test holds what is written to its sources (pipelines/live/topics.toml, the
schemas, the pay-run calendar).
"""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from pipelines.live.topics import topics_of_arrivals, topics_of_conclusions, topics_of_facts
from rules.periods import epoch_day, is_business_day, iso
from schemas.avro import schema_path
from schemas.physical import EARLIER

TERRAFORM = Path(__file__).parent / "terraform"
ROLL = TERRAFORM / "roll.auto.tfvars.json"
TABLES = {"PaymentInstruction": "run_date", "Finding": "code", "PayRun": "run_date"}
"""Kinds that go to BigQuery, and what their tables are clustered by."""
YEARS = range(2024, 2050)
SATURDAY = 6
PLAIN = {
    "string": "STRING", "boolean": "BOOLEAN", "int": "INTEGER", "long": "INTEGER", "bytes": "BYTES", "float": "FLOAT",
    "double": "FLOAT",
}  # fmt: skip
LOGICAL = {"date": "DATE", "timestamp-millis": "TIMESTAMP", "timestamp-micros": "TIMESTAMP"}
METADATA = (
    {"name": "subscription_name", "type": "STRING", "mode": "NULLABLE"},
    {"name": "message_id", "type": "STRING", "mode": "NULLABLE"},
    {"name": "publish_time", "type": "TIMESTAMP", "mode": "NULLABLE"},
    {"name": "attributes", "type": "JSON", "mode": "NULLABLE"},
)
"""What a BigQuery subscription writes beside the record."""
Column = dict[str, Any]
Json = Any


def roll() -> dict[str, Any]:
    """All of it, as Terraform reads it."""
    directions = {"fact": topics_of_facts(), "conclusion": topics_of_conclusions(), "arrival": topics_of_arrivals()}
    return {
        "topics": {
            kind: {"name": name, "direction": direction, "schema": f"ihss.v1.{kind}", "file": schema_path(kind).name}
            for direction, names in directions.items()
            for kind, name in names.items()
        },
        "tables": {kind: {"name": schema_path(kind).stem, "clustering": by} for kind, by in TABLES.items()},
        "enums": {name: symbols for kind in TABLES for name, symbols in enums(_schema(kind))},
        "days_without_pay_run": [iso(day) for day in _holidays()],
    }


def columns(kind: str) -> list[Column]:
    """Columns of the table of a kind, as a BigQuery subscription with the topic's schema fills them."""
    return columns_of(_schema(kind), _first_schema(kind))


def columns_of(schema: Json, first: Json) -> list[Column]:
    """Columns of a schema of which ``first`` was the first published version. A table takes no required column later:
    a field that is newer is nullable whatever its default, and its column is last."""
    made, old = _Columns(schema, first).of(schema, first), _fields(first)
    later = [column for column in made if column["name"] not in old]
    return [column for column in made if column["name"] in old] + list(METADATA) + later


def enums(schema: Json) -> Iterator[tuple[str, list[str]]]:
    """(name, symbols) of all enums in a schema: in BigQuery only their numbers arrive."""
    return ((each["name"], each["symbols"]) for each in _named(schema) if each["type"] == "enum")


class _Columns:
    """``now`` and ``then``: types that a schema and its first version declare, by name."""

    def __init__(self, schema: Json, first: Json) -> None:
        self.now = {each["name"]: each for each in _named(schema)}
        self.then = {each["name"]: each for each in _named(first)}

    def of(self, record: Json, first: Json | None) -> list[Column]:
        """Columns of a record; ``first`` None: it is newer than the table."""
        before = _fields(first)
        return [self._column(each["name"], each["type"], before.get(each["name"])) for each in record["fields"]]

    def _column(self, name: str, kind: Json, first: Json | None, mode: str = "REQUIRED") -> Column:
        if isinstance(kind, list):
            return self._column(name, next(part for part in kind if part != "null"), first, "NULLABLE")
        kind = _declared(kind, self.now)
        if kind["type"] == "array":
            return self._column(name, kind["items"], first, "REPEATED")
        mode = "NULLABLE" if first is None and mode == "REQUIRED" else mode
        if kind["type"] == "record":
            return {"name": name, "type": "RECORD", "mode": mode, "fields": self.of(kind, self._record(first))}
        written = "INTEGER" if kind["type"] == "enum" else LOGICAL.get(kind.get("logicalType")) or PLAIN[kind["type"]]
        return {"name": name, "type": written, "mode": mode}

    def _record(self, first: Json | None) -> Json | None:
        """The record within a field's type as it was at first."""
        while first is not None and (not isinstance(first, dict) or "fields" not in first):
            first = next(each for each in first if each != "null") if isinstance(first, list) else first
            first = _declared(first, self.then)
            first = first["items"] if first["type"] == "array" else first
        return first


def _declared(kind: Json, named: dict[str, Json]) -> Json:
    """A type as an object: one that only bears a name, as it was declared."""
    return named.get(kind, {"type": kind}) if isinstance(kind, str) else kind


def _fields(record: Json | None) -> dict[str, Json]:
    return {each["name"]: each["type"] for each in record["fields"]} if record else {}


def _named(schema: Json) -> Iterator[Json]:
    """Every record and enum that a schema declares."""
    if isinstance(schema, list):
        for part in schema:
            yield from _named(part)
    elif isinstance(schema, dict):
        if schema.get("type") in ("record", "enum"):
            yield schema
        for part in (schema.get("type"), schema.get("items"), *(each["type"] for each in schema.get("fields", ()))):
            yield from _named(part)


def _schema(kind: str) -> Json:
    return json.loads(schema_path(kind).read_text("utf-8"))


def _first_schema(kind: str) -> Json:
    """The first version that was published: of a kind that never changed, the current one."""
    path = EARLIER / f"{schema_path(kind).stem}-1.avsc"
    return json.loads(path.read_text("utf-8")) if path.exists() else _schema(kind)


def _holidays() -> Iterator[int]:
    """Weekdays on which payroll does not run."""
    for day in range(epoch_day(date(YEARS.start, 1, 1)), epoch_day(date(YEARS.stop, 1, 1))):
        if date.fromisoformat(iso(day)).isoweekday() < SATURDAY and not is_business_day(day):
            yield day


def texts() -> dict[Path, str]:
    """Every file that is made, and what stands in it."""
    made = {ROLL: roll()} | {
        TERRAFORM / "bigquery" / f"{schema_path(kind).stem}.json": columns(kind) for kind in TABLES
    }
    return {path: json.dumps(content, indent=2) + "\n" for path, content in made.items()}


if __name__ == "__main__":
    for path, text in texts().items():
        path.write_text(text, "utf-8")
