"""Several batches in a NACHA file, several files of a day: counts, sums, hashes, traces, by hand and by achkit."""

import json
from pathlib import Path

import pytest
from achkit import parse, validate
from hypothesis import given
from hypothesis import strategies as st

from pipelines.command import cli
from pipelines.export.accounts import BankAccount
from pipelines.export.ach import AchExport, Before, export_ach
from pipelines.export.batches import NACHA, Capacity, batch_sizes
from pipelines.export.run import PaidRun
from rules.money import dollars
from tests.pipelines.export.export_world import (
    ORIGINATOR,
    ROUTINGS,
    account,
    instruction,
    pay_run,
    write_accounts,
    write_run,
)
from tests.pipelines.export.test_ach import LAW, exported, paid_run
from tests.pipelines.export.test_ach import ORIGINATOR as SENDER

MOST = 10**10 - 1  # cents of one entry
IDS = ("ARREARS:P100:R1:2026-03-16:2026-04-07", "ARREARS:P101:R1:2026-03-16:2026-04-07")


def test_the_limits_are_the_widths_of_the_fields() -> None:
    assert (NACHA.batch_entries, NACHA.batch_cents) == (999_999, 999_999_999_999)
    assert (NACHA.file_batches, NACHA.file_blocks) == (999_999, 999_999)
    assert (NACHA.file_entries, NACHA.file_cents) == (9_999_999, 999_999_999_999)


def test_a_batch_that_is_full_is_followed_by_another() -> None:
    text = exported([1, 20, 300, 4_000, 50_000], holds=Capacity(batch_entries=2)).text
    assert validate(text) == {"ok": True, "errors": []}
    lines = text.splitlines()
    assert [line[0] for line in lines[:13]] == list("1566856685689") and len(lines) == 20
    hashes = [12100024 + 32227162, 1140153 + 12104288, 12100024]  # the routing numbers' first eight digits
    controls = [line for line in lines if line[0] == "8"]
    assert [int(line[4:10]) for line in controls] == [2, 2, 1]
    assert [int(line[10:20]) for line in controls] == hashes
    assert [int(line[32:44]) for line in controls] == [21, 4_300, 50_000]
    headers = [line for line in lines if line[0] == "5"]
    for numbered in (headers, controls):
        assert [line[87:94] for line in numbered] == ["0000001", "0000002", "0000003"]
    assert len({line[:87] for line in headers}) == 1
    assert [line[79:94] for line in lines if line[0] == "6"] == [f"32227162000000{at}" for at in range(1, 6)]
    end = lines[12]
    assert end[:21] == "9" + "000003" + "000002" + "00000005"
    assert (int(end[21:31]), int(end[43:55])) == (sum(hashes), 54_321)


def test_traces_lead_back_over_all_batches() -> None:
    made = exported([100, 200, 300], holds=Capacity(batch_entries=1))
    traces = [entry["trace_number"] for batch in parse(made.text)["batches"] for entry in batch["entries"]]
    assert traces == [row.split(",")[0] for row in made.map_text.splitlines()[1:]]
    assert len(set(traces)) == 3


def test_one_batch_more_than_a_batch_counts() -> None:
    assert batch_sizes([1] * 999_999) == [999_999]
    assert batch_sizes([1] * 1_000_001) == [999_999, 2]


def test_one_cent_more_than_a_file_holds() -> None:
    whole = [MOST] * 100 + [99]
    assert sum(whole) == 10**12 - 1
    assert batch_sizes([*whole, 1]) == [101]
    assert batch_sizes([*whole[:100], 100, 1]) == [100]  # none after it, so that files hold the order of ids


@pytest.mark.parametrize(
    ("holds", "sizes"),
    [
        (Capacity(batch_cents=7), [3, 3, 3, 1]),
        (Capacity(batch_entries=4), [4, 4, 2]),
        (Capacity(batch_entries=4, file_batches=2), [4, 4]),
        (Capacity(file_entries=9), [9]),
        (Capacity(file_cents=13), [6]),
        (Capacity(file_blocks=1), [6]),  # and a header and a control each of batch and file
        (Capacity(file_blocks=1, batch_entries=4), [4]),
        (Capacity(file_blocks=1, batch_entries=3), [3, 1]),
    ],
)
def test_each_limit(holds: Capacity, sizes: list[int]) -> None:
    assert batch_sizes([2] * 10, holds) == sizes


@given(
    st.lists(st.integers(1, 50), max_size=40),
    st.builds(
        Capacity,
        batch_entries=st.integers(1, 9),
        batch_cents=st.integers(50, 150),
        file_batches=st.integers(1, 4),
        file_blocks=st.integers(1, 3),
        file_entries=st.integers(1, 20),
        file_cents=st.integers(50, 400),
    ),
)
def test_files_hold_all_in_order_and_each_within_its_limits(nets: list[int], holds: Capacity) -> None:
    if not nets:
        assert batch_sizes(nets, holds) == []
        return
    run, accounts = _run_of(nets)
    ids: list[str] = []
    while True:
        made = export_ach(run, accounts, SENDER, LAW, before=Before(frozenset(ids), len(ids)), holds=holds)
        assert validate(made.text) == {"ok": True, "errors": []}
        _check_within(made, holds)
        ids += [paid.instruction_id for paid in made.export.paid]
        assert made.export.report("")  # adds up
        if not made.export.waiting:
            break
    assert ids == [paid.instruction_id for paid in run.instructions]


def _run_of(nets: list[int]) -> tuple[PaidRun, dict[str, set[BankAccount]]]:
    rows = [instruction(f"P{at:03d}", net) for at, net in enumerate(nets)]
    accounts = {f"token-P{at:03d}": {BankAccount(ROUTINGS[at % 4], "1", "checking", "Ana")} for at in range(len(nets))}
    return paid_run(rows), accounts


def _check_within(made: AchExport, holds: Capacity) -> None:
    file = parse(made.text)
    for batch in file["batches"]:
        assert 1 <= batch["control"]["entry_addenda_count"] <= holds.batch_entries
        assert batch["control"]["total_credit"] <= holds.batch_cents
    control = file["control"]
    assert 1 <= control["batch_count"] <= holds.file_batches
    assert control["block_count"] <= holds.file_blocks
    assert control["entry_addenda_count"] <= holds.file_entries
    assert control["total_credit"] <= holds.file_cents
    traces = [entry["trace_number"] for batch in file["batches"] for entry in batch["entries"]]
    assert traces == sorted(set(traces))


def _ach(out: str, *more: object) -> int:
    files = ("--accounts", "accounts.csv", "--originator", "county.toml", "--out", out)
    asked = ("export", "ach", "--paid", "out", "--run", "2026-04-07", *files, *more)
    with pytest.raises(SystemExit) as exit:
        cli.main([str(argument) for argument in asked])
    return exit.value.code or 0


@pytest.fixture
def too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: a pay run of 102 deposits of the most an entry holds; a file holds 100 of them."""
    monkeypatch.chdir(tmp_path)
    paid = [instruction(f"P{at:03d}", MOST) for at in range(102)]
    write_run(tmp_path / "out", paid, [pay_run(paid)])
    write_accounts(tmp_path / "accounts.csv", [account(f"P{at:03d}", at) for at in range(102)])
    (tmp_path / "county.toml").write_text(ORIGINATOR)
    return tmp_path


def test_a_full_file_says_loudly_what_waits_for_the_next(too_much, capsys) -> None:
    assert _ach("a.ach") == 3
    told = capsys.readouterr()
    warning = (
        f"the file is full: 2 of {dollars(2 * MOST)}, from {IDS[0]} on, are in no file; "
        "export again with the next --modifier, and --after for each file of the day"
    )
    assert told.out.splitlines()[-1] == warning
    assert told.err.splitlines()[-1] == f"ihss-payroll: {warning}"
    assert f"+ 2 of {dollars(2 * MOST)} that wait for the next file + 0 of 0.00 left out" in told.out
    assert _ach("b.ach", "--modifier", "B", "--after", "a.ach", "--json") == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["sent_before"] == {"count": 100, "net_cents": 100 * MOST}
    assert "full" not in told.err
    assert [row.split(",")[4] for row in Path("b.ach.map.csv").read_text().splitlines()[1:]] == list(IDS)


def test_strict_fails_when_something_waits_though_the_file_is_written(too_much, capsys) -> None:
    assert _ach("a.ach", "--strict", "--quiet") == 1
    assert capsys.readouterr().out == ""
    assert _ach("b.ach", "--modifier", "B", "--after", "a.ach", "--strict") == 0
