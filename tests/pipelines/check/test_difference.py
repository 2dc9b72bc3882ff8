"""Two payrolls beside each other: what differs is found to the cent, and what does not is not."""

import csv
import json
import os
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fold.record_files import file_name
from pipelines.command import cli
from pipelines.sample.simulate import simulate
from rules.law import Law
from schemas.avro import Container, validate, write_container
from tests.paid import replay_plain

Records = dict[str, list[dict[str, Any]]]


def facts_of(folder: Path) -> list[Any]:
    """Good facts of a folder as models."""
    return [
        validate(container.kind, record)
        for path in sorted(folder.glob("*.avro"))
        for container in [Container(path.open("rb"))]
        for _, record in container
    ]


@pytest.fixture(scope="module")
def paid(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Records]:
    """A county of eight for a month, by the law and with another wage."""
    from datetime import date

    folder = tmp_path_factory.mktemp("facts")
    simulate(folder, "17", 8, 1, "2024-01", 17, 0)
    facts = facts_of(folder)
    value = {"from": date(2024, 1, 1), "until": date(2024, 12, 31), "value": 17000}
    law = Law.load()
    other = law.amended({"lake.toml": {"wage": {"17": {"values": [value]}}}})
    return {"as-is": replay_plain(facts, law).records, "what-if": replay_plain(facts, other).records}


def written(folder: Path, records: Records, parts: int = 1) -> Path:
    """Records as a replay writes them, dealt over so many files of a kind."""
    folder.mkdir()
    for kind, said in records.items():
        ordered = sorted(said, key=lambda record: order(kind, record))
        for part in range(parts):
            write_container(folder / file_name(kind, "x", part), kind, ordered[part::parts])
    return folder


def order(kind: str, record: dict[str, Any]) -> tuple:
    from pipelines.check.pairs import KEYS

    return tuple(record[name] for name in KEYS[kind])


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as exit:
        cli.main(["diff", *map(str, arguments)])
    return exit.value.code or 0


@pytest.fixture
def told(capsys: pytest.CaptureFixture) -> Callable[..., dict]:
    def ask(*arguments: object, code: int = 1) -> dict:
        assert run(*arguments, "--json") == code
        return json.loads(capsys.readouterr().out)

    return ask


def changed(records: Records, kind: str, place: int, **fields: Any) -> Records:
    said = [*records[kind]]
    said[place] = said[place] | fields
    return records | {kind: said}


def test_the_same_however_dealt_over_files(paid, tmp_path, capsys) -> None:
    a, b = written(tmp_path / "a", paid["as-is"]), written(tmp_path / "b", paid["as-is"], parts=3)
    assert run(a, b) == 0
    count = sum(map(len, paid["as-is"].values()))
    assert f"The same: {count:,} records in each" in capsys.readouterr().out


def test_another_law_version_alone_is_the_same(paid, tmp_path) -> None:
    said = [record | {"law_version": "f" * 64} for record in paid["as-is"]["PaymentInstruction"]]
    a = written(tmp_path / "a", paid["as-is"])
    assert run(a, written(tmp_path / "b", paid["as-is"] | {"PaymentInstruction": said}), "--quiet") == 0


@pytest.mark.parametrize("kind", ["PaymentInstruction", "Finding", "BenefitHours", "PayRun"])
def test_a_record_more_or_less_is_seen(kind, paid, tmp_path, told) -> None:
    a = written(tmp_path / "a", paid["as-is"])
    b = written(tmp_path / "b", paid["as-is"] | {kind: paid["as-is"][kind][1:]})
    assert told(a, b)["records"][kind]["removed"] == 1
    counted = told(b, a)["records"]
    assert counted[kind]["added"] == 1
    assert sum(count["added"] + count["removed"] + count["changed"] for count in counted.values()) == 1


def test_one_cent_is_seen_in_its_field(paid, tmp_path, told) -> None:
    first = paid["as-is"]["PaymentInstruction"][0]
    b = changed(paid["as-is"], "PaymentInstruction", 0, net_cents=first["net_cents"] - 1)
    said = told(written(tmp_path / "a", paid["as-is"]), written(tmp_path / "b", b))
    assert said["fields"] == [{"kind": "PaymentInstruction", "field": "net_cents", "records": 1, "difference": -1}]
    assert sum(row["difference_cents"] for row in said["net"]) == -1
    payee = said["payees"][first["payee_type"]]
    assert payee == {"better": 0, "better_cents": 0, "worse": 1, "worse_cents": -1}


def test_a_raise_is_told_in_cents_by_county_and_reason(paid, tmp_path, told) -> None:
    said = told(written(tmp_path / "a", paid["as-is"]), written(tmp_path / "b", paid["what-if"]))
    gross, net = (
        sum(one[field] for one in paid["what-if"]["PaymentInstruction"])
        - sum(one[field] for one in paid["as-is"]["PaymentInstruction"])
        for field in ("gross_cents", "net_cents")
    )
    assert gross > 0
    assert sum(row["difference_cents"] for row in said["gross"] if row["county"] == "17") == gross
    assert sum(row["net_cents"] for row in said["reasons"]) == net
    assert sum(row["gross_cents"] for row in said["reasons"]) == gross
    assert said["reasons"][0]["reason"] == "Rate"
    assert sum(row["better_cents"] + row["worse_cents"] for row in said["payees"].values()) == net


def test_a_held_document_is_the_reason(paid, tmp_path, told) -> None:
    instruction = next(one for one in paid["as-is"]["PaymentInstruction"] if one["kind"] == "ARREARS")
    document = next(name.split("/")[1] for name in instruction["documents"] if name.startswith("Timesheet"))
    named = f"{instruction['provider_id']}:{instruction['recipient_id']}:-:IHSS:Timesheet/{document}/2024-01-01"
    finding = paid["as-is"]["Finding"][0] | {
        "finding_id": f"DAY_TOO_LONG:PROVIDER:{named}:-:-:-:-", "code": "DAY_TOO_LONG", "outcome": "HELD",
        "statement_id": None, "document_id": document, "cleared": False, "minutes": 60,
    }  # fmt: skip
    b = paid["as-is"] | {
        "PaymentInstruction": [one for one in paid["as-is"]["PaymentInstruction"] if one is not instruction],
        "Finding": [*paid["as-is"]["Finding"], finding],
    }
    said = told(written(tmp_path / "a", paid["as-is"]), written(tmp_path / "b", b))
    assert [(row["reason"], row["net_cents"]) for row in said["reasons"]] == [
        ("DAY_TOO_LONG", -instruction["net_cents"])
    ]
    [row] = [row for row in said["findings"] if row["code"] == "DAY_TOO_LONG" and row["differing"]]
    assert (row["b"] - row["a"], row["difference_minutes"]) == (1, 60)


def test_ids_are_shown_only_when_asked_for(paid, tmp_path, capsys) -> None:
    a, b = written(tmp_path / "a", paid["as-is"]), written(tmp_path / "b", paid["what-if"])
    id = next(one["instruction_id"] for one in paid["as-is"]["PaymentInstruction"] if one["kind"] == "ARREARS")
    statement, person = id.rpartition(":")[0], id.split(":")[1]
    for how in ((), ("--json",), ("--out", tmp_path / "sums.csv")):
        assert run(a, b, *how) == 1
        said = capsys.readouterr()
        assert person not in said.out + said.err
    assert person not in (tmp_path / "sums.csv").read_text("utf-8")
    assert run(a, b, "--all", "--out", tmp_path / "rows.csv") == 1
    assert f"PaymentInstruction {id} in the pay run of" in capsys.readouterr().out.replace("\n", "")
    with (tmp_path / "rows.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert {"key": statement, "part": "statement"}.items() <= max(rows, key=lambda row: row["key"] == statement).items()
    assert any(row["key"] == id and row["field"] == "lines.SERVICE.rate_mills" and row["b"] == "17000" for row in rows)
    assert (tmp_path / "rows.csv").stat().st_mode & 0o077 == 0


def test_misuse(paid, tmp_path, capsys) -> None:
    a = written(tmp_path / "a", paid["as-is"])
    twice = written(tmp_path / "twice", paid["as-is"])
    write_container(twice / "payment_instruction-y.avro", "PaymentInstruction", changed(
        paid["as-is"], "PaymentInstruction", 0, net_cents=1)["PaymentInstruction"][:1])  # fmt: skip
    broken = written(tmp_path / "broken", paid["as-is"])
    path = broken / file_name("Finding", "x", 0)
    path.write_bytes(path.read_bytes()[:-9])
    shuffled = written(tmp_path / "shuffled", paid["as-is"])
    write_container(shuffled / file_name("PayRun", "x", 0), "PayRun", paid["as-is"]["PayRun"][::-1])
    (tmp_path / "facts").mkdir()
    for b, said in (
        (tmp_path / "nowhere", "is no folder"),
        (tmp_path / "facts", "has no pay_run*.avro"),
        (twice, "says two things of one PaymentInstruction: name the folder of one replay"),
        (broken, "cannot be used (UNREADABLE): copy the folder again, or replay again"),
        (shuffled, "is not in the order of its keys"),
    ):
        assert run(a, b) == 2
        told = capsys.readouterr()
        assert said in told.err
        assert (told.out, told.err.count("\n")) == ("", 1)
    assert run(a, a, "--out", tmp_path / "nowhere" / "x.csv") == 2


def test_rejections_in_any_order_and_seen_at_any_time_are_the_same(paid, tmp_path) -> None:
    """As a live job says them: in the order of arrival, with the time."""
    rejection = {"raw": b"\x00", "reason": "INVALID", "field": "revision", "message": "Wrong.", "seen_at": None}
    said = [rejection | {"origin": f"timesheet.avro:{number}"} for number in range(3)]
    live = [each | {"seen_at": 1_700_000_000_000} for each in reversed(said)]
    a = written(tmp_path / "a", paid["as-is"] | {"Rejection": said})
    b = written(tmp_path / "b", paid["as-is"])
    write_container(b / file_name("Rejection", "x", 0), "Rejection", live)
    assert run(a, b, "--quiet") == 0
    write_container(b / file_name("Rejection", "x", 0), "Rejection", live[1:])
    assert run(a, b, "--quiet") == 1


def test_years_of_a_live_job_need_few_open_files(paid, tmp_path) -> None:
    """A file a kind and pay run, which are more than a process may have open."""
    run_of = {"PayRun": "run_date", "PaymentInstruction": "run_date"}
    a, b = written(tmp_path / "a", paid["as-is"]), tmp_path / "b"
    b.mkdir()
    for kind, said in paid["as-is"].items():
        for day in {record[run_of[kind]] if kind in run_of else record["cut_off"] for record in said}:
            ours = [r for r in said if (r[run_of[kind]] if kind in run_of else r["cut_off"]) == day]
            write_container(b / file_name(kind, "live", day), kind, sorted(ours, key=lambda one: order(kind, one)))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    open_now, more = {int(name) for name in os.listdir("/dev/fd")}, 8
    few = next(limit for limit in range(1 << 16) if limit - len({each for each in open_now if each < limit}) == more)
    assert len(list(b.glob("pay_run*"))) > 2 * more
    resource.setrlimit(resource.RLIMIT_NOFILE, (few, hard))
    try:
        assert run(a, b, "--quiet") == 0
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
