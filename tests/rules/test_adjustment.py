"""MONEY-2, RUN-4: differences, what is carried, what stands."""

from hypothesis import given
from hypothesis import strategies as st

from rules.adjustment import Due, carried, due, line_differences, lines_said, outstanding, standing
from rules.conclusions import Line
from rules.kept import Account, PastInstruction
from tests.rules.settlement import line


def said(lines: list[Line], deductions: dict[str, int] | None = None, net: int = 1, id: str = "I") -> PastInstruction:
    return PastInstruction(id, 0, 0, "NON_RELATIVE", lines, deductions or {}, 0, net)


def test_one_line_per_earning_program_county_and_rate() -> None:
    differences = line_differences(
        [line(600), line(60, rate_mills=21000)], [said([line(480)]), said([line(60, "TRAVEL")])]
    )
    # New total less old total: 204.40 - 163.52, not 2:00 x 20.44 rounded anew.
    assert [(each.earning, each.rate_mills, each.minutes, each.cents) for each in differences] == [
        ("SERVICE", 20440, 120, 4088),
        ("SERVICE", 21000, 60, 2100),
        ("TRAVEL", 20440, -60, -2044),
    ]


def test_a_difference_of_cents_alone_is_a_line() -> None:
    premium = Line("OVERTIME_PREMIUM", "IHSS", "43", None, 60, 1022, "OT-4")
    weighted_anew = Line("OVERTIME_PREMIUM", "IHSS", "43", None, 60, 1030, "OT-4")
    assert [each.cents for each in line_differences([weighted_anew], [said([premium])])] == [8]
    assert line_differences([premium], [said([premium])]) == []


def test_deductions_are_differences_without_zeros() -> None:
    owed = due([line(600)], {"FICA": 1267, "SDI": 266}, [said([line(600)], {"FICA": 1000, "MEDICARE": 5, "SDI": 266})])
    assert owed == Due([], {"FICA": 267, "MEDICARE": -5}, -262)


def test_a_fall_is_carried_and_a_rise_set_against_it() -> None:
    assert carried(Due([], {}, -500), 0) == -500
    assert carried(Due([], {}, -500), 100) == -500
    assert carried(Due([], {}, 300), 500) == 300
    assert carried(Due([], {}, 700), 500) == 500
    assert carried(Due([], {}, 700), 0) == 0


def test_outstanding_is_what_was_carried_and_not_recovered() -> None:
    history = [said([], {"OVERPAYMENT_CARRIED": -500}), said([], {"OVERPAYMENT_CARRIED": 200})]
    assert [outstanding(history, recovered) for recovered in (0, 100, 300, 400)] == [300, 200, 0, 0]


def test_only_what_moved_money_can_come_back() -> None:
    account = Account([said([], net=100, id="A"), said([], net=0, id="B"), said([], net=50, id="C")])
    assert [each.instruction_id for each in standing(account, {"A", "B"})] == ["B", "C"]


LINES = st.lists(st.builds(line, st.integers(0, 3000), st.sampled_from(["SERVICE", "TRAVEL"])), max_size=3)


@given(st.lists(LINES, max_size=6))
def test_differences_sum_to_what_it_is_worth(worths: list[list[Line]]) -> None:
    history: list[PastInstruction] = []
    for worth in worths:
        history.append(said(line_differences(worth, history)))
        assert lines_said(history) == line_differences(worth, [])
