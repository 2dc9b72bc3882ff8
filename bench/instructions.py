"""What one wage over a year of a county costs in replays of its facts, by instructions of the processor:
``python -m bench.instructions [--recipients 100]``.

Seconds differ by a tenth from run to run on a machine that others use too; instructions hardly do. Each work runs in a
process of its own under Valgrind, about fifty times slower, and what a process does before it works is taken off. It
ends with an error if the question costs more than a fifth above a replay, or did not do what it is counted for.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.counties import ROOT, CountyAsked, made
from bench.what_if import COUNTY, LAW, OF_ONE, check
from pipelines.replay import PLAIN, replay
from pipelines.what_if.compare import compare

MOST = 1.2
QUESTION = OF_ONE[0]
WORKS = START, REPLAYED, NOTHING, ASKED = "start", "replay", "nothing", "question"
COUNTED = re.compile(r"Collected : (\d+)")


def main() -> None:
    """Count all works, as many at a time as there are cores, and print what they come to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--recipients", type=int, default=100)
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "bench", help="where counties are kept")
    parser.add_argument("--work", choices=WORKS, help="do this one, and count nothing")
    asked = parser.parse_args()
    year = made(CountyAsked(COUNTY, 12, "2024-01", 17), asked.recipients, asked.build).folder
    with TemporaryDirectory() as scratch:
        if asked.work:
            done(asked.work, year, Path(scratch))
            return
        replayed, *compared = (done(work, year, Path(scratch) / work) for work in WORKS[1:])
        check((QUESTION,), replayed, compared)
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        counts = [*threads.map(partial(counted, asked.recipients, asked.build), WORKS)]
    print(judged(*counts))


def judged(start: int, *counts: int) -> str:
    """What instructions of all works come to, in words. Raises SystemExit where a question costs too much."""
    whole, nothing, question = (count - start for count in counts)
    told = f"a replay: {whole:,} instructions; a what-if that asks nothing: {nothing / whole:.3f} of it; "
    told += f"{QUESTION.words}: {question / whole:.3f} (at most {MOST})"
    if question > MOST * whole:
        raise SystemExit(f"a question about one wage costs too much. {told}")
    return told


def done(work: str, year: Path, scratch: Path) -> Any:
    """One of the works on the facts of a county; a process that works for nothing has the law and the question too."""
    variants = [QUESTION.variant()] if work != NOTHING else []
    if work == REPLAYED:
        return replay(year, scratch, None, LAW, engine=PLAIN)
    return None if work == START else compare(year, LAW, variants, scratch, processes=1)


def counted(recipients: int, build: Path, work: str) -> int:
    """Instructions of a process that does the work."""
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        raise SystemExit("instructions are counted by Valgrind, which is not installed (apt-get install valgrind)")
    tool = [valgrind, "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    asks = ["--recipients", str(recipients), "--build", str(build), "--work", work]
    command = [*tool, sys.executable, "-m", "bench.instructions", *asks]
    # A set of words has one order in every process.
    told = subprocess.run(command, env=os.environ | {"PYTHONHASHSEED": "0"}, capture_output=True, text=True, check=True)
    found = COUNTED.search(told.stderr)
    assert found, "callgrind says what it collected"
    return int(found[1])


if __name__ == "__main__":
    main()
