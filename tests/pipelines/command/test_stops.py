"""Ctrl-C of a replay at random moments, its last instants above all: part of `make faults`. STOPS (8) and SEED say how
many and which.

Whatever it was at: one line and exit code 130, or all was done; nobody is left at work; and the folder holds, to the
byte, what it held before or all of what was to be published.
"""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random, SystemRandom
from typing import NamedTuple

import pytest

from pipelines import stopping
from pipelines.sample.simulate import simulate

pytestmark = pytest.mark.drill

STOPS = int(os.environ.get("STOPS", "8"))
SEED = int(os.environ.get("SEED") or SystemRandom().randrange(10**6))
SEEDS = [pytest.param(SEED + place, id=f"stop {place}") for place in range(STOPS)]
TWO = ["--", "--direct_running_mode=multi_processing", "--direct_num_workers=2"]
ENGINES = {"plain": [], "pool": [], "beam": [], "beam with workers": TWO}
LAST = ("tally", "summary.json")  # that a replay writes before it publishes
Content = dict[str, str]


class Known(NamedTuple):
    """Facts; what a replay of a part of them published, and one of all; how long the last took, by engine (seconds)."""

    facts: Path
    earlier: Path
    before: Content
    whole: Content
    seconds: dict[str, float]


def begun(facts: Path, out: Path, engine: str, *more: str) -> subprocess.Popen[str]:
    asked = ["replay", "--events", facts, "--out", out, "--engine", engine.split()[0], "--quiet", *more]
    command = [sys.executable, "-m", "pipelines.command.entry", *asked, *ENGINES[engine]]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, **pipes, text=True, start_new_session=True)


def content(out: Path) -> Content:
    """SHA-256 of what is published, by name; a summary says how long it took, so of that only that it is there."""
    published = [*out.glob("*.avro"), *out.glob("summary.json")] if out.is_dir() else []
    whole = {path: b"" if path.name == "summary.json" else path.read_bytes() for path in published}
    return {path.name: hashlib.sha256(raw).hexdigest() for path, raw in whole.items()}


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Known:
    facts, earlier, out = (tmp_path_factory.mktemp(name) for name in ("facts", "earlier", "out"))
    simulate(facts, "17", 30, 3, "2024-01", 3, 0.01)
    said = begun(facts, earlier, "plain", "--until", "2024-02-15").communicate()
    assert said == ("", ""), said
    seconds = {}
    for engine in ENGINES:
        began = time.monotonic()
        assert begun(facts, out, engine).communicate() == ("", "")
        seconds[engine] = time.monotonic() - began
    assert content(out) != content(earlier) and "summary.json" in content(out)
    return Known(facts, earlier, content(earlier), content(out), seconds)


def wait(replay: subprocess.Popen[str], random: Random, out: Path, seconds: float) -> None:
    """Until a moment of its work, or an instant about its end."""
    if random.random() < 0.5:
        time.sleep(random.uniform(0.1, 1.1) * seconds)
        return
    last = out / ".partial" / random.choice(LAST)
    while not last.exists() and replay.poll() is None:
        time.sleep(0.001)
    time.sleep(random.choice((0, 0.001, 0.01, 0.05, 0.2, 0.5)) * random.random())


def at_work(pid: int, facts: Path) -> list[bytes]:
    """Command lines of processes that work on the facts, or for the replay."""
    lines = [path.read_bytes().split(b"\0") for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
    return [b" ".join(line) for line in lines if str(facts).encode() in line or str(pid).encode() in line]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("engine", ENGINES)
def test_it_stops_at_any_moment(known: Known, tmp_path: Path, engine: str, seed: int) -> None:
    random, out = Random(f"{engine} {seed}"), tmp_path / "out"
    before = known.before if random.random() < 0.5 else {}
    if before:
        shutil.copytree(known.earlier, out)
    replay = begun(known.facts, out, engine)
    wait(replay, random, out, known.seconds[engine])
    whom = random.choice((os.kill, os.killpg))  # one process, or as a terminal does, all of them
    for _ in range(random.choice((1, 1, 2))):
        whom(replay.pid, signal.SIGINT) if replay.poll() is None else None
    said, complaint = replay.communicate(timeout=120)
    where = f"SEED={seed}: {complaint}"
    if replay.returncode == -signal.SIGINT or ("Traceback" in complaint and "<frozen" in complaint):
        pytest.skip("Python itself had not begun yet")
    assert (replay.returncode, said) in [(stopping.STOPPED, ""), (0, "")], where
    assert complaint.splitlines() == (["ihss-payroll: stopped"] if replay.returncode else []), where
    assert content(out) in ([before, known.whole] if replay.returncode else [known.whole]), where
    for _ in range(100):
        if not at_work(replay.pid, known.facts):
            break
        time.sleep(0.1)
    assert at_work(replay.pid, known.facts) == [], where
