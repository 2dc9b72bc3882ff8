"""Hours by county and month, and eligibility in four counties: LAW section 13, BEN-1."""

from datetime import date

import pytest

from rules.benefits import MonthHours, eligible, hours
from rules.conclusions import AssignmentTerm, AuthorizationTerm
from rules.law import Law
from rules.periods import epoch_day
from rules.to_provider import Engagement
from rules.worked import Worked

LAW = Law.load()
JUNE = epoch_day(date(2024, 6, 1))
LOS_ANGELES, MARIN, SAN_FRANCISCO, SANTA_CLARA, LAKE = "19", "21", "38", "43", "17"


def month(text: str) -> int:
    return epoch_day(date.fromisoformat(f"{text}-01"))


def worked(minutes: int, county: str = LAKE, earning: str = "SERVICE", overtime: int = 0) -> Worked:
    return Worked(
        day=JUNE, earning=earning, payable=(0, 0), recorded=(0, 0), document_id="T1", reference="Timesheet/T1/1",
        recipient_id="R1", program="IHSS", county=county, rate_mills=20000, minutes=minutes, overtime_minutes=overtime,
    )  # fmt: skip


def authorized(minutes: int, first: int = 1, last: int | None = None, county: str = LAKE) -> AuthorizationTerm:
    """In force from one day of June to another (None: open)."""
    return AuthorizationTerm(JUNE + first - 1, last and JUNE + last - 1, county, minutes, [], "a")


def assigned(minutes: int | None = None, first: int = 1, last: int | None = None) -> AssignmentTerm:
    return AssignmentTerm(JUNE + first - 1, last and JUNE + last - 1, minutes, "NON_RELATIVE", False, "b")


def engagement(
    authorizations: list[AuthorizationTerm], assignments: list[AssignmentTerm], program: str = "IHSS"
) -> Engagement:
    return Engagement("P1", "R1", {program: authorizations}, {program: assignments})


def june(*engagements: Engagement, paid: list[Worked] | None = None) -> dict[str, tuple[int, int]]:
    """Paid and authorized minutes by county."""
    found = hours(JUNE, paid or [worked(60)], engagements)
    assert all(record.month == JUNE for record in found.values())
    return {county: (record.paid_minutes, record.authorized_minutes) for county, record in found.items()}


def test_service_travel_and_training_are_paid_minutes_and_premium_is_never_counted_twice() -> None:
    paid = [worked(600, overtime=120), worked(30, earning="TRAVEL"), worked(240, earning="TRAINING")]
    assert june(paid=paid) == {LAKE: (870, 0)}


def test_each_county_has_its_own_record() -> None:
    here = engagement([authorized(6000)], [assigned()])
    there = engagement([authorized(3000, county=MARIN)], [assigned()])
    assert june(here, there, paid=[worked(600), worked(300, MARIN)]) == {LAKE: (600, 6000), MARIN: (300, 3000)}


def test_without_paid_minutes_there_is_no_record() -> None:
    elsewhere = engagement([authorized(6000, county=MARIN)], [assigned()])
    assert june(elsewhere, paid=[worked(60), worked(0, SAN_FRANCISCO)]) == {LAKE: (60, 0)}


@pytest.mark.parametrize(("stated", "expected"), [(None, 6000), (2400, 2400), (0, 0), (9000, 9000)])
def test_assigned_minutes_where_stated_else_the_recipients(stated: int | None, expected: int) -> None:
    assert june(engagement([authorized(6000)], [assigned(stated)])) == {LAKE: (60, expected)}


def test_recipients_and_programs_are_added_up() -> None:
    both = [engagement([authorized(6000)], [assigned()]), engagement([authorized(1200)], [assigned()], "WPCS")]
    assert june(*both) == {LAKE: (60, 7200)}


def test_parts_of_a_month_count_by_days_and_their_sum_is_floored() -> None:
    """June has 30 days: 10 x 100 + 20 x 101 = 3020, / 30 = 100 and two thirds."""
    assert june(engagement([authorized(100, 1, 10), authorized(101, 11)], [assigned()])) == {LAKE: (60, 100)}
    assert june(engagement([authorized(6000)], [assigned(None, 16)])) == {LAKE: (60, 3000)}
    assert june(engagement([authorized(6000)], [assigned(1200, 1, 15), assigned(None, 16)])) == {LAKE: (60, 3600)}
    assert june(engagement([authorized(6000, 1, 15)], [assigned(None, 11, 20)])) == {LAKE: (60, 1000)}


def test_what_lies_outside_the_month_does_not_count() -> None:
    assert june(engagement([authorized(6000, -29)], [assigned(None, -29, 45)])) == {LAKE: (60, 6000)}
    assert june(engagement([authorized(6000), authorized(6000, 45)], [assigned(None, 1, 10)])) == {LAKE: (60, 2000)}
    assert june(engagement([], [assigned(2400)])) == {LAKE: (60, 0)}


def run(*months: tuple[str, int, int]) -> list[MonthHours]:
    """Months with hours paid and hours authorized."""
    return [MonthHours(month(text), paid * 60, allowed * 60) for text, paid, allowed in months]


@pytest.mark.parametrize(
    ("county", "months", "expected"),
    [
        (LOS_ANGELES, run(("2024-05", 1, 74), ("2024-06", 1, 74)), True),
        (LOS_ANGELES, run(("2024-05", 90, 73), ("2024-06", 90, 74)), False),
        (LOS_ANGELES, run(("2024-06", 90, 90)), False),
        (SAN_FRANCISCO, run(("2024-05", 25, 25), ("2024-06", 25, 25)), True),
        (SAN_FRANCISCO, run(("2024-05", 24, 90), ("2024-06", 90, 90)), False),
        (SAN_FRANCISCO, run(("2024-05", 90, 24), ("2024-06", 90, 90)), False),
        (SANTA_CLARA, run(("2024-05", 35, 0), ("2024-06", 35, 0)), True),
        (SANTA_CLARA, run(("2024-05", 35, 0), ("2024-06", 34, 99)), False),
        (MARIN, run(("2024-04", 85, 0), ("2024-05", 85, 0), ("2024-06", 85, 0)), True),
        (MARIN, run(("2024-04", 84, 0), ("2024-05", 85, 0), ("2024-06", 85, 0)), False),
        (MARIN, run(("2024-05", 85, 0), ("2024-06", 85, 0)), False),
        (LAKE, run(("2024-05", 99, 99), ("2024-06", 99, 99)), None),
    ],
)
def test_each_countys_rule(county: str, months: list[MonthHours], expected: bool | None) -> None:
    assert eligible(county, months, LAW) is expected


def test_a_month_without_a_record_breaks_the_row() -> None:
    assert eligible(SANTA_CLARA, run(("2024-04", 99, 99), ("2024-06", 99, 99)), LAW) is False
    assert eligible(SANTA_CLARA, run(("2023-12", 99, 99), ("2024-01", 99, 99)), LAW) is True


def test_where_a_countys_rule_has_ended_there_is_no_verdict() -> None:
    ended = {"from": date(1900, 1, 1), "until": date(2024, 5, 31), "value": 2}
    law = LAW.amended({"overlay.toml": {"benefit": {"months": {SANTA_CLARA: {"values": [ended]}}}}})
    assert eligible(SANTA_CLARA, run(("2024-04", 99, 99), ("2024-05", 99, 99)), law) is True
    assert eligible(SANTA_CLARA, run(("2024-05", 99, 99), ("2024-06", 99, 99)), law) is None
