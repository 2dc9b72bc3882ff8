"""Beam, processes on all cores and this process alone fold a pay run to the same letters, and remember the same."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from fold.door import admission
from pipelines.live import beam_engine
from pipelines.live.engine import BEAM, PLAIN, POOL
from pipelines.live.memory import CountyMemory
from pipelines.live.outbox import Letter
from pipelines.live.pay_run import PayRuns, RunLetters
from rules.periods import cut_off_of, cut_offs, epoch_day
from schemas.avro import encode_message
from schemas.envelope import Fact
from schemas.journal import Entry
from tests.histories import History, histories
from tests.pipelines.live.drill import LAW, Day, World
from tests.pipelines.live.test_scenario import WINDOWS, scenario

pytestmark = pytest.mark.engines

WITH_WORKERS = (BEAM, POOL)
RUNS_IN_BEAM = 4  # each takes seconds to come up


def dealt(facts: list[Fact], runs: list[int]) -> dict[int, list[Entry]]:
    """Each fact in the first of these pay runs that may see it; listings in the first."""
    entries: dict[int, list[Entry]] = defaultdict(list)
    for number, fact in enumerate(facts, 1):
        first = runs[0] if fact.KIND == "CourseListing" else admission(fact)
        run = next((each for each in runs if each >= first), None)
        if run is not None:
            entries[run].append(Entry(number, run - 1, run, "", encode_message(fact)))
    return entries


def folded(
    engine: str, entries: dict[int, list[Entry]], first: int, last: int
) -> tuple[list[Letter], list[RunLetters]]:
    """All letters, and the pay runs, of a fold that is remembered step by step: Beam where there are entries."""
    folder = Path(tempfile.mkdtemp())
    letters, runs = [], []
    memory = CountyMemory(folder, LAW)
    try:
        for cut_off in cut_offs(first, last):
            pay_runs = PayRuns(memory, engine if cut_off in entries else PLAIN)
            runs.append(pay_runs.fold(cut_off, entries.get(cut_off, [])))
            pay_runs.remember(runs[-1])
            letters += runs[-1].letters
    finally:
        memory.close()
        shutil.rmtree(folder)
    return letters, runs


def same(facts: list[Fact], runs: list[int], engines: Iterable[str]) -> int:
    """Hold engines to this process alone; how many letters."""
    entries = dealt(facts, runs)
    plain, plain_runs = folded(PLAIN, entries, runs[0], runs[-1])
    for engine in engines:
        letters, engine_runs = folded(engine, entries, runs[0], runs[-1])
        assert [run.engine for run in engine_runs].count(engine) == len(entries)
        assert letters == plain
        for one, other in zip(plain_runs, engine_runs, strict=True):
            assert sorted(state[:3] for state in one.states) == sorted(state[:3] for state in other.states)
            assert one.tally.findings == other.tally.findings and one.tally.hours == other.tally.hours
    return len(plain)


@pytest.mark.parametrize("name", WINDOWS)
def test_the_fixed_scenario(name: str) -> None:
    begins = epoch_day(WINDOWS[name])
    runs = list(cut_offs(cut_off_of(begins), cut_off_of(begins) + 95 * 86_400_000))[:: 62 // RUNS_IN_BEAM]
    assert same(scenario(name), runs, WITH_WORKERS) > 100


@settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck))
@given(histories())
def test_any_history(history: History) -> None:
    every = [*cut_offs(min(admission(fact) for fact in history.facts), history.until)]
    same(list(history.facts), [every[0], every[len(every) // 2], every[-1]], WITH_WORKERS)


@pytest.mark.parametrize("engine", WITH_WORKERS)
def test_a_worker_that_fails_fails_the_pay_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str) -> None:
    """Nothing is remembered of it, and nothing is left behind."""
    memory = CountyMemory(tmp_path, LAW)
    monkeypatch.setattr("pipelines.live.shard_files.LISTINGS", "no-listings")  # of the job alone: workers look for them
    with pytest.raises((RuntimeError, OSError)):
        PayRuns(memory, engine).fold(cut_off_of(epoch_day(WINDOWS["work"])), [])
    memory.close()
    assert [path.name for path in tmp_path.iterdir()] == ["memory.sqlite"]


def test_a_disk_that_is_full_for_workers(small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the job wrote for them fitted, what they come to does not: it is said, and nobody waits for ever."""
    memory, coming_up = CountyMemory(small_disk, LAW), beam_engine._pipeline

    def on_a_full_disk() -> Any:
        with suppress(OSError), (small_disk / "rest").open("wb") as rest:
            while rest.write(bytes(512)):
                rest.flush()
        return coming_up()

    monkeypatch.setattr(beam_engine, "_pipeline", on_a_full_disk)
    run = cut_off_of(epoch_day(WINDOWS["work"]))
    entries = [Entry(number, 0, run, "", encode_message(fact)) for number, fact in enumerate(scenario("work")[:40], 1)]
    with pytest.raises(OSError, match="No space left"):
        PayRuns(memory, BEAM).fold(run, entries)
    memory.close()


def test_workers_end_with_a_job_that_is_killed_and_leave_nothing(world: World, days: list[Day]) -> None:
    """kill -9 while Beam folds: no worker waits for ever, and the facts that lay there for them are swept away."""
    for day in days[:9]:
        world.land(day)
    command = [sys.executable, "-m", "pipelines.command.cli", "run", *world.edges, "--close-run", "2024-08-30"]
    job = subprocess.Popen([*command, "--engine", "beam"], stderr=subprocess.DEVNULL)
    until(lambda: len(workers_of(job.pid)) == 2)
    job.kill()
    job.wait()
    until(lambda: not workers_of(job.pid))
    assert list(world.journal.glob(".fold-*"))
    assert subprocess.run([*command, "--engine", "plain"], stderr=subprocess.DEVNULL).returncode == 0
    assert not list(world.journal.glob(".fold-*")) and list(world.out.glob("payment_instruction*"))


def workers_of(job: int) -> list[str]:
    """Worker processes, by their command lines, which name their job."""
    ends = f"pipelines.worker_life\0{job}\0".encode()
    return [pid for pid in os.listdir("/proc") if pid.isdigit() and told(pid).endswith(ends)]


def told(pid: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:  # it has ended
        return b""


def until(true: Callable[[], bool]) -> None:
    gives_up = time.monotonic() + 60
    while not true():
        assert time.monotonic() < gives_up
        time.sleep(0.05)
