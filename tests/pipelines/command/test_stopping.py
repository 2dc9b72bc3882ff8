"""Ctrl-C at any moment of a replay: one line, exit code 130, nobody left at work, and all or nothing is published."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipelines import replay as replays
from pipelines import stopping
from pipelines.sample.simulate import simulate
from rules.law import Law

ENTRY = [sys.executable, "-m", "pipelines.command.entry"]


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("facts")
    simulate(folder, "17", 30, 3, "2024-01", 3, 0.01)
    return folder


def workers_of(facts: Path) -> list[str]:
    """Command lines of processes that work on a folder of facts."""
    lines = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
    return [line.decode(errors="replace") for line in lines if str(facts).encode() in line]


@pytest.mark.parametrize(
    ("engine", "seconds"), [("pool", 0.4), ("pool", 0.8), ("pool", 1.4), ("plain", 1.5), ("beam", 2.0), ("beam", 3.5)]
)
def test_one_line_and_nobody_left(facts: Path, tmp_path: Path, engine: str, seconds: float) -> None:
    out = tmp_path / "out"
    asked = [*ENTRY, "replay", "--events", facts, "--out", out, "--engine", engine, "--quiet"]
    replay = subprocess.Popen(asked, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(seconds)
    replay.send_signal(signal.SIGINT)
    said, complaint = replay.communicate(timeout=60)
    if replay.returncode == -signal.SIGINT or ("Traceback" in complaint and "site" in complaint):
        pytest.skip("Python itself had not begun yet")
    assert (replay.returncode, said) in [(stopping.STOPPED, ""), (0, "")], complaint
    assert complaint.splitlines() == (["ihss-payroll: stopped"] if replay.returncode else [])
    published = sorted(path.name for path in out.glob("*.*")) if out.is_dir() else []
    whole = "summary.json" in published  # also where the wish came while it was published, which is done to its end
    assert whole == any(".avro" in name for name in published) and (whole or replay.returncode)
    for _ in range(50):
        if not workers_of(facts):
            break
        time.sleep(0.1)
    assert workers_of(facts) == []


def test_what_is_published_is_published_whole(facts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked to stop between two files, it stops after the last."""
    before = Path.replace

    def asked(path: Path, target: Path) -> Path:
        if target.parent == tmp_path and target.suffix == ".avro":
            os.kill(os.getpid(), signal.SIGINT)
        return before(path, target)

    monkeypatch.setattr(Path, "replace", asked)
    monkeypatch.setattr(stopping, "_stop", stop)
    listening = signal.getsignal(signal.SIGINT)
    stopping.listen()
    try:
        with pytest.raises(SystemExit) as stopped:
            replays.replay(facts, tmp_path, None, Law.load(), engine="plain")
    finally:
        signal.signal(signal.SIGINT, listening)
        stopping._Wish.asked = False  # else the next replay in this very process ends
    assert stopped.value.code == stopping.STOPPED
    assert {"summary.json", "payment_instruction-settle-0000.avro"} <= {path.name for path in tmp_path.iterdir()}


def stop() -> None:
    raise SystemExit(stopping.STOPPED)
