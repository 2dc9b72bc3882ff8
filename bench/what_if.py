"""What a question costs, in replays of the same facts: ``python -m bench.what_if [--rounds 5] [--recipients 100]``.

Processor seconds of this process alone, rules as they run here, the least of some rounds in turn. A replay writes its
records; a what-if writes sums. As Markdown. It ends with an error unless each what-if used the facts of the replay, and
changed what is paid where its question touches somebody, and there alone.
"""

import argparse
import time
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from bench.counties import ROOT, CountyAsked, made
from pipelines.files_below import files_of_facts
from pipelines.replay import PLAIN, replay
from pipelines.summary import Summary
from pipelines.what_if.compare import Comparison, compare
from pipelines.what_if.held_value import table_of
from pipelines.what_if.variant import Variant
from rules.law import Law
from schemas import private

COUNTY, COUNTIES = "17", ("17", "07", "19", "28", "33", "34")
LAW = Law.load()


class AskedOfLaw(NamedTuple):
    """Words, the parameter that is otherwise, its value, and from when (and adopted when: None, always known);
    ``touches``: is anybody's pay otherwise?"""

    words: str
    name: str
    value: int
    first: date
    adopted: date | None = None
    touches: bool = True

    def variant(self) -> Variant:
        """The law as it would be."""
        value: dict[str, Any] = {"from": self.first, "value": self.value}
        known = {} if self.adopted is None else {"published": self.adopted}
        return Variant("", LAW.amended({self.name: table_of(self.name, [value | known])}))


JANUARY, OCTOBER = date(2024, 1, 1), date(2024, 10, 1)
OF_SIX = (
    AskedOfLaw("a county's wage, a sixth of the facts", f"wage.{COUNTY}", 30_000, JANUARY),
    AskedOfLaw("the minimum wage, which touches everybody", "minimum_wage", 25_000, JANUARY),
    AskedOfLaw("the limit of travel", "travel.weekly_minutes", 300, JANUARY),
)
OF_ONE = (
    AskedOfLaw("its wage, all twelve months", f"wage.{COUNTY}", 30_000, JANUARY),
    AskedOfLaw("its wage from October on", f"wage.{COUNTY}", 30_000, OCTOBER),
    AskedOfLaw("its wage from July on, adopted in October", f"wage.{COUNTY}", 30_000, date(2024, 7, 1), OCTOBER),
    AskedOfLaw("a ceiling of travel from October on", "travel.weekly_minutes", 60, OCTOBER),
    AskedOfLaw("the wage of another county", "wage.34", 30_000, JANUARY, touches=False),
)


def main() -> None:
    """Measure both folders and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--recipients", type=int, default=100, help="of each county")
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "bench", help="where counties are kept")
    asked = parser.parse_args()
    year = made(CountyAsked(COUNTY, 12, "2024-01", 17), asked.recipients, asked.build).folder
    print("| question | baseline and one variant | of that the variant |\n|---|---|---|")
    with TemporaryDirectory() as scratch:
        month = _six(asked.recipients, asked.build, Path(scratch) / "six")
        for words, folder, questions in (
            ("six counties, one month", month, OF_SIX),
            ("one county, a year", year, OF_ONE),
        ):
            for said in ratios(folder, questions, asked.rounds, Path(scratch)):
                print(f"| {words}: {said}", flush=True)


def _six(recipients: int, build: Path, into: Path) -> Path:
    """A folder with the facts of six counties."""
    for number, county in enumerate(COUNTIES):
        folder = made(CountyAsked(county, 1, "2024-01", number), recipients, build).folder
        own = private.folder(into / county)
        for path in files_of_facts(folder):
            (own / path.name).symlink_to(path.resolve())
    return into


def ratios(folder: Path, questions: tuple[AskedOfLaw, ...], rounds: int, scratch: Path) -> list[str]:
    """What each question costs, in replays, as the end of a row; what is not the variant is the baseline beside it."""
    paid = partial(replay, folder, scratch / "paid", None, LAW, engine=PLAIN)
    asks = [
        partial(compare, folder, LAW, variants, scratch / "work", processes=1)
        for variants in ([], *([each.variant()] for each in questions))
    ]
    took = [[_timed(work) for work in (paid, *asks)] for _ in range(rounds)]
    check(questions, took[-1][0].said, [each.said for each in took[-1][1:]])
    whole, alone, *others = (min(each.seconds for each in of_work) for of_work in zip(*took, strict=True))
    told = [f"nothing | {alone / whole:.2f} | |"]
    for each, seconds in zip(questions, others, strict=True):
        told.append(f"{each.words} | {seconds / whole:.2f} | {(seconds - alone) / whole:.2f} |")
    return told


def check(questions: tuple[AskedOfLaw, ...], replayed: Summary, compared: list[Comparison]) -> None:
    """Raises SystemExit where a what-if did not do what it is timed for. ``compared``: the first asks nothing."""
    used = replayed.inputs.used
    for each in compared:
        if not used or (each.inputs, each.used) != (replayed.inputs.total, used):
            raise SystemExit(f"a what-if used {each.used} of {each.inputs} facts, the replay {used}")
        if each.baseline != compared[0].baseline or not each.baseline.paid:
            raise SystemExit("what is paid as it is was not the same each time, or nothing was")
    for question, asked in zip(questions, compared[1:], strict=True):
        if (asked.variants[0].sums.paid != asked.baseline.paid) != question.touches:
            raise SystemExit(f"{question.words}: touched {'nobody' if question.touches else 'somebody'}")


class TimedWork(NamedTuple):
    """What a work gave, and how many processor seconds it took."""

    seconds: float
    said: Any


def _timed(work: Callable[[], object]) -> TimedWork:
    began = time.process_time()
    said = work()
    return TimedWork(time.process_time() - began, said)


if __name__ == "__main__":
    main()
