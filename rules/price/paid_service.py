"""The paid service that a provider's months hand on to paid sick leave, and when a balance may be otherwise by it.

Authority: SICK-1 to SICK-4 (SB 3 (2016); ACL 18-01), TIME-6. In force: by parameters sick_leave.*. Does not cover: what
service earns (`sick_leave`), balances and claims (`price.sick_leave`), which service is paid (`price.month`).
"""

from collections import defaultdict
from collections.abc import Iterable

from rules.kept import LeaveHistory, ServiceDays
from rules.law import Law
from rules.periods import business_day_of
from rules.price.filed import Filed
from rules.price.violations import Notice
from rules.restatement import LIFETIME, Before, Decision, closed, month_unit
from rules.sick_leave import PROGRAMS, grant_alike, stints_with
from rules.worked import Worked

SERVICE, HISTORY = "service_days", "leave_history"  # ids of what a month and a lifetime keep


def conclude_service(month: int, worked: Iterable[Worked], law: Law, decision: Decision) -> None:
    """SICK-2: a month's paid service by day, of the programs that have paid sick leave then."""
    if not law.in_force(PROGRAMS, month):
        return
    programs, days, waiver = law.value(PROGRAMS, month), defaultdict[int, int](int), False
    for each in worked:
        if each.minutes and each.earning == "SERVICE" and (program := each.program) in programs:
            days[each.day] += each.minutes
            waiver = waiver or program == "WPCS"
    if days:
        decision.conclusions[SERVICE] = ServiceDays(sorted(days.items()), waiver)


def service_by_month(before: Before) -> list[tuple[int, ServiceDays]]:
    """Paid service by month, in order."""
    return sorted((unit.month, said[SERVICE]) for unit, said in before.items() if SERVICE in said)


def history_in(before: Before) -> LeaveHistory:
    """What paid sick leave goes on from."""
    known: LeaveHistory | None = before.get(LIFETIME, {}).get(HISTORY)
    return known or LeaveHistory(0, [], [])


def moves_leave(month: int, was: ServiceDays | None, filed: Filed, notice: Notice) -> bool:
    """May paid sick leave be otherwise, now that a month's service is? Where nothing is claimed, most service grants
    nothing more. What is not earned yet is not looked at on any day, so months of it that close are taken up at once.
    """
    if filed.leave_claims:
        return True
    history = history_in(notice.before)
    service = {each: days for each, days in service_by_month(notice.before) if each > history.through}
    begun = stints_with(history.stints, [service[each] for each in sorted(service) if each < month], notice.law)
    later = [service[each] for each in sorted(service) if each > month]
    before, now = (
        stints_with(begun, [of_month, *later] if of_month else later, notice.law)
        for of_month in (was, service.get(month))
    )
    if service and now[-1].earned_on is None and closed(month_unit(min(service)), notice.cut_off, notice.law):
        return True
    return not grant_alike(before, now, business_day_of(notice.cut_off), notice.law)
