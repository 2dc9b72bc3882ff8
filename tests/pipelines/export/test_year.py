"""``ihss-payroll export year``: the figures of a payment year, to the cent those of its pay runs."""

import csv
import stat
import tomllib
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from pipelines.command.cli import main
from pipelines.export.year import payment_year
from rules.periods import iso
from schemas.avro import Container, outgoing, write_container
from schemas.payment_instruction import PaymentInstruction
from tests.case_files import case
from tests.pipelines.statements.statement_world import write_case

# Lake: 17.15 an hour in 2025, 17.55 in 2026. P1's week of 50:00 in December is paid in December, comes back in January
# and is paid again; P2 is a spouse who lives in; R3 is paid in advance, and P3 works for it.
TWO_YEARS = """
sentence = "Two payment years: overtime, a payment that comes back, a spouse, an advance, sick leave."
law = ["RUN-4"]
until = 2026-01-16
facts = [
  {kind = "ServiceAuthorization", id = "A1", recipient = "R1", county = "17"},
  {kind = "ServiceAuthorization", id = "A2", recipient = "R2", county = "17"},
  {kind = "ServiceAuthorization", id = "A3", recipient = "R3", county = "17", pay_mode = "ADVANCE", monthly = "80:00", from = 2026-01-01, recorded = 2025-12-10T10:00:00},
  {kind = "ProviderAssignment", id = "B1", recipient = "R1", live_in = false},
  {kind = "ProviderAssignment", id = "B2", provider = "P2", recipient = "R2", relationship = "SPOUSE"},
  {kind = "ProviderAssignment", id = "B3", provider = "P3", recipient = "R3", relationship = "CHILD_18_TO_20"},
  {kind = "Timesheet", id = "T0", recipient = "R1", period = 2025-07-01, every_day = "9:00", recorded = 2025-12-08T10:00:00},
  {kind = "Timesheet", id = "T1", recipient = "R1", period = 2025-12-01, days = {8 = "10:00", 9 = "10:00", 10 = "10:00", 11 = "10:00", 12 = "10:00"}},
  {kind = "Timesheet", id = "T2", provider = "P2", recipient = "R2", period = 2025-12-01, days = {8 = "10:00"}},
  {kind = "Timesheet", id = "T3", provider = "P3", recipient = "R3", period = 2026-01-01, days = {5 = "10:00"}},
  {kind = "SickLeaveClaim", id = "S1", recipient = "R1", date = 2025-12-15, minutes = "8:00", recorded = 2025-12-16T10:00:00},
  {kind = "PaymentOutcome", outcome = "RETURNED", instruction_id = "ARREARS:P1:R1:2025-12-01:2025-12-16", recorded = 2026-01-05T10:00:00},
]
expect = {}
"""  # noqa: E501


@pytest.fixture(scope="module")
def paid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_case(tmp_path_factory.mktemp("years") / "paid", case("years", 1, tomllib.loads(TWO_YEARS)))


def exported(paid: Path, out: Path, year: int) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["export", "year", "--year", str(year), "--paid", str(paid), "--out", str(out)])
    return ended.value.code or 0


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def of(provider: str, path: Path) -> dict[str, str]:
    [row] = [row for row in rows(path) if row["provider_id"].endswith(provider)]
    return row


def test_a_year_by_provider(paid: Path, tmp_path: Path) -> None:
    """2025 for P1: 135:00 in July at 17.15 = 2,315.25 and 23:00 x 3 weeks over 40:00 at 8.575; December came back."""
    assert exported(paid, tmp_path / "2025.csv", 2025) == 0
    first, spouse = of("P1", tmp_path / "2025.csv"), of("P2", tmp_path / "2025.csv")
    assert (first["payments"], first["sick_leave"], first["service"]) == ("2", "137.20", "2315.25")
    assert (first["reversed_payments"], first["reversed_gross"]) == ("1", "943.25")
    assert first["fica_wages"] == first["medicare_wages"] == first["sdi_wages"] == first["gross"]
    # by statement: July with its premium, and 137.20 of leave
    july = Decimal(first["gross"]) - Decimal("137.20")
    assert Decimal(first["fica_withheld"]) == round(july * Decimal("0.062"), 2) + Decimal("8.51")
    assert first["excluded_from_income_tax"] == "0.00"
    assert (spouse["gross"], spouse["fica_wages"], spouse["sdi_withheld"]) == ("171.50", "0.00", "0.00")
    assert spouse["excluded_from_income_tax"] == spouse["net"] == "171.50"


def test_what_came_back_is_told_in_both_years(paid: Path, tmp_path: Path) -> None:
    for year in (2025, 2026):
        assert exported(paid, tmp_path / f"{year}.csv", year) == 0
        [gone] = rows(tmp_path / f"{year}.reversed.csv")
        assert (gone["payment_year"], gone["reversed_in_year"], gone["gross"]) == ("2025", "2026", "943.25")
        assert gone["reversed_on"] == "2026-01-05"
    again = of("P1", tmp_path / "2026.csv")
    assert (again["gross"], again["overtime_premium"], again["reversed_payments"]) == ("943.25", "85.75", "0")
    assert again["sdi_withheld"] == "12.26", "taxed anew in its own payment year: 1.3 %"


def test_an_advance_is_nobody_s_wage(paid: Path, tmp_path: Path) -> None:
    exported(paid, tmp_path / "2026.csv", 2026)
    child = of("P3", tmp_path / "2026.csv")
    assert (child["gross"], child["fica_wages"], child["sdi_wages"]) == ("175.50", "0.00", "175.50")
    assert Decimal(child["advance_paid"]) > 0
    control = {row["what"]: row for row in rows(tmp_path / "2026.control.csv")}
    assert control["Advances to recipients (wages of nobody, in no row)"]["gross"] == "0.00"
    exported(paid, tmp_path / "2025.csv", 2025)
    control = {row["what"]: row for row in rows(tmp_path / "2025.control.csv")}
    assert control["Advances to recipients (wages of nobody, in no row)"]["payments"] == "1", "the eve of January"


@pytest.mark.parametrize("year", (2025, 2026))
def test_all_of_it_is_what_the_pay_runs_count(paid: Path, year: int) -> None:
    made = payment_year(paid, year)
    [path] = paid.glob("payment_instruction*.avro")
    with path.open("rb") as stream:
        said = [outgoing(PaymentInstruction, record) for _, record in Container(stream)]
    of_year = [each for each in said if iso(each.run_date).startswith(str(year))]
    whole = made.stands.plus(made.reversed).plus(made.advances)
    assert whole.payments == len(of_year) == sum(run.payments for run in made.runs)
    assert whole.gross == sum(each.gross_cents for each in of_year) == sum(run.gross_cents for run in made.runs)
    assert whole.net == sum(each.net_cents for each in of_year) == sum(run.net_cents for run in made.runs)
    assert made.is_over == (year == 2025)


def test_the_workbook_says_the_same_and_adds_up(paid: Path, tmp_path: Path) -> None:
    exported(paid, tmp_path / "2025.xlsx", 2025)
    exported(paid, tmp_path / "2025.csv", 2025)
    book = openpyxl.load_workbook(tmp_path / "2025.xlsx", read_only=True)
    assert book.sheetnames == ["providers", "reversed", "control"]
    headings, *lines, total = book["providers"].iter_rows(values_only=True)
    for name, *cells in zip(headings, *lines, total, strict=True):
        if isinstance(cells[0], float):
            assert round(sum(cells[:-1]), 2) == cells[-1], name
    assert [str(line[1]) for line in lines] == [row["provider_id"] for row in rows(tmp_path / "2025.csv")][:-1]
    words = " ".join(str(row[0]) for row in book["control"].iter_rows(values_only=True))
    assert "not a filing" in words and "750 a quarter" in words and "household employees" in words


def test_it_is_for_its_owner_alone(paid: Path, tmp_path: Path) -> None:
    exported(paid, tmp_path / "2025.csv", 2025)
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob("2025*.csv")} == {0o600}


@pytest.mark.parametrize(
    ("year", "name", "words"),
    ((2019, "2019.csv", "no pay run of 2019"), (2025, "2025.txt", "neither CSV nor XLSX")),
)
def test_misuse_is_one_line(
    year: int, name: str, words: str, paid: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exported(paid, tmp_path / name, year) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert words in line and not (tmp_path / name).exists()


@pytest.mark.parametrize("change", ("amount", "missing"))
def test_a_year_that_is_not_what_was_said_is_refused(
    change: str, paid: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "paid"
    folder.mkdir()
    for path in paid.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    [path] = folder.glob("payment_instruction*.avro")
    with path.open("rb") as stream:
        said = [record for _, record in Container(stream)]
    if change == "missing":
        said.pop()
    else:
        said[0]["lines"][0]["minutes"] += 1  # in no total of its pay run
    write_container(path, "PaymentInstruction", said)
    year = int(iso(said[0]["run_date"])[:4]) if change == "amount" else 2026
    assert exported(folder, tmp_path / "year.csv", year) == 2
    assert "pay run" in capsys.readouterr().err.lower() and not (tmp_path / "year.csv").exists()
