"""How the job ends when somebody asks it to, or nobody listens: whole pay runs, a true exit code, nothing doubled."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.command.live import _rounds
from pipelines.live.crash import WITHHELD, lines_of
from pipelines.live.ending import JobEnding
from pipelines.live.outbox import Letter, NotSent
from tests.pipelines.live.drill import Day, World, records_below

ASKED_WITHIN = """
import logging, os, sys
logging.basicConfig(level=logging.ERROR)
from pipelines.command import cli
from pipelines.live import past
from pipelines.live.pay_run import PayRuns
past.RUNS_AT_ONCE = 1
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
from pipelines.command import cli
from fold.key import KeyFold
def decide(self, key, packed, fresh, *given):
    raise KeyError(next(iter(fresh))) from ValueError(str(next(iter(fresh), None)))
KeyFold.decide_all = decide
cli.main()
"""


def started(world: World, last: str, *before: object) -> subprocess.CompletedProcess[str]:
    """A job that is to close pay runs up to a day."""
    words = [sys.executable, *before, "run", *world.edges, "--close-run", last]
    return subprocess.run([*map(str, words)], capture_output=True, text=True, timeout=100, check=False)


def spoken(world: World) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(world.out.glob("*.avro"))}


@pytest.fixture
def landed(world: World, days: list[Day]) -> World:
    for day in days[:6]:
        world.land(day)
    return world


@pytest.mark.parametrize(("step", "number"), [("fold_all", 2), ("remember", 15)], ids=["Ctrl-C", "SIGTERM"])
def test_asked_to_end_while_it_pays_or_comes_up_it_ends_clean(landed: World, step: str, number: int) -> None:
    """In the second pay run that it closes, and in the second time that it makes its memory of some."""
    assert started(landed, "2024-07-01", "-m", "pipelines.command.cli").returncode == 0
    within = ASKED_WITHIN.format(step=step, place=2)
    assert ends(landed, "2024-07-08", within, number) == ["resumed", "pay run", "pay run", "ended"], "2 and 3 July"
    said = spoken(landed)
    (landed.journal / "memory.sqlite").unlink()
    assert ends(landed, "2024-07-08", within, number) == ["ended"]
    assert started(landed, "2024-07-08", "-m", "pipelines.command.cli").returncode == 0
    assert {name: spoken(landed)[name] for name in said} == said and any(records_below(landed.out))


def ends(world: World, last: str, within: str, number: int) -> list[str]:
    """What a job told that was asked to end with a signal, before the pay run that it was to close."""
    ended = started(world, last, "-c", within, number)
    assert ended.returncode == 128 + number, ended.stderr
    told = [json.loads(line) for line in ended.stderr.splitlines()]
    assert told[-1]["not_closed"] == last
    return [each["event"] for each in told if each["event"] != "law"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_asked_to_end_in_the_pay_run_it_was_to_close_it_has_done_so(landed: World, number: int) -> None:
    ended = started(landed, "2024-07-02", "-c", ASKED_WITHIN.format(step="fold", place=1), number)
    assert ended.returncode == 0 and "not_closed" not in ended.stderr
    assert json.loads((landed.journal / "health.json").read_text())["open_run"] == "2024-07-03"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_job_without_end_that_is_asked_to_end_has_done_what_it_was_asked(landed: World, number: int) -> None:
    """A signal from another process, whenever it comes."""
    command = [sys.executable, "-m", "pipelines.command.cli", "run", *landed.edges]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as job:
        assert job.stderr is not None and b"resumed" in job.stderr.readline()
        job.send_signal(number)
        assert b"ended" in job.stderr.read()
    assert job.returncode == 0


class Deaf:
    """A sink that confirms nothing."""

    def send(self, run: int, letters: list[Letter], first: int, confirm: Callable[[int], None]) -> None:
        raise NotSent("nobody there")

    def said(self, run: str) -> None:
        return None

    def close(self) -> None:
        """Nothing is open."""


def test_what_is_closed_and_not_sent_is_no_success(
    world: World, days: list[Day], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(signal, "signal", lambda number, heard: None)
    job = world.live(days[:5])
    world.land(days[5])
    job.outbox.sink = Deaf()
    assert _rounds(job, world.source(job), days[5].cut_off, JobEnding(), lambda: None) == 1
    assert "pay runs are closed and not sent" in capsys.readouterr().err


def test_a_job_that_cannot_be_heard_pays(landed: World, tmp_path: Path) -> None:
    """Its standard streams are closed by whoever began it: no file of the journal takes their place."""
    edges = f"--from folder:{landed.inbox} --to folder:{landed.out} --journal {landed.journal}"
    command = f"exec {sys.executable} -m pipelines.command.cli run {edges} --close-run 2024-07-02 <&- >&- 2>&-"
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
