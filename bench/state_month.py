"""``python -m bench.state_month`` (make bench-state): a tenth of a State month, made in parts, replayed, multiplied.

81,500 recipients with all kinds of facts, about 260,000 timesheets with 390,000 visits: a home of the sample has more
timesheets and fewer visits than one of the State (165,000 and 700,000). It ends with an error unless every fact was
used, refused or a copy as the sample's own truth says. ``--share`` makes less or more of it, 1 the month itself,
whose figures are the tenth's otherwise, multiplied, and they say so. Linux only (/proc).
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from bench.counties import ROOT, TRUTH, sources_hash
from bench.measure import KB_IN_MB, watched

OF_THE_STATE = 815_000  # recipients
PART = 5_000  # recipients made by one process
COUNTY, START, SEED = "19", "2024-01", 17
MAKE = (
    "import sys; from pathlib import Path; from pipelines.sample.simulate import simulate; "
    "simulate(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), 1, sys.argv[4], int(sys.argv[5]), 0.01, "
    "first=int(sys.argv[6]))"
)


class StateRun(NamedTuple):
    """A replay of the share: seconds of the clock and of processors, MiB of all processes at once, MiB on disk."""

    seconds: float
    cpu_seconds: float
    peak_mb: float
    facts_mb: float
    records_mb: float
    said: dict[str, int]


def facts(recipients: int) -> Path:
    """The folder of facts, from an earlier run if the same sources made it."""
    folder = ROOT / "build" / "bench" / f"state-{recipients}-{sources_hash(ROOT)[:12]}"
    if not folder.is_dir():
        partial = folder.with_name(folder.name + ".partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        waiting = [*_parts(recipients)]
        while waiting:
            batch, waiting = waiting[: os.cpu_count() or 1], waiting[os.cpu_count() or 1 :]
            making = [subprocess.Popen(_make(partial, *part), cwd=ROOT) for part in batch]
            if sum(child.wait() != 0 for child in making):
                raise SystemExit("a part of the facts could not be made")
        partial.replace(folder)
    return folder


def _parts(recipients: int) -> Iterator[tuple[int, int]]:
    """First number and size of each."""
    for first in range(1, recipients + 1, PART):
        yield first, min(PART, recipients + 1 - first)


def _make(folder: Path, first: int, size: int) -> list[str]:
    own = folder / f"from-{first:06d}"
    return [sys.executable, "-c", MAKE, str(own), COUNTY, str(size), START, str(SEED), str(first)]


def paid(folder: Path, engine: str, compiled: bool) -> StateRun:
    """The share, replayed. Raises SystemExit where it failed, or did not take every fact."""
    out = ROOT / "build" / "bench" / "paid" / "state"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    command = [sys.executable, "-m", "pipelines.command.cli", "replay", "--events", str(folder), "--out", str(out)]
    with out.with_suffix(".log").open("wb") as log:
        seconds, usage, peak_kb, code = watched([*command, "--engine", engine, "--quiet"], log.fileno(), compiled)
    summary = out / "summary.json"
    if not summary.is_file():
        raise SystemExit(f"the replay ended with {code}:\n{out.with_suffix('.log').read_text()[-2000:]}")
    said = as_made(folder, json.loads(summary.read_text("utf-8")))
    peak = max(peak_kb, usage.ru_maxrss) / KB_IN_MB
    return StateRun(seconds, usage.ru_utime + usage.ru_stime, peak, _mb(folder), _mb(out), said)


def as_made(folder: Path, summary: dict) -> dict[str, int]:
    """What the replay took, by kind. Raises SystemExit unless it is what was made."""
    truths = [json.loads(path.read_text("utf-8")) for path in sorted(folder.rglob(TRUTH))]
    told, kinds = summary["inputs"], {kind: each["used"] for kind, each in summary["inputs"]["by_kind"].items()}
    read, refused = sum(each["inputs"] for each in truths), sum(sum(each["rejections"].values()) for each in truths)
    if (told["total"], told["rejected"], told["not_yet_due"]) != (read, refused, 0):
        raise SystemExit(f"{read} facts were made, {refused} of them bad, and the replay says {told}")
    made = {kind for each in truths for kind in each["counts"]}
    if missing := made - kinds.keys():
        raise SystemExit(f"nothing was used of {sorted(missing)}")
    if not summary["instructions"]["ARREARS"]["count"]:
        raise SystemExit("nobody was paid")
    return kinds


def _mb(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*.avro")) / (KB_IN_MB * KB_IN_MB)


def words(run: StateRun, recipients: int, months: float) -> Iterator[str]:
    """The figures, and the month by multiplication."""
    sheets, visits = run.said["Timesheet"], run.said["EvvVisit"]
    yield f"{recipients:,} recipients, {sheets:,} timesheets, {visits:,} visits, {sum(run.said.values()):,} facts used"
    yield f"{run.seconds:,.0f} s, {run.cpu_seconds:,.0f} processor seconds, {sheets / run.seconds:,.0f} timesheets/s"
    yield f"{run.peak_mb:,.0f} MiB peak of all processes; facts {run.facts_mb:,.0f}, records {run.records_mb:,.0f} MiB"
    how = f", by multiplication ({months:.1f} times, not run)" if months > 1 else ""
    yield (
        f"A State month{how}: {months * run.seconds / 60:,.1f} minutes, "
        f"{months * run.cpu_seconds:,.0f} processor seconds, {months * run.facts_mb / KB_IN_MB:,.1f} GiB of facts"
    )


def main() -> None:
    """Make, replay and say."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--share", type=float, default=0.1, help="of a State month")
    parser.add_argument("--engine", default="pool", choices=("pool", "plain", "beam"))
    parser.add_argument("--compiled", action="store_true", help="by the compiled rules (make setup FAST=1)")
    asked = parser.parse_args()
    recipients = int(OF_THE_STATE * asked.share)
    run = paid(facts(recipients), asked.engine, asked.compiled)
    print(*words(run, recipients, 1 / asked.share), sep="\n")


if __name__ == "__main__":
    main()
