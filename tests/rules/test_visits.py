"""What visits say about claimed minutes: LAW section 4, EVV-1 to EVV-4."""

from datetime import date, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import visits
from rules.law import Law
from rules.periods import MILLIS_IN_MINUTE, PACIFIC, civil_day, day_length_minutes, epoch_day, midnight
from rules.visits import Gap, Reason
from schemas.evv_visit import EvvVisit

SPRING = epoch_day(date(2024, 3, 10))
AUTUMN = epoch_day(date(2024, 11, 3))
DAY = epoch_day(date(2026, 1, 5))
HOUR = 60 * MILLIS_IN_MINUTE


def at(text: str, fold: int = 0) -> int:
    """The instant of a local time such as "2026-01-05T09:00"."""
    return int(datetime.fromisoformat(text).replace(tzinfo=PACIFIC, fold=fold).timestamp()) * 1000


def visit(check_in: int | None, check_out: int | None) -> EvvVisit:
    return EvvVisit.model_construct(check_in_at=check_in, check_out_at=check_out)


def on_day(start: str | None, end: str | None) -> EvvVisit:
    """A visit on 2026-01-05."""
    return visit(*(None if time is None else at(f"2026-01-05T{time}") for time in (start, end)))


def minutes(spans: list[tuple[int, int]]) -> int:
    return sum(end - start for start, end in spans) // MILLIS_IN_MINUTE


def codes(gaps: list[Gap]) -> list[tuple[str, int]]:
    return [(reason.code, reason.minutes) for gap in gaps for reason in gap.reasons]


# Spans


def test_a_visit_across_midnight_counts_for_each_day_by_its_part():
    spans = visits.spans_by_day([visit(at("2026-01-05T22:00"), at("2026-01-06T01:30"))])
    assert {day: minutes(found) for day, found in spans.items()} == {DAY: 120, DAY + 1: 90}


def test_a_visit_that_ends_at_midnight_leaves_the_next_day_alone():
    night = visit(at("2026-01-05T22:00"), at("2026-01-06T00:00"))
    assert visits.spans_by_day([night]) == {DAY: [(night.check_in_at, night.check_out_at)]}
    assert list(visits.days_of(night)) == [DAY]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [("2024-03-10T00:30", "2024-03-10T03:30", {SPRING: 120}), ("2024-11-03T00:30", "2024-11-03T02:30", {AUTUMN: 180})],
)
def test_spans_follow_real_elapsed_time_over_daylight_saving(start, end, expected):
    spans = visits.spans_by_day([visit(at(start), at(end))])
    assert {day: minutes(found) for day, found in spans.items()} == expected


def test_time_recorded_twice_counts_once():
    morning = [on_day("10:00", "12:00"), on_day("09:00", "11:00"), on_day("12:00", "13:00")]
    evening = [on_day("17:00", "20:00"), on_day("18:00", "19:00")]
    assert visits.spans_by_day(evening + morning) == {
        DAY: [
            (at("2026-01-05T09:00"), at("2026-01-05T13:00")),
            (at("2026-01-05T17:00"), at("2026-01-05T20:00")),
        ]
    }


def test_visits_without_a_span_make_none():
    flawed = [on_day("09:00", None), on_day(None, "09:00"), on_day("09:00", "08:00"), on_day("09:00", "09:00")]
    assert visits.spans_by_day(flawed) == {}


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        ("2026-01-05T23:30", None, [DAY]),
        (None, "2026-01-05T23:30", [DAY]),
        (None, "2026-01-06T00:00", [DAY]),
        ("2026-01-05T09:00", "2026-01-04T17:00", [DAY]),
        ("2026-01-05T23:30", "2026-01-07T00:30", [DAY, DAY + 1, DAY + 2]),
        (None, None, []),
    ],
)
def test_days_of_a_visit(start, end, days):
    assert list(visits.days_of(visit(start and at(start), end and at(end)))) == days


instants = st.integers(midnight(SPRING - 3), midnight(AUTUMN + 3))
whole_visits = st.builds(lambda start, length: visit(start, start + length), instants, st.integers(1, 60 * HOUR))


@given(whole_visits)
def test_cut_at_midnight_a_visit_loses_nothing(one):
    spans = visits.spans_by_day([one])
    pieces = [span for day in spans for span in spans[day]]
    assert sum(end - start for start, end in pieces) == one.check_out_at - one.check_in_at
    assert all(before[1] == after[0] for before, after in pairwise(pieces))
    assert list(spans) == list(visits.days_of(one))


@given(st.lists(whole_visits, max_size=8))
def test_spans_stay_inside_their_day_sorted_and_apart(some):
    for day, spans in visits.spans_by_day(some).items():
        edges = [edge for span in spans for edge in span]
        assert edges == sorted(set(edges))
        assert all(civil_day(start) == civil_day(end - 1) == day for start, end in spans)
        assert minutes(spans) <= day_length_minutes(day)


# Comparison


@pytest.mark.parametrize(
    ("claimed", "recorded", "expected"),
    [
        (240, [], [("NO_VISIT", 240)]),
        (240, [("09:00", "13:00")], []),
        (180, [("09:00", "13:00")], []),
        (241, [("09:00", "13:00")], [("HOURS_EXCEED_VISITS", 1)]),
        (240, [("09:00", "10:00"), ("12:00", "13:30")], [("HOURS_EXCEED_VISITS", 90)]),
        (240, [("09:00", None)], [("VISIT_INCOMPLETE", 240)]),
        (240, [(None, "13:00")], [("VISIT_INCOMPLETE", 240)]),
        (240, [("09:00", "13:00"), ("15:00", None)], [("VISIT_INCOMPLETE", 0)]),
        (240, [("09:00", "11:00"), ("15:00", None)], [("HOURS_EXCEED_VISITS", 120), ("VISIT_INCOMPLETE", 0)]),
        (240, [("13:00", "09:00")], [("CHECK_OUT_NOT_AFTER_CHECK_IN", 240)]),
        (240, [("13:00", "13:00")], [("CHECK_OUT_NOT_AFTER_CHECK_IN", 240)]),
        (240, [("13:00", "09:00"), (None, "17:00")], [("VISIT_INCOMPLETE", 240), ("CHECK_OUT_NOT_AFTER_CHECK_IN", 0)]),
    ],
)
def test_reasons_of_a_day(claimed, recorded, expected):
    gaps = visits.compare({DAY: claimed}, [on_day(*times) for times in recorded])
    assert codes(gaps) == expected
    assert [gap.uncovered_minutes for gap in gaps] == [sum(minutes for _, minutes in expected)] * bool(expected)


def test_a_visit_without_a_claim_is_nothing():
    some = [on_day("09:00", "13:00"), on_day("09:00", None), on_day("13:00", "09:00")]
    assert visits.compare({}, some) == []
    assert visits.compare({DAY: 0}, some) == []
    assert codes(visits.compare({DAY + 1: 60}, some)) == [("NO_VISIT", 60)]


def test_seconds_add_up_before_minutes_are_counted():
    half_minute = 30_000
    start = at("2026-01-05T09:00")
    two = [visit(start, start + 3 * half_minute), visit(start + HOUR, start + HOUR + half_minute)]
    assert visits.compare({DAY: 2}, two) == []
    assert codes(visits.compare({DAY: 2}, two[:1])) == [("HOURS_EXCEED_VISITS", 1)]


def test_words_say_what_is_missing_and_what_was_claimed():
    both = visits.compare({DAY: 90}, [on_day("09:00", None), on_day(None, "12:00"), on_day("13:00", "14:00")])
    assert both == [
        Gap(
            DAY,
            30,
            [
                Reason("HOURS_EXCEED_VISITS", 30, {"claimed": "1:30"}),
                Reason("VISIT_INCOMPLETE", 0, {"missing": "check-in, and another no check-out"}),
            ],
        )
    ]


@given(st.dictionaries(st.integers(DAY - 1, DAY + 2), st.integers(0, 1440)), st.data())
def test_uncovered_minutes_are_carried_once_and_order_does_not_matter(claims, data):
    times = st.none() | st.integers(midnight(DAY - 1), midnight(DAY + 2))
    some = data.draw(st.lists(st.builds(visit, times, times), max_size=6))
    gaps = visits.compare(claims, some)
    assert visits.compare(claims, data.draw(st.permutations(some))) == gaps
    for gap in gaps:
        assert 0 <= gap.uncovered_minutes <= claims[gap.day]
        assert sum(reason.minutes for reason in gap.reasons) == gap.uncovered_minutes


# Policy


@pytest.mark.parametrize(
    ("policy", "outcomes", "effect"),
    [
        ("record", ["NOTED", "NOTED"], "Your pay is not changed."),
        ("warn", ["WARNING", "WARNING"], "This is a warning; your pay is not changed."),
        ("hold", ["HELD", "NOTED"], "This time waits until this is corrected: 2:00."),
        ("deny", ["DENIED", "NOTED"], "This time is not paid unless this is corrected: 2:00."),
    ],
)
def test_outcome_under_each_policy(policy, outcomes, effect):
    (gap,) = visits.compare({DAY: 240}, [on_day("09:00", "11:00"), on_day("15:00", None)])
    said = visits.verdicts(gap, policy)
    assert [verdict.outcome for verdict in said] == outcomes
    assert said[0].words["effect"] == effect
    assert said[0].words["claimed"] == "4:00"


def day(text: str) -> int:
    return epoch_day(date.fromisoformat(text))


@pytest.mark.parametrize("program", ["IHSS", "WPCS"])
def test_california_records_and_there_was_no_policy_before(program):
    law = Law.load()
    assert visits.policy(program, day("2021-01-01"), law) == "record"
    assert visits.policy(program, day("2026-01-05"), law, midnight(DAY)) == "record"
    assert visits.policy(program, day("2020-12-31"), law) is None


def test_providers_who_do_not_live_in_check_in_since_july_2023():
    law = Law.load()
    assert visits.must_check_in(False, day("2023-07-01"), law)
    assert not visits.must_check_in(False, day("2023-06-30"), law)
    assert not visits.must_check_in(True, day("2023-07-01"), law)


# Which documents lose


@pytest.mark.parametrize(
    ("uncovered", "by_document", "losses"),
    [(0, [60, 60], [0, 0]), (90, [60, 60], [30, 60]), (60, [30, 0, 60], [0, 0, 60]), (120, [60, 60], [60, 60])],
)
def test_the_document_first_payable_last_loses_first(uncovered, by_document, losses):
    assert visits.take(uncovered, by_document) == losses


@pytest.mark.parametrize(
    ("start", "end", "closed", "over"),
    [
        ("2024-03-31 22:00", "2024-04-01 02:00", "2024-03", False),
        ("2024-03-31 22:00", "2024-04-01 02:00", "2024-04", True),
        ("2024-03-31 22:00", "2024-03-31 23:00", "2024-03", True),
        (None, None, "2024-04", False),
    ],
)
def test_a_visit_is_over_when_the_months_of_all_its_days_are_closed(start, end, closed, over):
    last = epoch_day(date.fromisoformat(f"{closed}-01"))
    one = visit(start and at(start), end and at(end))
    assert visits.visit_is_over(one, lambda month: month <= last) is over
