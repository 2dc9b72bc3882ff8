"""The consumer of docs/consumer: everything twice, in any order, killed in the middle; the ledger is the replay's."""

import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from random import Random
from typing import Any

import pytest

from deploy.local.server import PROJECT, built, serving
from pipelines.live.topics import topics_of_conclusions
from pipelines.sample.simulate import simulate
from rules.law import Law
from rules.periods import iso
from schemas.avro import encode_message, validate, write_container
from tests.paid import replay_folder

CONSUMER = Path(__file__).resolve().parents[1] / "docs" / "consumer" / "consumer.py"
SECONDS_AT_MOST = 60
Said = list[tuple[str, dict[str, Any]]]


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Said:
    """What a small county is paid in a month: (kind, record)."""
    events = tmp_path_factory.mktemp("facts")
    simulate(events, "17", 12, 1, "2024-01", 5, 0.02)
    names = sorted(path.relative_to(events).as_posix() for path in events.rglob("*.avro"))
    records = replay_folder(events, names, Law.load()).records
    return [(kind, record) for kind in ("PaymentInstruction", "PayRun") for record in records[kind]]


def one_file_each(folder: Path, messages: Said) -> None:
    """A container file per record, named so that they are read in this order."""
    for place, (kind, record) in enumerate(messages):
        write_container(folder / f"{place:05}.avro", kind, [record])


def twice_and_shuffled(said: Said, seed: int) -> Said:
    messages = said * 2
    Random(seed).shuffle(messages)
    return messages


def started(*arguments: object) -> "subprocess.Popen[str]":
    command = [sys.executable, str(CONSUMER), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def consume(*arguments: object) -> "subprocess.CompletedProcess[str]":
    with started(*arguments) as program:
        out, err = program.communicate(timeout=SECONDS_AT_MOST)
    return subprocess.CompletedProcess([], program.returncode, out, err)


def rows(ledger: Path, question: str) -> list[tuple[Any, ...]]:
    if not ledger.exists():
        return []
    tables = sqlite3.connect(ledger, timeout=10)
    try:
        return tables.execute(question).fetchall()
    except sqlite3.OperationalError:  # its tables are not made yet
        return []
    finally:
        tables.close()


def kill_when(ledger: Path, kept: int, start: Callable[[], "subprocess.Popen[str]"]) -> bool:
    """Start, and kill -9 when so many records are on file; whether there was something left to do."""
    with start() as program:
        ends = time.monotonic() + SECONDS_AT_MOST
        while time.monotonic() < ends and program.poll() is None:
            if (rows(ledger, "SELECT count(*) FROM said") or [(0,)])[0][0] >= kept:
                break
            time.sleep(0.002)
        cut_short = program.poll() is None
        program.kill()
    return cut_short


def owed(said: Said) -> dict[str, int]:
    """Cents by instruction that moves money."""
    instructions = (record for kind, record in said if kind == "PaymentInstruction")
    return {each["instruction_id"]: each["net_cents"] for each in instructions if each["net_cents"]}


def paid(ledger: Path) -> dict[str, int]:
    return dict(rows(ledger, "SELECT instruction_id, cents FROM payments"))


def runs_of(said: Said) -> list[str]:
    return sorted(iso(record["run_date"]) for kind, record in said if kind == "PayRun")


def test_the_ledger_is_the_replay_s(said: Said, tmp_path: Path) -> None:
    assert len(owed(said)) > 20
    ledger, folder = tmp_path / "ledger", tmp_path / "said"
    folder.mkdir()
    one_file_each(folder, twice_and_shuffled(said, 1))
    first = consume("--from", f"folder:{folder}", "--ledger", ledger)
    assert (first.returncode, first.stderr) == (0, "")
    assert paid(ledger) == owed(said)
    assert [run for (run,) in rows(ledger, "SELECT run FROM released ORDER BY run")] == runs_of(said)
    assert consume("--from", f"folder:{folder}", "--ledger", ledger).stdout == first.stdout
    assert f"{len(owed(said)):,} payments" in first.stdout and ", 0 not yet" in first.stdout


def test_killed_again_and_again(said: Said, tmp_path: Path) -> None:
    ledger, folder = tmp_path / "ledger", tmp_path / "said"
    folder.mkdir()
    one_file_each(folder, twice_and_shuffled(said, 2))

    def start() -> "subprocess.Popen[str]":
        return started("--from", f"folder:{folder}", "--ledger", ledger)

    cut_short = [kill_when(ledger, kept, start) for kept in (1, len(said) // 3, len(said) // 2)]
    assert sum(cut_short) >= 2, "it was done before it could be killed"
    assert paid(ledger).items() <= owed(said).items()
    assert consume("--from", f"folder:{folder}", "--ledger", ledger).returncode == 0
    assert paid(ledger) == owed(said)


def test_nothing_is_paid_of_a_pay_run_that_is_not_whole(said: Said, tmp_path: Path) -> None:
    ledger, folder = tmp_path / "ledger", tmp_path / "said"
    folder.mkdir()
    missing = next(place for place, (kind, record) in enumerate(said) if kind == "PaymentInstruction")
    run = iso(said[missing][1]["run_date"])
    one_file_each(folder, said[:missing] + said[missing + 1 :])
    assert ", 1 not yet" in consume("--from", f"folder:{folder}", "--ledger", ledger).stdout
    assert not rows(ledger, f"SELECT 1 FROM payments WHERE run = '{run}'")
    write_container(folder / "late.avro", *_one(said[missing]))
    consume("--from", f"folder:{folder}", "--ledger", ledger)
    assert paid(ledger) == owed(said)


@pytest.mark.parametrize("wrong", ["another content", "after that pay run was whole"])
def test_a_person_must_look(said: Said, tmp_path: Path, wrong: str) -> None:
    ledger, folder = tmp_path / "ledger", tmp_path / "said"
    folder.mkdir()
    one_file_each(folder, said)
    kind, record = said[0]
    changed = {"net_cents": 1} if wrong == "another content" else {"instruction_id": "ARREARS:P:R:2024-01-01:more"}
    write_container(folder / "z.avro", kind, [record | changed])
    stopped = consume("--from", f"folder:{folder}", "--ledger", ledger)
    assert stopped.returncode == 1 and wrong in stopped.stderr
    assert paid(ledger) == owed(said)


def test_what_is_acknowledged_is_committed(said: Said, tmp_path: Path) -> None:
    spec = spec_from_file_location("consumer", CONSUMER)
    consumer = module_from_spec(spec)
    spec.loader.exec_module(consumer)
    ledger, on_file = tmp_path / "ledger", []
    records = [(kind, record | {"run_date": iso(record["run_date"])}) for kind, record in said]

    def acknowledge() -> None:
        on_file.extend(rows(ledger, "SELECT count(*) FROM said"))

    consumer.consume([(records[:10], acknowledge), (records[10:15], acknowledge)], consumer.Ledger(ledger))
    assert on_file == [(10,), (15,)]


def _one(message: tuple[str, dict[str, Any]]) -> tuple[str, list[dict[str, Any]]]:
    return message[0], [message[1]]


@pytest.fixture
def server() -> Iterator[None]:
    program = built()
    if program is None:
        pytest.skip("no Pub/Sub server here: make server")
    with serving(program):
        yield


def test_by_pubsub_killed_in_the_middle(said: Said, tmp_path: Path, server: None) -> None:
    from google.cloud import pubsub_v1

    client = pubsub_v1.PublisherClient()
    ledger, last = tmp_path / "ledger", runs_of(said)[-1]

    def publish(messages: Said) -> None:
        sent = []
        for kind, record in messages:
            path = client.topic_path(PROJECT, topics_of_conclusions()[kind])
            body = encode_message(validate(kind, record))
            plain = len(sent) % 2  # as a topic with a schema hands it on
            attributes = {"googclient_schemaencoding": "BINARY"} if plain else {}
            sent.append(client.publish(path, body[10:] if plain else body, **attributes))
        [each.result(timeout=SECONDS_AT_MOST) for each in sent]

    def start(*more: str) -> "subprocess.Popen[str]":
        return started("--from", f"pubsub:{PROJECT}", "--ledger", ledger, "--suffix", ".payroll", *more)

    final = [each for each in said if each[0] == "PayRun" and iso(each[1]["run_date"]) == last]
    rest = [each for each in said if each not in final]
    publish(twice_and_shuffled(rest, 3)[: len(rest)])
    assert kill_when(ledger, 20, start)
    publish(rest)
    assert kill_when(ledger, len(rest), start)
    publish(final)
    with start("--until", last) as program:
        out, err = program.communicate(timeout=SECONDS_AT_MOST)
    assert (program.returncode, err) == (0, ""), out
    assert paid(ledger) == owed(said)
