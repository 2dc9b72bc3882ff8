"""Payment files as an operator asks for them: what is in which file, what is left out, what is refused."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest
from achkit import parse, validate

from pipelines.command import cli
from pipelines.export import ach as export_ach
from rules.money import dollars
from rules.periods import iso
from tests.pipelines.export.export_world import (
    DAY,
    NEXT_DAY,
    ORIGINATOR,
    account,
    instruction,
    pay_run,
    write_accounts,
    write_run,
)

PAID = [
    instruction("P1", 123_456),
    instruction("P2", 7),
    instruction("P2", 50_000, kind="TRAINING"),
    instruction("R9", 200_000, kind="ADVANCE", payee_type="RECIPIENT"),
    instruction("P3", 30_000, "WARRANT"),
    instruction("P4", 1, "WARRANT"),
    instruction("P5", 0, "NONE"),
]
LATER = [instruction("P1", 999, day=NEXT_DAY), instruction("P3", 888, "WARRANT", day=NEXT_DAY)]
ACCOUNTS = [account("P1", 0), account("P2", 1), account("R9", 2)]
DEPOSITED = 123_456 + 7 + 50_000 + 200_000


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: two pay runs in ``out``, accounts.csv and county.toml."""
    monkeypatch.chdir(tmp_path)
    write_run(tmp_path / "out", PAID + LATER, [pay_run(PAID), pay_run(LATER, NEXT_DAY)])
    write_accounts(tmp_path / "accounts.csv", ACCOUNTS)
    (tmp_path / "county.toml").write_text(ORIGINATOR)
    return tmp_path


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as exit:
        cli.main([str(argument) for argument in arguments])
    return exit.value.code or 0


def ach(out: str = "pay.ach", day: int = DAY, *more: object) -> int:
    files = ("--accounts", "accounts.csv", "--originator", "county.toml", "--out", out)
    return run("export", "ach", "--paid", "out", "--run", iso(day), *files, *more)


def warrants(out: str = "warrants.csv", day: int = DAY) -> int:
    return run("export", "warrants", "--paid", "out", "--run", iso(day), "--out", out)


def refused(capsys: pytest.CaptureFixture[str], code: int) -> str:
    """The one line of a misuse, on standard error and nowhere else; no payment file is left behind."""
    told = capsys.readouterr()
    assert (code, told.out, told.err.count("\n")) == (2, "", 1)
    return told.err.removeprefix("ihss-payroll: ").strip()


def rows(path: str) -> list[dict[str, str]]:
    with Path(path).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def entries(path: str = "pay.ach") -> list[dict]:
    text = Path(path).read_text("ascii")
    assert validate(text) == {"ok": True, "errors": []}
    (batch,) = parse(text)["batches"]
    return batch["entries"]


def test_the_deposits_are_in_the_file_and_the_report_adds_up(place, capsys) -> None:
    assert ach() == 0
    assert sorted(entry["amount_cents"] for entry in entries()) == [7, 50_000, 123_456, 200_000]
    assert capsys.readouterr().out.splitlines() == [
        f"2026-04-07: 4 of {dollars(DEPOSITED)} as direct deposit in pay.ach, effective 2026-04-08",
        "left out: ARREARS:P5:R1:2026-03-16:2026-04-07 of 0.00: its net is not above zero, so nothing moves",
        f"pay run, DIRECT_DEPOSIT: 4 of {dollars(DEPOSITED)} = 4 of {dollars(DEPOSITED)} in this file"
        " + 0 of 0.00 left out; besides, 1 with a net of zero",
    ]


def test_the_file_s_totals_are_those_of_the_pay_run(place) -> None:
    assert ach() == 0
    control = [total for total in pay_run(PAID)["totals"] if total["method"] == "DIRECT_DEPOSIT"]
    file = parse(Path("pay.ach").read_text())
    for own in (file["control"], file["batches"][0]["control"]):
        assert own["total_credit"] == sum(total["net_cents"] for total in control)
        assert own["entry_addenda_count"] == sum(total["count"] for total in control)
        assert own["total_debit"] == 0
    by_kind = {total["kind"]: (total["count"], total["net_cents"]) for total in control}
    of_map = rows("pay.ach.map.csv")
    for kind, (count, cents) in by_kind.items():
        amounts = [int(row["cents"]) for row in of_map if row["instruction_id"].startswith(kind)]
        assert (len(amounts), sum(amounts)) == (count, cents)


def test_the_warrants_are_a_positive_pay_list(place, capsys) -> None:
    assert warrants() == 0
    assert Path("warrants.csv").read_text().splitlines() == [
        "warrant_number,issue_date,amount,payee_type,payee_id,stale_date,instruction_id",
        "260407000001,2026-04-07,300.00,PROVIDER,P3,2027-04-07,ARREARS:P3:R1:2026-03-16:2026-04-07",
        "260407000002,2026-04-07,0.01,PROVIDER,P4,2027-04-07,ARREARS:P4:R1:2026-03-16:2026-04-07",
    ]
    assert "pay run, WARRANT: 2 of 300.01 = 2 of 300.01 in this file + 0 of 0.00 left out" in capsys.readouterr().out


def test_json_says_the_same_and_quiet_nothing(place, capsys) -> None:
    assert ach("pay.ach", DAY, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["method"] == "DIRECT_DEPOSIT"
    parts = [told["paid"], told["sent_before"], *({"count": 1, **left} for left in told["left_out"])]
    assert told["paid"]["count"] == len(rows("pay.ach.map.csv"))
    for name in ("count", "net_cents"):
        assert sum(part[name] for part in parts) == told["pay_run"][name]
    assert ach("pay.ach", DAY, "--quiet") == 0
    assert capsys.readouterr() == ("", "")


def test_an_instruction_is_in_one_file_only(place) -> None:
    assert [ach(), ach("later.ach", NEXT_DAY), warrants(), warrants("later.csv", NEXT_DAY)] == [0] * 4
    files = ["pay.ach.map.csv", "later.ach.map.csv", "warrants.csv", "later.csv"]
    ids = [row["instruction_id"] for file in files for row in rows(file)]
    assert sorted(ids) == sorted(paid["instruction_id"] for paid in PAID + LATER if paid["net_cents"])


def test_twice_the_same_bytes_whatever_the_files_and_however_often(place) -> None:
    assert (ach(), warrants()) == (0, 0)
    write_run(place / "out", reversed(PAID), [], "0001")
    assert (ach(), warrants()) == (0, 0)
    (place / "out" / f"exported-{iso(DAY)}.csv").unlink()
    assert (ach("again.ach"), warrants("again.csv")) == (0, 0)
    for first, second in (("pay.ach", "again.ach"), ("pay.ach.map.csv", "again.ach.map.csv")):
        assert Path(first).read_bytes() == Path(second).read_bytes()
    assert Path("warrants.csv").read_bytes() == Path("again.csv").read_bytes()


BAD = "its token's routing number is not that of a bank (9 digits, the last one a check digit)"
NUMBER = "its token's account number is not 1 to 17 digits, capital letters or hyphens"


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"token": "another"}, "its token is not among the accounts"),
        ({"routing": "121000249"}, BAD),
        ({"routing": "21000248"}, BAD),
        ({"routing": "000000000"}, BAD),
        ({"routing": "1210-0024-8"}, BAD),
        ({"account": ""}, NUMBER),
        ({"account": "0000"}, NUMBER),
        ({"account": "123456789012345678"}, NUMBER),
        ({"account": "12345x"}, NUMBER),
        ({"kind": "brokerage"}, "its token's kind of account is neither checking nor savings"),
        ({"name": " \u200b "}, "its token has no name"),
    ],
)
def test_what_cannot_be_sent_is_named_and_stops_nothing_else(changed, why, place, capsys) -> None:
    write_accounts(place / "accounts.csv", [account("P1", **changed), *ACCOUNTS[1:]])
    assert ach() == 3
    told = capsys.readouterr()
    assert f"left out: ARREARS:P1:R1:2026-03-16:2026-04-07 of 1,234.56: {why}\n" in told.out
    rest = dollars(DEPOSITED - 123_456)
    sums = f"4 of {dollars(DEPOSITED)} = 3 of {rest} in this file + 1 of 1,234.56 left out"
    assert sums in told.out
    assert len(entries()) == 3


def test_a_token_with_two_accounts_has_none(place, capsys) -> None:
    write_accounts(place / "accounts.csv", [*ACCOUNTS, account("P1", 3), account("P2", 1)])
    assert ach() == 3
    assert "P1:R1:2026-03-16:2026-04-07 of 1,234.56: its token stands for two accounts\n" in capsys.readouterr().out
    assert len(entries()) == 3  # the same account said twice is one account


def test_no_token_is_not_an_empty_token(place, capsys) -> None:
    paid = [PAID[0] | {"account_token": None}]
    write_run(place / "out", paid, [pay_run(paid)])
    write_accounts(place / "accounts.csv", [account("P1", token="")])
    assert ach() == 1
    assert "1,234.56: its token is not among the accounts" in capsys.readouterr().out


def test_an_amount_that_no_entry_holds_is_left_out(place, capsys) -> None:
    paid = [instruction("P1", 10**10 - 1), instruction("P2", 10**10)]
    write_run(place / "out", paid, [pay_run(paid)])
    assert ach() == 3
    assert [entry["amount_cents"] for entry in entries()] == [10**10 - 1]
    assert "of 100,000,000.00: it is more than one entry of the file can hold" in capsys.readouterr().out


@pytest.mark.parametrize("method", ["DIRECT_DEPOSIT", "WARRANT"])
def test_a_net_of_zero_is_named_whatever_its_method(method, place, capsys) -> None:
    paid = [*PAID, instruction("P8", 0, method)]
    write_run(place / "out", paid, [pay_run(paid)])
    assert (ach() if method == "DIRECT_DEPOSIT" else warrants()) == 0
    assert "P8:R1:2026-03-16:2026-04-07 of 0.00: its net is not above zero" in capsys.readouterr().out
    ids = [row["instruction_id"] for row in rows("pay.ach.map.csv" if method == "DIRECT_DEPOSIT" else "warrants.csv")]
    assert not [id for id in ids if "P8" in id]


def test_nothing_to_send_makes_no_file(place, capsys) -> None:
    write_accounts(place / "accounts.csv", [])
    assert ach() == 1
    assert "2026-04-07: 0 of 0.00 as direct deposit to send: no file was written" in capsys.readouterr().out
    assert ach("pay.ach", DAY, "--allow-empty") == 3
    assert not list(place.glob("pay.ach*"))


def test_accounts_and_names_are_never_shown(place, capsys) -> None:
    write_accounts(place / "accounts.csv", [account("P1", routing="121000249"), *ACCOUNTS[1:]])
    ach()
    (place / "accounts.csv").write_text("token,routing,account,name\nT,121000248,700100200300,Secret Person\n")
    ach("second.ach")
    told = "".join(capsys.readouterr()) + Path("pay.ach.map.csv").read_text()
    assert "Secret" not in told and "SECRET" not in told
    assert "7001002003" not in told and "121000249" not in told
    assert (place / "pay.ach").stat().st_mode & 0o077 == 0


def test_a_second_file_of_the_day_pays_what_the_first_could_not(place, capsys) -> None:
    write_accounts(place / "accounts.csv", ACCOUNTS[1:])
    assert ach("a.ach") == 3
    write_accounts(place / "accounts.csv", ACCOUNTS)
    capsys.readouterr()
    assert ach("b.ach", DAY, "--modifier", "B", "--after", "a.ach") == 0
    told = capsys.readouterr().out
    assert f"= 1 of 1,234.56 in this file + 3 of {dollars(DEPOSITED - 123_456)} sent before + 0 of 0.00" in told
    assert [entry["amount_cents"] for entry in entries("b.ach")] == [123_456]
    assert parse(Path("b.ach").read_text())["file_id_modifier"] == "B"
    first, second = ([row["trace"] for row in rows(f"{name}.ach.map.csv")] for name in "ab")
    assert max(first) < min(second) == entries("b.ach")[0]["trace_number"] and second == ["322271620000004"]
    assert ach("c.ach", DAY, "--modifier", "C", "--after", "a.ach", "--after", "b.ach") == 0
    assert not Path("c.ach").exists()


@pytest.mark.parametrize(
    ("more", "remedy"),
    [
        (["--modifier", "b"], "--modifier b is not one capital letter or digit: take B for the second file of a day"),
        (["--modifier", "B"], "the first file of a day has neither --modifier nor --after, each later one names all"),
        (["--after", "a.ach"], "the first file of a day has neither --modifier nor --after, each later one names all"),
        (["--modifier", "B", "--after", "b.ach"], "--after b.ach and its .map.csv cannot be read"),
        (["--modifier", "B", "--after", "later.ach"], "--after later.ach is not of the pay run of 2026-04-07"),
        (["--modifier", "B", "--after", "copy.ach"], "--after copy.ach has the modifier B already: take the next"),
        (["--modifier", "C", "--after", "mixed.ach"], "--after mixed.ach and mixed.ach.map.csv do not belong together"),
    ],
)
def test_misuse_of_the_second_file(more, remedy, place, capsys) -> None:
    ach("a.ach")
    ach("later.ach", NEXT_DAY)
    header, rest = (place / "a.ach").read_text().split("\n", 1)
    (place / "copy.ach").write_text(header[:33] + "B" + header[34:] + "\n" + rest)
    (place / "copy.ach.map.csv").write_text((place / "a.ach.map.csv").read_text())
    (place / "mixed.ach").write_text((place / "a.ach").read_text())
    (place / "mixed.ach.map.csv").write_text("\n".join((place / "a.ach.map.csv").read_text().split("\n")[:3]))
    capsys.readouterr()
    assert refused(capsys, ach("new.ach", DAY, *more)).startswith(remedy)
    assert not (place / "new.ach").exists()


def test_no_other_file_may_hold_it_too(place, capsys) -> None:
    """Also across names, modifiers and accounts: sent both, everybody was paid twice."""
    assert ach("a.ach") == 0 and ach("a.ach") == 0  # the same file again is the same file
    capsys.readouterr()
    for asked in (["b.ach"], ["a.ach", DAY, "--modifier", "B", "--after", "elsewhere.ach"]):
        for name in ("a.ach", "a.ach.map.csv"):
            (place / name.replace("a.ach", "elsewhere.ach")).write_text((place / name).read_text().replace("P1", "PX"))
        assert refused(capsys, ach(*asked))
    write_accounts(place / "accounts.csv", ACCOUNTS[1:])
    assert "3 of these instructions are in" in refused(capsys, ach("c.ach"))
    assert warrants("w.csv") == 0 and warrants("w.csv") == 0
    capsys.readouterr()
    assert "2 of these instructions are in" in refused(capsys, warrants("v.csv"))
    assert not [name for name in ("b.ach", "c.ach", "v.csv") if (place / name).exists()]
    ledger = place / "out" / f"exported-{iso(DAY)}.csv"
    assert len(rows(str(ledger))) == 6 and ledger.stat().st_mode & 0o077 == 0
    ledger.write_text("instruction_id\nx")
    assert "restore it from backup" in refused(capsys, warrants("w.csv"))


def test_a_ledger_of_all_folders(place, capsys) -> None:
    """A replay into a new folder knows nothing of what was exported from the old one, unless it is told where."""
    assert ach("a.ach", DAY, "--ledger", "ledger") == 0
    (place / "out").rename(place / "old")
    write_run(place / "out", PAID, [pay_run(PAID)])
    capsys.readouterr()
    assert "4 of these instructions are in" in refused(capsys, ach("b.ach", DAY, "--ledger", "ledger"))
    assert ach("b.ach", DAY) == 0


def test_a_file_that_may_have_been_sent_is_not_written_over(place, capsys) -> None:
    write_accounts(place / "accounts.csv", ACCOUNTS[1:])
    ach()
    before = {path: path.read_bytes() for path in place.glob("pay.ach*")}
    write_accounts(place / "accounts.csv", ACCOUNTS)
    capsys.readouterr()
    assert refused(capsys, ach()).startswith(
        f"3 of these instructions are in {place / 'pay.ach'} already (out/exported-"
    )
    for ledger in (place / "out").glob("exported-*"):
        ledger.unlink()
    said = "--out pay.ach is there and says something else; it may have been sent: name another file"
    assert refused(capsys, ach()) == said
    assert before == {path: path.read_bytes() for path in place.glob("pay.ach*")}


def one_less(folder: Path) -> None:
    write_run(folder, PAID[1:], [pay_run(PAID)])


def one_more(folder: Path) -> None:
    write_run(folder, [*PAID, instruction("P9")], [pay_run(PAID)])


def one_other(folder: Path) -> None:
    write_run(folder, [*PAID[:-1], instruction("P9", 0, "NONE")], [pay_run(PAID)])


def another_amount(folder: Path) -> None:
    write_run(folder, [instruction("P1", 123_457), *PAID[1:]], [pay_run(PAID)])


def another_method(folder: Path) -> None:
    write_run(folder, [instruction("P1", 123_456, "WARRANT"), *PAID[1:]], [pay_run(PAID)])


def two_contents(folder: Path) -> None:
    write_run(folder, [*PAID, instruction("P1", 123_456, "WARRANT")], [pay_run(PAID)])


def id_of_another_day(folder: Path) -> None:
    strange = [instruction("P1", day=NEXT_DAY) | {"run_date": DAY}]
    write_run(folder, strange, [pay_run(strange)])


def no_pay_run(folder: Path) -> None:
    write_run(folder, PAID, [pay_run(LATER, NEXT_DAY)])


def two_pay_runs(folder: Path) -> None:
    write_run(folder, PAID, [pay_run(PAID), pay_run(PAID) | {"findings": 3}])


def no_instructions(folder: Path) -> None:
    (folder / "payment_instruction-settle-0000.avro").unlink()


def damaged(folder: Path) -> None:
    path = folder / "payment_instruction-settle-0000.avro"
    path.write_bytes(path.read_bytes()[:-40])


def wrong_kind(folder: Path) -> None:
    run = (folder / "pay_run-close-0000.avro").read_bytes()
    (folder / "payment_instruction-settle-0000.avro").write_bytes(run)


@pytest.mark.parametrize(
    ("change", "remedy"),
    [
        (
            one_less,
            "out does not hold the pay run of 2026-04-07 whole and unchanged (6 instructions; its PayRun counts 7)",
        ),
        (
            one_more,
            "out does not hold the pay run of 2026-04-07 whole and unchanged (8 instructions; its PayRun counts 7)",
        ),
        (one_other, "out does not hold the pay run of 2026-04-07 whole"),
        (another_amount, "out does not hold the pay run of 2026-04-07 whole"),
        (another_method, "out does not hold the pay run of 2026-04-07 whole"),
        (two_contents, "ARREARS:P1:R1:2026-03-16:2026-04-07 stands there twice and differs"),
        (id_of_another_day, "ARREARS:P1:R1:2026-03-16:2026-04-08 does not belong to its run_date"),
        (no_pay_run, "out has no pay run of 2026-04-07: name another --run, or replay with a later --until"),
        (two_pay_runs, "out has two pay runs of 2026-04-07 that differ"),
        (
            no_instructions,
            "--paid out has no payment_instruction*.avro: name the folder that a replay wrote to",
        ),
        (damaged, "out/payment_instruction-settle-0000.avro cannot be used (UNREADABLE): copy the folder again"),
        (wrong_kind, "out/payment_instruction-settle-0000.avro holds PayRun, not PaymentInstruction"),
    ],
    ids=lambda part: getattr(part, "__name__", ""),
)
def test_a_pay_run_that_is_not_whole_is_refused(change, remedy, place, capsys) -> None:
    change(place / "out")
    assert refused(capsys, ach()).startswith(remedy)
    assert refused(capsys, warrants()).startswith(remedy)
    assert not list(place.glob("pay.ach*")) and not list(place.glob("warrants*"))


LACKS = "lacks the column kind: its first line is token,routing,account,kind,name"


@pytest.mark.parametrize(
    ("wrong", "remedy"),
    [
        (["--paid", "nowhere"], "--paid nowhere is no folder: name the folder that a replay wrote to"),
        (["--run", "2026-04-04"], "--run 2026-04-04 is no business day (RUN-1), so no pay run has its name"),
        (["--run", "20260407"], "--run 20260407 is not a day: write YYYY-MM-DD, such as 2026-02-28"),
        (["--accounts", "nowhere.csv"], "--accounts nowhere.csv cannot be read: name a CSV file in UTF-8, or a .toml"),
        (["--accounts", "latin.csv"], "--accounts latin.csv cannot be read: name a CSV file in UTF-8, or a .toml"),
        (["--accounts", "short.csv"], f"--accounts short.csv {LACKS}"),
        (["--accounts", "county.toml"], "--accounts county.toml has no [[account]]: write one for each token"),
        (["--originator", "short.csv"], "--originator short.csv cannot be read as TOML: name a file that can be"),
        (["--out", "accounts.csv/x"], "--out accounts.csv/x cannot be written (File exists): name a file you may"),
        (["--out", "out"], "--out out cannot be written (Is a directory): name a file you may write"),
    ],
)
def test_misuse(wrong, remedy, place, capsys) -> None:
    (place / "latin.csv").write_bytes("token,routing,account,kind,name\nT,1,2,checking,Ñ\n".encode("latin-1"))
    (place / "short.csv").write_text("token,routing,account,name\n")
    assert refused(capsys, ach("pay.ach", DAY, *wrong)).startswith(remedy)


@pytest.mark.parametrize(
    ("old", "new", "remedy"),
    [
        ('company_id = "1946001347"\n', "", "needs company_id: 10 digits or capital letters in quotes"),
        ('"1946001347"\norigin', "1946001347\norigin", "needs immediate_origin: 9 or 10 digits in quotes"),
        ('"CA IHSS Payroll"', '"California IHSS Payroll"', "needs company_name: 1 to 16 letters, digits or signs"),
        ('"CA IHSS Payroll"', '" "', "needs company_name: 1 to 16 letters, digits or signs"),
        ('"322271627"', '"322271628"', "needs odfi: its check digit is wrong"),
        ('"322271627"', '"32227162"', "needs odfi: a bank's routing number: 9 digits in quotes"),
        ("odfi", 'colour = "red"\nodfi', "has colour, which is not known: leave it out"),
    ],
)
def test_an_originator_that_the_bank_would_refuse(old, new, remedy, place, capsys) -> None:
    (place / "county.toml").write_text(ORIGINATOR.replace(old, new))
    assert refused(capsys, ach()).startswith(f"--originator county.toml {remedy}")


def test_accounts_may_be_toml(place) -> None:
    tables = ("\n".join(f'{key} = "{value}"' for key, value in row.items()) for row in ACCOUNTS)
    (place / "accounts.toml").write_text("\n".join(f"[[account]]\n{table}" for table in tables))
    ach()
    assert ach("toml.ach", DAY, "--accounts", "accounts.toml", "--ledger", "other") == 0
    assert Path("toml.ach").read_bytes() == Path("pay.ach").read_bytes()


def test_two_payees_under_one_short_id_are_both_left_out(place, capsys, monkeypatch) -> None:
    monkeypatch.setattr(export_ach, "identification", lambda kind, id: "SAME" if id in {"P1", "P2"} else id)
    assert ach() == 3
    assert [entry["id_number"] for entry in entries()] == ["R9"]
    assert capsys.readouterr().out.count("its payee's identification number in the file is also another payee's") == 3


def test_help_needs_no_library_of_banks_or_records() -> None:
    code = """
import sys
from pipelines.command import cli
try:
    cli.main(["export", "ach", "--help"])
except SystemExit as exit:
    slow = {"achkit", "anyascii", "fastavro", "apache_beam"} & set(sys.modules)
    sys.exit(exit.code or " ".join(slow) or 0)
"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    assert "ihss-payroll export ach --paid out" in told.stdout
