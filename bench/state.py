"""What the unbounded path remembers and costs: ``python -m bench.state [--recipients 12] [--months 32]``.

A county is paid step by step (`pipelines.stepwise`), once with the law's months after which a month closes and once
with 6: bytes of state per key and milliseconds per waking, half year by half year, as Markdown, for docs/scale.md.
What a runner adds is `bench.state_on_beam`.
"""

import argparse
import tempfile
import time
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from fold.door import Door
from fold.stages import STAGES
from pipelines.sample.simulate import simulate
from pipelines.stepwise import Place, Steps
from rules.law import Law
from rules.periods import add_months, business_day_of, epoch_day, iso, month_of

CLOSES = "closes_after_months"
COUNTY, START, SEED = "17", "2022-07", 5
MONTHS_BETWEEN = 6


class MonthSeen(NamedTuple):
    """At the end of a month: keys, median and largest state in bytes, wakings of the month and their seconds."""

    keys: int
    median: float
    largest: int
    wakings: int
    seconds: float


class WatchedSteps(Steps):
    """Steps that keep their time."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.months: dict[tuple[int, str], MonthSeen] = {}
        self.seconds: dict[tuple[int, str], float] = defaultdict(float)
        self.wakings: Counter[tuple[int, str]] = Counter()
        self.by_run: Counter[tuple[int, str]] = Counter()

    def wake(self, place: Place, now: int) -> None:
        month, began = month_in(now), time.perf_counter()
        super().wake(place, now)
        self.seconds[month, place[0]] += time.perf_counter() - began
        self.wakings[month, place[0]] += 1
        self.by_run[now, place[0]] += 1

    def watch(self, now: int, state: dict[Place, bytes]) -> None:
        """Note the sizes as of now; the last note of a month stands."""
        month = month_in(now)
        for stage in STAGES:
            sizes = [len(each) for (of, _), each in state.items() if of == stage] or [0]
            wakings, seconds = self.wakings[month, stage], self.seconds[month, stage]
            self.months[month, stage] = MonthSeen(len(sizes), median(sizes), max(sizes), wakings, seconds)


def door_of(folder: Path) -> Door:
    """All facts of a folder."""
    door = Door(1, None)
    for path in sorted(folder.rglob("*.avro")):
        for _ in door.read_file(path, path.name):
            pass
    return door


def paid(folder: Path, law: Law) -> WatchedSteps:
    """The county paid step by step."""
    door = door_of(folder)
    steps = WatchedSteps(door, law, door.tally.latest_cut_off)
    steps.run(steps.watch)
    return steps


def closing_after(months: int) -> Law:
    """The law with another number of months after which a month closes."""
    value = {"from": date(1900, 1, 1), "value": months, "grade": "assumption", "citation": "bench.state: what if"}
    return Law.load().amended({"bench.toml": {"filing": {CLOSES: {"values": [value]}}}})


def table(steps: WatchedSteps, first: int, months: int) -> list[str]:
    """Rows of half years and stages."""
    lines = ["| month | stage | keys | state, median | largest | wakings | ms each |", "|---|---|---|---|---|---|---|"]
    for number in range(MONTHS_BETWEEN - 1, months, MONTHS_BETWEEN):
        month = add_months(first, number)
        for stage in STAGES:
            seen = steps.months[month, stage]
            each = 1000 * seen.seconds / (seen.wakings or 1)
            sizes = f"{seen.median / 1024:.1f} KiB | {seen.largest / 1024:.1f} KiB"
            cost = f"{seen.wakings} | {each:.1f}"
            lines.append(f"| {number + 1} ({iso(month)[:7]}) | {stage} | {seen.keys} | {sizes} | {cost} |")
    return lines


def month_in(cut_off: int) -> int:
    """The month of a pay run."""
    return month_of(business_day_of(cut_off))


def busiest(steps: WatchedSteps) -> str:
    """What share of a month's wakings the busiest pay run has, by stage; the median over months."""
    words = []
    for stage in STAGES:
        shares = []
        for (month, of), total in steps.wakings.items():
            if of == stage:
                runs = [n for (run, by), n in steps.by_run.items() if by == of and month_in(run) == month]
                shares.append(max(runs) / total)
        words.append(f"{stage} {median(shares):.0%}")
    return ", ".join(words)


def main() -> None:
    """Print it all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipients", type=int, default=12)
    parser.add_argument("--months", type=int, default=32)
    asked = parser.parse_args()
    first = epoch_day(date.fromisoformat(f"{START}-01"))
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        simulate(folder, COUNTY, asked.recipients, asked.months, START, SEED)
        for law, words in ((Law.load(), "as the law has it (24 months)"), (closing_after(6), "with 6 months")):
            steps = paid(folder, law)
            facts = sum(steps.tally.used.values())
            print(f"\n### Months close {words}: {facts} facts\n")
            print(*table(steps, first, asked.months), sep="\n")
            print(f"\nBusiest pay run of a month: {busiest(steps)}.")


if __name__ == "__main__":
    main()
