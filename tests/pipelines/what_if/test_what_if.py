"""The command's page, tables and sentences: their figures are those of two replays, and nobody is named unasked."""

import csv
import json
import stat
from pathlib import Path

import pytest

from pipelines.command import cli
from pipelines.plain import replay_folder
from pipelines.sample.simulate import simulate
from rules.law import Law
from schemas.payment_instruction import PaymentInstruction

RAISE = """
name = "Lake pays more from February"
question = "What does it cost?"
adopted = 2024-03-04

[law.wage.17]
values = [{ from = 2024-02-01, until = 2024-12-31, value = 17250 }]
"""
RANGE = """
name = "Each ten cents"
question = "What do ten cents cost?"

[supplement.17]
from = 2024-02-01
until = 2024-12-31
dollars = { from = 0.85, to = 1.25, by = 0.40 }
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small county, and what the command made of two questions."""
    folder = tmp_path_factory.mktemp("what-if")
    simulate(folder / "facts", "17", 6, 3, "2024-01", 17, 0)
    (folder / "raise.toml").write_text(RAISE)
    (folder / "range.toml").write_text(RANGE)
    return folder


def asked(world: Path, out: str, *more: str) -> None:
    scenarios = [str(world / f"{name}.toml") for name in ("raise", "range")]
    with pytest.raises(SystemExit) as ended:
        cli.main(["what-if", *scenarios, "--events", str(world / "facts"), "--out", str(world / out), *more])
    assert not ended.value.code


@pytest.fixture(scope="module")
def told(world: Path) -> dict:
    asked(world, "out", "--quiet")
    return json.loads((world / "out" / "what-if.json").read_text())


def payments(world: Path, law: Law) -> list[PaymentInstruction]:
    names = sorted(path.name for path in (world / "facts").glob("*.avro"))
    return [*replay_folder(world / "facts", names, law).records["PaymentInstruction"]]


@pytest.fixture(scope="module")
def both(world: Path) -> tuple[list[PaymentInstruction], list[PaymentInstruction]]:
    """Instructions by the law and under the raise, of whole replays."""
    (world / "overlay").mkdir()
    values = "{ from = 2024-02-01, until = 2024-12-31, value = 17250, published = 2024-03-04 }"
    (world / "overlay" / "wage.toml").write_text(f"[wage.17]\nvalues = [{values}]\n")
    return payments(world, Law.load()), payments(world, Law.load(world / "overlay"))


def table(told: dict, name: str, scenario: int = 0, point: int = 0) -> list[dict]:
    return told["scenarios"][scenario]["variants"][point]["tables"][name]


def test_the_totals_are_those_of_two_replays(told, both) -> None:
    totals = {row["figure"]: (row["before"], row["after"]) for row in table(told, "totals")}
    assert totals["gross"] == tuple(sum(paid.gross_cents for paid in each) for each in both)
    assert totals["net"] == tuple(sum(paid.net_cents for paid in each) for each in both)
    assert totals["gross"][1] > totals["gross"][0]


def test_every_division_comes_to_the_whole(told) -> None:
    gross = table(told, "totals")[0]
    for name in ("by_county", "by_month", "by_program", "by_earning"):
        for side in ("before", "after", "difference"):
            assert sum(row[side] for row in table(told, name)) == gross[side]
    people = table(told, "people")[0]
    assert people["gained_cents"] + people["lost_cents"] == table(told, "totals")[5]["difference"]
    assert sum(row["payees"] for row in table(told, "spread")) == people["gain"] + people["lose"]


def test_what_is_owed_is_what_later_runs_pay_for_ended_periods(told, both) -> None:
    from rules.periods import civil_date, period_end

    def owed(paid: list[PaymentInstruction]) -> int:
        return sum(
            each.net_cents
            for each in paid
            if civil_date(each.run_date).isoformat() > "2024-03-04"
            and civil_date(period_end(each.period_start)).isoformat() <= "2024-03-04"
        )

    retroactive = next(row for row in table(told, "totals") if row["figure"] == "retroactive_net")
    assert retroactive["after"] == owed(both[1]) - owed(both[0]) > 0
    assert {row["service_month"] for row in table(told, "retroactive")} == {"2024-02-01"}


def test_each_point_of_a_range_costs_more(told) -> None:
    variants = told["scenarios"][1]["variants"]
    assert [each["point"] for each in variants] == ["0.85", "1.25"]
    costs = [table(told, "totals", 1, point)[0]["difference"] for point in (0, 1)]
    assert 0 < costs[0] < costs[1]


def test_nobody_is_named_unasked_and_files_are_private(world, told, both) -> None:
    payees = {paid.payee_id for paid in both[0]}
    out = world / "out"
    for path in out.iterdir():
        assert not [each for each in payees if each in path.read_text()], path.name
        page = path.suffix == ".html"
        assert stat.S_IMODE(path.stat().st_mode) == (0o644 if page else 0o600), path.name
    assert not (out / ".partial").exists()


def test_who_is_named_when_asked(world, both, capsys) -> None:
    asked(world, "named", "--with-ids", "--json")
    told = json.loads(capsys.readouterr().out)
    largest = table(told, "largest")[0]
    assert largest["payee_id"] in {paid.payee_id for paid in both[0]}
    net = [sum(paid.net_cents for paid in each if paid.payee_id == largest["payee_id"]) for each in both]
    assert [largest["net_before"], largest["net_after"]] == net
    page = world / "named" / "what-if.html"
    assert largest["payee_id"] in page.read_text()
    assert stat.S_IMODE(page.stat().st_mode) == 0o600


def test_tables_are_csv_with_a_row_for_each_point(world, told) -> None:
    with (world / "out" / "people.csv").open() as stream:
        rows = [*csv.DictReader(stream)]
    assert [(row["scenario"], row["point"]) for row in rows] == [("raise", ""), ("range", "0.85"), ("range", "1.25")]


def test_the_answer_is_said_in_sentences(world, told, capsys) -> None:
    [variant] = told["scenarios"][0]["variants"]
    first, *rest = variant["sentences"]
    assert first.startswith("It costs $")
    assert any(each.startswith("Adopted on 4 Mar 2024, $") for each in rest)
    page = (world / "out" / "what-if.html").read_text()
    assert "It costs $" in page
    assert "What-if, not the law in force." in page


@pytest.mark.parametrize(
    ("scenarios", "says"),
    [
        (["nowhere.toml"], "cannot be read as TOML"),
        (["raise.toml", "again/raise.toml"], "two scenarios are named raise"),
    ],
)
def test_bad_scenarios_are_one_line(scenarios, says, world, capsys) -> None:
    (world / "again").mkdir(exist_ok=True)
    (world / "again" / "raise.toml").write_text(RAISE)
    with pytest.raises(SystemExit) as ended:
        named = [str(world / name) for name in scenarios]
        cli.main(["what-if", *named, "--events", str(world / "facts"), "--out", str(world / "bad")])
    said = capsys.readouterr()
    assert (ended.value.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert says in said.err
    assert not (world / "bad").exists()
