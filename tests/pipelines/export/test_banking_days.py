"""The Federal Reserve's calendar, held against the days it published."""

from datetime import date, timedelta

import pytest

from pipelines.export.banking_days import is_banking_day, next_banking_day
from rules.periods import civil_date, epoch_day

CLOSED = {
    2021: "01-01 01-18 02-15 05-31 07-05 09-06 10-11 11-11 11-25",  # Juneteenth and Christmas on Saturdays
    2022: "01-17 02-21 05-30 06-20 07-04 09-05 10-10 11-11 11-24 12-26",
    2023: "01-02 01-16 02-20 05-29 06-19 07-04 09-04 10-09 11-23 12-25",
    2024: "01-01 01-15 02-19 05-27 06-19 07-04 09-02 10-14 11-11 11-28 12-25",
    2025: "01-01 01-20 02-17 05-26 06-19 07-04 09-01 10-13 11-11 11-27 12-25",
    2026: "01-01 01-19 02-16 05-25 06-19 09-07 10-12 11-11 11-26 12-25",
    2027: "01-01 01-18 02-15 05-31 07-05 09-06 10-11 11-11 11-25",
}


@pytest.mark.parametrize("year", CLOSED)
def test_weekdays_on_which_the_banks_are_closed(year: int) -> None:
    days = (date(year, 1, 1) + timedelta(days=later) for later in range(366))
    weekdays = [day for day in days if day.year == year and day.isoweekday() <= 5]
    assert " ".join(f"{day:%m-%d}" for day in weekdays if not is_banking_day(epoch_day(day))) == CLOSED[year]


def test_juneteenth_was_no_holiday_before_it_was_one() -> None:
    assert is_banking_day(epoch_day(date(2020, 6, 19)))


@pytest.mark.parametrize(
    ("day", "following"),
    [
        ("2026-04-07", "2026-04-08"),
        ("2026-04-10", "2026-04-13"),
        ("2026-12-31", "2027-01-04"),
        ("2022-12-30", "2023-01-03"),
    ],
)
def test_the_next_banking_day(day: str, following: str) -> None:
    assert civil_date(next_banking_day(epoch_day(date.fromisoformat(day)))).isoformat() == following
