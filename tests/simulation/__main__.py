"""``python -m tests.simulation --seeds 0..99``, or ``--seconds 60`` of seeds that nobody tried, or ``--breaks``."""

import argparse
import gc
import json
import os
import sys
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import count, takewhile
from multiprocessing import get_context
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from typing import Any

from pipelines.live.backup import NotWhole
from pipelines.misuse import Misuse
from tests.simulation import world
from tests.simulation.breaks import BREAKS, broken
from tests.simulation.shrink import shrunk
from tests.simulation.troubles import REFUSALS
from tests.simulation.world import COUNTIES, Life, county_of, live

MOST_OF_A_BREAK = 60  # seeds until a break counts as not found
SMALL = 10
UNBROKEN = 6  # lives that must hold before anything is broken
WAYS = 15  # in which the job is broken at least
KNOWN = ("Wrong", *(refusal.__name__ for refusal in (*REFUSALS, NotWhole, Misuse)))
HAPPENED = {
    "cuts": "power cuts", "rotten": "bits flipped", "refused": "refusals", "backups": "backups begun",
    "restored": "journals lost and put back", "in_sending": "of them in the middle of sending",
    "intruded": "second jobs",
}  # fmt: skip
CORES = os.cpu_count() or 1


def outcomes(seeds: Iterable[int]) -> Iterator[tuple[int, Life | None, str]]:
    """Each life, or why it is not as it should be: whatever ends it is what this looks for. On all cores, in processes
    that fork, so that they have the counties, and what is broken."""
    for number in range(COUNTIES):
        county_of(number)
    seeds, waiting = iter(seeds), deque[tuple[int, Future[Life]]]()
    with ProcessPoolExecutor(CORES, get_context("fork")) as pool:
        while True:
            while len(waiting) < CORES + 1 and (seed := next(seeds, None)) is not None:
                waiting.append((seed, pool.submit(_lived, seed)))
            if not waiting:
                return
            seed, future = waiting.popleft()
            wrong = future.exception()
            yield seed, None if wrong else future.result(), f"{type(wrong).__name__}: {wrong}" if wrong else ""


def _lived(seed: int) -> Life:
    """One life. What it leaves in cycles is few objects, which is all that Python counts, and 7 MB. Whoever froze the
    counties would freeze what a life folds with them (`fold.collections.pass_over`)."""
    try:
        return live(seed)
    finally:
        gc.collect()


def lasting(seconds: float, seeds: Iterable[int]) -> Iterator[int]:
    ends = time.monotonic() + seconds
    return takewhile(lambda _: time.monotonic() < ends, seeds)


def not_tried(seeds: range, tally: Path | None, seconds: float | None) -> Iterable[int]:
    """Those that the tally does not have, for as long as is asked."""
    known = {line["seed"] for line in lines_of(tally)}
    left = [seed for seed in seeds if seed not in known]
    return lasting(seconds, left) if seconds else left


def lines_of(tally: Path | None) -> list[dict[str, Any]]:
    """Each life of a tally: seed, provider_months, cuts, and what was wrong."""
    return [json.loads(line) for line in tally.read_text("utf-8").splitlines()] if tally and tally.exists() else []


def noted(tally: Path | None, seed: int, life: Life | None, wrong: str) -> None:
    if tally is not None:
        of = life._asdict() if life else {}
        with tally.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps({"seed": seed, "wrong": wrong} | of) + "\n")


def told_of(tally: Path) -> int:
    """What all lives of a tally came to; how many failed."""
    lives = lines_of(tally)
    failed = sum(bool(each["wrong"]) for each in lives)
    seeds = sorted(each["seed"] for each in lives)
    happened = {name: sum(each.get(name, 0) for each in lives) for name in ("provider_months", *HAPPENED)}
    of = f"{len(lives)} lives of seeds {seeds[0]}..{seeds[-1]}" if lives else "no life"
    print(f"in {tally}: {of}, {happened.pop('provider_months'):,} provider-months, {failed} failed")
    print("; ".join(f"{happened[name]:,} {words}" for name, words in HAPPENED.items()))
    return failed


def tried(seeds: Iterable[int], tally: Path | None = None) -> int:
    """Lives by seed; prints what failed, the first of them shrunk, and what they came to."""
    happened: Counter[str] = Counter()
    lives = failed = 0
    began = time.monotonic()
    for seed, life, wrong in outcomes(seeds):
        noted(tally, seed, life, wrong)
        lives += 1
        if life is None:
            failed += 1
            print(f"seed {seed}: {wrong}", flush=True)
            if failed == 1:
                print(shrunk(seed), flush=True)
        else:
            happened.update(life._asdict())
    seconds, spent, months = time.monotonic() - began, _seconds_spent(), happened["provider_months"]
    print(f"{lives} lives, {months:,} provider-months, {failed} failed;", end=" ")
    print(f"{months / seconds:.0f} provider-months a second on {CORES} cores, {months / spent:.0f} a processor second")
    print("; ".join(f"{happened[name]:,} {words}" for name, words in HAPPENED.items()))
    if tally is not None:
        failed = told_of(tally)
    return 1 if failed or not (lives or tally) else 0


def _seconds_spent() -> float:
    """Of this process and of those that ended."""
    return sum(each.ru_utime + each.ru_stime for each in map(getrusage, (RUSAGE_SELF, RUSAGE_CHILDREN)))


def found(name: str) -> str | None:
    """What a broken job is found by, if it is: a check of ours, or a refusal of the job's. Raises what else ends it."""
    with broken(name):
        for seed, _, wrong in outcomes(range(MOST_OF_A_BREAK)):
            if wrong and wrong.partition(":")[0] not in KNOWN:
                raise AssertionError(f"{name} ends as no check and no job does: seed {seed}: {wrong}")
            if wrong:
                return f"seed {seed}: {' '.join(wrong.split())}"
    return None


def all_found() -> int:
    """Break the job in each way. The same small county holds as long as nothing is broken."""
    world.RECIPIENTS, world.SimulatedWorld.TROUBLE = SMALL, 3  # most breaks need no large county, but trouble
    for seed, _, wrong in outcomes(range(UNBROKEN)):
        if wrong:
            raise AssertionError(f"seed {seed} fails with nothing broken: {wrong}")
    results = {name: found(name) for name in BREAKS}
    for name, how in results.items():
        print(f"{name}: {how or 'NOT FOUND'}")
    print(f"{sum(map(bool, results.values()))} of {len(results)} breaks are found")
    return 0 if all(results.values()) and len(results) >= WAYS else 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", help="A..B")
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--breaks", action="store_true")
    parser.add_argument("--shrink", type=int, help="a seed that fails: of how little it does")
    parser.add_argument("--tally", type=Path, help="JSON lines: seeds in it are not tried again, others added")
    asked = parser.parse_args()
    if asked.breaks:
        return all_found()
    if asked.shrink is not None:
        print(shrunk(asked.shrink))
        return 0
    if asked.seeds:
        first, _, last = asked.seeds.partition("..")
        return tried(not_tried(range(int(first), int(last or first) + 1), asked.tally, asked.seconds), asked.tally)
    first = int(time.time()) * 1000
    print(f"seeds from {first} on")
    return tried(lasting(asked.seconds or 60, count(first)), asked.tally)


if __name__ == "__main__":
    sys.exit(main())
