"""How the job ends when somebody asks it to, or when nobody listens: whole pay runs, nothing doubled; exit code 0
unless it was to close more pay runs."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.live_crash import WITHHELD, lines_of
from tests.live.drill import Day, World, records_below

ASKED_WITHIN = """
import logging, os, sys
logging.basicConfig(level=logging.ERROR)
from pipelines import cli
from pipelines.live.pay_run import PayRuns
number, fold, step = int(sys.argv.pop(1)), PayRuns.{step}, 0
def asks(self, *given):
    global step
    step += 1
    if step == {place}:
        os.kill(os.getpid(), number)
    return fold(self, *given)
PayRuns.{step} = asks
cli.main()
"""

A_BUG = """
import logging
logging.basicConfig(level=logging.ERROR)
from pipelines import cli
from pipelines.live.memory import Kept
def decide(self, arrivals, *given):
    raise KeyError(next(iter(arrivals))) from ValueError(str(next(iter(arrivals), None)))
Kept.decide = decide
cli.main()
"""


def started(world: World, last: str, *before: object) -> subprocess.CompletedProcess[str]:
    """A job that is to close pay runs up to a day."""
    edges = ("--from", f"folder:{world.inbox}", "--to", f"folder:{world.out}", "--journal", world.journal)
    words = [sys.executable, *before, "run", *edges, "--close-run", last]
    return subprocess.run([*map(str, words)], capture_output=True, text=True, timeout=100, check=False)


def spoken(world: World) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(world.out.glob("*.avro"))}


@pytest.fixture
def landed(world: World, days: list[Day]) -> World:
    for day in days[:6]:
        world.land(day)
    return world


@pytest.mark.parametrize(("step", "number"), [("fold", 2), ("remember", 15)], ids=["Ctrl-C", "SIGTERM"])
def test_asked_to_end_while_it_pays_or_comes_up_it_ends_clean(landed: World, step: str, number: int) -> None:
    """In the second pay run that it closes, and in the second of those that it makes its memory of."""
    assert started(landed, "2024-07-01", "-m", "pipelines.cli").returncode == 0
    within = ASKED_WITHIN.format(step=step, place=2)
    assert ends(landed, "2024-07-08", within, number) == ["resumed", "pay run", "pay run", "ended"]
    said = spoken(landed)
    (landed.journal / "memory.sqlite").unlink()
    assert ends(landed, "2024-07-08", within, number) == ["ended"]
    assert started(landed, "2024-07-08", "-m", "pipelines.cli").returncode == 0
    assert {name: spoken(landed)[name] for name in said} == said and any(records_below(landed.out))


def ends(world: World, last: str, within: str, number: int) -> list[str]:
    """What a job told that was asked to end with a signal before it had closed the last pay run asked for."""
    ended = started(world, last, "-c", within, number)
    assert ended.returncode == 128 + number, ended.stderr
    told = [json.loads(line) for line in ended.stderr.splitlines()]
    assert told[-1]["before_pay_run"] == last
    return [each["event"] for each in told if each["event"] != "law"]


def test_asked_to_end_in_the_last_pay_run_it_has_done_its_work(landed: World) -> None:
    ended = started(landed, "2024-07-01", "-c", ASKED_WITHIN.format(step="fold", place=1), 15)
    assert ended.returncode == 0, ended.stderr
    assert "before_pay_run" not in ended.stderr and spoken(landed)


def test_asked_to_end_while_it_waits_a_job_without_end_ends_well(landed: World) -> None:
    """Not told to close anything, a job that is stopped has failed at nothing."""
    edges = ("--from", f"folder:{landed.inbox}", "--to", f"folder:{landed.out}", "--journal", landed.journal)
    words = [sys.executable, "-m", "pipelines.cli", "run", *edges]
    with subprocess.Popen([*map(str, words)], stderr=subprocess.PIPE, text=True) as job:
        assert job.stderr is not None
        assert "resumed" in job.stderr.readline()
        job.terminate()
        assert "before_pay_run" not in job.stderr.read()
    assert job.returncode == 0


def test_pay_runs_that_could_not_be_sent_are_not_done(landed: World) -> None:
    """Closed, and nobody has heard: the folder of records is a file."""
    landed.out.parent.mkdir(parents=True, exist_ok=True)
    landed.out.write_text("in the way")
    ended = started(landed, "2024-07-01", "-m", "pipelines.cli")
    assert ended.returncode == 1, ended.stderr


def test_a_job_that_cannot_be_heard_pays(landed: World, tmp_path: Path) -> None:
    """Its standard streams are closed by whoever began it: no file of the journal takes their place."""
    edges = f"--from folder:{landed.inbox} --to folder:{landed.out} --journal {landed.journal}"
    command = f"exec {sys.executable} -m pipelines.cli run {edges} --close-run 2024-07-02 <&- >&- 2>&-"
    assert subprocess.run(["sh", "-c", command], timeout=100, check=False).returncode == 0
    assert spoken(landed)


def test_a_bug_is_told_with_its_place_and_without_whom_it_met(landed: World, days: list[Day]) -> None:
    ended = started(landed, "2024-07-02", "-c", A_BUG)
    assert ended.returncode == 1 and "live/engine.py" in ended.stderr and "KeyError: (" in ended.stderr
    secrets = {fact[name] for fact in all_of(days[:6]) for name in ("event_id", "document_id") if fact.get(name)}
    assert secrets and not {secret for secret in secrets if secret in ended.stderr}


def test_a_bug_in_a_worker_of_beam_is_told_with_its_place() -> None:
    trace = 'Error.\nTraceback:\n  File "rules/law.py", line 3, in decide\n    found[id]\nKeyError: "1234567 [while]"'
    told = list(lines_of(RuntimeError(trace)))
    assert told[1:] == ['  File "rules/law.py", line 3, in decide', f"RuntimeError: {WITHHELD}"]


def all_of(days: list[Day]) -> list[dict[str, str]]:
    return [fact for day in days for of_kind in day.facts.values() for fact in of_kind]
