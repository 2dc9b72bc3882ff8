"""Maximum weekly hours and what exemptions allow: LAW HOURS-3, LIMIT-3."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.conclusions import AuthorizationTerm
from rules.documents import Arrival, Terms
from rules.law import Law
from rules.periods import cut_off_after, epoch_day, month_end
from rules.price.limits import keep_first
from rules.weekly_limits import (
    Allowance,
    Exemption,
    allowances,
    covers,
    exemptions,
    maximum_weekly_minutes,
    workweeks_of,
)
from rules.worked import Worked
from schemas.provider_enrollment import ProviderEnrollment

LAW = Law.load()


def day(text: str) -> int:
    return epoch_day(date.fromisoformat(text))


JANUARY, SUNDAY, SATURDAY = day("2026-01-01"), day("2026-01-04"), day("2026-01-10")
LONG_AGO = day("2020-01-01")


def enrolled(*facts: dict) -> Terms[ProviderEnrollment]:
    terms: Terms[ProviderEnrollment] = Terms()
    for place, fields in enumerate(facts, 1):
        said = {"effective_from": LONG_AGO, "exemption": "NONE", **fields}
        fact = ProviderEnrollment(
            event_id=f"e{place}", source="county.43", recorded_at=place, document_id=f"E{place}", revision=1,
            withdrawn=False, provider_id="P1", county="43", **said,
        )  # fmt: skip
        terms.file(Arrival(cut_off_after(place), place, fact.source, fact.event_id, b"", fact.KIND, fact))
    return terms


def term(monthly: str, first: int = LONG_AGO, last: int | None = None) -> AuthorizationTerm:
    hours, minutes = monthly.split(":")
    return AuthorizationTerm(first, last, "43", int(hours) * 60 + int(minutes), [], "ServiceAuthorization/A1/1")


@pytest.mark.parametrize(
    ("terms", "weekly"),
    [
        ({"IHSS": [term("283:00")]}, 70 * 60 + 45),
        ({"IHSS": [term("160:03")]}, 40 * 60),
        ({"IHSS": [term("160:04")]}, 40 * 60 + 1),
        ({"IHSS": [term("100:00")], "WPCS": [term("100:00")]}, 50 * 60),
        ({"IHSS": [term("283:00")], "WPCS": [term("283:00")]}, 70 * 60 + 45),
        ({"WPCS": [term("400:00")]}, 70 * 60 + 45),
        ({"IHSS": [term("160:00", LONG_AGO, SATURDAY - 1), term("200:00", SATURDAY)]}, 50 * 60),
        ({"IHSS": [term("200:00", LONG_AGO, SUNDAY), term("160:00", SUNDAY + 1)]}, 50 * 60),
        ({"IHSS": [term("200:00", LONG_AGO, SUNDAY - 1), term("160:00", SUNDAY)]}, 40 * 60),
        ({"IHSS": [term("200:00", SATURDAY + 1)]}, 0),
        ({"IHSS": [term("160:00", last=SUNDAY + 2)], "WPCS": [term("40:00", SUNDAY + 2)]}, 50 * 60),
        ({"IHSS": [term("160:00", last=SUNDAY + 1)], "WPCS": [term("40:00", SUNDAY + 2)]}, 40 * 60),
    ],
)
def test_maximum_weekly_hours(terms: dict[str, list[AuthorizationTerm]], weekly: int) -> None:
    assert maximum_weekly_minutes(terms, SUNDAY, LAW) == weekly


EXEMPTION = "EXEMPTION_1"


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        ([{}], []),
        ([{"exemption": EXEMPTION}], [Exemption(EXEMPTION, SUNDAY, SATURDAY)]),
        ([{"exemption": EXEMPTION, "exemption_from": SUNDAY + 2}], [Exemption(EXEMPTION, SUNDAY + 2, SATURDAY)]),
        ([{"exemption": EXEMPTION, "exemption_to": SUNDAY}], [Exemption(EXEMPTION, SUNDAY, SUNDAY)]),
        ([{"exemption": EXEMPTION, "exemption_to": SUNDAY - 1}], []),
        ([{"exemption": EXEMPTION, "effective_to": SUNDAY + 1}], [Exemption(EXEMPTION, SUNDAY, SUNDAY + 1)]),
        # An enrolment that takes over without the exemption ends it.
        ([{"exemption": EXEMPTION}, {"effective_from": SUNDAY + 1}], [Exemption(EXEMPTION, SUNDAY, SUNDAY)]),
    ],
)
def test_exemptions_of_a_week(facts: list[dict], found: list[Exemption]) -> None:
    assert exemptions(enrolled(*facts), SUNDAY, SATURDAY) == found


def test_an_exemption_covers_its_first_and_last_day() -> None:
    standing = [Exemption(EXEMPTION, SUNDAY, SATURDAY)]
    assert covers(standing, SATURDAY, SATURDAY + 6) and covers(standing, SUNDAY - 6, SUNDAY)
    assert not covers(standing, SATURDAY + 1, SATURDAY + 7) and not covers(standing, SUNDAY - 7, SUNDAY - 1)


def test_weeks_of_a_month_reach_over_both_ends() -> None:
    assert list(workweeks_of(JANUARY)) == [SUNDAY - 7, SUNDAY, SUNDAY + 7, SUNDAY + 14, SUNDAY + 21]
    assert workweeks_of(day("2026-02-01"))[0] == day("2026-02-01")


def test_an_exemption_allows_weeks_and_then_the_month() -> None:
    standing = [Exemption("EXEMPTION_2", SATURDAY, SATURDAY + 1)]
    assert list(allowances(standing, JANUARY, LAW)) == [
        Allowance("week", SUNDAY, SATURDAY, 90 * 60),
        Allowance("week", SUNDAY + 7, SATURDAY + 7, 90 * 60),
        Allowance("month", JANUARY, month_end(JANUARY), 360 * 60),
    ]


def test_a_waiver_exemption_allows_days_and_then_the_month() -> None:
    standing = [Exemption("EXEMPTION_WPCS", JANUARY - 3, JANUARY + 1)]
    assert list(allowances(standing, JANUARY, LAW)) == [
        Allowance("day", JANUARY, JANUARY, 12 * 60),
        Allowance("day", JANUARY + 1, JANUARY + 1, 12 * 60),
        Allowance("month", JANUARY, month_end(JANUARY), 360 * 60),
    ]


def test_an_exemption_outside_the_month_gives_it_no_monthly_limit() -> None:
    standing = [Exemption(EXEMPTION, JANUARY - 1, JANUARY - 1)]
    assert [each.per for each in allowances(standing, JANUARY, LAW)] == ["week"]


def worked(minutes: int, on: int = SUNDAY) -> Worked:
    return Worked(on, "SERVICE", (0, 0), (0, 0), "T1", "Timesheet/T1/1", "R1", "IHSS", "43", 20_440, minutes)


@given(st.lists(st.integers(0, 1500)), st.integers(-500, 5000))
def test_the_first_minutes_are_kept_and_nothing_is_lost(minutes: list[int], allowed: int) -> None:
    days = [worked(each, SUNDAY + place) for place, each in enumerate(minutes)]
    taken = {each.day - SUNDAY: lost for each, lost in keep_first(days, allowed)}
    kept = [each.minutes for each in days]
    assert sum(kept) == min(sum(minutes), max(0, allowed))
    assert [left + taken.get(place, 0) for place, left in enumerate(kept)] == minutes
    first_cut = min(taken, default=len(minutes))
    assert kept[:first_cut] == minutes[:first_cut] and not any(kept[first_cut + 1 :])
