"""The BigQuery views, run on what a replay said: DuckDB in BigQuery's place, sqlglot for the dialect."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlglot

from deploy.roll import TABLES, TERRAFORM, columns, enums, roll
from pipelines.sample.simulate import simulate
from rules.law import Law
from rules.periods import iso
from schemas.avro import schema_path
from tests.paid import replay_plain
from tests.pipelines.test_cloud_journal import readable

TYPES = {"STRING": "VARCHAR", "INTEGER": "BIGINT", "BOOLEAN": "BOOLEAN", "DATE": "DATE", "TIMESTAMP": "TIMESTAMP"}
Rows = dict[str, list[dict[str, Any]]]
Ask = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """What a replay of a small county says, with corrections of earlier pay runs."""
    folder = tmp_path_factory.mktemp("county")
    simulate(folder, "17", 12, 2, "2024-07", 3, 0.05)
    return replay_plain(readable(folder), Law.load()).records


def symbols(kind: str) -> dict[str, list[str]]:
    return dict(enums(json.loads(schema_path(kind).read_text())))


def numbers(kind: str, schema: Any, value: Any) -> Any:
    """A value as a BigQuery subscription writes it: symbols as numbers."""
    if isinstance(schema, list):
        return None if value is None else numbers(kind, next(part for part in schema if part != "null"), value)
    if isinstance(schema, str):
        return symbols(kind)[schema].index(value) if schema in symbols(kind) else value
    if schema["type"] == "enum":
        return schema["symbols"].index(value)
    if schema["type"] == "array":
        return [numbers(kind, schema["items"], each) for each in value]
    if schema["type"] == "record":
        return {field["name"]: numbers(kind, field["type"], value[field["name"]]) for field in schema["fields"]}
    if schema.get("logicalType") == "timestamp-millis":
        return f"epoch_ms({value})"
    return f"DATE '1970-01-01' + {value}" if schema.get("logicalType") == "date" else value


def literal(value: Any) -> str:
    if isinstance(value, str):
        is_code = re.fullmatch(r"epoch_ms\(-?\d+\)|DATE '1970-01-01' \+ -?\d+", value)
        return value if is_code else "'" + value.replace("'", "''") + "'"
    if isinstance(value, list):
        return f"[{', '.join(map(literal, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"'{name}': {literal(each)}" for name, each in value.items()) + "}"
    return "NULL" if value is None else str(value)


def column_type(column: dict[str, Any]) -> str:
    if column["type"] == "RECORD":
        parts = [f'"{each["name"]}" {column_type(each)}' for each in column["fields"]]
        one = f"STRUCT({', '.join(parts)})"
    else:
        one = TYPES.get(column["type"], "VARCHAR")
    return f"{one}[]" if column["mode"] == "REPEATED" else one


def written(connection: duckdb.DuckDBPyConnection, kind: str, records: list[dict[str, Any]], at: int) -> None:
    """Rows of the messages' table, published from an instant on."""
    schema = json.loads(schema_path(kind).read_text())
    for number, record in enumerate(records):
        row = numbers(kind, schema, record)
        values = {field["name"]: literal(row[field["name"]]) for field in schema["fields"]} | {
            "subscription_name": "'s'", "message_id": f"'{at + number}'", "publish_time": f"epoch_ms({at + number})",
            "attributes": "'{}'",
        }  # fmt: skip
        names = ", ".join(f'"{name}"' for name in values)
        table = roll()["tables"][kind]["name"]
        connection.execute(f"INSERT INTO messages.{table} ({names}) VALUES ({', '.join(values.values())})")


@pytest.fixture
def tables() -> Iterator[duckdb.DuckDBPyConnection]:
    """Empty tables with the columns that Terraform gives them."""
    with duckdb.connect(":memory:") as connection:
        connection.execute("SET TimeZone = 'UTC'; CREATE SCHEMA messages; CREATE SCHEMA payroll")
        for kind in TABLES:
            declared = ", ".join(f'"{column["name"]}" {column_type(column)}' for column in columns(kind))
            connection.execute(f"CREATE TABLE messages.{roll()['tables'][kind]['name']} ({declared})")
        yield connection


NOON = "12:00:00"
HOURS = 3
FIRST = "2024-07-01"


def view(name: str, today: str = "2024-10-01", at: str = NOON, first: str = FIRST) -> str:
    """A view's text as Terraform fills it in, in DuckDB's dialect. ``today``, ``at``: what day and time it is in
    California; ``first``: the first pay run there is."""
    text = (TERRAFORM / "views" / f"{name}.sql").read_text()
    text = text.replace("${messages}", "messages").replace("${payroll}", "payroll")
    text = text.replace("${holidays}", str(roll()["days_without_pay_run"]))
    text = re.sub(r"\$\{symbols\.(\w+)\}", lambda found: str(roll()["enums"][found[1]]), text)
    text = text.replace("${first}", first).replace("${hours}", str(HOURS))
    there = f"CAST(TIMESTAMP '{today} {at}' - INTERVAL {HOURS} HOUR AS DATE)"
    asked = f"DATE(TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL {HOURS} HOUR), 'America/Los_Angeles')"
    assert (asked in text) == (name == "missing_pay_runs")
    text = text.replace(asked, there)
    (translated,) = sqlglot.transpile(text.replace("`", ""), read="bigquery", write="duckdb")
    return translated


def asked(connection: duckdb.DuckDBPyConnection, *when: str) -> Ask:
    for name in ("pay_runs", "instructions", "findings", "missing_pay_runs"):
        connection.execute(f"CREATE OR REPLACE VIEW payroll.{name} AS {view(name, *when)}")
    return lambda query: connection.execute(query).fetchall()


def filled(connection: duckdb.DuckDBPyConnection, said: Rows) -> None:
    for number, kind in enumerate(TABLES):
        written(connection, kind, said[kind], 1_000_000 * (number + 1))


def test_everything_once_although_much_came_twice(tables: duckdb.DuckDBPyConnection, said: Rows) -> None:
    filled(tables, said)
    for kind in TABLES:
        written(tables, kind, said[kind][::3], 9_000_000)
    ask = asked(tables)
    assert ask("SELECT count(*), bool_and(complete) FROM payroll.pay_runs") == [(len(said["PayRun"]), True)]
    paid = sorted(
        (each["instruction_id"], each["net_cents"], each["kind"], each["method"]) for each in said["PaymentInstruction"]
    )
    assert sorted(ask("SELECT instruction_id, net_cents, kind, method FROM payroll.instructions")) == paid
    assert len(paid) > 20 and said["Finding"]


def test_lines_and_deductions_keep_their_words(tables: duckdb.DuckDBPyConnection, said: Rows) -> None:
    filled(tables, said)
    found = asked(tables)("SELECT instruction_id, lines, deductions FROM payroll.instructions ORDER BY 1")
    wanted = sorted(said["PaymentInstruction"], key=lambda each: each["instruction_id"])
    assert [(id, lines, taken) for id, lines, taken in found] == [
        (each["instruction_id"], each["lines"], each["deductions"]) for each in wanted
    ]


def test_findings_are_the_newest_that_stand(tables: duckdb.DuckDBPyConnection, said: Rows) -> None:
    filled(tables, said)
    newest = {}
    for each in sorted(said["Finding"], key=lambda each: (each["cut_off"], not each["cleared"])):
        newest[each["finding_id"]] = each
    standing = sorted((id, each["minutes"], each["outcome"]) for id, each in newest.items() if not each["cleared"])
    found = asked(tables)("SELECT finding_id, minutes, outcome FROM payroll.findings")
    assert sorted(found, key=str) == sorted(standing, key=str)
    assert len(standing) < len(said["Finding"])


def paying(said: Rows) -> dict[str, Any]:
    """A pay run that pays several."""
    return next(run for run in said["PayRun"] if sum(total["count"] for total in run["totals"]) > 1)


LACKS: dict[str, Callable[[Rows, dict[str, Any]], Rows]] = {
    "an_instruction": lambda said, run: said | {"PaymentInstruction": [
        each for each in said["PaymentInstruction"] if each is not next(
            paid for paid in said["PaymentInstruction"] if paid["cut_off"] == run["cut_off"])]},
    "another_in_its_place": lambda said, run: said | {"PaymentInstruction": [
        each | {"instruction_id": each["instruction_id"] + "x"} if each is next(
            paid for paid in said["PaymentInstruction"] if paid["cut_off"] == run["cut_off"]) else each
        for each in said["PaymentInstruction"]]},
    "a_finding": lambda said, run: said | {"PayRun": [
        each | {"findings": each["findings"] + 1} if each is run else each for each in said["PayRun"]]},
}  # fmt: skip


@pytest.mark.parametrize("lack", LACKS)
def test_a_pay_run_that_is_not_complete_is_not_shown(lack: str, tables: duckdb.DuckDBPyConnection, said: Rows) -> None:
    run = paying(said)
    filled(tables, LACKS[lack](said, run))
    ask = asked(tables)
    assert ask("SELECT epoch_ms(cut_off) FROM payroll.pay_runs WHERE NOT complete") == [(run["cut_off"],)]
    assert ask(f"SELECT count(*) FROM payroll.instructions WHERE epoch_ms(cut_off) = {run['cut_off']}") == [(0,)]
    assert ask("SELECT count(*) FROM payroll.instructions") != [(0,)]


def test_two_jobs_that_say_otherwise_of_one_pay_run_are_not_believed(
    tables: duckdb.DuckDBPyConnection, said: Rows
) -> None:
    """The second, started beside the first, pays one person otherwise: its PayRun is whole by itself."""
    run = paying(said)
    filled(tables, said)
    first = next(each for each in said["PaymentInstruction"] if each["cut_off"] == run["cut_off"])
    written(tables, "PaymentInstruction", [first | {"instruction_id": first["instruction_id"] + "x"}], 9_000_000)
    written(tables, "PayRun", [run | {"instructions_sha256": "0" * 64}], 9_000_001)
    ask = asked(tables)
    assert ask("SELECT epoch_ms(cut_off) FROM payroll.pay_runs WHERE NOT complete") == [(run["cut_off"],)]
    assert ask(f"SELECT count(*) FROM payroll.instructions WHERE epoch_ms(cut_off) = {run['cut_off']}") == [(0,)]


def test_what_is_cleared_and_said_again_in_one_pay_run_stands(tables: duckdb.DuckDBPyConnection, said: Rows) -> None:
    """As a finding that moves from a month to another."""
    finding = next(each for each in said["Finding"] if not each["cleared"])
    others = [each for each in said["Finding"] if each["finding_id"] != finding["finding_id"]]
    cut_off = max(each["cut_off"] for each in said["PayRun"])
    again = [finding | {"cut_off": cut_off, "cleared": cleared} for cleared in (False, True)]
    runs = [
        run | {"findings": sum(each["cut_off"] == run["cut_off"] for each in (*others, *again))}
        for run in said["PayRun"]
    ]
    filled(tables, said | {"Finding": others + again, "PayRun": runs})
    found = asked(tables)(f"SELECT count(*) FROM payroll.findings WHERE finding_id = '{finding['finding_id']}'")
    assert found == [(1,)]


def test_a_pay_run_of_nobody_is_complete(tables: duckdb.DuckDBPyConnection, said: Rows) -> None:
    empty = next(run for run in said["PayRun"] if not run["totals"] and not run["findings"])
    assert empty["instructions_sha256"] == hashlib.sha256(b"").hexdigest()
    written(tables, "PayRun", [empty], 1)
    assert asked(tables)("SELECT complete, instructions FROM payroll.pay_runs") == [(True, 0)]


def test_a_missing_pay_run_is_named_and_a_holiday_is_not(tables: duckdb.DuckDBPyConnection, said: Rows) -> None:
    """2024-07-04 was a holiday, 2024-07-06 a Saturday."""
    runs = said["PayRun"]
    lost = paying(said)
    written(tables, "PayRun", [run for run in runs if run is not lost], 1)
    written(tables, "PaymentInstruction", said["PaymentInstruction"], 2_000_000)
    written(tables, "Finding", said["Finding"], 3_000_000)
    missing = asked(tables, iso(runs[-1]["run_date"] + 1), NOON, iso(runs[0]["run_date"]))(
        "SELECT run_date FROM payroll.missing_pay_runs"
    )
    assert [str(day) for (day,) in missing] == [iso(lost["run_date"])]
    with pytest.raises(duckdb.Error, match="No complete pay run on 2024-"):
        tables.execute(view("watch")).fetchall()


def test_the_first_weeks_are_watched_too(tables: duckdb.DuckDBPyConnection) -> None:
    """With no pay run at all: from the first that there should be, once its day and its hours are over."""
    missing = "SELECT CAST(run_date AS VARCHAR) FROM payroll.missing_pay_runs ORDER BY 1"
    for today, at, said in (
        ("2024-07-01", NOON, []),
        ("2024-07-02", "02:59:00", []),
        ("2024-07-02", "03:01:00", ["2024-07-01"]),
        ("2024-07-05", NOON, ["2024-07-01", "2024-07-02", "2024-07-03"]),
    ):
        assert [day for (day,) in asked(tables, today, at)(missing)] == said, (today, at)
    with pytest.raises(duckdb.Error, match="No complete pay run on 2024-07-01, 2024-07-02, 2024-07-03"):
        tables.execute(view("watch")).fetchall()


def test_no_watch_where_all_is_complete(tables: duckdb.DuckDBPyConnection, said: Rows) -> None:
    filled(tables, said)
    ((today,),) = tables.execute(
        f"SELECT CAST(DATE '1970-01-01' + {said['PayRun'][-1]['run_date']} + 1 AS VARCHAR)"
    ).fetchall()
    first = iso(said["PayRun"][0]["run_date"])
    assert asked(tables, today, NOON, first)("SELECT * FROM payroll.missing_pay_runs") == []
    assert tables.execute(view("watch")).fetchall() == [("complete",)]


def test_every_view_of_terraform_is_tried_here() -> None:
    assert {path.stem for path in Path(TERRAFORM / "views").glob("*.sql")} == {
        "pay_runs", "instructions", "findings", "missing_pay_runs", "watch",
    }  # fmt: skip
