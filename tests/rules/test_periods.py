"""Days, periods, workweeks, months and pay runs (RUN-1, TIME-5, TIME-6)."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import periods

PACIFIC = ZoneInfo("America/Los_Angeles")
FIRST, LAST = (periods.epoch_day(date(year, 1, 1)) for year in (1990, 2150))
days = st.integers(FIRST, LAST)
instants = st.integers(periods.midnight(FIRST), periods.midnight(LAST))


def day(text: str) -> int:
    return periods.epoch_day(date.fromisoformat(text))


def instant(text: str) -> int:
    """Pacific wall clock."""
    return int(datetime.fromisoformat(text).replace(tzinfo=PACIFIC).timestamp()) * 1000


# RUN-1 by name: on a weekday, on a Sunday (the Monday after), on a Saturday (nothing; 11 November the Friday before).
CLOSED = [
    ("New Year", "2026-01-01"),
    ("New Year on a Sunday", "2023-01-02"),
    ("Martin Luther King Day", "2024-01-15"),
    ("Martin Luther King Day", "2026-01-19"),
    ("Presidents' Day", "2024-02-19"),
    ("Presidents' Day", "2026-02-16"),
    ("31 March", "2026-03-31"),
    ("31 March on a Sunday", "2024-04-01"),
    ("Memorial Day", "2024-05-27"),
    ("Memorial Day, fifth Monday", "2027-05-31"),
    ("4 July", "2024-07-04"),
    ("4 July on a Sunday", "2027-07-05"),
    ("Labor Day", "2024-09-02"),
    ("Labor Day", "2025-09-01"),
    ("11 November", "2024-11-11"),
    ("11 November on a Sunday", "2018-11-12"),
    ("11 November on a Saturday", "2023-11-10"),
    ("Thanksgiving", "2024-11-28"),
    ("Thanksgiving", "2026-11-26"),
    ("the day after Thanksgiving", "2024-11-29"),
    ("the day after Thanksgiving", "2026-11-27"),
    ("25 December", "2024-12-25"),
    ("25 December on a Sunday", "2022-12-26"),
]
OPEN = [
    ("before New Year on a Saturday", "2021-12-31"),
    ("after New Year on a Saturday", "2022-01-03"),
    ("before 31 March on a Saturday", "2029-03-30"),
    ("after 31 March on a Saturday", "2029-04-02"),
    ("before 4 July on a Saturday", "2026-07-03"),
    ("after 4 July on a Saturday", "2026-07-06"),
    ("after 11 November on a Saturday", "2023-11-13"),
    ("before 25 December on a Saturday", "2021-12-24"),
    ("after 25 December on a Saturday", "2021-12-27"),
    ("Juneteenth is not in RUN-1", "2026-06-19"),
    ("Columbus Day is not in RUN-1", "2026-10-12"),
    ("Lincoln's birthday is not in RUN-1", "2026-02-12"),
    ("day after Christmas", "2024-12-26"),
    ("first Thursday of November", "2024-11-07"),
]


@pytest.mark.parametrize(("name", "closed"), CLOSED)
def test_no_payroll_on(name: str, closed: str) -> None:
    assert not periods.is_business_day(day(closed)), name


@pytest.mark.parametrize(("name", "open_day"), OPEN)
def test_payroll_on(name: str, open_day: str) -> None:
    assert periods.is_business_day(day(open_day)), name


@pytest.mark.parametrize(("year", "count"), [(2022, 250), (2023, 249), (2024, 251), (2025, 250), (2026, 251)])
def test_a_year_has_no_other_holidays(year: int, count: int) -> None:
    """Counted by hand: 260 to 262 weekdays less the 11 holidays, of which those on a Saturday cost nothing."""
    assert sum(map(periods.is_business_day, range(day(f"{year}-01-01"), day(f"{year + 1}-01-01")))) == count


@given(days)
def test_no_payroll_on_a_weekend(any_day: int) -> None:
    assert not (periods.is_business_day(any_day) and periods.civil_date(any_day).weekday() >= 5)


def test_next_and_previous_business_day_skip_a_long_weekend() -> None:
    assert periods.next_business_day(day("2024-11-27")) == day("2024-12-02")
    assert periods.previous_business_day(day("2024-12-02")) == day("2024-11-27")
    assert periods.next_business_day(day("2024-03-29")) == day("2024-04-02")


def test_first_and_last_business_day_of_a_month() -> None:
    assert periods.first_business_day(day("2024-09-01")) == day("2024-09-03")
    assert periods.last_business_day(day("2024-03-01")) == day("2024-03-29")
    assert periods.last_business_day(day("2026-01-01")) == day("2026-01-30")


def test_a_cut_off_is_midnight_at_the_end_of_a_business_day() -> None:
    cut_off = instant("2026-01-21T00:00")
    assert periods.cut_off_of(day("2026-01-20")) == cut_off
    assert periods.business_day_of(cut_off) == day("2026-01-20")
    assert periods.is_cut_off(cut_off)
    assert not periods.is_cut_off(cut_off + 1)
    assert not periods.is_cut_off(instant("2026-01-18T00:00"))


def test_no_cut_off_of_a_holiday() -> None:
    with pytest.raises(ValueError, match="2024-04-01"):
        periods.cut_off_of(day("2024-04-01"))
    with pytest.raises(ValueError, match="no cut-off"):
        periods.business_day_of(instant("2024-04-02T00:00"))


def test_a_fact_recorded_at_a_cut_off_is_for_the_next() -> None:
    """RUN-1: a run uses facts recorded before its cut-off."""
    tuesday = instant("2026-01-21T00:00")
    assert periods.cut_off_after(tuesday - 1) == tuesday
    assert periods.cut_off_after(tuesday) == instant("2026-01-22T00:00")
    assert periods.cut_off_at_or_after(tuesday) == tuesday
    assert periods.cut_off_at_or_after(tuesday + 1) == instant("2026-01-22T00:00")
    assert periods.cut_off_after(instant("2024-03-29T12:00")) == instant("2024-03-30T00:00")
    assert periods.cut_off_after(instant("2024-03-31T12:00")) == instant("2024-04-03T00:00")


def test_cut_offs_are_inclusive() -> None:
    first, last = instant("2024-11-28T00:00"), instant("2024-12-03T00:00")
    assert periods.cut_offs(first, last) == [first, last]
    assert periods.cut_offs(first + 1, last) == [last]
    assert periods.cut_offs(first, last - 1) == [first]
    assert periods.cut_offs(last, first) == []


@given(instants)
def test_cut_offs_agree_with_each_other(moment: int) -> None:
    after = periods.cut_off_after(moment)
    assert after > moment
    assert periods.cut_off_at_or_after(after) == after
    assert periods.cut_offs(moment + 1, after) == [after]
    assert periods.cut_off_of(periods.business_day_of(after)) == after


@pytest.mark.parametrize(
    ("month", "last_open_run", "closing_run"),
    [
        ("2024-01-01", "2026-01-30", "2026-02-02"),
        ("2024-02-01", "2026-02-27", "2026-03-02"),  # the 29th is clamped to the 28th
        ("2022-02-01", "2024-02-28", "2024-02-29"),  # the 28th stays the 28th
        ("2022-03-01", "2024-03-29", "2024-04-02"),  # 31 March 2024 is a Sunday: 1 April is a holiday
    ],
)
def test_a_month_closes_after_24_months(month: str, last_open_run: str, closing_run: str) -> None:
    closing = periods.closing_cut_off(day(month), 24)
    assert closing == periods.cut_off_of(day(closing_run))
    assert periods.cut_off_after(periods.cut_off_of(day(last_open_run))) == closing


@pytest.mark.parametrize(
    ("civil", "minutes"), [("2024-03-10", 1380), ("2024-11-03", 1500), ("2024-03-11", 1440), ("2026-03-08", 1380)]
)
def test_length_of_a_day(civil: str, minutes: int) -> None:
    assert periods.day_length_minutes(day(civil)) == minutes


def test_midnight_is_pacific() -> None:
    assert periods.midnight(day("2026-01-01")) == int(datetime(2026, 1, 1, 8, tzinfo=UTC).timestamp()) * 1000
    assert periods.midnight(day("2026-07-01")) == int(datetime(2026, 7, 1, 7, tzinfo=UTC).timestamp()) * 1000


@pytest.mark.parametrize(
    ("moment", "civil"),
    [
        ("2024-12-07T23:30", "2024-12-07"),
        ("2024-03-10T00:00", "2024-03-10"),
        ("2024-03-10T23:59:59", "2024-03-10"),
        ("2024-07-01T00:00", "2024-07-01"),
        ("2024-07-01T23:30", "2024-07-01"),
        ("2024-11-03T23:59:59", "2024-11-03"),
    ],
)
def test_civil_day(moment: str, civil: str) -> None:
    assert periods.civil_day(instant(moment)) == day(civil)


@given(instants)
def test_civil_day_agrees_with_the_time_zone(moment: int) -> None:
    civil = datetime.fromtimestamp(moment // 1000, tz=PACIFIC).date()
    assert periods.civil_day(moment) == periods.epoch_day(civil)


@given(days)
def test_a_day_lies_in_its_month_period_and_workweek(any_day: int) -> None:
    civil = periods.civil_date(any_day)
    month, period, week = periods.month_of(any_day), periods.period_of(any_day), periods.workweek_of(any_day)
    assert periods.civil_date(month) == civil.replace(day=1)
    assert periods.civil_date(period).day == (1 if civil.day < 16 else 16)
    assert month <= period <= any_day <= periods.period_end(period) <= periods.month_end(month)
    assert periods.civil_date(week).isoweekday() == 7
    assert week <= any_day <= periods.saturday_of(week) < week + 7
    assert periods.next_month(month) == month + periods.days_in_month(month)
    assert periods.previous_month(periods.next_month(month)) == month
    assert periods.period_days(period) == periods.period_end(period) - period + 1


def test_periods_of_a_leap_february() -> None:
    assert periods.period_days(day("2024-02-01")) == 15
    assert periods.period_days(day("2024-02-16")) == 14
    assert periods.period_days(day("2023-02-16")) == 13
    assert periods.period_end(day("2026-01-16")) == day("2026-01-31")


def test_months_are_added_over_years() -> None:
    assert periods.add_months(day("2024-11-01"), 3) == day("2025-02-01")
    assert periods.add_months(day("2024-02-01"), -2) == day("2023-12-01")
    assert periods.year_of(day("2024-12-31")) == 2024


def test_how_days_and_minutes_are_written() -> None:
    assert periods.iso(day("2026-01-05")) == "2026-01-05"
    assert [periods.hhmm(minutes) for minutes in (4_260, 5, 0, -90)] == ["71:00", "0:05", "0:00", "-1:30"]
