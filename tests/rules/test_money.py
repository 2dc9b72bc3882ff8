"""One rounding, half away from zero; splits that sum exactly (MONEY-1, MONEY-2, TAX-3)."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.money import dollars, half_up, largest_remainder, line_cents, share_cents

SANTA_CLARA_2026 = 20_440


@pytest.mark.parametrize(
    ("numerator", "denominator", "rounded"),
    [(1, 2, 1), (-1, 2, -1), (1, -2, -1), (-1, -2, 1), (49, 100, 0), (-49, 100, 0), (5, 2, 3), (0, 7, 0), (7, 7, 1)],
)
def test_half_up_is_away_from_zero(numerator: int, denominator: int, rounded: int) -> None:
    assert half_up(numerator, denominator) == rounded


@given(st.integers(-(10**15), 10**15), st.integers(1, 10**6))
def test_half_up_is_nearest_and_a_reversal_cancels(numerator: int, denominator: int) -> None:
    rounded = half_up(numerator, denominator)
    assert abs(rounded - Fraction(numerator, denominator)) <= Fraction(1, 2)
    assert rounded + half_up(-numerator, denominator) == 0


def test_nothing_is_divided_by_zero() -> None:
    with pytest.raises(ZeroDivisionError):
        half_up(1, 0)


def test_worked_example_1() -> None:
    straight, premium = line_cents(46 * 60, SANTA_CLARA_2026), line_cents(6 * 60, SANTA_CLARA_2026 // 2)
    assert (straight, premium) == (94_024, 6_132)
    gross = straight + premium
    assert [share_cents(gross, rate) for rate in (6_200, 1_450, 1_300)] == [6_210, 1_452, 1_302]
    assert dollars(gross) == "1,001.56"


def test_half_of_an_odd_cent_rate_is_exact_in_mills() -> None:
    assert line_cents(60, 9_485) == 949
    assert line_cents(120, 9_485) == 1_897
    assert line_cents(-60, 9_485) == -949


@pytest.mark.parametrize(
    ("total", "weights", "shares"),
    [
        (100, [1, 1, 1], [34, 33, 33]),
        (-100, [1, 1, 1], [-34, -33, -33]),
        (4_900, [2, 1], [3_267, 1_633]),
        (10, [Fraction(1, 3), Fraction(2, 3)], [3, 7]),
        (7, [0, 5, 0], [0, 7, 0]),
        (0, [], []),
        (0, [0, 0], [0, 0]),
    ],
)
def test_largest_remainder(total: int, weights: list[int | Fraction], shares: list[int]) -> None:
    assert largest_remainder(total, weights) == shares


@given(st.integers(-(10**9), 10**9), st.lists(st.integers(0, 10**6), min_size=1).filter(any))
def test_a_split_sums_to_its_total_and_is_within_one_of_exact(total: int, weights: list[int]) -> None:
    shares = largest_remainder(total, weights)
    assert sum(shares) == total
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share - Fraction(total * weight, sum(weights))) < 1


@pytest.mark.parametrize(("total", "weights"), [(1, []), (1, [0]), (1, [2, -1]), (0, [-1])])
def test_a_total_needs_a_weight(total: int, weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weight"):
        largest_remainder(total, weights)


@pytest.mark.parametrize(
    ("cents", "text"), [(0, "0.00"), (-5, "-0.05"), (100_156, "1,001.56"), (-123_456_789, "-1,234,567.89")]
)
def test_dollars(cents: int, text: str) -> None:
    assert dollars(cents) == text
