"""What a provider's violations come to over the years, and claims that came too late: findings of the lifetime.

Authority: LIMIT-5, LIMIT-6, LIMIT-7 (ACL 16-36; county handbook), TIME-6 (FILING_LIMIT). In force: by parameter.
Does not cover: which workweek violates what (`price.limits`, `violations`).

A finding keeps its dispute date while it stands, whatever becomes of its count; one that was cleared and is said again
is a new notice. A county's decision is about the ladder, so it is heard after the month of the week has closed.
"""

from typing import NamedTuple

from rules.documents import About, named
from rules.findings import Findings, RuleFinding, finding_id, long_date, note_conflicts
from rules.kept import Violation
from rules.law import Law
from rules.periods import business_day_of, hhmm, month_of, saturday_of
from rules.price.filed import Filed
from rules.price.limits import JUDGED
from rules.restatement import LIFETIME, Before
from rules.travel_time import claimed_minutes
from rules.violations import OVERTURNED, TRAINED, UPHELD, ViolationStanding, ladder, noticed_on

_WHY_NOT = {
    OVERTURNED: "it does not count, since the county overturned it",
    TRAINED: "it does not count, since you completed the training",
    "MONTH": "it does not count, since the week of {instead} is the violation of that month",
    "WEEK": "it counts once, together with the other limit passed in that week",
}
_DECIDES = (
    "The county decides if you must stop working for IHSS and WPCS for {days} days. "
    "Until it does, you can work and you are paid."
)
_ONE = "Agree with this recipient on hours that stay within {usual} a week, or ask the county for an exception."
_STAY = {
    "V1": _ONE,
    "V2": _ONE,
    "V3": "Agree with your recipients on hours that together stay within {usual} a week.",
    "V4": "Plan your visits so that travel stays within {usual} a week.",
}
_NEXT = {
    None: "Nothing for this week. {stay}",
    "NOTICE": "{stay}",
    "NOTICE_AND_MATERIAL": "Read the instructional material by {material}: this removes the violation, but only once.",
    "INELIGIBLE_90_DAYS": _DECIDES,
    "INELIGIBLE_365_DAYS": _DECIDES + " The next violation is then number 1 again.",
}
_DISPUTE = " If you disagree, ask the county to review it by {due}."
_UPHELD = ", as the county confirmed"


class Notice(NamedTuple):
    """Where and when violations are said: the provider, what stood before, the law and the pay run."""

    provider_id: str
    before: Before
    law: Law
    cut_off: int


def find_violations(filed: Filed, notice: Notice, findings: Findings) -> None:
    """V1 to V4 of all months with their standing as of the cut-off."""
    judged = [of_unit[JUDGED] for of_unit in notice.before.values() if JUDGED in of_unit]
    violations = [violation for of_month in judged for violation in of_month.violations]
    decisions = filed.decided_weeks()
    for violation, standing in ladder(violations, decisions, notice.law) if violations else ():
        _find(violation, standing, decisions.get(violation.workweek) == UPHELD, notice, findings)


def _find(violation: Violation, standing: ViolationStanding, upheld: bool, notice: Notice, findings: Findings) -> None:
    grain = {
        "provider_id": notice.provider_id,
        "recipient_id": violation.recipient_id,
        "workweek_start": violation.workweek,
    }
    due_by = _due_by(violation, grain, standing, notice)
    findings.add(
        violation.code,
        outcome="VIOLATION" if standing.active_count else "NOTED",
        **grain,
        service_month=month_of(saturday_of(violation.workweek)),
        minutes=violation.minutes - violation.allowed_minutes,
        count=standing.active_count,
        consequence=standing.consequence,
        due_by=due_by,
        words=_numbers(violation) | _words(violation, standing, upheld, due_by, notice.law),
    )


def _due_by(violation: Violation, grain: About, standing: ViolationStanding, notice: Notice) -> int | None:
    """The dispute date, from the pay run that first said it counts."""
    said = RuleFinding(violation.code, "", "PROVIDER", **grain)
    known: RuleFinding | None = notice.before.get(LIFETIME, {}).get(finding_id(said))
    if known is not None and known.due_by is not None:
        return known.due_by
    today = business_day_of(notice.cut_off)
    days: int = notice.law.value("violation.dispute_days", today)
    return today + days if standing.active_count else None


def _numbers(violation: Violation) -> dict[str, str]:
    extra = f" ({hhmm(violation.extra_minutes)} of them by an exception)" if violation.extra_minutes else ""
    return {
        "worked": hhmm(violation.minutes),
        "allowed": hhmm(violation.allowed_minutes) + extra,
        "recipients": str(violation.recipients),
        "overtime": hhmm(violation.overtime_minutes),
        "overtime_allowed": hhmm(violation.overtime_allowed_minutes),
    }


def _words(
    violation: Violation, standing: ViolationStanding, upheld: bool, due_by: int | None, law: Law
) -> dict[str, str]:
    """How it stands, and what the provider can do; what the county ``upheld`` is disputed no more."""
    stay = _STAY[violation.code].format(usual=hhmm(violation.allowed_minutes - violation.extra_minutes))
    if due_by is None or standing.active_count is None:
        instead = long_date(standing.instead) if isinstance(standing.instead, int) else standing.instead
        because = _WHY_NOT[standing.because or ""].format(instead=instead)
        return {"standing": because, "next": _NEXT[None].format(stay=stay)}
    noticed = noticed_on(due_by, violation.workweek, law)
    material = long_date(noticed + law.value("violation.material_days", noticed))
    days = law.value("violation.ineligible_days", noticed)[standing.active_count - 1]
    step = _NEXT[standing.consequence] + ("" if upheld else _DISPUTE)
    return {
        "standing": f"this counts as violation {standing.active_count}" + (_UPHELD if upheld else ""),
        "next": step.format(stay=stay, material=material, days=days, due=long_date(due_by)),
    }


def find_late_claims(filed: Filed, findings: Findings) -> None:
    """FILING_LIMIT of travel, training and sick leave: for a person."""
    classes = filed.classes
    for travel, minutes in filed.late_travel.waiting(filed.travel_standing, claimed_minutes):
        _find_late(minutes, travel.period_start, named(travel), findings)
    for training, minutes in classes.late.waiting(classes.claims.get, lambda claim: claim.minutes_claimed):
        about = {"recipient_id": training.recipient_id, "service_date": training.class_date}
        _find_late(minutes, training.class_date, about | named(training), findings)
    for leave, minutes in filed.late_leave.waiting(filed.leave_claims.get, lambda claim: claim.minutes):
        _find_late(minutes, leave.service_date, named(leave), findings)
    note_conflicts(filed.late_travel.conflicts(filed.travel_standing), findings)
    note_conflicts(classes.late.conflicts(classes.claims.get), findings)
    note_conflicts(filed.late_leave.conflicts(filed.leave_claims.get), findings)


def _find_late(minutes: int, day: int, about: About, findings: Findings) -> None:
    message = None if minutes else "nothing_more"
    findings.add("FILING_LIMIT", minutes=minutes, message=message, service_month=month_of(day), **about)
