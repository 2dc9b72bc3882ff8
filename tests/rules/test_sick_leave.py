"""SICK-1 to SICK-4 held against a plain count of days, and that they may be counted in parts."""

from datetime import date
from itertools import groupby

from hypothesis import given, settings
from hypothesis import strategies as st

from rules.kept import ServiceDays
from rules.law import Law
from rules.periods import epoch_day, month_of
from rules.sick_leave import grants, last_day_of, leave_year_of, stints_with

LAW = Law.load()
FIRST = epoch_day(date(2021, 1, 1))
ALWAYS = 1 << 60
# Days of service as gaps and minutes: mostly days apart, at times about a year.
GAPS = st.integers(1, 4) | st.integers(1, 40) | st.integers(350, 375)
SERVICE = st.lists(st.tuples(GAPS, st.sampled_from((60, 479, 600, 1440))), min_size=1, max_size=60)
MANY = settings(deadline=None, max_examples=50)
Days = list[tuple[int, int]]


def days_of(drawn: Days) -> Days:
    """(day, minutes) in order."""
    day, found = FIRST, []
    for gap, minutes in drawn:
        day += gap
        found.append((day, minutes))
    return found


def months_of(days: Days) -> list[ServiceDays]:
    return [ServiceDays([*of_month], False) for _, of_month in groupby(days, lambda each: month_of(each[0]))]


def counted(days: Days, today: int) -> set[tuple[int, int, int]]:
    """(leave year, earned on, usable from), by looking at every stretch of days without a gap of more than 365."""
    found = set()
    starts = [0, *(at for at in range(1, len(days)) if days[at][0] - days[at - 1][0] - 1 > 365)]
    for start, stop in zip(starts, [*starts[1:], len(days)], strict=True):
        stretch = days[start:stop]
        sums = [sum(minutes for _, minutes in stretch[: at + 1]) for at in range(len(stretch))]
        earned = next((day for (day, _), total in zip(stretch, sums, strict=True) if total >= 100 * 60), None)
        if earned is None:
            continue
        worked = next((day + 1 for (day, _), total in zip(stretch, sums, strict=True) if total >= 300 * 60), ALWAYS)
        usable = min(worked, earned + 60)
        found.add((leave_year_of(earned, LAW), earned, usable))
        for day in range(earned + 1, min(today, stretch[-1][0] + 366) + 1):
            if leave_year_of(day, LAW) == day:
                found.add((day, day, max(day, usable)))
    return found


@MANY
@given(SERVICE, st.integers(0, 800))
def test_leave_is_earned_granted_and_usable_as_a_count_of_days_says(drawn: Days, later: int) -> None:
    days = days_of(drawn)
    today = days[-1][0] + later
    found = grants(stints_with([], months_of(days), LAW), 0, today, LAW)
    assert {(each.leave_year, each.earned_on, each.usable_from) for each in found} == counted(days, today)
    assert all(each.earned_on <= each.ends_on <= last_day_of(each.leave_year) for each in found)


@MANY
@given(SERVICE, st.integers(0, 60))
def test_months_may_be_counted_in_two_parts(drawn: Days, part: int) -> None:
    months = months_of(days_of(drawn))
    begun = stints_with([], months[:part], LAW)
    assert stints_with(begun, months[part:], LAW) == stints_with([], months, LAW)


def test_the_leave_year_turns_on_the_first_of_july() -> None:
    days = [epoch_day(date(2026, 6, 30)), epoch_day(date(2026, 7, 1))]
    assert [leave_year_of(day, LAW) for day in days] == [epoch_day(date(2025, 7, 1)), days[1]]
