"""``python -m tests.simulation --seeds 0..99``, or ``--seconds 60`` of seeds that nobody tried, or ``--breaks``."""

import argparse
import os
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context

from tests.simulation import world
from tests.simulation.breaks import BREAKS, broken
from tests.simulation.world import COUNTIES, Life, county_of, live

MOST_OF_A_BREAK = 60  # seeds until a break counts as not found
SMALL = 10
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
                waiting.append((seed, pool.submit(live, seed)))
            if not waiting:
                return
            seed, future = waiting.popleft()
            wrong = future.exception()
            yield seed, None if wrong else future.result(), f"{type(wrong).__name__}: {wrong}" if wrong else ""


def lasting(seconds: float, first: int) -> Iterator[int]:
    ends, seed = time.monotonic() + seconds, first
    while time.monotonic() < ends:
        yield seed
        seed += 1


def tried(seeds: Iterable[int]) -> int:
    """Lives by seed; prints what failed, and what they came to."""
    months = lives = cuts = failed = 0
    began = time.monotonic()
    for seed, life, wrong in outcomes(seeds):
        lives += 1
        if life is None:
            failed += 1
            print(f"seed {seed}: {wrong}", flush=True)
        else:
            months, cuts = months + life.provider_months, cuts + life.cuts
    seconds = time.monotonic() - began
    print(f"{lives} lives, {months:,} provider-months, {cuts:,} power cuts, {failed} failed;", end=" ")
    print(f"{months / seconds:.0f} provider-months a second on {CORES} cores")
    return 1 if failed else 0


def found(name: str) -> str | None:
    """What a broken job is found by, if it is."""
    with broken(name):
        failed = (f"seed {seed}: {wrong}" for seed, _, wrong in outcomes(range(MOST_OF_A_BREAK)) if wrong)
        return next(failed, None)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", help="A..B")
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--breaks", action="store_true")
    asked = parser.parse_args()
    if asked.breaks:
        world.RECIPIENTS = SMALL  # most breaks need no large county
        results = {name: found(name) for name in BREAKS}
        for name, how in results.items():
            print(f"{name}: {how or 'NOT FOUND'}")
        return 0 if all(results.values()) else 1
    if asked.seeds:
        first, _, last = asked.seeds.partition("..")
        return tried(range(int(first), int(last or first) + 1))
    first = int(time.time()) * 1000
    print(f"seeds from {first} on")
    return tried(lasting(asked.seconds or 60, first))


if __name__ == "__main__":
    sys.exit(main())
