"""The NACHA file to the letter: each field in its columns, and what the validator does not look at."""

from datetime import date
from pathlib import Path

import pytest
from achkit import validate
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.export.accounts import BankAccount, Originator, account_for
from pipelines.export.ach import AchExport, export_ach, identification
from pipelines.export.run import PaidRun
from pipelines.export.warrants import stale_day
from rules.law import Law
from rules.periods import epoch_day, is_business_day
from schemas.avro import outgoing
from schemas.pay_run import PayRun
from schemas.payment_instruction import PaymentInstruction
from tests.pipelines.export.export_world import DAY, ROUTINGS, instruction, pay_run

LAW = Law.load()
ORIGINATOR = Originator(
    immediate_destination="121000248",
    destination_name="Example Bank",
    immediate_origin="1946001347",
    origin_name="State of California",
    company_name="CA IHSS Payroll",
    company_id="1946001347",
    odfi="322271627",
)


def paid_run(rows: list[dict], day: int = DAY) -> PaidRun:
    rows = sorted(rows, key=lambda row: row["instruction_id"])
    instructions = tuple(outgoing(PaymentInstruction, row) for row in rows)
    return PaidRun(day, instructions, outgoing(PayRun, pay_run(rows, day)))


def exported(nets: list[int], day: int = DAY, name: str = "Ana Reyes", **more) -> AchExport:
    """Deposits to P000, P001, ..., every bank, kind of account and payee another one."""
    rows = [instruction(f"P{at:03d}", net, day=day) for at, net in enumerate(nets)]
    accounts = {
        f"token-P{at:03d}": {
            BankAccount(ROUTINGS[at % len(ROUTINGS)], f"{at + 1}", ("checking", "savings")[at % 2], name)
        }
        for at in range(len(nets))
    }
    return export_ach(paid_run(rows, day), accounts, ORIGINATOR, LAW, **more)


def test_every_column_of_a_small_file() -> None:
    made = exported([123_456, 7])
    lines = made.text.splitlines()
    assert lines[:6] == [
        "101 121000248194600134726040723" + "59A094101EXAMPLE BANK           STATE OF CALIFORNIA            ",
        "5220CA IHSS PAYROLL                     1946001347PPDPAYROLL   260407260408   1322271620000001",
        "622121000248" + "1".ljust(17) + "0000123456" + "C6MXZB4W4W7NPU4" + "ANA REYES".ljust(24) + "0322271620000001",
        "632322271627" + "2".ljust(17) + "0000000007" + "SDNPDS3FU53HBTD" + "ANA REYES".ljust(24) + "0322271620000002",
        "8220000002" + "0044327186" + "0" * 12 + "000000123463" + "1946001347" + " " * 25 + "322271620000001",
        "9000001" + "000001" + "00000002" + "0044327186" + "0" * 12 + "000000123463" + " " * 39,
    ]
    assert lines[6:] == ["9" * 94] * 4


@pytest.mark.parametrize("count", [1, 6, 7, 25])
def test_what_the_validator_sees_and_what_it_does_not(count: int) -> None:
    text = exported([1000 + at for at in range(count)]).text
    assert validate(text) == {"ok": True, "errors": []}
    lines = text.splitlines()
    assert {len(line) for line in lines} == {94}
    assert len(lines) % 10 == 0 and int(lines[0][34:37]) == 94 and lines[0][37:39] == "10"
    entries = [line for line in lines if line[0] == "6"]
    assert lines[1][53:63].strip() == "PAYROLL"
    traces = [line[79:94] for line in entries]
    assert traces == [f"32227162{at:07d}" for at in range(1, count + 1)]
    assert {line[1:3] for line in entries} <= {"22", "32"}
    assert all(_check_digit(line[3:11]) == int(line[11]) for line in entries)
    entry_hash = f"{sum(int(line[3:11]) for line in entries) % 10**10:010d}"
    batch_end, file_end = (next(line for line in lines if line.startswith(start)) for start in ("8220", "9000"))
    assert (batch_end[10:20], file_end[21:31]) == (entry_hash, entry_hash)
    assert int(file_end[7:13]) == len(lines) // 10


def _check_digit(first_eight: str) -> int:
    weighted = sum(int(digit) * weight for digit, weight in zip(first_eight, (3, 7, 1, 3, 7, 1, 3, 7), strict=True))
    return -weighted % 10


def test_a_company_id_may_have_letters() -> None:
    run, company = paid_run([instruction("P000")]), ORIGINATOR.model_copy(update={"company_id": "1CAIHSS017"})
    accounts = {"token-P000": {BankAccount(ROUTINGS[0], "1", "checking", "Ana")}}
    _, batch, _, batch_end, *_ = export_ach(run, accounts, company, LAW).text.splitlines()
    assert (batch[40:50], batch_end[44:54]) == ("1CAIHSS017", "1CAIHSS017")


def test_the_entry_hash_keeps_its_last_ten_digits() -> None:
    text = exported([1] * 1000).text
    batch_end = next(line for line in text.splitlines() if line.startswith("8220"))
    total = 250 * sum(int(routing[:8]) for routing in ROUTINGS)
    assert total >= 10**10
    assert batch_end[10:20] == f"{total % 10**10:010d}"


@pytest.mark.parametrize(
    ("day", "created", "effective"),
    [
        (date(2026, 4, 7), "2604072359", "260408"),
        (date(2026, 10, 9), "2610092359", "261013"),  # Friday before Columbus Day
        (date(2026, 11, 25), "2611252359", "261127"),  # the State rests on the day after Thanksgiving, banks do not
        (date(2026, 3, 30), "2603302359", "260331"),
        (date(2023, 11, 9), "2311092359", "231110"),  # 11 November on a Saturday: the State's Friday, no bank's
    ],
)
def test_days_come_from_the_pay_run(day: date, created: str, effective: str) -> None:
    assert is_business_day(epoch_day(day))
    header, batch, *_ = exported([100], epoch_day(day)).text.splitlines()
    assert (header[23:33], batch[63:69], batch[69:75]) == (created, created[:6], effective)


@pytest.mark.parametrize("day", [date(2024, 2, 20), date(2026, 3, 19), date(2026, 3, 20)])
def test_the_description_is_there_on_any_day(day: date) -> None:
    assert exported([100], epoch_day(day)).text.splitlines()[1][53:63] == "PAYROLL   "


def test_the_description_is_the_law_s() -> None:
    law = LAW.amended({"a.toml": {"payment": {"ach_entry_description": _description("WAGES")}}})
    rows = [instruction("P000")]
    accounts = {"token-P000": {BankAccount(ROUTINGS[0], "1", "checking", "Ana")}}
    text = export_ach(paid_run(rows), accounts, ORIGINATOR, law).text
    assert text.splitlines()[1][53:63] == "WAGES     "


def _description(words: str) -> dict:
    value = {"from": date(2026, 3, 20), "value": words, "grade": "assumption", "citation": "a test"}
    return {"law": "RUN-3", "unit": "text", "values": [value]}


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("Nguyễn Thị Đào", "NGUYEN THI DAO"),
        ("Иван Петров", "IVAN PETROV"),
        ("José\tMaría\nPeña-O'Brien", "JOSE MARIA PENA-O'BRIE"),
        ("Maximiliana-Guadalupe Fernández", "MAXIMILIANA-GUADALUPE"),
    ],
)
def test_names_are_ascii_and_cut(name: str, printed: str) -> None:
    made = exported([100], name=name)
    assert made.text.splitlines()[2][54:76] == printed.ljust(22)


def test_one_cut_name_leads_back_to_each_payee() -> None:
    made = exported([100, 200], name="Maximiliana-Guadalupe Fernández")
    entries = made.text.splitlines()[2:4]
    assert entries[0][54:76] == entries[1][54:76]
    led = {tuple(row.split(",")[:2]): row.split(",")[3] for row in made.map_text.splitlines()[1:]}
    assert [led[line[79:94], line[39:54]] for line in entries] == ["P000", "P001"]


def test_a_short_id_stays_and_is_one_payee_s() -> None:
    assert identification("PROVIDER", "P1") == "2O72V34QV4GSMMQ"
    others = [("RECIPIENT", "P1"), ("PROVIDER", "p1"), ("PROVIDER", "P2"), ("PROVIDER", "P1-" + "x" * 60)]
    assert len({identification(*payee) for payee in [("PROVIDER", "P1"), *others]}) == 5


def test_an_account_does_not_show_itself() -> None:
    shown = repr(BankAccount("121000248", "700100200300", "checking", "Ana Reyes"))
    assert not any(part in shown for part in ("121000248", "700100200300", "Reyes"))


def test_a_warrant_of_a_leap_day_is_stale_at_the_end_of_february() -> None:
    assert stale_day(epoch_day(date(2024, 2, 29)), LAW) == epoch_day(date(2025, 2, 28))
    assert stale_day(epoch_day(date(2026, 12, 31)), LAW) == epoch_day(date(2027, 12, 31))


@given(st.lists(st.tuples(st.integers(0, 10**10 + 5), st.sampled_from(["good", "bad", "none"])), max_size=25))
@settings(max_examples=40, deadline=None)
def test_the_file_and_what_is_left_out_are_the_pay_run(payments: list[tuple[int, str]]) -> None:
    rows = [instruction(f"P{at:03d}", net) for at, (net, _) in enumerate(payments)]
    accounts = {
        f"token-P{at:03d}": {BankAccount("121000248" if how == "good" else "121000249", "1", "checking", "Ana")}
        for at, (_, how) in enumerate(payments)
        if how != "none"
    }
    made = export_ach(paid_run(rows), accounts, ORIGINATOR, LAW)
    sendable = [net for net, how in payments if how == "good" and 0 < net < 10**10]
    assert [paid.net_cents for paid in made.export.paid] == sendable
    assert made.export.report("") and len(made.export.left_out) == len(payments) - len(sendable)
    entries = [line for line in made.text.splitlines() if line[0] == "6"]
    assert [int(line[29:39]) for line in entries] == sendable


def test_an_account_is_found_by_its_token_only() -> None:
    account = BankAccount("121000248", "1", "savings", "Ana")
    assert account_for({"T": {account}}, "T") == (account, "")
    assert account_for({"T": {account}}, "t")[0] is None


def test_no_folder_is_needed_to_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    exported([1])
    assert not list(tmp_path.iterdir())
