"""Edges of rules that no worked case stands on: each was found by a mutant that nobody noticed (`make mutants`)."""

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from rules import compiled
from rules.authorizations import counted_weekly_minutes
from rules.authorized_time import fill_places
from rules.claimed_time import claim, given_up
from rules.documents import Document
from rules.kept import Stint
from rules.law import Law, LawError
from rules.overtime import mark_overtime, weighted_premium
from rules.periods import CALENDAR, closing_cut_off, cut_off_of, epoch_day, is_business_day
from rules.price.leave_claims import Leave, LeaveVerdict, _within_balance
from rules.price.leave_pay import _engaged
from rules.price.paid_service import SERVICE, conclude_service
from rules.price.statements import StatementDraft
from rules.restatement import Decision
from rules.sick_leave import Grant, grants
from rules.weekly_limits import workweeks_of
from rules.worked import Worked
from schemas.timesheet import Timesheet
from tests.rules.settlement import fact

LAW = Law.load()
AS_WRITTEN = pytest.mark.skipif(compiled.how == compiled.USED, reason="compiled rules take no stand-ins")


def day(year: int, month: int, of_month: int) -> int:
    return epoch_day(date(year, month, of_month))


def worked(on: int, minutes: int, earning: Any = "SERVICE", **other: Any) -> Worked:
    given: dict[str, Any] = {
        "day": on, "earning": earning, "payable": (1, 1), "recorded": (1, 1), "document_id": "T1",
        "reference": f"Timesheet/{earning}/1", "recipient_id": "R1", "program": "IHSS", "county": "19",
        "rate_mills": 19_000, "minutes": minutes,
    }  # fmt: skip
    return Worked(**given | other)


@pytest.mark.parametrize(
    ("month", "months", "closes"),
    [
        ((2026, 6), 1, (2026, 7, 31)),  # 30 July, a Thursday, is the last day; the pay run after is Friday's
        ((2026, 1), 1, (2026, 3, 2)),  # 31 January + 1 month is clamped to 28 February, a Saturday
        ((2025, 2), 12, (2026, 3, 2)),  # 28 February 2026 too: not 31 days later
        ((2025, 9), 3, (2025, 12, 31)),  # 30 December, though December has 31 days
    ],
)
def test_a_month_closes_on_the_business_day_after_its_last_day_months_later(
    month: tuple[int, int], months: int, closes: tuple[int, int, int]
) -> None:
    """TIME-6."""
    assert closing_cut_off.__wrapped__(day(*month, 1), months) == cut_off_of(day(*closes))


@pytest.mark.parametrize(
    ("civil", "works"),
    [
        (date(2027, 7, 5), False),  # 4 July 2027 is a Sunday
        (date(2027, 7, 2), True),
        (date(2022, 12, 26), False),  # so is Christmas 2022
        (date(2023, 1, 2), False),
        (date(2026, 7, 3), "07-04" not in CALENDAR["friday_before_if_saturday"]),  # 4 July 2026 is a Saturday
        (date(2026, 7, 6), True),
        (date(2023, 11, 10), "11-11" not in CALENDAR["friday_before_if_saturday"]),  # Veterans Day 2023 is too
        (date(2023, 11, 13), True),
    ],
)
def test_a_holiday_on_a_weekend_is_observed(civil: date, works: bool) -> None:
    """RUN-1: a Sunday's on Monday; a Saturday's on Friday where the calendar says so."""
    assert is_business_day(epoch_day(civil)) == works


def test_a_workweek_that_begins_on_the_last_day_of_a_month_is_of_the_month() -> None:
    """31 May 2026 is a Sunday."""
    assert [*workweeks_of(day(2026, 5, 1))][-1] == day(2026, 5, 31)
    assert len(workweeks_of(day(2026, 2, 1))) == 4  # from a Sunday to a Saturday


def test_minutes_fill_their_places_in_order_and_what_is_taken_away_leaves_the_newest() -> None:
    """HOURS-6."""
    places = [((1, 0), 60), ((2, 0), 60)]
    assert [*fill_places(places, [90, 30], [90, 30])] == [((1, 0), 0, 60), ((2, 0), 0, 30), ((2, 0), 1, 30)]
    assert [*fill_places(places, [90, 30], [40, 30])] == [((1, 0), 0, 40), ((2, 0), 1, 30)]
    assert [*fill_places(places, [90, 30], [70, 0])] == [((1, 0), 0, 60), ((2, 0), 0, 10)]
    assert [*fill_places([((1, 0), 5)], [1, 1], [1, 1])] == [((1, 0), 0, 1), ((1, 0), 1, 1)]
    assert [*fill_places([], [0, 0], [0, 0])] == []


def test_a_correction_gives_up_what_an_approved_revision_had_more_of_a_day() -> None:
    """Minutes that are more now were never given up; nor were those that nobody had approved."""

    def given_up_by(*revisions: tuple[int, int, bool]) -> list[int]:
        document = Document[Timesheet]()
        for number, (first, second, approved) in enumerate(revisions, 1):
            minutes, recorded = [first, second, *[0] * 13], 1_700_000_000_000 + number
            document.file(
                fact(
                    "Timesheet", recorded + 60_000, "T1", revision=number, provider_id="P1", recipient_id="R1",
                    program="IHSS", period_start=day(2026, 5, 1), minutes_worked=minutes, channel="ESP",
                    provider_signed_at=recorded, recipient_approved_at=recorded if approved else None,
                )
            )  # fmt: skip
        return given_up(document, claim(document))[:2]

    assert given_up_by((60, 0, True), (60, 30, True)) == []
    assert given_up_by((60, 30, True), (45, 90, True)) == [15, 0]
    assert given_up_by((60, 30, False), (45, 90, True)) == []


def test_no_overtime_before_there_was_any() -> None:
    """OT-1."""
    assert mark_overtime([worked(day(2015, 12, 7), 3000)], LAW) == 0
    week = [worked(day(2026, 5, 4), 2400), worked(day(2026, 5, 5), 61)]
    assert mark_overtime(week, LAW) == 61 and [each.overtime_minutes for each in week] == [0, 61]


def test_travel_carries_its_part_of_a_weighted_premium() -> None:
    """OT-4, SOC-4: 60 of 240 minutes of overtime are travel, so a quarter of the cents of the line they share."""
    week = [worked(day(2026, 5, 4), 2400), worked(day(2026, 5, 5), 180), worked(day(2026, 5, 5), 60, "TRAVEL")]
    mark_overtime(week, LAW)
    [(_, cents, of_travel)] = weighted_premium(week, LAW)
    assert (cents, of_travel) == (3800, 950)  # 4 hours at half of 19.00


def test_lines_of_a_statement_are_in_order_of_their_rates() -> None:
    draft = StatementDraft()
    for rate in (21_000, 19_000, 20_000):
        draft.minutes["SERVICE", "IHSS", "19", rate] = 60
    draft.cents["OVERTIME_PREMIUM", "IHSS", "19", None] = 5
    assert [line.rate_mills for line in draft.lines()] == [None, 19_000, 20_000, 21_000]


def test_only_ihss_service_has_a_place_in_the_order_of_the_share_of_cost() -> None:
    """SOC-5."""
    draft = StatementDraft()
    draft.carry(worked(day(2026, 5, 4), 60, "TRAVEL"))
    draft.carry(worked(day(2026, 5, 4), 60, program="WPCS", reference="Timesheet/W/1"))
    assert draft.orders == [] and len(draft.claims) == 2
    draft.carry(worked(day(2026, 5, 4), 60))
    assert draft.orders == [((1, 1), "T1")]


def test_service_of_ihss_has_no_waiver() -> None:
    """SICK-2."""
    for program, waiver in {"IHSS": False, "WPCS": True}.items():
        decision = Decision()
        conclude_service(day(2026, 5, 1), [worked(day(2026, 5, 4), 60, program=program)], LAW, decision)
        kept: Any = decision.conclusions[SERVICE]
        assert (kept.days, kept.waiver) == ([(day(2026, 5, 4), 60)], waiver)


def verdict(on: int, minutes: int, kept: bool = False) -> LeaveVerdict:
    document: Any = SimpleNamespace(current=SimpleNamespace(service_date=on, minutes=minutes))
    return LeaveVerdict(document, minutes, kept=kept)


@AS_WRITTEN
def test_leave_is_taken_from_its_own_year_and_no_more_than_is_left() -> None:
    """SICK-5, SICK-7: a year without a grant has none to give, though something of it was used."""
    year, other = day(2025, 7, 1), day(2024, 7, 1)
    leave = Leave([], [Grant(year, 120, year, year, day(2026, 6, 30))], {year: 30, other: 5}, day(2026, 5, 1), LAW)
    asked = [verdict(day(2026, 5, 4), 60), verdict(day(2026, 5, 5), 60), verdict(day(2025, 1, 6), 60)]
    assert [each.paid_minutes for each in _within_balance(asked, leave)] == [60, 30, 0]
    assert [each.paid_minutes for each in _within_balance([verdict(day(2023, 1, 6), 60)], leave)] == [0]
    kept = [verdict(day(2026, 5, 4), 60), verdict(day(2026, 5, 5), 60, kept=True)]
    assert [each.paid_minutes for each in _within_balance(kept, leave)] == [30, 60]


def test_leave_that_is_usable_on_the_first_day_of_its_next_year_does_not_wait() -> None:
    """SICK-3: an assumption only where the wait goes over 1 July."""
    for usable, waits in ((day(2025, 7, 1), False), (day(2025, 7, 2), True)):
        stint = Stint(day(2025, 7, 10), 6000, day(2025, 5, 2), usable, False)
        second = grants([stint], day(2025, 7, 1), day(2025, 7, 20), LAW)[0]
        assert ("sick_leave.wait_over_new_year" in " ".join(second.assumptions)) == waits


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [(10, 20, True), (20, 30, True), (1, 10, True), (21, 30, False), (1, 9, False), (12, 13, True)],
)
def test_a_term_is_of_the_days_that_it_has_one_of(first: int, last: int, found: bool) -> None:
    term = SimpleNamespace(first=10, last=20, reference="A")
    engagement: Any = SimpleNamespace(authorizations={"IHSS": [term]}, assignments={}, departed_on=lambda *_: set())
    assert _engaged(engagement, first, last) == ({"A"} if found else set())
    term.last = None
    assert _engaged(engagement, 30, 40) == {"A"}


def test_one_minute_a_week_is_assessed() -> None:
    """WHO-5: meal cleanup counts where all that it requires is assessed, however little."""
    on = day(2026, 5, 1)
    required = [*LAW.value("impairment.meal_cleanup_requires", on)]
    for least, counts in ((1, True), (0, False)):
        services = [SimpleNamespace(service=name, minutes_per_week=least) for name in required]
        services.append(SimpleNamespace(service="MEAL_CLEANUP", minutes_per_week=100))
        authorization: Any = SimpleNamespace(services=services)
        of_meals = counted_weekly_minutes(authorization, LAW, on)
        assert (of_meals >= 100) == counts


def test_a_value_may_hold_for_one_day() -> None:
    one_day = {
        "from": date(2026, 5, 1),
        "until": date(2026, 5, 1),
        "value": 30_000,
        "grade": "assumption",
        "citation": "a",
    }
    before = one_day | {"until": date(2026, 4, 30)}
    assert (
        LAW.amended({"wages.toml": {"wage": {"19": {"values": [one_day]}}}}).value("wage.19", day(2026, 5, 1)) == 30_000
    )
    with pytest.raises(LawError, match="is before `from`"):
        LAW.amended({"wages.toml": {"wage": {"19": {"values": [before]}}}})
