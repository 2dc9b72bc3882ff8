"""ADV-2 to ADV-6 on plain values; the mode and the whole month are in test_settle.py and cases/advance_pay.toml."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.advance_pay import Offset, advance_paid, estimated_deductions, eve, next_clock, offsets, opening, status
from rules.conclusions import Offsettable
from rules.periods import midnight
from tests.rules.settlement import LAW, day, run

MONTH = day("2026-02-01")
FIRST = day("2026-01-30")


def lookup(name, when):
    return LAW.value(name, when)


def test_runs_around_the_first_of_a_month() -> None:
    assert (eve(MONTH), opening(MONTH)) == (run("2026-01-30"), run("2026-02-02"))
    assert eve(day("2026-04-01")) == run("2026-03-30")  # 31 March is a holiday
    assert opening(day("2026-01-01")) == run("2026-01-02")


def test_share_of_cost_takes_at_most_what_taxes_leave() -> None:
    assert estimated_deductions(10000, {"FICA": 620}, 2000) == {"FICA": 620, "SHARE_OF_COST": 2000}
    assert estimated_deductions(10000, {"FICA": 620}, 20000) == {"FICA": 620, "SHARE_OF_COST": 9380}


def offer(stamp: int, document: str, minutes: int, rate_mills: int = 20440) -> Offsettable:
    return Offsettable((stamp, 0), document, "43", rate_mills, minutes)


def test_places_are_covered_in_their_order_over_all_statements() -> None:
    offered = [
        ("A", offer(1, "T1", 100)),
        ("A", offer(3, "T1", 50)),
        ("B", offer(2, "T0", 70)),
        ("C", offer(3, "T0", 10)),
    ]
    assert {id: each.minutes for id, each in offsets(175, offered).items()} == {"A": 100, "B": 70, "C": 5}
    assert {id: each.minutes for id, each in offsets(200, offered).items()} == {"A": 120, "B": 70, "C": 10}


def test_one_rounding_per_rate() -> None:
    # 1 minute is 34.07 cents; three places of a minute are one line of 3 minutes: 102.2
    assert offsets(600, [("A", offer(n, "T", 1)) for n in range(3)]) == {"A": Offset(3, 102)}
    assert offsets(600, [("A", offer(1, "T", 1)), ("A", offer(2, "T", 1, 21000))]) == {"A": Offset(2, 34 + 35)}


def test_advance_paid_is_never_negative() -> None:
    assert advance_paid(10000, 895, 100) == 9005
    assert advance_paid(10000, 895, 9999) == 0


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2026-01-30", "OPEN"),
        ("2026-02-27", "OPEN"),
        ("2026-03-02", "DUE"),
        ("2026-03-13", "DUE"),
        ("2026-03-16", "PRESUMED_OVERPAYMENT"),
        ("2026-04-14", "PRESUMED_OVERPAYMENT"),
        ("2026-04-15", "MOVE_TO_ARREARS_REVIEW"),
        ("2026-04-29", "MOVE_TO_ARREARS_REVIEW"),
        ("2026-04-30", "MAY_MOVE_TO_ARREARS"),
    ],
)
def test_clocks(written: str, expected: str) -> None:
    assert status(1, False, MONTH, FIRST, day(written), lookup) == expected
    assert status(0, False, MONTH, FIRST, day(written), lookup) == "RECONCILED"
    assert status(1, True, MONTH, FIRST, day(written), lookup) == "RECONCILED"


def test_next_clock_is_the_end_of_the_day_on_which_it_strikes() -> None:
    strikes = ["2026-02-28", "2026-03-16", "2026-04-15", "2026-04-30"]
    before = ["2026-01-30", "2026-03-02", "2026-03-16", "2026-04-15"]
    assert [next_clock(MONTH, FIRST, day(written), lookup) for written in before] == [
        midnight(day(s) + 1) for s in strikes
    ]
    assert next_clock(MONTH, FIRST, day("2026-04-30"), lookup) is None


@given(
    st.lists(
        st.tuples(
            st.sampled_from("AB"), st.builds(offer, st.integers(0, 3), st.sampled_from("TU"), st.integers(0, 900))
        )
    )
)
def test_cover_is_whole_up_to_the_advance(offered: list) -> None:
    covered = sum(each.minutes for each in offsets(1000, offered).values())
    assert covered == min(1000, sum(each.minutes for _, each in offered))
