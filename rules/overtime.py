"""Which minutes of a workweek are overtime, and what premium they earn.

Authority: OT-1 to OT-5 (WIC 12300.4; 29 CFR 778.110, .115, .419; which case carries the premium: assumption
``overtime.allocation``). In force: from 2016-02-01. Does not cover: when the premium is paid (the composition asks
the Saturday).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from rules.conclusions import Worked
from rules.law import Law, NotInForce
from rules.money import MILL_MINUTES_IN_CENT, half_up, largest_remainder
from rules.periods import workweek_of

_WITHIN_A_DAY = {earning: rank for rank, earning in enumerate(("SERVICE", "TRAVEL", "TRAINING"))}


def chronological(worked: Iterable[Worked]) -> list[Worked]:
    """OT-3: by day; service, travel, training; first payable; document id."""
    return sorted(worked, key=lambda w: (w.day, _WITHIN_A_DAY[w.earning], w.payable, w.document_id))


def by_workweek(worked: Iterable[Worked]) -> dict[int, list[Worked]]:
    """Sunday -> what was worked in that week, chronologically."""
    weeks: dict[int, list[Worked]] = defaultdict(list)
    for each in chronological(worked):
        if each.minutes:
            weeks[workweek_of(each.day)].append(each)
    return weeks


def mark_overtime(week: Sequence[Worked], law: Law) -> int:
    """Set ``overtime_minutes`` of a workweek in chronological order; how many there are. Days before OT-1 do not
    count."""
    threshold = _threshold(week[-1].day, law)
    if threshold is None:
        return 0
    begun = _threshold(week[0].day, law) is not None
    counted = week if begun else [each for each in week if _threshold(each.day, law) is not None]
    over = left = max(0, sum(each.minutes for each in counted) - threshold)
    for each in reversed(counted):
        each.overtime_minutes = min(left, each.minutes)
        left -= each.overtime_minutes
    return over


def _threshold(day: int, law: Law) -> int | None:
    try:
        threshold: int = law.value("overtime.weekly_threshold_minutes", day)
    except NotInForce:
        return None
    return threshold


PremiumKey = tuple[str | None, str, str, str]  # recipient, earning that carries it, program, county


def weighted_premium(week: Sequence[Worked], law: Law) -> Mapping[PremiumKey, int]:
    """OT-4, 29 CFR 778.115: cents by line; half of the average straight pay, once for the week, by largest
    remainder."""
    minutes = sum(each.minutes for each in week)
    overtime = sum(each.overtime_minutes for each in week)
    straight = sum(Fraction(each.minutes * each.rate_mills, MILL_MINUTES_IN_CENT) for each in week)
    divisor: int = law.value("overtime.premium_divisor", week[-1].day)
    premium = straight * overtime * Fraction(1, divisor * minutes)
    by_line: dict[PremiumKey, int] = defaultdict(int)
    for each in week:
        if each.overtime_minutes:
            by_line[each.recipient_id, each.earning, each.program, each.county] += each.overtime_minutes
    keys = sorted(by_line, key=lambda key: tuple(part or "" for part in key))
    cents = half_up(premium.numerator, premium.denominator)
    return dict(zip(keys, largest_remainder(cents, [by_line[key] for key in keys]), strict=True))
