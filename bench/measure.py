"""One run of one way, measured from outside: a process is started, watched and waited for. Linux only (/proc)."""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import NamedTuple

from bench.counties import ROOT

SECONDS_BETWEEN_LOOKS = 0.2
PAGE_KB = os.sysconf("SC_PAGE_SIZE") // 1024
KB_IN_MB = 1024
LINES_OF_ERROR = 20


class BenchRun(NamedTuple):
    """What a run cost. ``seconds`` is the whole process, ``work_seconds`` is without start-up of Python and imports.

    ``peak_mb``: MiB resident at once, summed over all its processes. What counts as ours begins as a copy of the
    benchmark itself, which therefore imports nothing large.
    """

    seconds: float
    work_seconds: float
    cpu_seconds: float
    peak_mb: float
    stages: dict[str, float]


class Failed(RuntimeError):
    """A way ended with an error; the message is the end of what it said."""


COMPILED = "-compiled"  # the end of a way's name


def run(way: str, events: Path, out: Path) -> BenchRun:
    """Pay ``events`` into the emptied folder ``out``, by the rules as written unless the way says compiled. Raises
    Failed."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    report, log = out.with_suffix(".json"), out.with_suffix(".log")
    command = [sys.executable, "-m", "bench.ways", way.removesuffix(COMPILED), str(events), str(out), str(report)]
    with log.open("wb") as stream:
        seconds, usage, peak_kb, code = watched(command, stream.fileno(), way.endswith(COMPILED))
    if code:
        raise Failed(f"{way} ended with {code}:\n" + "\n".join(log.read_text().splitlines()[-LINES_OF_ERROR:]))
    told = json.loads(report.read_text())
    peak_mb = max(peak_kb, usage.ru_maxrss) / KB_IN_MB
    return BenchRun(seconds, told["work_seconds"], usage.ru_utime + usage.ru_stime, peak_mb, told["stages"])


def watched(command: list[str], log: int, compiled: bool) -> tuple[float, "os.struct_rusage", int, int]:
    """Wall seconds, resources, peak KiB of the tree, exit code."""
    started = time.perf_counter()
    environment = os.environ | {"IHSS_PAYROLL_COMPILED": "yes" if compiled else "no"}
    child = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, env=environment)
    watch = MemoryWatch(child.pid)
    watch.start()
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - started
    child.returncode = os.waitstatus_to_exitcode(status)  # Popen would wait for it again
    watch.over.set()
    watch.join()
    return seconds, usage, watch.peak_kb, child.returncode


class MemoryWatch(threading.Thread):
    """Looks a few times a second at how much memory a process and all below it hold."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid, self.peak_kb, self.over = pid, 0, threading.Event()

    def run(self) -> None:
        while not self.over.wait(SECONDS_BETWEEN_LOOKS):
            self.peak_kb = max(self.peak_kb, tree_kb(self.pid))


def tree_kb(root: int) -> int:
    """KiB resident in a process and its descendants; 0 if it is gone."""
    parents = {int(entry.name): _parent(entry) for entry in Path("/proc").iterdir() if entry.name.isdigit()}
    family = {root}
    # A child may have a smaller id than its parent once ids have wrapped around, so until nobody joins any more.
    while joined := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= joined
    return sum(map(_resident_kb, family))


def _parent(entry: Path) -> int | None:
    try:
        return int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return None


def _resident_kb(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_KB
    except (FileNotFoundError, ProcessLookupError):
        return 0
