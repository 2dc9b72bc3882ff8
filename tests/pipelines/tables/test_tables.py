"""``ihss-payroll tables``: every record in every format, to the cent; the page's queries; what is refused."""

import csv
import json
import shutil
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pyarrow.parquet as pq
import pytest

from pipelines.came_back import ReversedPayments
from pipelines.command import cli
from pipelines.misuse import Misuse
from pipelines.report.books import Books
from pipelines.report.records import ReportFolder
from pipelines.tables.formats import LONGEST_CELL
from pipelines.tables.layout import tables
from pipelines.tables.run import DATABASE, write_tables
from pipelines.tables.store import NAMES
from pipelines.tables.views import VIEWS
from rules.periods import civil_date, cut_off_of
from schemas import CONCLUSIONS, private
from schemas.pay_run import PayRun
from schemas.payment_instruction import PaymentInstruction
from tests.pipelines.export.export_world import DAY, NEXT_DAY, instruction, pay_run, write_run
from tests.pipelines.report.report_world import records, rewrite
from tests.pipelines.tables.tables_page import PAGE, made, renewed_page
from tests.schemas.samples import SAMPLES

THIRD_DAY = NEXT_DAY + 1


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("county"))


@pytest.fixture
def paid(database: Path, tmp_path: Path) -> Path:
    for kind in CONCLUSIONS:
        rewrite(tmp_path, kind, records(database.parent / "paid", kind))
    return tmp_path


def asked(database: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_the_page_says_what_its_queries_say(database: Path) -> None:
    told = renewed_page(database)
    assert told == PAGE.read_text("utf-8"), "stale: run python -m tests.pipelines.tables.tables_page, read, commit"


def test_every_field_is_in_a_table(database: Path) -> None:
    """To the cent, whatever the kind: from the schemas, so a new field has its column."""
    for table in tables():
        said = records(database.parent / "paid", table.kind)
        rows = asked(database, f"SELECT count(*) FROM {table.name}")
        assert rows == [(len(said) if not table.part else sum(len(each[table.part]) for each in said),)], table.name
    paid = records(database.parent / "paid", "PaymentInstruction")
    for field in ("gross", "net", "outstanding"):
        [(total,)] = asked(database, f"SELECT sum({field}_dollars) FROM instructions")
        assert total == Decimal(sum(each[f"{field}_cents"] for each in paid)) / 100 and isinstance(total, Decimal)
    lines = sorted((each["instruction_id"], line["rate_mills"]) for each in paid for line in each["lines"])
    stored = sorted(
        (id, int(rate * 1000)) for id, rate in asked(database, "SELECT instruction_id, rate_dollars FROM lines")
    )
    assert stored == lines


def test_every_column_is_explained(database: Path) -> None:
    unexplained = asked(database, "SELECT table_name, column_name FROM dictionary WHERE trim(words) = ''")
    columns = asked(database, "SELECT count(*) FROM duckdb_columns() WHERE comment IS NULL AND NOT internal")
    assert (unexplained, columns) == ([], [(0,)])


@pytest.mark.parametrize("format", ["csv", "parquet", "xlsx"])
def test_every_format_has_the_same_rows(database: Path, tmp_path: Path, format: str) -> None:
    counts, _ = write_tables(database.parent / "paid", tmp_path, format)
    found = {name: read(tmp_path, format, name) for name in NAMES}
    assert {name: len(rows) for name, rows in found.items()} == counts
    [(net,)] = asked(database, "SELECT sum(net_dollars) FROM instructions")
    assert sum(Decimal(str(row["net_dollars"])) for row in found["instructions"]) == net
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {private.OWN_EYES}


def read(folder: Path, format: str, name: str) -> list[dict[str, Any]]:
    if format == "csv":
        with (folder / f"{name}.csv").open(newline="") as stream:
            return list(csv.DictReader(stream))
    if format == "parquet":
        rows: list[dict[str, Any]] = pq.read_table(folder / f"{name}.parquet").to_pylist()
        return rows
    columns, *cells = workbook(folder / "payroll.xlsx")[name].values
    return [dict(zip(columns, row, strict=True)) for row in cells]


workbook = cache(openpyxl.load_workbook)


def test_the_same_folder_makes_the_same_bytes(database: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write_tables(database.parent / "paid", tmp_path / name, "parquet")
    assert [path.read_bytes() for path in sorted((tmp_path / "a").iterdir())] == [
        path.read_bytes() for path in sorted((tmp_path / "b").iterdir())
    ]


@pytest.mark.parametrize("view", [view.name for view in VIEWS])
def test_a_view_has_one_order(database: Path, tmp_path: Path, view: str) -> None:
    """Whatever order its tables are read in."""
    other = shutil.copy(database, tmp_path / "other.duckdb")
    with duckdb.connect(str(other)) as connection:
        before = connection.execute(f"FROM {view}").fetchall()
        for table in tables():
            connection.execute(f"CREATE OR REPLACE TABLE {table.name} AS FROM {table.name} ORDER BY hash(COLUMNS(*))")
        assert connection.execute(f"FROM {view}").fetchall() == before


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_what_others_wrote_is_shown_and_never_obeyed(paid: Path, tmp_path: Path, format: str) -> None:
    rows = records(paid, "Rejection")
    rewrite(paid, "Rejection", [rows[0] | {"origin": "=cmd|' /C calc'!A0", "message": "@SUM(A1)\x1b[2J"}])
    out = tmp_path / "out"
    out.mkdir()
    write_tables(paid, out, format)
    [row] = read(out, format, "rejections")
    assert row["origin"].startswith("'=cmd") and row["message"].startswith("'@SUM")


@pytest.mark.parametrize(("format", "cut"), [("csv", 0), ("xlsx", 1)])
def test_a_text_that_no_cell_holds_is_counted(
    paid: Path, tmp_path: Path, format: str, cut: int, capsys: pytest.CaptureFixture
) -> None:
    rows = records(paid, "Rejection")
    rewrite(paid, "Rejection", [rows[0] | {"message": "x" * 40_000}, rows[1] | {"message": "x" * LONGEST_CELL}])
    (tmp_path / "out").mkdir()
    with pytest.raises(SystemExit):
        cli.main(["tables", "--paid", str(paid), "--out", str(tmp_path / "out"), "--format", format])
    lengths = sorted(len(row["message"]) for row in read(tmp_path / "out", format, "rejections"))
    assert lengths == [LONGEST_CELL, LONGEST_CELL if cut else 40_000]
    assert ("1 text is longer than a cell holds and was cut" in capsys.readouterr().err) == bool(cut)


def test_findings_that_stand_are_those_of_the_report(database: Path) -> None:
    books = Books(ReportFolder(database.parent / "paid"), None, None)
    since = {id: civil_date(day) for id, day in books.findings.since.items()}
    told = {(each.finding_id, each.minutes, since[each.finding_id]) for each in books.findings.standing}
    assert told and {*asked(database, "SELECT finding_id, minutes, standing_since FROM findings_now")} == told
    held = sum(each.minutes or 0 for each in books.findings.of("HELD"))
    [(minutes,)] = asked(database, "SELECT sum(minutes) FROM unpaid_by_who_acts_next WHERE outcome = 'HELD'")
    assert minutes == held > 0


def test_a_finding_stands_from_when_it_was_said_again(tmp_path: Path) -> None:
    said = [("A", DAY, 60, False), ("A", NEXT_DAY, 60, True), ("A", THIRD_DAY, 30, False)]
    said += [("B", DAY, 50, False), ("B", NEXT_DAY, 20, False), ("C", DAY, 9, False), ("C", NEXT_DAY, 9, True)]
    own = [
        {"finding_id": id, "cut_off": cut_off_of(day), "minutes": minutes, "cleared": cleared, "outcome": "HELD"}
        for id, day, minutes, cleared in said
    ]
    rewrite(tmp_path, "Finding", [SAMPLES["Finding"] | each for each in own])
    write_run(tmp_path, [], [pay_run([], day) | {"content_sha256": ""} for day in (DAY, NEXT_DAY, THIRD_DAY)])
    write_tables(tmp_path, tmp_path, "duckdb")
    now = asked(tmp_path / DATABASE, "SELECT finding_id, minutes, standing_since FROM findings_now ORDER BY 1")
    assert now == [("A", 30, civil_date(THIRD_DAY)), ("B", 20, civil_date(DAY))]
    held = asked(tmp_path / DATABASE, "SELECT findings, minutes, oldest FROM unpaid_by_who_acts_next")
    assert held == [(2, 50, civil_date(DAY))]


def of_payee(payee: str, day: int, sequence: int, gone: list[str]) -> dict[str, Any]:
    return instruction(payee, 100, day=day, sequence=sequence, reversed=gone)


def test_payments_that_came_back_do_not_stand(tmp_path: Path) -> None:
    """By a later instruction; by a pay run alone; that stands again since; that a pay run before told otherwise."""
    first = [instruction(payee, 500) for payee in ("P1", "P2", "P3", "P4")]
    p1, p2, p3, p4 = (each["instruction_id"] for each in first)
    later = [of_payee("P1", NEXT_DAY, 2, [p1]), of_payee("P4", THIRD_DAY, 2, [])]
    runs = [pay_run(first), pay_run(later[:1], NEXT_DAY), pay_run(later[1:], THIRD_DAY)]
    told = [(p2, True), (p3, True), (p4, True)]
    runs[1]["came_back"] = [{"instruction_id": id, "net_cents": 500, "reversed": gone} for id, gone in told]
    runs[2]["came_back"] = [{"instruction_id": p3, "net_cents": 500, "reversed": False}]
    write_run(tmp_path, [*reversed(later), *first], [run | {"content_sha256": ""} for run in runs])
    write_tables(tmp_path, tmp_path, "duckdb")
    gone = [
        id for (id,) in asked(tmp_path / DATABASE, "SELECT instruction_id FROM payments WHERE NOT stands ORDER BY 1")
    ]
    assert gone == came_back(tmp_path) == [p1, p2]
    standing = sum(
        line["cents"] for each in (*first, *later) if each["instruction_id"] not in gone for line in each["lines"]
    )
    views = (
        "SELECT sum(dollars) FROM money_by_county_and_month",
        "SELECT max(net_so_far_dollars) FROM payee_history WHERE payee_id = 'P1'",
    )
    assert [asked(tmp_path / DATABASE, view) for view in views] == [[(Decimal(standing) / 100,)], [(Decimal(1),)]]


def came_back(folder: Path) -> list[str]:
    """As the export knows it."""
    told = ReversedPayments()
    for paid in ReportFolder(folder).records(PaymentInstruction):
        told.instruction(paid)
    for run in ReportFolder(folder).records(PayRun):
        told.pay_run(run)
    return told.payments


def test_a_changed_pay_run_is_refused(paid: Path, tmp_path: Path) -> None:
    rows = records(paid, "PaymentInstruction")
    rewrite(paid, "PaymentInstruction", [rows[0] | {"account_token": "of-a-thief"}, *rows[1:]])
    with pytest.raises(Misuse, match="another content_sha256"):
        write_tables(paid, tmp_path, "csv")
    assert not list(tmp_path.glob("*.csv"))


def test_an_id_that_says_two_things_is_refused_and_the_same_twice_is_one(tmp_path: Path) -> None:
    paid = instruction("P1")
    run = pay_run([paid]) | {"content_sha256": ""}
    write_run(tmp_path, [paid, paid], [run, run])
    assert write_tables(tmp_path, tmp_path, "csv").rows["instructions"] == 1
    write_run(tmp_path, [paid, paid | {"net_cents": 1}], [run])
    with pytest.raises(Misuse, match="two instructions of one instruction_id"):
        write_tables(tmp_path, tmp_path, "csv")


def test_the_command(database: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["tables", "--paid", str(database.parent / "paid"), "--out", str(tmp_path / "t")]
    for more, code in (["--json"], 0), (["--format", "duckdb", "--quiet"], 0), (["--format", "ods"], 2):
        with pytest.raises(SystemExit) as ended:
            cli.main([*words, *more])
        assert (ended.value.code or 0) == code
    said = capsys.readouterr()
    assert json.loads(said.out)["rows"]["instructions"] > 0 and "ods" in said.err
    assert {path.suffix for path in (tmp_path / "t").iterdir()} == {".csv", ".duckdb"}
