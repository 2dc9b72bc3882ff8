"""Processes on all cores fold large pay runs: which those are, the same bytes, and what is left when one is killed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.live import pool_engine
from pipelines.live.beam_engine import BeamEngine
from pipelines.live.choice_of_engine import WORTH_WORKERS, engine_for
from pipelines.live.engine import AUTO, BEAM, PLAIN, POOL, PlainEngine
from pipelines.live.memory import CountyMemory
from pipelines.live.pay_run import PayRuns
from pipelines.live.pool_engine import PoolEngine
from rules.periods import cut_off_of, cut_offs, epoch_day
from schemas.avro import encode_message
from schemas.journal import Entry
from tests.pipelines.live.drill import LAW, Day, World
from tests.pipelines.live.test_engines import same, told, until
from tests.pipelines.live.test_scenario import WINDOWS, scenario

WORK = cut_off_of(epoch_day(WINDOWS["work"]))


def test_auto_takes_all_cores_where_they_pay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    assert isinstance(engine_for(AUTO, WORTH_WORKERS, 0), PoolEngine)
    assert isinstance(engine_for(AUTO, 0, WORTH_WORKERS), PoolEngine)
    assert isinstance(engine_for(AUTO, WORTH_WORKERS - 1, 0), PlainEngine)
    assert isinstance(engine_for(PLAIN, 1 << 40, 0), PlainEngine)
    assert isinstance(engine_for(BEAM, 0, 0), BeamEngine)
    assert isinstance(engine_for(POOL, 0, 0), PoolEngine)
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    assert isinstance(engine_for(AUTO, 1 << 40, 0), PlainEngine)


@pytest.mark.engines
def test_the_same_letters_and_memory() -> None:
    runs = list(cut_offs(WORK, WORK + 95 * 86_400_000))[::20]
    assert same(scenario("work"), runs, [POOL]) > 100


@pytest.mark.engines
def test_a_worker_that_dies_fails_the_pay_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is remembered of it, and nothing is left behind."""
    memory = CountyMemory(tmp_path, LAW)
    monkeypatch.setattr(pool_engine, "_fold", dies)
    with pytest.raises(RuntimeError):
        PayRuns(memory, POOL).fold(WORK, [])
    memory.close()
    assert [path.name for path in tmp_path.iterdir()] == ["memory.sqlite"]


def dies(work: object, shard: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.engines
def test_a_disk_that_is_full_for_processes(small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the job wrote for them fitted, what they come to does not: it is said."""
    memory = CountyMemory(small_disk, LAW)
    monkeypatch.setattr(pool_engine, "_fold", no_room)
    entries = [Entry(number, 0, WORK, "", encode_message(fact)) for number, fact in enumerate(scenario("work")[:40], 1)]
    with pytest.raises(OSError, match="No space left"):
        PayRuns(memory, POOL).fold(WORK, entries)
    memory.close()


def no_room(work: pool_engine.PoolFold, shard: pool_engine.KeptShard) -> object:
    with (Path(work.place.folder) / f"rest-{shard.number}").open("wb", buffering=0) as rest:
        while rest.write(bytes(1 << 16)):
            pass
    return None


@pytest.mark.engines
def test_a_job_that_is_killed_leaves_no_worker_and_nothing_of_the_fold(world: World, days: list[Day]) -> None:
    """kill -9 while processes fold: they end with it, and the facts that lay there for them are swept away."""
    for day in days[:9]:
        world.land(day)
    command = [sys.executable, "-m", "pipelines.command.cli", "run", *world.edges, "--close-run", "2024-08-30"]
    job = subprocess.Popen([*command, "--engine", "pool"], stderr=subprocess.DEVNULL)
    until(lambda: bool(spawned_by(job.pid)))
    workers = spawned_by(job.pid)
    job.kill()
    job.wait()
    until(lambda: not any(b"spawn_main" in told(pid) for pid in workers))
    assert list(world.journal.glob(".fold-*"))
    assert subprocess.run([*command, "--engine", "plain"], stderr=subprocess.DEVNULL).returncode == 0
    assert not list(world.journal.glob(".fold-*")) and list(world.out.glob("payment_instruction*"))


def spawned_by(job: int) -> list[str]:
    """Processes that the job began to fold in."""
    below = Path(f"/proc/{job}/task/{job}/children").read_text().split()
    return [pid for pid in below if b"spawn_main" in told(pid)]
