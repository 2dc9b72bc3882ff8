"""A folder of facts through Beam: the plain fold's records, the same bytes however dealt, nothing lost."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import defaultdict
from datetime import date, datetime
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from fold.places import INDEX
from pipelines.misuse import Misuse
from pipelines.replay import BEAM, LOCK, PARTIAL, PLAIN, POOL, SUMMARY, last_cut_off, replay
from pipelines.sample.simulate import simulate
from rules.law import Law
from rules.periods import epoch_day
from schemas import CONCLUSIONS
from schemas.avro import Container, Unreadable, write_container
from tests.paid import replay_folder

LAW = Law.load()
ROOT = Path(__file__).parents[2]
SAMPLE = {"county": "17", "recipients": 60, "months": 3, "start": "2024-07", "seed": 5, "defects": 0.05}
Records = dict[str, list[dict[str, Any]]]
PLACED = ("rejection", INDEX)  # files that say where something lay


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small county with wrong records, a file that breaks off and one that is none."""
    folder = tmp_path_factory.mktemp("sample")
    simulate(folder, **SAMPLE)
    return folder


@pytest.fixture(scope="session")
def paid(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the replay of the sample wrote."""
    return run(sample, tmp_path_factory.mktemp("paid"))


def run(events: Path, out: Path, until: int | None = None, engine: str = BEAM) -> Path:
    replay(events, out, until, LAW, engine=engine)
    return out


def names(folder: Path) -> list[str]:
    return [str(path.relative_to(folder)) for path in sorted(folder.rglob("*.avro"))]


def read(folder: Path) -> Records:
    """Records by kind, as sets would have them: without the order of files."""
    records: Records = {kind: [] for kind in CONCLUSIONS}
    for name in names(folder):
        with (folder / name).open("rb") as stream:
            container = Container(stream)
            records[container.kind] += [record for _, record in container]
    return {kind: in_order(said) for kind, said in records.items()}


def in_order(said: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(said, key=lambda record: sorted((name, repr(value)) for name, value in record.items()))


def plain(events: Path, until: int | None = None) -> Records:
    records = replay_folder(events, names(events), LAW, last_cut_off(until)).records
    return {kind: in_order(records.get(kind, [])) for kind in CONCLUSIONS}


def files(out: Path, but: str | tuple[str, ...] = SUMMARY) -> dict[str, bytes]:
    """Bytes by name, without those whose name begins with ``but``."""
    return {path.name: path.read_bytes() for path in out.iterdir() if not path.name.startswith(but)}


def facts_of(events: Path) -> Records:
    """All records of a folder by kind, as far as files can be read."""
    facts: Records = defaultdict(list)
    for name in names(events):
        with (events / name).open("rb") as stream:
            try:
                container = Container(stream)
                for _, record in container:
                    facts[container.kind].append(record)
            except Unreadable:
                continue
    return facts


# --- the same whatever carries it and however it lies -----------------------------------------------------------------


def test_beam_says_what_the_plain_fold_says(sample: Path, paid: Path) -> None:
    found = read(paid)
    assert found == plain(sample)
    assert {one["kind"] for one in found["PaymentInstruction"]} >= {"ARREARS", "ADVANCE"}
    assert len(found["PaymentInstruction"]) > 100 and len(found["Finding"]) > 50 and len(found["Rejection"]) > 5


@pytest.mark.parametrize("engine", (PLAIN, POOL))
def test_every_engine_writes_the_same_bytes(sample: Path, paid: Path, tmp_path: Path, engine: str) -> None:
    assert files(run(sample, tmp_path, engine=engine)) == files(paid)
    told = [json.loads((folder / SUMMARY).read_text()) | {"seconds": None} for folder in (tmp_path, paid)]
    assert told[0] == told[1]
    assert not (tmp_path / PARTIAL).exists()


def test_twice_is_the_same(sample: Path, paid: Path, tmp_path: Path) -> None:
    assert files(run(sample, tmp_path)) == files(paid)


@pytest.mark.parametrize("seed", range(3))
def test_files_may_be_dealt_in_any_way(sample: Path, paid: Path, tmp_path: Path, seed: int) -> None:
    """The same facts, shuffled, some twice, in one to six files a kind, of any name and depth: the same bytes."""
    random, dealt = Random(seed), tmp_path / "dealt"
    for kind, records in facts_of(sample).items():
        random.shuffle(records)
        count = random.randint(1, 6)
        for number in range(count):
            path = dealt / random.choice(("", "b/", "b/c.avro/", "0/")) / f"{random.random()}{kind}.avro"
            path.parent.mkdir(parents=True, exist_ok=True)
            again = random.sample(records, k=min(3, len(records))) if not number else []
            write_container(path, kind, [*records[number::count], *again])
    out = run(dealt, tmp_path / "out")
    assert files(out, PLACED) | {SUMMARY: b""} == files(paid, PLACED) | {SUMMARY: b""}
    assert rejected(out) == rejected(paid)


def rejected(out: Path) -> set[tuple[bytes, str, str]]:
    """Rejected records (not files) by content: where they were found may differ, and how often."""
    rejections = read(out)["Rejection"]
    return {(one["raw"], one["reason"], one["message"]) for one in rejections if one["reason"] != "UNREADABLE"}


def test_until_an_earlier_day_is_the_prefix(sample: Path, paid: Path, tmp_path: Path) -> None:
    until = epoch_day(date(2024, 9, 7))  # a Saturday
    last = last_cut_off(until)
    assert last is not None
    whole, earlier = read(paid), read(run(sample, tmp_path, until))
    for kind in set(CONCLUSIONS) - {"Rejection"}:
        assert earlier[kind] == [record for record in whole[kind] if record["cut_off"] <= last], kind
    assert 0 < len(earlier["PaymentInstruction"]) < len(whole["PaymentInstruction"])
    assert earlier["Rejection"] == whole["Rejection"]


# --- damage, death and what lay there before --------------------------------------------------------------------------


def test_a_broken_file_and_a_text_are_named_and_all_others_paid(sample: Path, paid: Path, tmp_path: Path) -> None:
    unreadable = [one for one in read(paid)["Rejection"] if one["reason"] == "UNREADABLE"]
    assert sorted(one["origin"].split(":")[0] for one in unreadable) == ["not_avro.avro", "truncated.avro"]
    whole = tmp_path / "whole"
    shutil.copytree(sample, whole)
    for one in unreadable:  # the broken file only repeats facts of others
        (whole / one["origin"].split(":")[0]).unlink()
    assert files(run(whole, tmp_path / "out"), PLACED) | {SUMMARY: b""} == files(paid, PLACED) | {SUMMARY: b""}


def test_what_an_earlier_replay_left_is_replaced(sample: Path, example: Path, tmp_path: Path) -> None:
    out = run(sample, tmp_path / "out")
    write_container(out / "finding-price-0063.avro", "Finding", [])
    (out / "mine.txt").write_text("not the pipeline's")
    run(example, out)
    assert (out / "mine.txt").exists()
    (out / "mine.txt").unlink()
    assert files(out) == files(run(example, tmp_path / "fresh"))


def begun(events: Path, out: Path, engine: str = BEAM) -> subprocess.Popen:
    """A replay as a process of its own, which has begun to pay."""
    command = [sys.executable, "-c", "from pipelines.command.cli import main; main()", "replay"]
    started = subprocess.Popen(
        [*command, "--events", str(events), "--out", str(out), "--engine", engine],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while not any(out.glob(f"{PARTIAL}/*/beat")) and started.poll() is None:
        time.sleep(0.01)
    return started


def children(pid: int) -> set[int]:
    return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


def gone(processes: set[int]) -> None:
    """Wait until they are; they look for their parent once a second."""
    deadline = time.monotonic() + 30
    while living := [process for process in processes if Path(f"/proc/{process}").exists()]:
        assert time.monotonic() < deadline, living
        time.sleep(0.05)


@pytest.mark.parametrize("engine", (BEAM, POOL))
def test_a_killed_replay_leaves_nothing_and_can_be_run_again(
    sample: Path, paid: Path, tmp_path: Path, engine: str
) -> None:
    out = tmp_path / "out"
    started = begun(sample, out, engine)
    workers = children(started.pid)
    os.killpg(started.pid, signal.SIGKILL)
    assert started.wait() == -signal.SIGKILL, "it ended before it was killed"
    assert {path.name for path in out.iterdir()} == {PARTIAL, LOCK}
    gone(workers)
    assert files(run(sample, out, engine=PLAIN)) == files(paid)


@pytest.mark.parametrize("parent", (False, True), ids=("one of its workers", "the replay itself"))
def test_when_one_of_the_pool_dies_none_is_left(sample: Path, tmp_path: Path, parent: bool) -> None:
    out = tmp_path / "out"
    started = begun(sample, out, POOL)
    workers = children(started.pid)
    assert len(workers) == os.cpu_count()
    os.kill(started.pid if parent else min(workers), signal.SIGKILL)
    assert started.wait(60) == (-signal.SIGKILL if parent else 1)
    gone(workers)
    assert {path.name for path in out.iterdir()} == {PARTIAL, LOCK}


def test_two_replays_into_one_folder_are_one_replay_and_a_refusal(sample: Path, paid: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = begun(sample, out)
    with pytest.raises(Misuse, match="is being written by another replay"):
        run(sample, out)
    assert first.wait() == 0
    assert files(out) == files(paid)


# --- worked example 1, typed by hand ----------------------------------------------------------------------------------


PACIFIC = ZoneInfo("America/Los_Angeles")
DAY = 24 * 60 * 60 * 1000


def at(*written: int) -> int:
    """Milliseconds of a Pacific local time."""
    return int(datetime(*written, tzinfo=PACIFIC).timestamp() * 1000)


def on(year: int, month: int, day: int) -> int:
    return (date(year, month, day) - date(1970, 1, 1)).days


def fact(event_id: str, recorded_at: int, document_id: str, **fields: Any) -> dict[str, Any]:
    envelope = {"event_id": event_id, "source": "esp", "recorded_at": recorded_at, "document_id": document_id}
    return envelope | {"revision": 1, "withdrawn": False} | fields


def worked_example_1() -> Records:
    """Santa Clara, January 2026, one recipient 283:00; 46:00 from Sunday to Saturday, 4 to 10 January."""
    known, since = at(2025, 12, 1, 9), on(2025, 12, 1)
    approved = at(2026, 1, 16, 9)
    authorization = fact(
        "e1", known, "A1", recipient_id="R1", program="IHSS", county="43", effective_from=since,
        monthly_minutes=283 * 60, funding="PCSP", severely_impaired=True, protective_supervision_minutes=0, services=[],
        pay_mode="ARREARS", concurrent_care=False, training_needs=[],
    )  # fmt: skip
    assignment = fact(
        "e2", known, "B1", provider_id="P1", recipient_id="R1", program="IHSS", effective_from=since,
        relationship="NON_RELATIVE", live_in=True,
    )  # fmt: skip
    enrollment = fact(
        "e3", known, "C1", provider_id="P1", county="43", effective_from=since, account_token="t", exemption="NONE"
    )
    minutes = [0, 0, 0, *[6 * 60 + 30] * 6, 7 * 60, 0, 0, 0, 0, 0]
    timesheet = fact(
        "e4", approved, "T1", provider_id="P1", recipient_id="R1", program="IHSS", period_start=on(2026, 1, 1),
        minutes_worked=minutes, channel="ESP", provider_signed_at=approved - DAY, recipient_approved_at=approved,
    )  # fmt: skip
    terms = {"ServiceAuthorization": [authorization], "ProviderAssignment": [assignment]}
    return terms | {"ProviderEnrollment": [enrollment], "Timesheet": [timesheet]}


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("example")
    for kind, records in worked_example_1().items():
        write_container(folder / f"{kind}.avro", kind, records)
    return folder


def test_worked_example_1(example: Path, tmp_path: Path) -> None:
    (paid,) = read(run(example, tmp_path))["PaymentInstruction"]
    assert paid["instruction_id"] == "ARREARS:P1:R1:2026-01-01:2026-01-16"
    assert [(line["earning"], line["minutes"], line["cents"]) for line in paid["lines"]] == [
        ("OVERTIME_PREMIUM", 6 * 60, 61_32),
        ("SERVICE", 46 * 60, 940_24),
    ]
    assert paid["gross_cents"] == 1_001_56
    deductions = {each["kind"]: each["cents"] for each in paid["deductions"]}
    assert deductions == {"FICA": 62_10, "MEDICARE": 14_52, "SDI": 13_02}
    assert paid["net_cents"] == 1_001_56 - 62_10 - 14_52 - 13_02
    assert paid["method"] == "DIRECT_DEPOSIT"
