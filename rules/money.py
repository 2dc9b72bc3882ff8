"""Decides how amounts are rounded, split and written: whole cents, half away from zero, one rounding per line.

Authority: MONEY-1 (one rounding per statement line), MONEY-2 (differences cancel), TAX-3 (half-up); conventions.
In force: always.
Does not cover: which minutes earn which rate (wages, overtime), nor what is owed (adjustment).

Units: minutes and cents ``int``; rates ``int`` mills (tenths of a cent) per hour.
"""

from collections.abc import Sequence
from fractions import Fraction

CENTS_IN_DOLLAR = 100
HALVES = 2
MILL_MINUTES_IN_CENT = 600  # 60 minutes of an hour x 10 mills of a cent
WHOLE_RATE = 100_000


def half_up(numerator: int, denominator: int) -> int:
    """``numerator / denominator`` rounded to a whole number, half away from zero.

    Raises ZeroDivisionError when the denominator is 0.
    """
    magnitude, divisor = abs(numerator), abs(denominator)
    rounded = (HALVES * magnitude + divisor) // (HALVES * divisor)
    return rounded if (numerator < 0) == (denominator < 0) else -rounded


def line_cents(minutes: int, rate_mills: int) -> int:
    """Cents of one statement line: minutes at mills per hour, rounded once (MONEY-1)."""
    return half_up(minutes * rate_mills, MILL_MINUTES_IN_CENT)


def share_cents(cents: int, per_100000: int) -> int:
    """The part of ``cents`` that a rate in parts per 100,000 takes, half-up (TAX-3)."""
    return half_up(cents * per_100000, WHOLE_RATE)


def largest_remainder(total: int, weights: Sequence[int | Fraction]) -> list[int]:
    """``total`` split over ``weights`` (not negative) into whole numbers that sum to it exactly.

    Each share is the exact one rounded down (towards zero), then one more for the largest remainders; ties: first come.
    A negative total is the mirror of the positive one. Raises ValueError when there is no weight to carry a total.
    """
    whole = sum(weights)
    if min(weights, default=0) < 0 or (whole == 0 and total != 0):
        raise ValueError("weights must not be negative, and some weight must carry a total that is not zero")
    if total == 0:
        return [0] * len(weights)
    exact = [divmod(abs(total) * weight, whole) for weight in weights]
    shares = [int(share) for share, _ in exact]
    by_remainder = sorted(range(len(shares)), key=lambda place: -exact[place][1])
    for place in by_remainder[: abs(total) - sum(shares)]:
        shares[place] += 1
    return shares if total > 0 else [-share for share in shares]


def dollars(cents: int) -> str:
    """Cents as a person reads them: ``100156`` is ``"1,001.56"``, ``-5`` is ``"-0.05"``."""
    whole, rest = divmod(abs(cents), CENTS_IN_DOLLAR)
    return f"{'-' if cents < 0 else ''}{whole:,}.{rest:02d}"
