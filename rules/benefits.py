"""Decides the hours by county and month that health benefits depend on, and eligibility where a county's rule is known.

Authority: BEN-1 (county pages: secondary), HOURS-7 (pro rata by days). In force: by parameters benefit.*.
Does not cover: enrolment in a plan, premiums, counties without a known rule.

Units: days and months ``int`` days since 1970-01-01, minutes ``int``.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rules.conclusions import AssignmentTerm, AuthorizationTerm
from rules.law import Law, NotInForce
from rules.periods import add_months, days_in_month, month_end
from rules.to_provider import Engagement
from rules.worked import Worked


class MonthHours(NamedTuple):
    """What one provider was paid for and authorized to work in one county and service month."""

    month: int
    paid_minutes: int
    authorized_minutes: int


def hours(month: int, worked: Iterable[Worked], engagements: Iterable[Engagement]) -> dict[str, MonthHours]:
    """Hours of one provider by county; a county without paid minutes makes no record (BEN-1).

    ``worked``: payable service, travel and training of the month; ``engagements``: one per recipient.
    """
    paid: dict[str, int] = defaultdict(int)
    for piece in worked:
        paid[piece.county] += piece.minutes
    authorized: dict[str, int] = defaultdict(int)
    for engagement in engagements:
        for program in engagement.assignments:
            for county, minutes in _authorized_minutes(engagement, program, month).items():
                authorized[county] += minutes
    return {county: MonthHours(month, paid[county], authorized[county]) for county in sorted(paid) if paid[county] > 0}


def _authorized_minutes(engagement: Engagement, program: str, month: int) -> dict[str, int]:
    """Authorized-to-work minutes of one recipient and program by county: floor of the sum over parts (HOURS-7)."""
    minute_days: dict[str, int] = defaultdict(int)
    for assignment in engagement.assignments[program]:
        for authorization in engagement.authorizations.get(program, ()):
            stated = assignment.monthly_minutes
            minutes = authorization.monthly_minutes if stated is None else stated
            minute_days[authorization.county] += minutes * _days_together(assignment, authorization, month)
    return {county: total // days_in_month(month) for county, total in minute_days.items()}


def _days_together(assignment: AssignmentTerm, authorization: AuthorizationTerm, month: int) -> int:
    """Days of the month on which both are in force."""
    last = month_end(month)
    if assignment.last is not None:
        last = min(last, assignment.last)
    if authorization.last is not None:
        last = min(last, authorization.last)
    return max(0, last - max(assignment.first, authorization.first, month) + 1)


def eligible(county: str, months: Sequence[MonthHours], law: Law, known_at: int | None = None) -> bool | None:
    """Whether the last of ``months`` (of one provider and county, in order) and those before it make one eligible.

    A month without a record counts as none. None: no rule of this county is known.
    """
    month = months[-1].month
    needed = months_needed(county, month, law, known_at)
    if not needed:
        return None
    try:
        paid = law.value(f"benefit.paid_minutes.{county}", month, known_at)
        authorized = law.value(f"benefit.authorized_minutes.{county}", month, known_at)
    except NotInForce:
        return None
    enough = {hours.month for hours in months if hours.paid_minutes >= paid and hours.authorized_minutes >= authorized}
    return enough.issuperset(add_months(month, -back) for back in range(needed))


def months_needed(county: str, month: int, law: Law, known_at: int | None = None) -> int:
    """How many months in a row the county's rule asks for, ``month`` the last of them; 0: no rule of it is known."""
    try:
        if county not in law.value("benefit.counties", month, known_at):
            return 0
        needed: int = law.value(f"benefit.months.{county}", month, known_at)
    except NotInForce:
        return 0
    return needed
