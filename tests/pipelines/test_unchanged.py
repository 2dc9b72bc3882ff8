"""A pay run that was changed after it was said is refused, whatever was changed: no command pays or prints it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines.command import cli
from pipelines.unchanged import changed
from rules.periods import iso
from tests.pipelines.export.export_world import ORIGINATOR
from tests.pipelines.report.report_world import county, records, rewrite

Row = dict[str, Any]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return county(tmp_path_factory.mktemp("world"), recipients=6, months=2)


@pytest.fixture
def paid(world: tuple[Path, Path], tmp_path: Path) -> Path:
    for kind in ("PaymentInstruction", "Finding", "AdvanceReconciliation", "BenefitHours", "PayRun"):
        rewrite(tmp_path, kind, records(world[1], kind))
    (tmp_path / "county.toml").write_text(ORIGINATOR)
    (tmp_path / "accounts.csv").write_text("token,routing,account,kind,name\n")
    return tmp_path


def day_paid(paid: Path) -> tuple[int, int]:
    """Day and cut-off of a pay run with payments and findings."""
    found = {record["cut_off"] for record in records(paid, "Finding")}
    last = max(
        (each for each in records(paid, "PaymentInstruction") if each["cut_off"] in found),
        key=lambda each: each["cut_off"],
    )
    return last["run_date"], last["cut_off"]


def with_one_account(row: Row) -> Row:
    return row | {"account_token": "token-of-a-thief", "method": row["method"]}


def with_other_minutes(row: Row) -> Row:
    return row | {"paid_minutes": row["paid_minutes"] + 1, "claimed_minutes": row["claimed_minutes"] + 1}


def with_other_words(row: Row) -> Row:
    return row | {"message": "Call this number."}


CHANGES: list[tuple[str, Callable[[Row], Row]]] = [
    ("PaymentInstruction", with_one_account), ("PaymentInstruction", with_other_minutes), ("Finding", with_other_words)
]  # fmt: skip


@pytest.mark.parametrize(("kind", "change"), CHANGES, ids=lambda each: getattr(each, "__name__", each))
def test_nothing_is_made_of_it(paid: Path, kind: str, change: Callable[[Row], Row], capsys: Any) -> None:
    day, cut_off = day_paid(paid)
    assert changed(paid, [cut_off]) == []
    rewrite(paid, kind, [change(row) if row["cut_off"] == cut_off else row for row in records(paid, kind)])
    for asked in commands(paid, iso(day)):
        with pytest.raises(SystemExit) as refused:
            cli.main(asked)
        told = " ".join(capsys.readouterr().err.split())
        assert refused.value.code == (1 if asked[0] == "report" else 2), asked
        assert f"The PayRun of {iso(day)} says another content_sha256" in told
    made = {path.suffix for path in paid.iterdir() if path.is_file()}
    assert made == {".avro", ".toml", ".csv", ".html"} and not (paid / "papers").exists()


def commands(paid: Path, day: str) -> list[list[str]]:
    of_run = ["--paid", str(paid), "--run", day]
    files = ["--accounts", str(paid / "accounts.csv"), "--originator", str(paid / "county.toml")]
    return [
        ["export", "ach", *of_run, *files, "--out", str(paid / "pay.ach")],
        ["export", "warrants", *of_run, "--out", str(paid / "warrants.csv")],
        ["statement", "--paid", str(paid), "--run", day, "--out", str(paid / "papers"), "--format", "html"],
        ["report", "--paid", str(paid), "--run", day, "--out", str(paid / "report.html"), "--quiet"],
    ]


def test_a_changed_pay_run_that_was_hashed_again_breaks_the_chain(paid: Path) -> None:
    runs = records(paid, "PayRun")
    rewrite(paid, "PayRun", [runs[0] | {"content_sha256": "0" * 64}, *runs[1:]])
    first, last = iso(runs[0]["run_date"]), iso(runs[1]["run_date"])
    assert changed(paid, []) == [
        f"The PayRun of {first} is not the one that the PayRun of {last} knows (previous_sha256)."
    ]


def test_a_pay_run_of_before_there_were_digests_says_nothing(paid: Path) -> None:
    runs = [run | {"content_sha256": "", "previous_sha256": ""} for run in records(paid, "PayRun")]
    rewrite(paid, "PayRun", runs)
    rewrite(paid, "Finding", [])
    assert changed(paid, [run["cut_off"] for run in runs]) == []
