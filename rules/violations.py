"""What violates the weekly limits, and where it stands on the ladder.

Authority: LIMIT-1, LIMIT-2, LIMIT-4 (ACL 16-01, ACL 16-36; WIC 12300.4(b)(2), (f); the overtime of V2's month per
recipient: assumption), LIMIT-5 (county handbook), LIMIT-6, LIMIT-7 (ACL 16-36). In force: workweeks from 2016-07-03.
Does not cover: carrying out a consequence (ineligibility comes back as an enrolment, WHO-1); overlap warnings, which
never count.

Of several violations of one workweek the first by code, then recipient, carries the count (assumption
``violation.counted_in_week``). A year is full at the end of the same date a year later. The chance to read the material
is used up by a decision TRAINING_COMPLETED for an earlier week; a second violation after it is a notice only.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from rules.kept import Violation
from rules.law import Law, NotInForce
from rules.periods import add_months, days_in_month, month_of, saturday_of
from schemas.symbols import DECISIONS, known

OVERTURNED, TRAINED, UPHELD = "OVERTURNED", "TRAINING_COMPLETED", "UPHELD"


class WeekOfWork(NamedTuple):
    """What a provider did in an ended workweek: payable service minutes by recipient, travel before TRAVEL-1."""

    workweek: int
    service: Mapping[str, int]
    travel_minutes: int
    exempt: bool


class Allowed(NamedTuple):
    """By recipient: maximum weekly minutes, approved extra minutes, and overtime worked in the month."""

    maximum: Callable[[str], int]
    extra: Callable[[str], int]
    overtime: Callable[[str], int]


def least_weekly_minutes(workweek: int, law: Law) -> int:
    """Service of a week up to this violates nothing, whoever it was for."""
    usual: int = law.value("violation.usual_weekly_minutes", workweek)
    several: int = law.value("limit.several_recipients_minutes", workweek)
    return min(usual, several)


def judge_week(week: WeekOfWork, allowed: Allowed, law: Law) -> list[Violation]:
    """LIMIT-4: violations of a workweek, by code and recipient. For exemption holders only V4 is judged."""
    if week.workweek < law.value("violation.judged_from", week.workweek):
        return []
    found = [] if week.exempt else [*_by_recipient(week, allowed, law), *_of_several(week, law)]
    return sorted([*found, *_of_travel(week, law)], key=lambda each: (each.code, each.recipient_id or ""))


def _by_recipient(week: WeekOfWork, allowed: Allowed, law: Law) -> Iterator[Violation]:
    """V1 and V2."""
    usual: int = law.value("violation.usual_weekly_minutes", week.workweek)
    weeks: int = law.value("violation.weeks_of_normal_overtime", week.workweek)
    for recipient, minutes in week.service.items():
        if minutes <= usual:
            continue
        maximum = allowed.maximum(recipient)
        if minutes <= maximum:
            continue
        extra = allowed.extra(recipient)
        limit = max(usual, maximum) + extra
        overtime, normal = allowed.overtime(recipient), (maximum - usual) * weeks
        if minutes > limit and maximum <= usual:
            yield Violation(week.workweek, "V1", recipient, minutes, limit, extra_minutes=extra)
        elif minutes > limit and overtime > normal:
            yield Violation(week.workweek, "V2", recipient, minutes, limit, overtime, normal, extra)


def _of_several(week: WeekOfWork, law: Law) -> Iterator[Violation]:
    """V3."""
    limit: int = law.value("limit.several_recipients_minutes", week.workweek)
    worked = [minutes for minutes in week.service.values() if minutes]
    if len(worked) > 1 and sum(worked) > limit:
        yield Violation(week.workweek, "V3", None, sum(worked), limit, recipients=len(worked))


def _of_travel(week: WeekOfWork, law: Law) -> Iterator[Violation]:
    """V4; none while no limit is in force."""
    try:
        limit: int = law.value("travel.weekly_minutes", saturday_of(week.workweek))
    except NotInForce:
        return
    if week.travel_minutes > limit:
        yield Violation(week.workweek, "V4", None, week.travel_minutes, limit)


def noticed_on(due_by: int | None, workweek: int, law: Law) -> int:
    """The day of a violation's notice, from its dispute date; without one its week."""
    days: int = 0 if due_by is None else law.value("violation.dispute_days", due_by)
    return workweek if due_by is None else due_by - days


class ViolationStanding(NamedTuple):
    """Where a violation stands: its active ``count`` and ``consequence``, or why it does not count.

    ``because``: OVERTURNED, TRAINING_COMPLETED, MONTH or WEEK; ``instead``: workweek or code that counts in its place.
    """

    active_count: int | None = None
    consequence: str | None = None
    because: str | None = None
    instead: int | str | None = None


def ladder(
    violations: Iterable[Violation], decisions: Mapping[int, str], law: Law
) -> Iterator[tuple[Violation, ViolationStanding]]:
    """LIMIT-5, LIMIT-6: every violation with its standing. ``decisions``: workweek -> what the county decided last.
    Raises UnknownSymbol."""
    known(decisions.values(), DECISIONS, "decision on a violation")
    weeks: dict[int, list[Violation]] = defaultdict(list)
    for each in sorted(violations, key=lambda each: (each.workweek, each.code, each.recipient_id or "")):
        weeks[each.workweek].append(each)
    rungs = _Rungs(law)
    counted: dict[int, list[int]] = defaultdict(list)  # month -> the weeks that are its violations
    for week, found in weeks.items():
        saturday = saturday_of(week)
        of_month, decision = counted[month_of(saturday)], decisions.get(week)
        if decision == OVERTURNED:
            standing = ViolationStanding(because=OVERTURNED)
        elif len(of_month) >= law.value("violation.counted_in_month", saturday):
            standing = ViolationStanding(because="MONTH", instead=of_month[-1])
        else:
            of_month.append(week)
            standing = rungs.train() if decision == TRAINED else rungs.climb(saturday)
        for place, each in enumerate(found):
            instead = (
                ViolationStanding(because="WEEK", instead=found[0].code)
                if place and standing.active_count
                else standing
            )
            yield each, instead


class _Rungs:
    """The active count while violations are counted in order."""

    def __init__(self, law: Law) -> None:
        self.law, self.count, self.since, self.trained = law, 0, 0, False

    def train(self) -> ViolationStanding:
        """The county recorded that the material was read: the violation does not count, the chance is used up."""
        self.trained = True
        return ViolationStanding(because=TRAINED)

    def climb(self, saturday: int) -> ViolationStanding:
        """Count one more, after the falls of full years without any."""
        while self.count and saturday > (fall := self._next_fall()):
            self.count, self.since = self.count - 1, fall
        consequences: tuple[str, ...] = self.law.value("violation.consequences", saturday)
        reached, self.since = self.count + 1, saturday
        self.count = reached if reached < len(consequences) else 0
        consequence = consequences[reached - 1]
        if self.trained and consequence == "NOTICE_AND_MATERIAL":
            consequence = "NOTICE"
        return ViolationStanding(reached, consequence)

    def _next_fall(self) -> int:
        return later(self.since, self.law.value("violation.falls_after_months", self.since))


def later(day: int, months: int) -> int:
    """The same date so many months later, clamped to the month."""
    month = add_months(month_of(day), months)
    return month + min(day - month_of(day), days_in_month(month) - 1)
