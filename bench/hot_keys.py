"""What the largest keys cost: ``python -m bench.hot_keys [--months 24]``.

All that a simulated county says of its recipients is said of one, who then has many providers; then all of its
providers are made one, who then has many recipients. Each is paid step by step (`pipelines.stepwise`): what it
remembers, and the processor time of one waking. Then one key closes pay runs of many instructions (`CloseRuns`). As
Markdown.
"""

import argparse
import hashlib
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from statistics import median
from typing import NamedTuple, cast

from msgspec.structs import replace

from bench.state import COUNTY, SEED
from fold.content import fewer_blocks, note_content
from fold.door import Door
from fold.pay_runs import FIRST, pay_run
from fold.run_sums import SUMMED_ON, run_sum, summed
from fold.tally import Tally
from pipelines.plain import Outcome
from pipelines.sample.simulate import simulate
from pipelines.stepwise import Place, Steps
from rules.law import Law
from schemas.avro import Container, Unreadable, validate
from schemas.envelope import Fact
from schemas.payment_instruction import PaymentInstruction

START = "2023-01"
HOT = "HOT"
SIZES = (1, 4, 12)  # recipients of the county that is made one
RUNS = (10_000, 80_000)
OF_ONE = {"recipient_id": ("ServiceAuthorization", "IncomeAssessment"), "provider_id": ("ProviderEnrollment",)}
"""Whose documents there is one set of, however many people were made one."""


class Hot(NamedTuple):
    """The key with the largest state: its stage, bytes, wakings, and processor seconds of one."""

    stage: str
    state: int
    wakings: int
    median: float
    slowest: float


class TimedSteps(Steps):
    """Steps that time each key."""

    def run_timed(self) -> tuple[Outcome, list[Hot]]:
        """What was said, and the largest key of each stage."""
        self.times: dict[Place, list[float]] = defaultdict(list)
        self.largest: dict[Place, int] = defaultdict(int)
        outcome = self.run(self._watch)
        return outcome, [self._hot(stage) for stage in ("authorize", "price", "settle")]

    def wake(self, place: Place, now: int) -> None:
        began = time.process_time()
        super().wake(place, now)
        self.times[place].append(time.process_time() - began)

    def _watch(self, _: int, state: dict[Place, bytes]) -> None:
        for place, kept in state.items():
            self.largest[place] = max(self.largest[place], len(kept))

    def _hot(self, stage: str) -> Hot:
        place = max((each for each in self.times if each[0] == stage), key=lambda each: self.largest[each])
        took = self.times[place]
        return Hot(stage, self.largest[place], len(took), median(took), max(took))


def facts_of(folder: Path) -> Iterator[Fact]:
    """All facts of a folder."""
    for path in sorted(folder.rglob("*.avro")):
        with path.open("rb") as stream, suppress(Unreadable):  # the sample breaks one
            container = Container(stream)
            yield from (cast(Fact, validate(container.kind, record)) for _, record in container)


def as_one(facts: Iterator[Fact], field: str) -> Iterator[Fact]:
    """The facts as if all who are named by a field were one."""
    first: dict[str, str] = {}
    for fact in facts:
        who = getattr(fact, field, None)
        if fact.KIND in OF_ONE[field] and first.setdefault(fact.KIND, str(who)) != who:
            continue
        yield fact if who is None else fact.model_copy(update={field: HOT})


def paid(folder: Path, field: str, law: Law) -> tuple[Outcome, list[Hot]]:
    """The facts of a folder paid as of one person."""
    door = Door(1, None)
    for fact in as_one(facts_of(folder), field):
        door.tally.inputs += 1
        door.admit(fact)
    return TimedSteps(door, law, door.tally.latest_cut_off).run_timed()


def closing(one: PaymentInstruction, count: int, law: Law) -> str:
    """A row: what the key that closes a pay run hears of so many instructions, and how long it takes."""
    sums = []
    for number in range(SUMMED_ON):
        tally, said = Tally(), [_another(one, each) for each in range(number, count, SUMMED_ON)]
        for each in said:
            tally.pay(each)
        note_content(tally, {"PaymentInstruction": said})
        sums.append(run_sum(one.cut_off, fewer_blocks(tally.runs[one.cut_off])))
    began = time.process_time()
    record, _ = pay_run(one.cut_off, summed(sums, one.cut_off)[0][one.cut_off], law, FIRST)
    took = time.process_time() - began
    assert sum(total.count for total in record.totals) == count
    size = sum(map(len, sums)) / 1024 / 1024
    return f"| {count:,} | {SUMMED_ON} | {size:.1f} MiB | {max(map(len, sums)) / 1024:.0f} KiB | {took:.1f} s |"


def _another(one: PaymentInstruction, number: int) -> PaymentInstruction:
    """As unlike it as two payments are: its ids and sources are others."""
    other = hashlib.sha256(str(number).encode()).hexdigest()[:8]
    named = {"instruction_id": f"{one.instruction_id}{other}", "statement_id": f"{one.statement_id}{other}"}
    return replace(one, payee_id=f"P{other}", **named)


def rows(field: str, other: str, months: int, law: Law) -> Iterator[str]:
    """Rows of a table. AssertionError if somebody else was paid for, or nobody."""
    for count in SIZES:
        with tempfile.TemporaryDirectory() as made:
            simulate(Path(made), COUNTY, count, months, START, SEED, 0)
            outcome, hot = paid(Path(made), field, law)
        said = [each for each in outcome.records["PaymentInstruction"] if isinstance(each, PaymentInstruction)]
        assert said and {getattr(each, field) for each in said} <= {HOT, None}
        others = len({getattr(each, other) for each in said} - {None})
        facts = sum(outcome.tally.used.values())
        for each in hot:
            spent = f"{1000 * each.median:.1f} | {1000 * each.slowest:.0f}"
            yield f"| {others} | {facts:,} | {each.stage} | {each.state / 1024:.0f} KiB | {each.wakings} | {spent} |"


def instruction(law: Law) -> PaymentInstruction:
    """One like any."""
    with tempfile.TemporaryDirectory() as made:
        simulate(Path(made), COUNTY, 1, 2, START, SEED, 0)
        outcome, _ = paid(Path(made), "recipient_id", law)
    found = outcome.records["PaymentInstruction"][0]
    assert isinstance(found, PaymentInstruction)
    return found


def main() -> None:
    """Print it all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--months", type=int, default=24)
    months, law = parser.parse_args().months, Law.load()
    for field, other, words in (
        ("recipient_id", "provider_id", "providers of one recipient"),
        ("provider_id", "recipient_id", "recipients of one provider"),
    ):
        print(f"\n| {words} | facts | stage | largest state | wakings | ms, median | ms, slowest |")
        print("|---|---|---|---|---|---|---|", *rows(field, other, months, law), sep="\n")
    print("\n| instructions of a pay run | sums heard | bytes | largest sum | to close it |\n|---|---|---|---|---|")
    print(*(closing(instruction(law), count, law) for count in RUNS), sep="\n")


if __name__ == "__main__":
    main()
