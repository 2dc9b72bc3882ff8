"""Which minutes of a workweek are overtime, and what premium they earn.

Authority: OT-1 to OT-5 (WIC 12300.4; 29 CFR 778.110, .115, .419; which case carries the premium: assumption
``overtime.allocation``). In force: from 2016-02-01. Does not cover: when the premium is paid (the composition asks
the Saturday).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from rules.law import Law, NotInForce
from rules.money import MILL_MINUTES_IN_CENT, half_up, largest_remainder
from rules.periods import workweek_of
from rules.worked import Worked
from schemas.symbols import LineProgram, PaymentKind

_WITHIN_A_DAY = {earning: rank for rank, earning in enumerate(("SERVICE", "TRAVEL", "TRAINING"))}
# Which statements pay for an earning of work.
_PAID_BY: Mapping[str, PaymentKind] = {
    "SERVICE": "ARREARS",
    "TRAVEL": "ARREARS",
    "TRAINING": "TRAINING",
    "SICK_LEAVE": "SICK_LEAVE",
}


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
    counts = counted(week, law)
    over = left = max(0, sum(each.minutes for each in counts) - threshold)
    for each in reversed(counts):
        each.overtime_minutes = left and min(left, each.minutes)
        left -= each.overtime_minutes
    return over


def counted(week: Sequence[Worked], law: Law) -> Sequence[Worked]:
    """All of a workweek but days before OT-1."""
    begun = _threshold(week[0].day, law) is not None
    return week if begun else [each for each in week if _threshold(each.day, law) is not None]


def is_overtime(minutes: int, day: int, law: Law) -> bool:
    """Would so many minutes of the day's workweek be more than what is straight time (OT-1)?"""
    threshold = _threshold(day, law)
    return threshold is not None and minutes > threshold


def _threshold(day: int, law: Law) -> int | None:
    try:
        threshold: int = law.value("overtime.weekly_threshold_minutes", day)
    except NotInForce:
        return None
    return threshold


class WeightedLine(NamedTuple):
    """A line of a workweek's weighted premium; ``kind`` is that of its statement. Travel shares the line of service."""

    recipient_id: str | None
    kind: PaymentKind
    program: LineProgram
    county: str


def weighted_premium(week: Sequence[Worked], law: Law) -> Iterator[tuple[WeightedLine, int, int]]:
    """OT-4, 29 CFR 778.115: cents by line, and how many of them travel carries. Half of the average straight pay, once
    for the week, over its lines by largest remainder (MONEY-1)."""
    by_line: dict[WeightedLine, list[int]] = defaultdict(lambda: [0, 0])  # minutes, and those that are travel
    for each in week:
        if each.overtime_minutes:
            line = WeightedLine(each.recipient_id, statement_kind(each), each.program, each.county)
            by_line[line][0] += each.overtime_minutes
            by_line[line][1] += each.overtime_minutes if each.earning == "TRAVEL" else 0
    lines = sorted(by_line, key=lambda line: tuple(part or "" for part in line))
    shares = largest_remainder(_weighted_cents(week, law), [by_line[line][0] for line in lines])
    for line, cents in zip(lines, shares, strict=True):
        minutes, travel = by_line[line]
        yield line, cents, half_up(cents * travel, minutes)


def _weighted_cents(week: Sequence[Worked], law: Law) -> int:
    """The premium of the whole week, rounded once."""
    minutes = sum(each.minutes for each in week)
    overtime = sum(each.overtime_minutes for each in week)
    straight = sum(Fraction(each.minutes * each.rate_mills, MILL_MINUTES_IN_CENT) for each in week)
    divisor: int = law.value("overtime.premium_divisor", week[-1].day)
    premium = straight * overtime * Fraction(1, divisor * minutes)
    return half_up(premium.numerator, premium.denominator)


def statement_kind(worked: Worked) -> PaymentKind:
    """The kind of statement that pays for these minutes (OT-5 for their premium)."""
    return _PAID_BY[worked.earning]
