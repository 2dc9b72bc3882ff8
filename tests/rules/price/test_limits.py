"""Limits over months, on the whole provider's side: a month is decided again whenever what it reads has changed."""

from collections import defaultdict
from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rules.conclusions import AssignmentTerm, AuthorizationTerm, Statement
from rules.documents import Arrival
from rules.law import Law
from rules.periods import (
    add_months,
    cut_off_of,
    epoch_day,
    next_business_day,
    period_days,
    period_of,
)
from rules.price.case import ProviderFile
from rules.restatement import LIFETIME, STANDING, Memory, step
from rules.to_provider import AuthorizedTime, Engagement
from schemas import FACTS

LAW = Law.load()


def day(text: str) -> int:
    return epoch_day(date.fromisoformat(text))


MARCH = day("2026-03-01")
LONG_AGO = day("2020-01-01")
RECIPIENTS = ("R1", "R2")
RUNS = st.integers(day("2026-03-02"), day("2026-07-31")).map(lambda on: cut_off_of(next_business_day(on)))
DAYS = st.integers(MARCH, MARCH + 90)
WEEKS = st.sampled_from(range(MARCH, MARCH + 90, 7))


@st.composite
def times(draw: st.DrawFn) -> tuple[str, str, Any]:
    recipient, period = draw(st.sampled_from(RECIPIENTS)), period_of(draw(DAYS))
    minutes = draw(st.lists(st.integers(0, 900), min_size=period_days(period), max_size=period_days(period)))
    stamp = (cut_off_of(day("2026-03-02")), 0)
    time = AuthorizedTime(
        "P1", recipient, "IHSS", period, "T1", 1, stamp, stamp, [(stamp, sum(minutes))], minutes,
        ["43"] * len(minutes), sum(minutes), 0, 0, 0, ["Timesheet/T1/1"], [],
    )  # fmt: skip
    return "AuthorizedTime", f"time:{recipient}:{period}", draw(st.sampled_from([time, time, None]))


@st.composite
def facts(draw: st.DrawFn) -> tuple[str, str, Any]:
    kind = draw(st.sampled_from(["TravelClaim", "ProviderEnrollment", "HoursException", "ViolationDecision"]))
    if kind == "TravelClaim":
        on, to = draw(DAYS), draw(st.sampled_from(RECIPIENTS))
        trip = {"service_date": on, "to_recipient_id": to, "program": "IHSS", "minutes": draw(st.integers(0, 300))}
        fields = {"period_start": period_of(on), "trips": [trip]}
    elif kind == "ProviderEnrollment":
        exemption = draw(st.sampled_from(["NONE", "EXEMPTION_1", "EXEMPTION_WPCS"]))
        fields = {"county": "43", "effective_from": draw(DAYS), "exemption": exemption}
    elif kind == "HoursException":
        fields = {"recipient_id": "R1", "workweek_start": draw(WEEKS), "extra_minutes": draw(st.integers(0, 600))}
    else:
        decisions = ["OVERTURNED", "TRAINING_COMPLETED", "UPHELD"]
        fields = {"workweek_start": draw(WEEKS), "decision": draw(st.sampled_from(decisions))}
    return kind, f"D{draw(st.integers(1, 4))}", fields


def arrivals(found: list[tuple[int, tuple[str, str, Any]]]) -> list[Arrival]:
    """In the order of recording; a document's next content is its next revision."""
    said, known, revisions = [], set(), defaultdict(int)
    for place, (cut_off, (kind, name, content)) in enumerate(sorted(found, key=lambda each: each[0])):
        if kind in FACTS:
            about = kind, name, content.get("period_start")
            revisions[about] += 1
            content = FACTS[kind](
                event_id=f"e{place}", source="esp", recorded_at=place, document_id=name, revision=revisions[about],
                withdrawn=False, provider_id="P1", **content,
            )  # fmt: skip
        elif content is None and name not in known:
            continue
        known = known - {name} if content is None else known | {name}
        said.append(Arrival(cut_off, place, "", name, b"", kind, content))
    return said


def standing(cut_off: int) -> list[Arrival]:
    """Terms that everything else stands on: 160:00 a month for each recipient, and an enrolment."""
    term = AuthorizationTerm(LONG_AGO, None, "43", 160 * 60, [], "ServiceAuthorization/A1/1")
    assigned = AssignmentTerm(LONG_AGO, None, None, "NON_RELATIVE", True, "ProviderAssignment/S1/1")
    for recipient in RECIPIENTS:
        engagement = Engagement("P1", recipient, {"IHSS": [term]}, {"IHSS": [assigned]})
        yield Arrival(cut_off, 0, "", f"engagement:{recipient}", b"", "Engagement", engagement)
    enrolled = FACTS["ProviderEnrollment"](
        event_id="e", source="county", recorded_at=0, document_id="E", revision=1, withdrawn=False, provider_id="P1",
        county="43", effective_from=LONG_AGO, exemption="NONE",
    )  # fmt: skip
    yield Arrival(cut_off, 0, "", "E", b"", "ProviderEnrollment", enrolled)


def fold(found: list[Arrival], case: ProviderFile) -> dict:
    """All that stands after the last arrival, by unit, decided run by run."""
    memory = Memory()
    for cut_off in sorted({arrival.cut_off for arrival in found}):
        while (due := memory.due(LAW)) is not None and due < cut_off:
            step(case, memory, [], due, LAW)
        step(case, memory, [arrival for arrival in found if arrival.cut_off == cut_off], cut_off, LAW)
    return memory.said


HISTORIES = st.lists(st.tuples(RUNS, st.one_of(times(), times(), facts())), min_size=4, max_size=14)
LAST = cut_off_of(day("2026-09-01"))


@settings(max_examples=150, deadline=None)
@given(HISTORIES)
def test_every_month_that_reads_a_fact_is_touched_by_it(history: list[tuple[int, Any]]) -> None:
    """Deciding everything once more changes nothing."""
    first = cut_off_of(day("2026-03-02"))
    case = ProviderFile("P1", LAW, {})
    end = Arrival(LAST, 0, "", "engagement:R9", b"", "Engagement", Engagement("P1", "R9", {}, {}))
    said = fold([*standing(first), *arrivals(history), end], case)
    for unit in sorted(said):
        assert case.decide(unit, said, LAST).conclusions == said[unit], unit


@settings(max_examples=150, deadline=None)
@given(HISTORIES)
def test_what_is_paid_keeps_every_limit(history: list[tuple[int, Any]]) -> None:
    first = cut_off_of(day("2026-03-02"))
    case = ProviderFile("P1", LAW, {})
    said = fold([*standing(first), *arrivals(history)], case)
    for unit, conclusions in said.items():
        if unit not in (STANDING, LIFETIME):
            _keeps_its_limits(unit.month, [each for each in conclusions.values() if isinstance(each, Statement)], case)


def _keeps_its_limits(month: int, statements: list[Statement], case: ProviderFile) -> None:
    for each in statements:
        paid = sum(line.minutes for line in each.lines if line.earning == "SERVICE")
        assert each.claimed_minutes == paid + each.held_minutes + each.cut_minutes + each.denied_minutes
    service = sum(line.minutes for each in statements for line in each.lines if line.earning == "SERVICE")
    travel = sum(line.minutes for each in statements for line in each.lines if line.earning == "TRAVEL")
    enrollments = case.filed.enrollments
    if any(span.fact.exemption != "NONE" for span in enrollments.spans(month, add_months(month, 1) - 1)):
        assert service <= 360 * 60
    assert travel <= 6 * 420  # a month has a day of six workweeks at most
