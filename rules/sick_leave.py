"""Decides since when a provider has paid sick leave, how much in each leave year, and when it may first be used.

Authority: SICK-1 to SICK-4 (SB 3 (2016), SB 616 (2023); ACL 18-01; the State's questions and answers and county pages:
secondary; the wait over a 1 July, one balance: assumptions). In force: from 2018-07-01, WPCS from 2020-07-01.
Does not cover: claims and what they use (`price.leave_claims`), which service is paid (`price.month`).

Service is counted in stints: a gap of more than 365 days ends one. Within a stint leave is earned once, and granted on
each 1 July until 365 days without service have passed; so all grants follow from the day earned and the last day.
Units: days and leave years (their 1 July) ``int`` days since 1970-01-01, minutes ``int``. ``law`` is that which the
pay run knows.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from rules.kept import ServiceDays, Stint
from rules.law import Law
from rules.periods import MONTHS_IN_YEAR, add_months, civil_date, epoch_day, month_of

REMEMBERED = 60 * 60  # months, days
PROGRAMS, GRANT = "sick_leave.programs", "sick_leave.grant_minutes"


class LeaveTerms(NamedTuple):
    """What earns leave and when it is usable, on the day of the service."""

    earned_after_minutes: int
    usable_after_minutes: int
    usable_after_days: int
    days_without_service: int


class Grant(NamedTuple):
    """Leave of a leave year: usable from one day to another; ``assumptions``: of this project, behind the days."""

    leave_year: int
    minutes: int
    earned_on: int
    usable_from: int
    ends_on: int
    assumptions: tuple[str, ...] = ()


@lru_cache(maxsize=REMEMBERED)
def leave_year_of(day: int, law: Law) -> int:
    """The 1 July with which the day's leave year begins (SICK-1)."""
    civil, first_month = civil_date(day), law.value("sick_leave.first_month", day)
    return epoch_day(date(civil.year if civil.month >= first_month else civil.year - 1, first_month, 1))


def next_leave_year(leave_year: int) -> int:
    """The 1 July after."""
    return add_months(leave_year, MONTHS_IN_YEAR)


def last_day_of(leave_year: int) -> int:
    """Its 30 June."""
    return next_leave_year(leave_year) - 1


@lru_cache(maxsize=REMEMBERED)
def terms(month: int, law: Law) -> LeaveTerms:
    """The law of a month in which there is paid sick leave."""
    return LeaveTerms(*(law.value(f"sick_leave.{name}", month) for name in LeaveTerms._fields))


def stands_until(stint: Stint, law: Law) -> int:
    """The last day on which leave of a stint stands if no service follows (SICK-4)."""
    days: int = law.value("sick_leave.days_without_service", stint.last_day)
    return stint.last_day + days + 1


def stints_with(stints: Iterable[Stint], months: Iterable[ServiceDays], law: Law) -> list[Stint]:
    """The stints with more months of paid service, which come after them in order of days."""
    found = [*stints]
    for month in months:
        _add(found, month, law)
    return found


def _add(stints: list[Stint], month: ServiceDays, law: Law) -> None:
    """SICK-2, SICK-3: a month's days in the last stint, or in one that begins anew; once leave is usable only the last
    day matters."""
    now = terms(month_of(month.days[0][0]), law)
    enough = now.earned_after_minutes + now.usable_after_minutes
    stint = stints.pop() if stints else Stint(month.days[0][0])
    last, worked, waiver = stint.last_day, stint.worked_minutes, stint.waiver
    earned, usable = stint.earned_on, stint.usable_from
    for day, minutes in month.days:
        if day > last + now.days_without_service + 1:
            stints.append(Stint(last, worked, earned, usable, waiver))
            worked, earned, usable, waiver = 0, None, None, False
        if worked >= enough:
            break
        last, worked = day, worked + minutes
        if earned is None and worked >= now.earned_after_minutes:
            earned, usable = day, day + now.usable_after_days
        if usable is not None and worked >= enough:
            usable = min(usable, day + 1)
    stints.append(Stint(month.days[-1][0], worked, earned, usable, waiver or month.waiver))


def grant_alike(before: Sequence[Stint], now: Sequence[Stint], today: int, law: Law) -> bool:
    """Are the grants of these stints the same, on this day and on each on which they were to be looked at again?"""
    was, last = (stints[-1] if stints else Stint(0) for stints in (before, now))
    if before[:-1] != now[:-1] or (was.earned_on, was.usable_from) != (last.earned_on, last.usable_from):
        return False
    return was.earned_on is None or (was.last_day <= last.last_day and today <= stands_until(was, law))


def grants(stints: Iterable[Stint], first: int, today: int, law: Law) -> list[Grant]:
    """Grants of leave years from ``first`` on that have begun by ``today``, in order; a year may have two, where leave
    ended and was earned anew within it."""
    known = [*stints]
    found: list[Grant] = []
    for place, stint in enumerate(known):
        until = stands_until(stint, law)
        over = place < len(known) - 1 or until < today
        found += (each for each in _of_stint(stint, until, over, today, law) if each.leave_year >= first)
    return sorted(found, key=lambda grant: (grant.leave_year, grant.earned_on))


def _of_stint(stint: Stint, until: int, over: bool, today: int, law: Law) -> Iterator[Grant]:
    """``until``: the last day on which its leave stands, if it is ``over``."""
    if stint.earned_on is None or stint.usable_from is None:
        return
    assumed = law.assumptions("sick_leave.balance", stint.last_day) if stint.waiver else ()
    year = leave_year_of(stint.earned_on, law)
    while year <= min(today, until):
        last = last_day_of(year)
        waits = stint.earned_on < year < stint.usable_from
        yield Grant(
            year,
            law.value(GRANT, year) if law.in_force(GRANT, year) else 0,
            max(year, stint.earned_on),
            max(year, stint.usable_from),
            min(last, until) if over else last,
            assumed + (law.assumptions("sick_leave.wait_over_new_year", year) if waits else ()),
        )
        year = next_leave_year(year)
