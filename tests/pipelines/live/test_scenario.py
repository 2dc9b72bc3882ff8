"""Two fixed scenarios of three months, of worked examples and together all kinds of facts: live is the replay.

Facts come late, doubled and in no order; what is said is compared pay run by pay run, record by record, as encoded.
"""

from collections import defaultdict
from datetime import date
from pathlib import Path
from random import Random
from zlib import crc32

import pytest

from rules.periods import add_months, business_day_of, cut_off_after, cut_offs, epoch_day, iso, midnight
from schemas import FACTS
from schemas.avro import encode, validate
from schemas.envelope import Fact
from tests.case_files import case_files
from tests.pipelines.live.drill import LAW, Day, Records, World, records_in

pytestmark = pytest.mark.engines

MILLIS_OF_DAY = 24 * 3_600_000
WINDOWS = {"careers": date(2024, 2, 1), "work": date(2025, 12, 1)}
COMMON = {"Timesheet", "ServiceAuthorization", "IncomeAssessment", "ProviderAssignment", "ProviderEnrollment"}


def scenario(name: str) -> list[Fact]:
    """Facts of the cases that happen within three months: all with a rarer kind, and every fourth of the others."""
    first = midnight(epoch_day(WINDOWS[name]))
    last = midnight(add_months(epoch_day(WINDOWS[name]), 3))
    facts: list[Fact] = []
    cases = (each for file in case_files() if file.law.version == LAW.version for each in file.cases)
    for case in cases:
        recorded = [fact.recorded_at for fact in case.facts]
        within = max(recorded) < last and any(first <= each for each in recorded)
        if within and (crc32(case.sentence.encode()) % 4 == 0 or {fact.KIND for fact in case.facts} - COMMON):
            facts += case.facts
    return facts


def dealt(facts: list[Fact], begins: int) -> list[Day]:
    """Each fact on the day it is recorded or up to eight days later, one in six twice."""
    random = Random(20)
    days: dict[int, Records] = defaultdict(lambda: defaultdict(list))
    for fact in facts:
        for _ in range(random.choice((1, 1, 1, 1, 1, 2))):
            late = random.choice((0, 0, 0, 1, 3, 8)) * MILLIS_OF_DAY
            arrives = max(begins, fact.recorded_at + late)
            days[cut_off_after(arrives)][fact.KIND].append(fact.model_dump())
    for of_day in days.values():
        for records in of_day.values():
            random.shuffle(records)
    return [Day(cut_off, dict(of_day)) for cut_off, of_day in sorted(days.items())]


@pytest.mark.parametrize("name", WINDOWS)
def test_live_is_the_replay_pay_run_by_pay_run(name: str, tmp_path: Path) -> None:
    begins = midnight(epoch_day(WINDOWS[name]))
    days = dealt(scenario(name), begins)
    world = World(tmp_path, begins)
    world.live(days).close()
    replayed: dict[str, dict[str, list[bytes]]] = defaultdict(lambda: defaultdict(list))
    for kind, records in world.replayed(days[-1].cut_off).items():
        for record in records:
            if kind != "Rejection":
                replayed[iso(business_day_of(record["cut_off"]))][kind].append(encode(validate(kind, record)))
    said = 0
    for cut_off in cut_offs(days[0].cut_off, days[-1].cut_off):
        run = iso(business_day_of(cut_off))
        of_run: dict[str, list[bytes]] = defaultdict(list)
        for path in world.out.glob(f"*-{run}.avro"):
            # A listing that lands before it is recorded is rejected, in the journal as live.
            for kind, record in (each for each in records_in(path) if each[0] != "Rejection"):
                of_run[kind].append(encode(validate(kind, record)))
        assert {kind: sorted(each) for kind, each in of_run.items()} == {
            kind: sorted(each) for kind, each in replayed[run].items()
        }, run
        said += len(of_run["PaymentInstruction"])
    assert said > 30


def test_a_late_listing_holds_from_the_run_that_admits_it(tmp_path: Path) -> None:
    """Live, and in a replay of its journal: claims decided before it are denied, and paid when decided again."""
    begins = midnight(epoch_day(WINDOWS["careers"]))
    days = dealt([fact for fact in scenario("careers") if fact.KIND != "CourseListing"], begins)
    listings = [fact.model_dump() for fact in scenario("careers") if fact.KIND == "CourseListing"]
    place = next(place for place, day in enumerate(days) if "TrainingClaim" in day.facts) + 1
    days[place].facts["CourseListing"] = listings
    world = World(tmp_path, begins)
    world.live(days).close()
    said = world.said()
    assert said == world.replayed(days[-1].cut_off)
    unknown = [one for one in said["Finding"] if one["code"] == "COURSE_NOT_IN_CATALOG" and not one["cleared"]]
    assert any(one["cut_off"] < days[place].cut_off for one in unknown)
    at_once = World(tmp_path / "at once", begins)
    days[0].facts["CourseListing"] = days[place].facts.pop("CourseListing")
    at_once.live(days).close()
    assert at_once.said() != said
    assert any(one["kind"] == "TRAINING" for one in said["PaymentInstruction"])


def test_together_they_have_all_kinds() -> None:
    assert {fact.KIND for name in WINDOWS for fact in scenario(name)} == set(FACTS)
