"""How a provider's paid sick leave came to be: service day by day until it was earned and usable, and each claim.

What was decided is the rule's (`rules.price.sick_leave`); the days are added up beside it, and must reach what it says.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from pipelines.explain.tree import Node, Unbalanced
from pipelines.explain.words import long_day, month_name, reason, short_day
from pipelines.spoken import say
from rules.conclusions import Statement
from rules.kept import Stint
from rules.periods import hhmm, iso, month_of, period_of
from rules.price.leave_claims import LeaveVerdict
from rules.price.sick_leave import JudgedLeave
from rules.sick_leave import Grant, leave_year_of


class ServiceDay(NamedTuple):
    """Paid service of a day, and all of its stint up to it."""

    day: int
    minutes: int
    in_all: int


def leave_nodes(judged: JudgedLeave, period: int) -> Iterator[Node]:
    """A provider's leave in the leave year of a pay period: the balance, the claims, and the service that earned it."""
    year = leave_year_of(period, judged.leave.law)
    of_year = [each for each in judged.leave.grants if each.leave_year == year]
    claims = [each for each in judged.verdicts if _year(each, judged) == year]
    if of_year or claims:
        text = _balance(of_year[-1] if of_year else None, claims, judged.leave.used.get(year, 0))
        yield Node(what="leave", text=text, day=iso(year), rule="SICK-7", parts=[*map(_claim, claims)])
    for stint, days in _stints(judged):
        yield _service(stint, days)


def claim_nodes(statement: Statement, judged: JudgedLeave) -> Iterator[Node]:
    """Claims that a statement pays, by day."""
    for verdict in sorted(judged.verdicts, key=lambda each: each.document.current.service_date):
        claim = verdict.document.current
        place = claim.recipient_id, period_of(claim.service_date)
        if verdict.paid_minutes and place == (statement.recipient_id, statement.period_start):
            text = long_day(claim.service_date) + f" {hhmm(verdict.paid_minutes)}"
            day, document = iso(claim.service_date), verdict.document.reference
            yield Node(what="day", text=text, day=day, minutes=verdict.paid_minutes, document=document)


def _year(verdict: LeaveVerdict, judged: JudgedLeave) -> int:
    return leave_year_of(verdict.document.current.service_date, judged.leave.law)


def _balance(grant: Grant | None, claims: Sequence[LeaveVerdict], used_before: int) -> str:
    used = used_before + sum(each.paid_minutes for each in claims)
    if grant is None:
        return say("Paid sick leave: none is earned for this leave year; {hours} were paid", hours=hhmm(used))
    return say(
        "Paid sick leave, leave year from {year}: {granted} granted on {earned}, {used} used, {left} left; usable from "
        "{first} to {last}",
        year=long_day(grant.leave_year),
        granted=hhmm(grant.minutes),
        earned=long_day(grant.earned_on),
        used=hhmm(used),
        left=hhmm(max(0, grant.minutes - used)),
        first=long_day(grant.usable_from),
        last=long_day(grant.ends_on),
    )


def _claim(verdict: LeaveVerdict) -> Node:
    claim, refused = verdict.document.current, verdict.refused
    text = say(
        "{day}, claim {claim} for {who}: {paid} of {claimed} paid",
        day=long_day(claim.service_date),
        claim=claim.document_id,
        who=claim.recipient_id,
        paid=hhmm(verdict.paid_minutes),
        claimed=hhmm(claim.minutes),
    )
    if refused is not None:
        text += "; " + say("not the rest: {reason}", reason=reason(refused.code).lower())
    if verdict.kept:
        text += "; " + say("it stays, though the service that earned it was cut since")
    return Node(
        what="leave_claim",
        text=text,
        day=iso(claim.service_date),
        minutes=verdict.paid_minutes,
        document=verdict.document.reference,
        rule="SICK-7" if verdict.kept else "SICK-5",
    )


# --- service ----------------------------------------------------------------------------------------------------------


def _stints(judged: JudgedLeave) -> Iterator[tuple[Stint, list[ServiceDay]]]:
    """Stints that still count, each with its days."""
    service = [each for month in judged.months for each in month.days]
    begin = 0
    for stint in judged.leave.stints:
        end = next((at for at, (day, _) in enumerate(service) if day > stint.last_day), len(service))
        in_all, days = 0, []
        for day, minutes in service[begin:end]:
            in_all += minutes
            days.append(ServiceDay(day, minutes, in_all))
        begin = end
        yield stint, days


def _service(stint: Stint, days: Sequence[ServiceDay]) -> Node:
    """Until it was earned, from then until it was usable, and since. Raises Unbalanced where the days say otherwise."""
    first, total = long_day(days[0].day), hhmm(days[-1].in_all)
    parts = []
    if stint.earned_on is None or stint.usable_from is None:
        parts.append(_days("not_earned", say("Not earned yet: {hours} of paid service", hours=total), days, "SICK-2"))
    else:
        earning = [each for each in days if each.day <= stint.earned_on]
        waiting = [each for each in days if stint.earned_on < each.day < stint.usable_from]
        if earning[-1].day != stint.earned_on:
            raise Unbalanced(f"leave was earned on {iso(stint.earned_on)}, and no service was paid on that day")
        hours, on = hhmm(earning[-1].in_all), long_day(stint.earned_on)
        parts.append(_days("earned", say("Earned: {hours} reached on {day}", hours=hours, day=on), earning, "SICK-2"))
        hours, on = hhmm(sum(each.minutes for each in waiting)), long_day(stint.usable_from)
        text = say("Usable from {day}: {hours} of service after that", day=on, hours=hours)
        parts.append(_days("usable", text, waiting, "SICK-3"))
    text = say(
        "Paid service without a gap of more than a year, since {first}: {hours} by {last}",
        first=first,
        hours=total,
        last=long_day(stint.last_day),
    )
    return Node(what="leave_service", text=text, minutes=days[-1].in_all, rule="SICK-4", parts=parts)


def _days(what: str, text: str, days: Sequence[ServiceDay], rule: str) -> Node:
    """By month and day, with what it came to by then."""
    months = []
    for month, each in groupby(days, key=lambda day: month_of(day.day)):
        of_month = [*each]
        parts = [
            Node(what="day", text=short_day(day) + f" {hhmm(minutes)} ({hhmm(in_all)})", day=iso(day), minutes=minutes)
            for day, minutes, in_all in of_month
        ]
        minutes = sum(day.minutes for day in of_month)
        in_all = say("{hours} in all", hours=hhmm(of_month[-1].in_all))
        named = month_name(month) + f": {hhmm(minutes)}, " + in_all
        months.append(Node(what="month", text=named, minutes=minutes, adds=("minutes",), parts=parts))
    total = sum(day.minutes for day in days)
    return Node(what=what, text=text, minutes=total, rule=rule, adds=("minutes",), parts=months)
