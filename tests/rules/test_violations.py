"""What violates a weekly limit, and the ladder: LAW LIMIT-4 to LIMIT-6."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.kept import Violation
from rules.law import Law
from rules.periods import epoch_day, month_of, saturday_of
from rules.violations import Allowed, ViolationStanding, WeekOfWork, judge_week, ladder, later

LAW = Law.load()


def day(text: str) -> int:
    return epoch_day(date.fromisoformat(text))


SUNDAY = day("2026-01-04")
HOUR = 60


def judged(
    service: dict[str, int],
    travel: int = 0,
    *,
    maximum: int = 4245,
    extra: int = 0,
    overtime: int = 0,
    exempt: bool = False,
    week: int = SUNDAY,
) -> list[str]:
    allowed = Allowed(lambda _: maximum, lambda _: extra, lambda _: overtime)
    found = judge_week(WeekOfWork(week, service, travel, exempt), allowed, LAW)
    return [f"{each.code} {each.recipient_id or '-'} {each.minutes - each.allowed_minutes}" for each in found]


@pytest.mark.parametrize(
    ("service", "facts", "found"),
    [
        ({"R1": 2401}, {"maximum": 2400}, ["V1 R1 1"]),
        ({"R1": 2401}, {"maximum": 1500}, ["V1 R1 1"]),
        ({"R1": 2400}, {"maximum": 1500}, []),
        ({"R1": 2460}, {"maximum": 2400, "extra": 60}, []),
        ({"R1": 2461}, {"maximum": 2400, "extra": 60}, ["V1 R1 1"]),
        ({"R1": 4246}, {"overtime": 123 * HOUR + 1}, ["V2 R1 1"]),
        ({"R1": 4246}, {"overtime": 123 * HOUR}, []),
        ({"R1": 4245}, {"overtime": 200 * HOUR}, []),
        ({"R1": 4305}, {"overtime": 200 * HOUR, "extra": 60}, []),
        ({"R1": 1980, "R2": 1980}, {}, []),
        ({"R1": 1980, "R2": 1981}, {}, ["V3 - 1"]),
        ({"R1": 3961}, {}, []),
        ({"R1": 3961, "R2": 0}, {}, []),
        ({"R2": 2500, "R1": 2500}, {"maximum": 2400}, ["V1 R1 100", "V1 R2 100", "V3 - 1040"]),
        ({"R1": 2500, "R2": 2500}, {"maximum": 2400, "exempt": True}, []),
        ({"R1": 2500}, {"maximum": 2400, "week": day("2016-06-26")}, []),
        ({"R1": 2500}, {"maximum": 2400, "week": day("2016-07-03")}, ["V1 R1 100"]),
        ({}, {"travel": 420}, []),
        ({}, {"travel": 421, "exempt": True}, ["V4 - 1"]),
        ({"R1": 2500}, {"travel": 421, "maximum": 2400}, ["V1 R1 100", "V4 - 1"]),
    ],
)
def test_a_week(service: dict[str, int], facts: dict, found: list[str]) -> None:
    assert judged(service, **facts) == found


def violation(sunday: str, code: str = "V3", recipient: str | None = None) -> Violation:
    return Violation(day(sunday), code, recipient, 4000, 3960)


def standings(weeks: list[str], decisions: dict[str, str] | None = None) -> list[ViolationStanding]:
    decided = {day(week): decision for week, decision in (decisions or {}).items()}
    return [standing for _, standing in ladder([violation(week) for week in weeks], decided, LAW)]


FIVE = ["2026-01-04", "2026-02-01", "2026-03-01", "2026-04-05", "2026-05-03"]


def test_the_rungs() -> None:
    assert [(each.active_count, each.consequence) for each in standings(FIVE)] == [
        (1, "NOTICE"),
        (2, "NOTICE_AND_MATERIAL"),
        (3, "INELIGIBLE_90_DAYS"),
        (4, "INELIGIBLE_365_DAYS"),
        (1, "NOTICE"),
    ]


@pytest.mark.parametrize(
    ("weeks", "counts"),
    [
        (["2024-01-07", "2025-01-05"], [1, 2]),
        (["2023-12-31", "2024-12-29"], [1, 2]),  # Saturdays 6 January 2024 and 4 January 2025
        (["2023-12-31", "2025-01-05"], [1, 1]),  # 11 January 2025
        (["2026-01-04", "2026-02-01", "2027-02-07"], [1, 2, 2]),
        (["2026-01-04", "2026-02-01", "2028-02-06"], [1, 2, 1]),
        ([*FIVE[:4], "2026-06-07", "2030-06-02"], [1, 2, 3, 4, 1, 1]),
    ],
)
def test_full_years_take_from_the_count(weeks: list[str], counts: list[int]) -> None:
    assert [each.active_count for each in standings(weeks)] == counts


def test_the_date_a_year_later_still_belongs_to_the_year() -> None:
    """Saturday 10 January 2015 and Saturday 10 January 2026 are the same date; the eleventh year is full after it."""
    eleven_years = {"from": date(1900, 1, 1), "value": 132, "grade": "assumption", "citation": "a test"}
    law = LAW.amended({"x.toml": {"violation": {"falls_after_months": {"values": [eleven_years]}}}})
    weeks = [violation("2015-01-04"), violation("2026-01-04")]
    assert [standing.active_count for _, standing in ladder(weeks, {}, law)] == [1, 2]


def test_a_date_is_clamped_to_the_month() -> None:
    assert later(day("2024-02-29"), 12) == day("2025-02-28")
    assert later(day("2024-12-31"), 2) == day("2025-02-28")


def test_what_the_county_decides() -> None:
    overturned = standings(FIVE[:3], {FIVE[0]: "OVERTURNED"})
    assert [each.active_count for each in overturned] == [None, 1, 2]
    trained = standings(FIVE[:3], {FIVE[1]: "TRAINING_COMPLETED"})
    assert [(each.active_count, each.consequence) for each in trained] == [(1, "NOTICE"), (None, None), (2, "NOTICE")]
    assert [each.active_count for each in standings(FIVE[:2], {FIVE[0]: "UPHELD"})] == [1, 2]


def test_training_does_not_start_the_year_anew() -> None:
    weeks = ["2026-01-04", "2026-06-07", "2027-01-10"]
    assert [each.active_count for each in standings(weeks, {weeks[1]: "TRAINING_COMPLETED"})] == [1, None, 1]


def test_one_week_counts_once() -> None:
    found = [violation("2026-01-04", "V3"), violation("2026-01-04", "V1", "R2"), violation("2026-01-04", "V1", "R1")]
    said = [(each.code, each.recipient_id, standing.active_count) for each, standing in ladder(found, {}, LAW)]
    assert said == [("V1", "R1", 1), ("V1", "R2", None), ("V3", None, None)]
    both = [violation("2026-01-04", "V3"), violation("2026-01-04", "V1", "R1")]
    assert [standing.instead for _, standing in ladder(both, {}, LAW)] == [None, "V1"]


WEEKS = st.lists(st.integers(0, 400), unique=True).map(lambda places: [SUNDAY + 7 * place for place in places])
DECISIONS = st.sampled_from(["OVERTURNED", "TRAINING_COMPLETED", "UPHELD"])


@given(WEEKS, st.dictionaries(st.integers(0, 400).map(lambda place: SUNDAY + 7 * place), DECISIONS), st.randoms())
def test_the_ladder_keeps_its_promises(weeks, decisions, random) -> None:
    found = [Violation(week, "V3", None, 4000, 3960) for week in weeks]
    said = list(ladder(found, decisions, LAW))
    counted = [each.workweek for each, standing in said if standing.active_count]
    months = [month_of(saturday_of(week)) for week in counted]
    assert len(set(months)) == len(months)
    assert not any(decisions.get(week) in ("OVERTURNED", "TRAINING_COMPLETED") for week in counted)
    assert all((standing.because is None) == (standing.active_count is not None) for _, standing in said)
    random.shuffle(found)
    assert list(ladder(found, decisions, LAW)) == said
    # What happens later changes nothing earlier.
    half = sorted(weeks)[: len(weeks) // 2]
    assert list(ladder([each for each in found if each.workweek in half], decisions, LAW)) == said[: len(half)]
