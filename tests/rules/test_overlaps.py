"""Visits of two relations at once, and when warnings call for a review: LAW section 4, EVV-5 and EVV-6."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.law import Law
from rules.overlaps import Relation, overlaps, probation
from rules.periods import MILLIS_IN_MINUTE, epoch_day, midnight

LAW = Law.load()
DAY = epoch_day(date(2026, 1, 5))


def relation(provider: str, recipient: str, claimed: int, *hours: tuple[float, float]) -> Relation:
    """A relation on 2026-01-05 with visits from and to these hours of the day."""
    start = midnight(DAY)
    spans = [
        (start + int(since * 60) * MILLIS_IN_MINUTE, start + int(to * 60) * MILLIS_IN_MINUTE) for since, to in hours
    ]
    return Relation(provider, recipient, spans, claimed)


def found(*relations: Relation, day: int = DAY) -> list[tuple[str, int]]:
    return [(overlap.code, overlap.minutes) for overlap in overlaps(day, relations, LAW)]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        # 9 to 13 and 12 to 16 are 7:00 together, 1:00 of it at once
        ((210, (9, 13)), (210, (12, 16)), [("SPANS_OVERLAP", 60)]),
        ((211, (9, 13)), (210, (12, 16)), [("RECIPIENT_OVERLAP", 60)]),
        # touching
        ((240, (9, 13)), (240, (13, 17)), []),
        # one inside the other: together only 8:00
        ((480, (9, 17)), (1, (10, 11)), [("RECIPIENT_OVERLAP", 60)]),
        # several at once add up; together 9 to 12 and 14 to 17, 6:00
        ((180, (9, 11), (14, 16)), (180, (10, 12), (15, 17)), [("SPANS_OVERLAP", 120)]),
        # half an hour each of two gaps: nothing at once
        ((60, (9, 10), (12, 13)), (60, (10, 12)), []),
        # who claims nothing proves nothing
        ((600, (9, 13)), (0, (12, 16)), [("SPANS_OVERLAP", 60)]),
        # no visit
        ((600,), (600, (12, 16)), []),
    ],
)
def test_two_providers_with_one_recipient(first, second, expected):
    assert found(relation("P1", "R1", *first), relation("P2", "R1", *second)) == expected


def test_one_provider_with_two_recipients():
    one, other = relation("P1", "R2", 240, (9, 13)), relation("P1", "R1", 181, (12, 16))
    assert found(one, other) == [("PROVIDER_OVERLAP", 60)]
    (overlap,) = overlaps(DAY, [one, other], LAW)
    assert overlap.people == {"provider_id": "P1", "recipient_id": "R1", "other_id": "R2"}
    assert overlap == overlaps(DAY, [other, one], LAW)[0]


def test_people_of_two_providers():
    (overlap,) = overlaps(DAY, [relation("P2", "R1", 300, (9, 13)), relation("P1", "R1", 300, (9, 13))], LAW)
    assert overlap.people == {"provider_id": "P1", "recipient_id": "R1", "other_id": "P2"}
    assert overlap.shares_recipient


def test_relations_that_share_neither_or_both_are_no_pair():
    assert found(relation("P1", "R1", 300, (9, 13)), relation("P2", "R2", 300, (9, 13))) == []
    assert found(relation("P1", "R1", 300, (9, 13)), relation("P1", "R1", 300, (9, 13))) == []


def test_three_providers_are_three_pairs():
    three = [relation(provider, "R1", 240, (9, 13)) for provider in ("P3", "P1", "P2")]
    pairs = [(overlap.people["provider_id"], overlap.people["other_id"]) for overlap in overlaps(DAY, three, LAW)]
    assert pairs == [("P1", "P2"), ("P1", "P3"), ("P2", "P3")]


def test_less_than_a_minute_is_nothing():
    start = midnight(DAY)
    long = Relation("P1", "R1", [(start, start + 10 * MILLIS_IN_MINUTE)], 600)
    for millis, expected in ((MILLIS_IN_MINUTE - 1, []), (MILLIS_IN_MINUTE, [("RECIPIENT_OVERLAP", 1)])):
        short = Relation("P2", "R1", [(start - 60 * MILLIS_IN_MINUTE, start + millis)], 600)
        assert found(long, short) == expected


def test_overlaps_are_judged_since_july_2023():
    both = relation("P1", "R1", 240, (9, 13)), relation("P2", "R1", 240, (9, 13))
    assert found(*both, day=epoch_day(date(2023, 6, 30))) == []
    assert found(*both, day=epoch_day(date(2023, 7, 1))) == [("RECIPIENT_OVERLAP", 240)]


quarters = st.sets(st.integers(0, 95))


@given(quarters, quarters, st.integers(0, 1440), st.integers(0, 1440))
def test_overlap_agrees_with_counting_quarter_hours(one, other, claimed, also_claimed):
    first = relation("P1", "R1", claimed, *((quarter / 4, (quarter + 1) / 4) for quarter in sorted(one)))
    second = relation("P2", "R1", also_claimed, *((quarter / 4, (quarter + 1) / 4) for quarter in sorted(other)))
    proven = claimed > 0 and also_claimed > 0 and claimed + also_claimed > 15 * len(one | other)
    code = "RECIPIENT_OVERLAP" if proven else "SPANS_OVERLAP"
    assert found(first, second) == ([(code, 15 * len(one & other))] if one & other else [])


def days(*texts: str) -> list[int]:
    return [epoch_day(date.fromisoformat(text)) for text in texts]


@pytest.mark.parametrize(
    ("warned_on", "expected"),
    [
        ([], None),
        (["2025-03-01", "2025-04-01"], None),
        (["2025-03-01", "2025-04-01", "2026-02-28"], "2026-02-28"),
        (["2025-03-01", "2025-04-01", "2026-03-01"], None),
        (["2026-02-28", "2025-04-01", "2025-03-01"], "2026-02-28"),
        (["2025-03-01", "2025-03-01", "2025-03-01"], "2025-03-01"),
        (["2024-01-01", "2025-03-01", "2025-04-01", "2025-05-01", "2025-06-01"], "2025-05-01"),
        # 29 February: its 12 months begin on 1 March of the year before
        (["2023-02-28", "2023-12-01", "2024-02-29"], None),
        (["2023-03-01", "2023-12-01", "2024-02-29"], "2024-02-29"),
    ],
)
def test_three_warnings_in_twelve_months_ask_for_a_review(warned_on, expected):
    assert probation(days(*warned_on), LAW) == (expected and (*days(expected), 3, 12))


@pytest.mark.parametrize(("parameter", "value"), [("probation_warnings", 4), ("probation_months", 2)])
def test_number_and_months_are_law(parameter, value):
    law = LAW.amended({"test.toml": {"evv": {parameter: {"values": [{"from": date(1990, 1, 1), "value": value}]}}}})
    warned_on = days("2025-01-15", "2025-02-15", "2025-03-15")
    assert probation(warned_on, LAW) == (warned_on[-1], 3, 12)
    assert probation(warned_on, law) is None
