"""A provider's decisions at other wages, told from those that were made: the minutes are the same, the money is not.

Authority: WAGE-1, OT-2, OT-4, MONEY-1, by the modules that decide; none of its own: a what-if asks what other wages
would come to. In force: always. Does not cover: laws that differ in more than wages (`wages.is_wage`).

Nothing but `wages.wage` is asked for a wage, and only what is paid by a rate asks it: of a month, whether there is one
and how much; of a lifetime, claims for sick leave. What cannot be told is None, and is decided from the facts.
"""

from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

import msgspec

from rules.conclusion import Conclusion
from rules.conclusions import HandedOn, Statement
from rules.kept import Tail
from rules.law import Law
from rules.periods import midnight, month_end, previous_month, saturday_of, workweek_of
from rules.price.case import JudgedLifetime, ProviderFile
from rules.price.leave_pay import KIND
from rules.price.month import MonthOfWork
from rules.price.sick_leave import JudgedLeave
from rules.price.statements import StatementDraft, StatementKey, draft_premium, draft_straight, repriced
from rules.restatement import Before, Decision, Trace, Unit, month_unit
from rules.wages import NO_RATE, REMEMBERED, Wage, wage
from rules.worked import Worked, handed_on, taken_up

_NO_MONEY = {"lines": [], "offsettable": [], "assumptions": [], "bearing_cents": 0}


class MadeDecision(NamedTuple):
    """What was decided of a unit, and how."""

    unit: Unit
    decision: Decision
    trace: Trace | None


class OtherWages(NamedTuple):
    """A law, and one that differs from it in nothing but wages."""

    was: Law
    now: Law


class Rates(NamedTuple):
    """A county's wage on all days of a month, by either law."""

    was: Wage
    now: Wage

    def are_of(self, one: Worked, other: HandedOn) -> bool:
        """Are they the rates of a piece of work by either law?"""
        was, now = self
        if was.rate_mills != one.rate_mills or now.rate_mills != other.rate_mills:
            return False
        return was.assumptions == one.assumptions and now.assumptions == other.assumptions

    def of(self, left: HandedOn) -> HandedOn:
        """What a month hands on, by the other law."""
        return msgspec.structs.replace(left, rate_mills=self.now.rate_mills, assumptions=self.now.assumptions)


def at_other_wages(
    file: ProviderFile, made: MadeDecision, laws: OtherWages, before: Before, cut_off: int
) -> Decision | None:
    """What a unit comes to by the other law. ``file``: nothing was filed in it since the decision. ``before``: what was
    concluded by the other law, the same but for money."""
    unit, decision, trace = made
    known = OtherWages(laws.was.as_known_at(cut_off), laws.now.as_known_at(cut_off))
    if isinstance(trace, MonthOfWork):
        return _month(trace, decision, known, before)
    if not (isinstance(trace, JudgedLifetime) and trace.leave and _pays_leave(decision, trace.leave)):
        return decision
    other = ProviderFile(file.provider_id, laws.now, {})
    other.filed, other.payers, other.watch = file.filed, file.payers, file.watch
    again = other.decide(unit, before, cut_off)
    return again if _same_but_for_money(decision, again) else None


# --- months -----------------------------------------------------------------------------------------------------------


def _month(work: MonthOfWork, made: Decision, laws: OtherWages, before: Before) -> Decision | None:
    """Its statements and its tail with the money of other rates, all else as it was."""
    if any(finding.code in NO_RATE for finding in work.taken.findings.by_id.values()):
        return None
    tail: Tail | None = before.get(month_unit(previous_month(work.month)), {}).get("tail")
    before_it = tail.worked if tail else []
    paid = _at_one_rate(work, made, before_it, laws)
    if paid is None:
        paid = _piece_by_piece(work, made, before_it, laws)
    if paid is None:
        return None
    decision = Decision()
    decision.reviews, decision.conclusions = made.reviews, made.conclusions | paid
    return decision


def _at_one_rate(
    work: MonthOfWork, made: Decision, before_it: list[HandedOn], laws: OtherWages
) -> dict[str, Conclusion] | None:
    """Line by line, where each county has one wage all month: nearly always. None: elsewhere, and where lines are not
    enough."""
    if laws.now.publications:
        return None
    rates: dict[str, Rates] = {}
    for county in {each.county for each in (*work.before, *work.worked)}:
        was, now = (_all_month(county, work.month, law) for law in laws)
        if was is None or now is None or now.code is not None:
            return None
        rates[county] = Rates(was, now)
    for own, other in zip(work.before, before_it, strict=True):
        if not rates[own.county].are_of(own, other):
            return None
    divisors = {laws.now.value("overtime.premium_divisor", week[-1].day) for week in _over(work)}
    if len(divisors) > 1:
        return None
    divisor = max(divisors, default=1)
    found: dict[str, Conclusion] = {}
    for name, said in made.conclusions.items():
        if isinstance(said, Statement):
            key: StatementKey = said.kind, said.recipient_id, said.period_start
            draft = None if said.offsettable else _draft(work.drafts[key], rates, divisor)
            if draft is None:
                return None
            found[name] = msgspec.structs.replace(said, **work.money(key, draft, work.worked, set())._asdict())
        elif isinstance(said, Tail):
            found[name] = msgspec.structs.replace(said, worked=[rates[each.county].of(each) for each in said.worked])
    return found


def _draft(draft: StatementDraft, rates: Mapping[str, Rates], divisor: int) -> StatementDraft | None:
    """Its lines at other rates; None: some of them do not follow from rates alone, or stand on more than them."""
    other = StatementDraft()
    for key, minutes in draft.minutes.items():
        earning, program, county, rate = key
        if rate is None or earning == "TRAINING":
            return None
        now = rates[county].now
        line = earning, program, county, now.rate_mills // divisor if earning == "OVERTIME_PREMIUM" else now.rate_mills
        other.minutes[line] = minutes
        if key in draft.travel_minutes:
            other.travel_minutes[line] = draft.travel_minutes[key]
        other.assumptions.update(now.assumptions)
    return other


@lru_cache(maxsize=REMEMBERED)
def _all_month(county: str, month: int, law: Law) -> Wage | None:
    """The wage of each day of a month by a law that publishes nothing; None: it is not the same on all of them."""
    found = {wage(county, day, law, midnight(month)) for day in range(month, month_end(month) + 1)}
    return found.pop() if len(found) == 1 else None


def _piece_by_piece(
    work: MonthOfWork, made: Decision, before_it: list[HandedOn], laws: OtherWages
) -> dict[str, Conclusion] | None:
    """Each piece of work at its other rate. None: some has a rate by one law alone, so rules may take other minutes."""
    pieces = _pieces(work, before_it, laws)
    if pieces is None:
        return None
    drafts, late_rates = _drafts(work, pieces, laws.now), repriced(pieces.values(), laws.now)
    worked = [pieces[id(each)] for each in work.worked]
    found: dict[str, Conclusion] = {}
    for name, said in made.conclusions.items():
        if isinstance(said, Statement):
            key: StatementKey = said.kind, said.recipient_id, said.period_start
            found[name] = msgspec.structs.replace(
                said, **work.money(key, drafts[key], worked, late_rates[key])._asdict()
            )
    if tail := work.limits.tail_of(worked):
        found["tail"] = tail
    return found


def _pieces(work: MonthOfWork, before_it: list[HandedOn], laws: OtherWages) -> dict[int, Worked] | None:
    """By the identity of each piece; what the month before ``handed_on`` has its rate."""
    pieces = {}
    for own, other in zip(work.before, before_it, strict=True):
        pieces[id(own)] = _at(own, other.rate_mills, other.assumptions)
    for each in work.worked:
        was, now = (wage(each.county, each.day, law, work.cut_off) for law in laws)
        if now.code is not None:
            return None
        pieces[id(each)] = _at(each, now.rate_mills, now.assumptions + each.assumptions[len(was.assumptions) :])
    return pieces


def _at(worked: Worked, rate_mills: int, assumptions: tuple[str, ...]) -> Worked:
    other = taken_up(handed_on(worked))
    other.rate_mills, other.assumptions = rate_mills, assumptions
    return other


def _drafts(work: MonthOfWork, pieces: dict[int, Worked], law: Law) -> dict[StatementKey, StatementDraft]:
    """The money of statements, as `MonthOfWork` drafts it."""
    drafts: dict[StatementKey, StatementDraft] = defaultdict(StatementDraft)
    draft_straight(drafts, [pieces[id(each)] for each in work.worked])
    for week in _over(work):
        method = law.value("overtime.method", saturday_of(workweek_of(week[0].day)), work.cut_off)
        draft_premium(drafts, [pieces[id(each)] for each in week], law, method)
    return drafts


def _over(work: MonthOfWork) -> list[list[Worked]]:
    """Weeks whose premium is due."""
    return [week for week in work.ended if any(each.overtime_minutes for each in week)]


# --- lifetimes --------------------------------------------------------------------------------------------------------


def _pays_leave(made: Decision, leave: JudgedLeave) -> bool:
    """Was a wage asked for, or is there a statement of before that was paid by one?"""
    statements = (said for said in made.conclusions.values() if isinstance(said, Statement))
    return bool(leave.verdicts) or any(said.kind == KIND for said in statements)


def _same_but_for_money(one: Decision, other: Decision) -> bool:
    """Do nothing but the rates of statements, and what follows from them, differ?"""
    if one.reviews != other.reviews or one.conclusions.keys() != other.conclusions.keys():
        return False
    return all(_alike(said, other.conclusions[name]) for name, said in one.conclusions.items())


def _alike(one: object, other: object) -> bool:
    if not (isinstance(one, Statement) and isinstance(other, Statement)):
        return one == other
    minutes = [sum(line.minutes for line in said.lines) for said in (one, other)]
    bare = [msgspec.structs.replace(said, **_NO_MONEY) for said in (one, other)]
    return minutes[0] == minutes[1] and bare[0] == bare[1]
