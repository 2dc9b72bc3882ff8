"""Decides a month's advance: its mode, its amount, which minutes it covers, and when what is open becomes due.

Authority: ADV-1 (MPP 30-769.731; 42 CFR 441.545(b)(2); settled once: assumption), ADV-2, ADV-3, ADV-5, ADV-6 (MPP
30-769.737, 30-767.133; ACL 14-68; ACL 24-38). In force: by parameter. Does not cover: estimated taxes and share of cost
themselves (`taxes`, `share_of_cost`); ADV-8, since minutes of a provider who is not enrolled never reach a statement.

Units: cents, minutes ``int``; a month is the day of its 1st. ``Lookup`` gives a parameter in force on a day, as known
at a pay run.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from rules.conclusions import Line, Offsettable
from rules.law import Lookup
from rules.money import line_cents
from rules.periods import cut_off_of, first_business_day, last_business_day, midnight, next_month, previous_month
from schemas.service_authorization import ServiceAuthorization
from schemas.symbols import AdvanceStatus, DeductionKind

CLOCKS: tuple[tuple[AdvanceStatus, str], ...] = (
    ("MAY_MOVE_TO_ARREARS", "advance.may_move_to_arrears_days"),
    ("MOVE_TO_ARREARS_REVIEW", "advance.move_to_arrears_review_days"),
    ("PRESUMED_OVERPAYMENT", "advance.presumed_overpayment_days"),
)


class Offset(NamedTuple):
    """What of a statement's straight IHSS service the advance covers."""

    minutes: int
    cents: int


def eve(month: int) -> int:
    """The cut-off of the last business day before the month: an advance without share of cost is due then (ADV-3)."""
    return cut_off_of(last_business_day(previous_month(month)))


def opening(month: int) -> int:
    """The cut-off of the month's first business day: the mode is settled by what is known then (ADV-1)."""
    return cut_off_of(first_business_day(month))


def asked_for(authorization: ServiceAuthorization) -> bool:
    """Did the recipient choose to be paid in advance?"""
    return authorization.pay_mode == "ADVANCE"


def advance_line(minutes: int, county: str, rate_mills: int) -> Line:
    """The gross of an advance (ADV-2)."""
    return Line("ADVANCE", "IHSS", county, rate_mills, minutes, line_cents(minutes, rate_mills), "ADV-2")


def estimated_deductions(
    gross_cents: int, taxes: Mapping[DeductionKind, int], share_cents: int
) -> dict[DeductionKind, int]:
    """Estimated taxes, and the share of cost as far as something is left for it (ADV-2)."""
    left = max(0, gross_cents - sum(taxes.values()))
    return {**taxes, "SHARE_OF_COST": min(share_cents, left)}


def offsets(advanced_minutes: int, offered: Iterable[tuple[str, Offsettable]]) -> dict[str, Offset]:
    """What is covered of each statement, rounded once per county and rate."""
    return {id: _offset(by_rate) for id, by_rate in covered_minutes(advanced_minutes, offered).items()}


def covered_minutes(
    advanced_minutes: int, offered: Iterable[tuple[str, Offsettable]]
) -> dict[str, dict[tuple[str, int], int]]:
    """Cover (statement id, minutes) in HOURS-6 order, up to the advanced minutes; by statement, county and rate
    (ADV-5)."""
    covered: dict[str, dict[tuple[str, int], int]] = defaultdict(lambda: defaultdict(int))
    for statement_id, each in sorted(offered, key=lambda pair: (pair[1].stamp, pair[1].document_id)):
        minutes = min(each.minutes, advanced_minutes)
        covered[statement_id][each.county, each.rate_mills] += minutes
        advanced_minutes -= minutes
    return covered


def _offset(by_rate: Mapping[tuple[str, int], int]) -> Offset:
    """One rounding per county and rate, as on the statement's lines."""
    cents = sum(line_cents(minutes, rate_mills) for (_, rate_mills), minutes in by_rate.items())
    return Offset(sum(by_rate.values()), cents)


def advance_paid(offset_cents: int, taxes_cents: int, share_charged_cents: int) -> int:
    """ADVANCE_PAID: what the recipient has already been given for the covered minutes (ADV-5)."""
    return max(0, offset_cents - taxes_cents - share_charged_cents)


def status(
    open_minutes: int, deceased: bool, month: int, first_run: int, run_date: int, lookup: Lookup
) -> AdvanceStatus:
    """How an advance stands on the business day ``run_date``; ``first_run``: that of its first instruction (ADV-6)."""
    if open_minutes == 0 or deceased:
        return "RECONCILED"
    for name, parameter in CLOCKS:
        if run_date - first_run >= lookup(parameter, month):
            return name
    return "DUE" if run_date + 1 >= next_month(month) else "OPEN"


def next_clock(month: int, first_run: int, run_date: int, lookup: Lookup) -> int | None:
    """The instant after this pay run at which the next clock may strike."""
    days = [next_month(month) - 1, *(first_run + lookup(parameter, month) for _, parameter in CLOCKS)]
    return min((midnight(day + 1) for day in days if day > run_date), default=None)
