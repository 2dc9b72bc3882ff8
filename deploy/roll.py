"""What Terraform must know of the house: topics, enum symbols, columns of tables, days without a pay run.

``python -m deploy.roll`` writes it again; a test holds what is written to its sources (deploy/topics.toml, the schemas,
the pay-run calendar).
"""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from pipelines.live.topics import topics_of_arrivals, topics_of_conclusions, topics_of_facts
from rules.periods import epoch_day, is_business_day, iso
from schemas.avro import schema_path

TERRAFORM = Path(__file__).parent / "terraform"
ROLL = TERRAFORM / "roll.auto.tfvars.json"
TABLES = {"PaymentInstruction": "run_date", "Finding": "code", "PayRun": "run_date"}
"""Kinds that go to BigQuery, and what their tables are clustered by."""
YEARS = range(2024, 2050)
SATURDAY = 6
PLAIN = {"string": "STRING", "boolean": "BOOLEAN", "int": "INTEGER", "long": "INTEGER", "bytes": "BYTES"}
LOGICAL = {"date": "DATE", "timestamp-millis": "TIMESTAMP"}
METADATA = (
    {"name": "subscription_name", "type": "STRING", "mode": "NULLABLE"},
    {"name": "message_id", "type": "STRING", "mode": "NULLABLE"},
    {"name": "publish_time", "type": "TIMESTAMP", "mode": "NULLABLE"},
    {"name": "attributes", "type": "JSON", "mode": "NULLABLE"},
)
"""What a BigQuery subscription writes beside the record."""
Column = dict[str, Any]


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
    return [_column(field["name"], field["type"]) for field in _schema(kind)["fields"]] + list(METADATA)


def enums(schema: Any) -> Iterator[tuple[str, list[str]]]:
    """(name, symbols) of all enums in a schema: in BigQuery only their numbers arrive."""
    if isinstance(schema, list):
        for part in schema:
            yield from enums(part)
    elif isinstance(schema, dict):
        if schema.get("type") == "enum":
            yield schema["name"], schema["symbols"]
        for part in (schema.get("type"), schema.get("items"), *(each["type"] for each in schema.get("fields", ()))):
            yield from enums(part)


def _column(name: str, kind: Any, mode: str = "REQUIRED") -> Column:
    if isinstance(kind, list):
        return _column(name, next(part for part in kind if part != "null"), "NULLABLE")
    if isinstance(kind, str):  # an enum that was declared before, if it is not a plain type
        return {"name": name, "type": PLAIN.get(kind, "INTEGER"), "mode": mode}
    if kind["type"] == "array":
        return _column(name, kind["items"], "REPEATED")
    if kind["type"] == "record":
        fields = [_column(field["name"], field["type"]) for field in kind["fields"]]
        return {"name": name, "type": "RECORD", "mode": mode, "fields": fields}
    if kind["type"] == "enum":
        return {"name": name, "type": "INTEGER", "mode": mode}
    return {"name": name, "type": LOGICAL.get(kind.get("logicalType"), PLAIN[kind["type"]]), "mode": mode}


def _schema(kind: str) -> Any:
    return json.loads(schema_path(kind).read_text("utf-8"))


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
