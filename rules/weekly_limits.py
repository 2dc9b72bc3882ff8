"""How much a provider may work: a recipient's maximum weekly hours, and what an exemption allows.

Authority: HOURS-3 (ACL 16-01; WIC 12301.1(b)(1) says 4.33; dropping the remainder and the sum with WPCS: assumptions),
LIMIT-1 (ACL 16-01; WIC 12300.4(b)(2)), LIMIT-3 (ACL 16-07; ACL 16-22; the waiver exemption: secondary). In force: by
parameter. Does not cover: whether more is a violation (`violations`); which minutes are cut (`price.limits`).

An exemption holds on the days on which the enrolment that states it is in force, within the exemption's own dates
(assumption ``exemption.within_enrolment``); the daily limit of a waiver exemption holds on the days it covers.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from rules.conclusions import AuthorizationTerm
from rules.documents import Terms
from rules.law import Law
from rules.periods import DAYS_IN_WEEK, month_end, saturday_of, workweek_of
from schemas.provider_enrollment import ProviderEnrollment
from schemas.symbols import EXEMPTIONS, known

WAIVER = "EXEMPTION_WPCS"


class Exemption(NamedTuple):
    """Days from ``first`` to ``last`` (inclusive) on which an exemption of a ``kind`` stands."""

    kind: str
    first: int
    last: int


class Allowance(NamedTuple):
    """Service minutes that may be paid from day ``first`` to day ``last``; ``per`` is day, week or month."""

    per: str
    first: int
    last: int
    minutes: int


def exemptions(enrollments: Terms[ProviderEnrollment], first: int, last: int) -> list[Exemption]:
    """Exemptions that cover a day from ``first`` to ``last``, cut to these days."""
    if all(fact.exemption == "NONE" for fact in enrollments.ranked):
        return []
    found = []
    for span in enrollments.spans(first, last):
        fact = span.fact
        start = span.first if fact.exemption_from is None else max(span.first, fact.exemption_from)
        end = span.last if fact.exemption_to is None else min(span.last, fact.exemption_to)
        known((fact.exemption,), EXEMPTIONS, "exemption")
        if fact.exemption != "NONE" and start <= end:
            found.append(Exemption(fact.exemption, start, end))
    return found


def covers(standing: Iterable[Exemption], first: int, last: int) -> bool:
    """Does any of them cover a day from ``first`` to ``last``?"""
    return any(each.first <= last and first <= each.last for each in standing)


def workweeks_of(month: int) -> range:
    """The workweeks that have a day in the month."""
    return range(workweek_of(month), month_end(month) + 1, DAYS_IN_WEEK)


def allowances(standing: Sequence[Exemption], month: int, law: Law) -> Iterator[Allowance]:
    """LIMIT-3: what exemptions allow in a month, in the order in which it is cut: days, weeks, the month."""
    waiver = [each for each in standing if each.kind == WAIVER]
    others = [each for each in standing if each.kind != WAIVER]
    for each in waiver:
        for day in range(max(each.first, month), min(each.last, month_end(month)) + 1):
            yield Allowance("day", day, day, law.value("exemption.wpcs_daily_minutes", day))
    for week in workweeks_of(month):
        if covers(others, week, saturday_of(week)):
            yield Allowance("week", week, saturday_of(week), law.value("exemption.weekly_minutes", week))
    for kind, name in ((waiver, "exemption.wpcs_monthly_minutes"), (others, "exemption.monthly_minutes")):
        if covers(kind, month, month_end(month)):
            yield Allowance("month", month, month_end(month), law.value(name, month))


def maximum_weekly_minutes(authorizations: Mapping[str, Sequence[AuthorizationTerm]], workweek: int, law: Law) -> int:
    """HOURS-3: of a recipient in a workweek, the largest in force on one of its days; both programs together."""
    terms = [term for of_program in authorizations.values() for term in of_program]
    starts = [term.first for term in terms if workweek < term.first <= saturday_of(workweek)]
    monthly = max(_in_force(terms, day) for day in (workweek, *starts))
    divisor: int = law.value("weekly.divisor", workweek)
    limit: int = law.value("weekly.maximum_minutes", workweek)
    return min(monthly // divisor, limit)


def _in_force(terms: Iterable[AuthorizationTerm], day: int) -> int:
    return sum(term.monthly_minutes for term in terms if term.first <= day and (term.last is None or day <= term.last))
