"""Words and figures that more than one page uses."""

from pipelines.report.wording import nth
from pipelines.wording import clock


def test_minutes_as_hours_and_minutes() -> None:
    assert [clock(minutes) for minutes in (0, 59, 60, 8_900_000)] == ["0:00", "0:59", "1:00", "148,333:20"]
    assert [clock(minutes) for minutes in (-59, -61, -60_000)] == ["-0:59", "-1:01", "-1,000:00"]


def test_ordinals() -> None:
    assert [nth(number) for number in (1, 2, 3, 4, 11, 12, 13)] == ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th"]
    assert [nth(number) for number in (21, 102, 111)] == ["21st", "102nd", "111th"]
