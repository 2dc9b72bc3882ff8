"""Exports of an old pay run say which of its payments came back or were stopped since (RUN-4)."""

import json
from pathlib import Path

import pytest

from pipelines.command import cli
from rules.periods import iso
from tests.pipelines.export.export_world import (
    DAY,
    NEXT_DAY,
    ORIGINATOR,
    Row,
    account,
    instruction,
    pay_run,
    write_accounts,
    write_run,
)

THIRD_DAY = NEXT_DAY + 1
PAID = [instruction("P1", 123_456), instruction("P2", 7), instruction("P3", 500, "WARRANT")]
P1, P2, P3 = (paid["instruction_id"] for paid in PAID)


def next_of(payee: str, day: int, sequence: int, gone: list[str], method: str = "WARRANT") -> Row:
    return instruction(payee, 100, method, day, sequence=sequence, reversed=gone)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_accounts(tmp_path / "accounts.csv", [account("P1", 0), account("P2", 1)])
    (tmp_path / "county.toml").write_text(ORIGINATOR)
    return tmp_path


def write(later: list[Row], **of_the_next_run: object) -> None:
    """The pay run of DAY and instructions of later ones; the folder holds the newest first, as no order is promised."""
    runs = [pay_run(PAID)] + [
        pay_run([each for each in later if each["run_date"] == day], day) for day in (NEXT_DAY, THIRD_DAY)
    ]
    runs[1] |= of_the_next_run
    write_run(Path("out"), [*reversed(later), *PAID], runs)


def export(kind: str, *more: str, day: int = DAY) -> int:
    files = ("--accounts", "accounts.csv", "--originator", "county.toml") if kind == "ach" else ()
    asked = ("export", kind, "--paid", "out", "--run", iso(day), *files, "--out", f"{day}.{kind}", *more)
    with pytest.raises(SystemExit) as exit:
        cli.main(list(asked))
    return exit.value.code or 0


@pytest.mark.parametrize(("kind", "payee", "amount"), [("ach", "P1", "1,234.56"), ("warrants", "P3", "5.00")])
def test_a_payment_that_came_back_is_the_loud_last_line(kind, payee, amount, place, capsys) -> None:
    id = {"P1": P1, "P3": P3}[payee]
    write([next_of(payee, NEXT_DAY, 2, [id])])
    assert export(kind) == 0
    told = capsys.readouterr()
    warning = (
        f"1 of {amount} of this pay run came back or were stopped since (RUN-4), 1 of {amount} of it in this file; "
        f"later pay runs pay again what is due, so a file not yet sent must not be sent as it is: {id}"
    )
    assert told.out.splitlines()[-1] == warning
    assert told.err.splitlines()[-1] == f"ihss-payroll: {warning}"
    line = f"reversed: {id} of {amount}: it came back or was stopped, as the pay run of 2026-04-08 tells (RUN-4)"
    assert told.out.splitlines().count(line) == 1


def test_each_export_tells_of_its_own_method_only(place, capsys) -> None:
    write([next_of("P3", NEXT_DAY, 2, [P3])])
    assert export("ach", "--strict") == 0
    assert "came back" not in "".join(capsys.readouterr())
    assert export("warrants", "--strict") == 1
    assert Path(f"{DAY}.warrants").exists()


def test_what_stands_again_is_not_told(place, capsys) -> None:
    write([next_of("P1", NEXT_DAY, 2, [P1]), next_of("P1", THIRD_DAY, 3, []), next_of("P2", THIRD_DAY, 2, [P2])])
    assert export("ach") == 0
    told = "".join(capsys.readouterr())
    assert P1 not in told and P2 in told


def test_quiet_and_json_tell_too(place, capsys) -> None:
    write([next_of("P1", NEXT_DAY, 2, [P1])])
    assert export("ach", "--quiet") == 0
    told = capsys.readouterr()
    assert told.out == "" and P1 in told.err
    assert export("ach", "--json") == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["reversed"] == [
        {"instruction_id": P1, "net_cents": 123_456, "told_by_run": "2026-04-08", "in_this_file": True}
    ]
    assert P1 in told.err


def test_what_is_in_no_file_is_told_apart(place, capsys) -> None:
    write([next_of("P1", NEXT_DAY, 2, [P1])])
    write_accounts(place / "accounts.csv", [account("P2", 1)])
    assert export("ach", "--json") == 3
    assert [gone["in_this_file"] for gone in json.loads(capsys.readouterr().out)["reversed"]] == [False]


def test_strict_fails_for_money_left_out(place, capsys) -> None:
    write([])
    assert export("ach", "--strict") == 0
    write_accounts(place / "accounts.csv", [account("P2", 1)])
    (place / f"{DAY}.ach").unlink()
    (place / "out" / "exported-2026-04-07.csv").unlink()
    assert (export("ach"), export("ach", "--strict")) == (3, 1)


def test_many_are_counted_on_the_line_and_all_named_in_the_report(place, capsys) -> None:
    paid = [instruction(f"W{at:02d}", 100, "WARRANT") for at in range(12)]
    ids = [each["instruction_id"] for each in paid]
    later = [next_of(f"W{at:02d}", NEXT_DAY, 2, [ids[at]]) for at in range(12)]
    write_run(Path("out"), paid + later, [pay_run(paid), pay_run(later, NEXT_DAY)])
    assert export("warrants") == 0
    told = capsys.readouterr()
    assert told.err.endswith(f"{ids[9]} and 2 more, which the report and --json name\n")
    assert all(f"reversed: {id} of 1.00" in told.out for id in ids)


def test_a_payment_that_only_a_pay_run_tells_of(place, capsys) -> None:
    write([], came_back=[{"instruction_id": P2, "net_cents": 7, "reversed": True}])
    assert export("ach", "--strict") == 1
    told = capsys.readouterr()
    assert f"{P2} of 0.07: it came back or was stopped, as the pay run of 2026-04-08 tells" in told.out
    assert P2 in told.err
