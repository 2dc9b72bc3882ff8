"""Words and figures that more than one page uses."""

from pipelines.wording import clock


def test_minutes_as_hours_and_minutes() -> None:
    assert [clock(minutes) for minutes in (0, 59, 60, 8_900_000)] == ["0:00", "0:59", "1:00", "148,333:20"]
    assert [clock(minutes) for minutes in (-59, -61, -60_000)] == ["-0:59", "-1:01", "-1,000:00"]
