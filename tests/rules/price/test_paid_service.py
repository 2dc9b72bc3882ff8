"""Paid sick leave is looked at where more service can make it otherwise, and only there."""

import tomllib
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from rules.conclusions import LeaveRecord
from rules.findings import Findings
from rules.kept import ServiceDays
from rules.law import Law
from rules.periods import add_months, cut_off_after, cut_off_of, epoch_day, iso, midnight
from rules.price.filed import Filed
from rules.price.paid_service import SERVICE, moves_leave
from rules.price.sick_leave import SickLeave
from rules.price.violations import Notice
from rules.restatement import LIFETIME, Decision, month_unit
from tests.case_files import case
from tests.fold.test_closing import said
from tests.fold.test_key import SOON
from tests.paid import replay_plain
from tests.rules.test_edges import AS_WRITTEN

SINCE = {"from": date(2018, 7, 1), "grade": "assumption", "citation": "a test"}
TERMS = {
    "earned_after_minutes": 900, "usable_after_minutes": 900, "usable_after_days": 25, "days_without_service": 45,
}  # fmt: skip
SOONER = {name: {"values": [SINCE | {"value": value}]} for name, value in TERMS.items()}
QUICK = Law.load().amended({"quick.toml": {"sick_leave": SOONER}})
FIRST = epoch_day(date(2025, 4, 1))
MONTHS = [add_months(FIRST, number) for number in range(5)]
OF_A_MONTH = st.dictionaries(st.integers(0, 27), st.sampled_from((60, 300, 600)), max_size=4)
SERVICE_MONTHS = st.lists(OF_A_MONTH, min_size=len(MONTHS), max_size=len(MONTHS))
MANY = settings(deadline=None, max_examples=300)
LITTLE = """
sentence = "An hour a month."
law = ["SICK-2"]
facts = [{sheets}]
expect = {{}}
"""


def service_of(drawn: list[dict[int, int]]) -> dict[int, ServiceDays]:
    days = ([(month + day, minutes) for day, minutes in sorted(of_month.items())]
            for month, of_month in zip(MONTHS, drawn, strict=True))  # fmt: skip
    return {month: ServiceDays(each, False) for month, each in zip(MONTHS, days, strict=True) if each}


def decided(service: dict[int, ServiceDays], cut_off: int, known: dict[str, Any]) -> Decision:
    before = {month_unit(month): {SERVICE: days} for month, days in service.items()} | {LIFETIME: known}
    decision = Decision()
    SickLeave(Filed({}), Notice("P1", before, QUICK, cut_off)).decide(decision, Findings(SimpleNamespace()))  # type: ignore[arg-type]
    return decision


def granted(decision: Decision) -> list[LeaveRecord]:
    return [each for each in decision.conclusions.values() if isinstance(each, LeaveRecord)]


@MANY
@given(SERVICE_MONTHS, st.integers(0, len(MONTHS) - 1), OF_A_MONTH, st.integers(0, 250), st.integers(0, 250))
def test_service_that_moves_nothing_leaves_all_balances_as_they_are(
    drawn: list[dict[int, int]], place: int, becomes: dict[int, int], today: int, later: int
) -> None:
    """Nor is there a day before the next look on which they would differ."""
    month, changed = MONTHS[place], [*drawn]
    changed[place] = becomes
    before, now = service_of(drawn), service_of(changed)
    worked = max((days.days[-1][0] for days in (*before.values(), *now.values())), default=FIRST)
    cut_off = cut_off_after(midnight(worked + today))
    told = decided(before, cut_off, {})
    notice = Notice("P1", {month_unit(each): {SERVICE: days} for each, days in now.items()}, QUICK, cut_off)
    moves = moves_leave(month, before.get(month), Filed({}), notice)
    event(f"moves: {moves}, granted: {bool(granted(told))}")
    if moves:
        return
    for run in {cut_off, cut_off_after(midnight(worked + today + later))}:
        if run < told.reviews.get(LIFETIME, run + 1):
            assert granted(decided(now, run, told.conclusions)) == granted(told)


@pytest.mark.parametrize(
    ("april", "may", "becomes", "moves"),
    (
        ({0: 600}, {}, {3: 60}, False),  # not earned yet
        ({0: 600}, {}, {3: 300}, True),
        ({0: 600, 9: 600}, {}, {3: 60}, False),  # not usable sooner by it
        ({0: 600, 9: 600}, {}, {1: 600, 3: 600}, True),
        ({0: 600, 9: 600}, {3: 60}, {18: 60}, False),
        ({0: 600, 9: 600}, {3: 60}, {}, True),  # it ends sooner
    ),
)
def test_what_moves_leave(april: dict[int, int], may: dict[int, int], becomes: dict[int, int], moves: bool) -> None:
    """SICK-2, SICK-3, SICK-4; on 23 May."""
    nothing: list[dict[int, int]] = [{}, {}, {}]
    before, now = (service_of([april, of_may, *nothing]) for of_may in (may, becomes))
    said = {month_unit(month): {SERVICE: days} for month, days in now.items()}
    notice = Notice("P1", said, QUICK, cut_off_of(epoch_day(date(2025, 5, 23))))
    assert moves_leave(MONTHS[1], before.get(MONTHS[1]), Filed({}), notice) == moves


def test_months_that_close_are_taken_up_where_the_last_stint_has_earned_nothing() -> None:
    """Whatever an earlier one had earned: no day is near on which the last one would be looked at."""
    service = service_of([{0: 600, 9: 600}, {}, {}, {3: 60}, {}])
    said = {month_unit(month): {SERVICE: days} for month, days in service.items()}
    for today, moves in ((date(2025, 8, 1), False), (date(2028, 8, 1), True)):
        notice = Notice("P1", said, QUICK, cut_off_of(epoch_day(today)))
        assert moves_leave(MONTHS[3], service[MONTHS[3]], Filed({}), notice) == moves


def sheets(months: int, hours: str) -> str:
    return ", ".join(
        f'{{kind = "Timesheet", id = "T{number}", period = {date(2022 + number // 12, number % 12 + 1, 1)}, '
        f'days = {{5 = "{hours}"}}}}'
        for number in range(months)
    )


def test_months_that_close_before_leave_is_earned_count_when_it_is() -> None:
    """Long after their days are forgotten: 30 months of an hour, with two months until one closes."""
    after = [{"from": date(2018, 7, 1), "value": 29 * 60, "grade": "assumption", "citation": "a test"}]
    law = SOON.amended({"x.toml": {"sick_leave": {"earned_after_minutes": {"values": after}}}})
    found = said(LITTLE.format(sheets=sheets(30, "1:00")), law)["LeaveBalance"]
    assert [each["earned_on"] for each in found] == [epoch_day(date(2024, 5, 5)), epoch_day(date(2024, 7, 1))]


def test_who_is_granted_nothing_is_decided_when_law_is_published() -> None:
    """Also where all months with service have closed, and nothing but their days is remembered of leave."""
    known = cut_off_of(epoch_day(date(2022, 6, 15)))
    after = [{"from": date(2018, 7, 1), "value": 60, "grade": "assumption", "citation": "a test"}]
    law = SOON.with_published({"x.toml": {"sick_leave": {"earned_after_minutes": {"values": after}}}}, known)
    written = LITTLE.format(sheets=sheets(2, "1:00") + ', {kind = "PaymentOutcome", id = "O1", outcome = "SETTLED", '
                            'instruction_id = "R1:2022-01-01:2022-01-01", recorded = 2022-05-20T10:00:00}')  # fmt: skip
    assert "LeaveBalance" in said(written, law)


@AS_WRITTEN
def test_two_years_of_service_are_looked_at_a_few_times(monkeypatch: pytest.MonkeyPatch) -> None:
    """On enrolment, in the pay run by which 100:00 are paid, and after 1 July."""
    looked = []
    decide = SickLeave.decide
    monkeypatch.setattr(SickLeave, "decide", lambda self, *to: (looked.append(iso(self.today)), decide(self, *to))[1])
    facts = case("years", 1, tomllib.loads(LITTLE.format(sheets=sheets(24, "12:00")))).facts
    replay_plain(facts, Law.load(), max(fact.recorded_at for fact in facts))
    assert looked == ["2015-12-01", "2022-09-16", "2023-07-03"]
