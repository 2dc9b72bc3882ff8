"""``ihss-payroll law publish`` as an officer types it: looked at, confirmed, waited for, taken back."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from threading import Thread

import pytest

from pipelines.command import cli
from pipelines.live.believed import REMEMBERED
from pipelines.live.durable import Owned
from pipelines.live.law_requests import TAKING, ask, waits, withdraw
from pipelines.live.segments import published
from pipelines.what_if.publishing import preview
from rules.periods import PACIFIC
from tests.pipelines.live.drill import LAW, World
from tests.pipelines.live.test_publishing import RAISE, assert_replayed, close_next, paid

MEMORY = "memory.sqlite"


@pytest.fixture
def world(lived: World, tmp_path: Path) -> World:
    shutil.copytree(lived.root, tmp_path / "world")
    (tmp_path / "raise.toml").write_text(RAISE.overlay["raise.toml"], "utf-8")
    instant = datetime.fromtimestamp(lived.now / 1000, PACIFIC).isoformat()
    (tmp_path / "clock").write_text(instant, "ascii")
    return World(tmp_path / "world", lived.now)


def words(world: World, *more: object) -> list[str]:
    folder = world.root.parent
    asked = ["law", "publish", folder / "raise.toml", "--journal", world.journal, "--effective", "2024-07-01"]
    return [*map(str, asked), "--clock", str(folder / "clock"), *map(str, more)]


def typed(world: World, *more: object) -> int:
    with pytest.raises(SystemExit) as ended:
        cli.main(words(world, *more))
    return int(ended.value.code or 0)


def digest_of(world: World) -> str:
    return preview(world.journal, LAW, RAISE).digest[:16]


def test_it_is_shown_and_nothing_is_written(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.read_bytes() for path in world.journal.rglob("*") if path.is_file()}
    assert not any("sqlite-" in path.suffix for path in before), "the job let go of its memory"
    assert typed(world, "--json", "--with-ids") == 0
    told = json.loads(capsys.readouterr().out)
    seen = preview(world.journal, LAW, RAISE)
    assert told["confirm"] == seen.digest[:16] and told["net_cents"] == seen.net_cents > 0
    assert sum(each["net_after"] - each["net_before"] for each in told["rows"]) == told["net_cents"]
    assert typed(world) == 0
    assert f"--confirm {seen.digest[:16]}" in capsys.readouterr().out
    left = {path: path.read_bytes() for path in world.journal.rglob("*") if path.is_file()}
    assert {path: each for path, each in left.items() if "sqlite-" not in path.suffix} == before


def test_confirmed_it_is_published_and_paid(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    seen = preview(world.journal, LAW, RAISE)
    assert typed(world, "--confirm", seen.digest[:16], "--by", "officer") == 0
    assert "published: pay run" in capsys.readouterr().out
    [entry] = published(world.journal)
    assert (entry.publication.by, entry.publication.preview_sha256) == ("officer", seen.digest)
    cut_off = close_next(world)
    assert paid(world, cut_off) == {each.instruction_id: (each.gross_after, each.net_after) for each in seen.payments}
    assert_replayed(world, cut_off)


def test_another_digest_publishes_nothing(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert typed(world, "--confirm", "0" * 16) == 1
    said = capsys.readouterr()
    assert "not published" in said.err and digest_of(world) in said.out
    assert not published(world.journal) and not (world.journal / "law-requests").exists()


def test_a_running_job_takes_it(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    digest = digest_of(world)

    def lives() -> None:
        job = world.job()
        while not published(world.journal):
            time.sleep(0.1)
            job.round(world.source(job))
        job.close()

    with Owned(world.journal):
        running = Thread(target=lives)
        running.start()
        assert typed(world, "--confirm", digest) == 0
        running.join()
    said = capsys.readouterr()
    assert "published: pay run" in said.out and "waiting up to 300 seconds for the job" in said.err


def test_a_job_that_never_takes_it_is_not_waited_for_without_end(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    digest = digest_of(world)
    with Owned(world.journal):
        assert typed(world, "--confirm", digest, "--wait", 1) == 1
    assert "not published, and withdrawn" in capsys.readouterr().err
    close_next(world)
    assert not published(world.journal), "nobody is paid by what was taken back"


@pytest.fixture
def asking(world: World) -> Iterator[subprocess.Popen[str]]:
    """An officer who waits for a job that does not take it."""
    with Owned(world.journal):
        started = [sys.executable, "-m", "pipelines.command.cli"]
        entry = [*started, *words(world, "--confirm", digest_of(world))]
        process = subprocess.Popen(entry, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while not [*world.journal.glob("law-requests/*.json")] and process.poll() is None:
            time.sleep(0.05)
        yield process
        process.kill()
        process.communicate()


def test_ctrl_c_takes_it_back(world: World, asking: "subprocess.Popen[str]") -> None:
    assert asking.stderr is not None and "Ctrl-C withdraws it" in asking.stderr.readline()
    os.kill(asking.pid, signal.SIGINT)
    said, _ = asking.communicate(timeout=20)
    assert asking.returncode == 130 and said == "not published, and withdrawn\n"
    assert not [*world.journal.glob("law-requests/*")]


def test_what_is_being_taken_cannot_be_taken_back_and_is_taken_whole(world: World) -> None:
    """A job died after it gave the request its other name."""
    path = ask(world.journal, preview(world.journal, LAW, RAISE).request("officer", world.now))
    path.rename(path.with_suffix(TAKING))
    assert waits(path) and not withdraw(path)
    assert_replayed(world, close_next(world))
    assert len(published(world.journal)) == 1 and not waits(path)


@pytest.mark.parametrize("damage", ["gone", "no database", "what keys know", "another commit", "unbound"])
def test_a_damaged_memory_is_said(world: World, capsys: pytest.CaptureFixture[str], damage: str) -> None:
    memory, bound = world.journal / MEMORY, world.journal / REMEMBERED
    raw = memory.read_bytes()
    if damage == "gone":
        memory.unlink()
    elif damage == "no database":
        memory.write_bytes(b"no" + raw[2:])
    elif damage == "what keys know":
        with closing(sqlite3.connect(memory)) as database:
            database.execute("update kept set state = zeroblob(length(state))")
            database.commit()
    elif damage == "another commit":
        bound.write_text('["00"]', "utf-8")
    else:
        bound.unlink()
    assert typed(world) == 2
    assert "start the job once" in capsys.readouterr().err
    close_next(world)
    assert typed(world) == 0, "the remedy is one"
