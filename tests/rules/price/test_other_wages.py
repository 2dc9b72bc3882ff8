"""What a variant is told from the baseline is what it decides from the facts: each change, to the last name of an
assumption, under wages of every kind; and nothing is told where the law differs in more."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from random import Random
from typing import Any, ClassVar

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.what_if import deciding
from pipelines.what_if.compare import compare
from pipelines.what_if.forking import CaseUnder, Forking, KeyAsItIs
from pipelines.what_if.variant import Touch, Variant
from rules.asked_law import AskedLaw
from rules.conclusions import HandedOn
from rules.documents import Arrival
from rules.law import Law
from rules.periods import cut_off_of, epoch_day
from rules.price import other_wages
from rules.restatement import Change
from rules.wages import MINIMUM, Wage, is_wage
from rules.worked import taken_up
from tests.case_files import Case, case_files
from tests.dense_histories import dense_history
from tests.pipelines.what_if.test_compare import CHANGES, overlay, paid_and_returned, write_facts
from tests.rules.test_edges import AS_WRITTEN
from tests.test_properties import HARDER

LAW = Law.load()
SOME = settings(deadline=None, max_examples=30 * HARDER, suppress_health_check=list(HealthCheck))
COUNTIES = ("43", "01", "17", "19", "10")
PAID_BY_RATES = ("advance", "overtime", "sick_leave", "training", "travel", "wages")
HIGH, LOW, LOWEST = 30_000, 17_000, 9_000  # the last is below any minimum wage


class ToldAndDecided(Forking):
    """Decides from the facts, too, what was told, and counts how far variants went along."""

    told: ClassVar[Counter[str]] = Counter()

    def __init__(
        self, law: Law, asked: AskedLaw | None, otherwise: Sequence[int], along: Sequence[bool], until: int
    ) -> None:
        super().__init__(law, asked, otherwise, along, until)
        self.given = law, asked, otherwise, [False for _ in along], until

    def as_it_is(self, case: CaseUnder, arrivals: Sequence[Arrival]) -> KeyAsItIs:
        found = super().as_it_is(case, arrivals)
        if not any(self.along):
            return found
        alone = Forking(*self.given)
        as_decided = alone.as_it_is(case, arrivals)
        assert values(as_decided.changes) == values(found.changes)
        for one, other in zip(found.forks, as_decided.forks, strict=True):
            assert (one is None) == (other is None)
            if one is None or other is None:
                continue
            rest = () if one.goes_along else self.otherwise_from(one, case, arrivals)
            assert values([*one.changes, *rest]) == values(alone.otherwise_from(other, case, arrivals))
            self.told["to the end" if one.goes_along else "a while" if one.changes else "never"] += 1
        return found


def values(changes: Iterable[Change]) -> list[tuple[Any, ...]]:
    return [(each.cut_off, each.id, each.before, each.now) for each in changes]


@pytest.fixture(autouse=True)
def _checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deciding, "Forking", ToldAndDecided)
    ToldAndDecided.told.clear()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("facts")


def wages(law: Law, chance: Random) -> Variant:
    """Wages of some counties, or the minimum wage, from a day within the histories or before all of them."""
    values: dict[str, Any] = {}
    for name in chance.sample([*(f"wage.{county}" for county in COUNTIES), MINIMUM], chance.randint(1, 6)):
        first = date(chance.choice((2024, 2025, 2026)), chance.randint(1, 12), chance.choice((1, 1, 16, 27)))
        values[name] = {"from": first, "value": chance.choice((HIGH, HIGH, LOW, LOWEST))}
    return Variant("", law.amended(overlay(values)))


AS_IT_IS: tuple[dict[str, Any], ...] = (
    {},
    {"overtime.weekly_threshold_minutes": 300},
    {"overtime.weekly_threshold_minutes": 300, "overtime.method": "weighted_average"},
    {f"wage.{county}": LOWEST for county in COUNTIES},
    {"filing.closes_after_months": 1, "overtime.weekly_threshold_minutes": 300},
)
"""What else may be law under both: overtime is seldom, time that has no rate is, and months that close."""


@given(seed=st.integers(0, 1 << 30), other=st.integers(0, 1 << 30), also=st.sampled_from(AS_IT_IS))
@SOME
def test_what_is_told_is_what_is_decided(folder, seed, other, also) -> None:
    history, first = paid_and_returned(seed), date(2024, 1, 1)
    law = LAW.amended(overlay({name: {"from": first, "value": value} for name, value in also.items()}))
    variants = [wages(law, Random(other)), wages(law, Random(other + 1))]
    compare(write_facts(folder, history.facts), law, variants, folder / "scratch", history.until, processes=1)


def test_nearly_all_is_told(folder) -> None:
    """A raise in every county; and one that begins within a workweek, where lines are not enough."""
    raises = [
        Variant("", LAW.amended(overlay({f"wage.{county}": {"from": day, "value": HIGH} for county in COUNTIES})))
        for day in (date(2024, 1, 1), date(2024, 8, 14))
    ]
    for seed in range(12):
        history = dense_history(seed)
        compare(write_facts(folder, history.facts), LAW, raises, folder / "scratch", history.until, processes=1)
    told = ToldAndDecided.told
    assert told["to the end"] > 3 * (told["a while"] + told["never"])


@AS_WRITTEN
@pytest.mark.parametrize("part", ["_at_one_rate", "_piece_by_piece", "_same_but_for_money"])
def test_each_way_to_tell_is_taken(folder, monkeypatch, part) -> None:
    taken = Counter[str]()
    way = getattr(other_wages, part)

    def counted(*asked: Any) -> Any:
        found = way(*asked)
        taken[part] += found not in (None, False)
        return found

    monkeypatch.setattr(other_wages, part, counted)
    variant = Variant(
        "", LAW.amended(overlay({f"wage.{each}": {"from": date(2024, 7, 10), "value": HIGH} for each in COUNTIES}))
    )
    for seed in range(20):
        history = dense_history(seed)
        compare(write_facts(folder, history.facts), LAW, [variant], folder / "scratch", history.until, processes=1)
    assert taken[part]


def test_where_weeks_and_years_meet(folder) -> None:
    """A raise that begins as a month does, in weeks across it that have overtime, travel and classes among it; and
    looked at until the next July, when months are closed and sick leave is counted anew."""
    first = {"from": date(2024, 1, 1)}
    also = {
        "overtime.weekly_threshold_minutes": first | {"value": 60},
        "filing.closes_after_months": first | {"value": 1},
    }
    law, days = LAW.amended(overlay(also)), (date(2024, 8, 1), date(2026, 1, 1), date(2026, 4, 1), date(2026, 10, 1))
    wages_from = [{f"wage.{county}": {"from": day, "value": HIGH} for county in COUNTIES} for day in days]
    variants = [Variant("", law.amended(overlay(values))) for values in wages_from]
    for seed in range(40):
        history = dense_history(seed)
        until = cut_off_of(epoch_day(date(2028, 1, 31)))
        compare(write_facts(folder, history.facts), law, variants, folder / "scratch", until, processes=1)


def test_a_weighted_premium_is_told(folder) -> None:
    """OT-4: its line has no rate that another could take the place of."""
    weighted = {"overtime.weekly_threshold_minutes": 300, "overtime.method": "weighted_average"}
    first = date(2024, 1, 1)
    law = LAW.amended(overlay({name: {"from": first, "value": value} for name, value in weighted.items()}))
    variant = Variant("", law.amended(overlay({f"wage.{each}": {"from": first, "value": HIGH} for each in COUNTIES})))
    for seed in range(12):
        history = dense_history(seed)
        compare(write_facts(folder, history.facts), law, [variant], folder / "scratch", history.until, processes=1)


def test_worked_cases_are_told(folder) -> None:
    """At wages that are otherwise all the time, and at some that change in the middle of each month."""
    by_law: dict[str, tuple[Law, list[Case]]] = {}
    for file in case_files():
        if any(each.file.startswith(PAID_BY_RATES) for each in file.cases):
            by_law.setdefault(file.law.version, (file.law, []))[1].extend(file.cases)
    for law, cases in by_law.values():
        facts = [fact for case in cases for fact in case.facts]
        counties = sorted({county for fact in facts if (county := getattr(fact, "county", None))})
        variants = [Variant("", law.amended({"wages.toml": {"wage": monthly(counties, day)}})) for day in (1, 16)]
        until = max(case.cut_off for case in cases)
        compare(write_facts(folder, facts), law, variants, folder / "scratch", until, processes=1)
    assert ToldAndDecided.told["to the end"] > 10 * ToldAndDecided.told["never"]


def monthly(counties: list[str], day: int) -> dict[str, Any]:
    """For each county a wage that begins on a day of each month; on the first, always the same."""
    days = [date(year, month, day) for year in range(2016, 2029) for month in range(1, 13)]
    values = [{"from": first, "value": HIGH + (0 if day == 1 else 100 * first.month)} for first in days]
    return {county: {"values": values} for county in counties}


@pytest.mark.parametrize("changed", [change for change in CHANGES if not is_wage(change[0])])
def test_where_more_differs_nothing_is_told(folder, changed) -> None:
    """A value that what is told asks for is decided by."""
    name, value = changed
    first = date(2024, 1, 1)
    raised = {"wage.17": {"from": first, "value": HIGH}}
    variant = Variant("", LAW.amended(overlay({**raised, name: {"from": first, "value": value}})))
    assert Touch(LAW, [variant, Variant("", LAW.amended(overlay(raised)))]).in_wages_alone == [False, True]


def test_wages_that_become_known_later_are_decided_by() -> None:
    known = {"wage.17": {"from": date(2024, 7, 1), "value": HIGH, "published": date(2024, 8, 20)}}
    assert Touch(LAW, [Variant("", LAW.amended(overlay(known)))]).in_wages_alone == [False]


def test_nothing_but_wages_asks_for_a_wage() -> None:
    """All that is told rests on this: the names are spelled nowhere else among the rules."""
    rules = Path(other_wages.__file__).parents[1]
    spelled = {
        path.relative_to(rules).as_posix()
        for path in rules.rglob("*.py")
        for name in ('"minimum_wage"', '"wage.', 'f"wage.', "OF_COUNTY", "MINIMUM")
        if name in path.read_text().replace('"wage.retroactive"', "")
    }
    assert spelled == {"wages.py"}
    assert [name for name in LAW.names() if name.startswith("wage.") and not is_wage(name)] == [
        "wage.carried_forward",
        "wage.retroactive",
    ]


@pytest.mark.parametrize(("one", "other"), [(22_000, 30_000), (30_000, 30_000), (22_000, 22_000), (30_000, 22_000)])
def test_rates_are_of_a_piece_that_has_both(one: int, other: int) -> None:
    """Else two lines of two rates would fall onto one, and minutes be lost: none of either law may differ."""
    rates = other_wages.Rates(Wage(22_000), Wage(30_000))
    left = HandedOn(0, "SERVICE", (0, 0), (0, 0), "", "", "R", "IHSS", "17", one, 60)
    assert rates.are_of(taken_up(left), msgspec.structs.replace(left, rate_mills=other)) == (
        (one, other) == (22_000, 30_000)
    )
