"""Which claims for paid sick leave are paid, and how much of the balance each uses.

Authority: SICK-5, SICK-7 (ACL 18-01; the State's questions and answers: secondary). In force: from 2018-07-01.
Does not cover: what was earned and when (`sick_leave`), the refusals by papers and wage (`price.sick_leave`), pay.

Claims are decided in the order in which each first became payable. What was paid before stays though the service it
was earned by is cut later; it uses the balance first. Units: days ``int``, minutes ``int``.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from rules.documents import Document
from rules.findings import catalog, long_date
from rules.kept import Stint
from rules.law import Law, NotInForce
from rules.periods import hhmm
from rules.price.filed import LeaveKey, leave_key
from rules.sick_leave import PROGRAMS, Grant, leave_year_of, stands_until
from schemas.sick_leave_claim import SickLeaveClaim

NOT_USABLE, OVER_BALANCE = "SICK_LEAVE_NOT_USABLE", "OVER_SICK_LEAVE_BALANCE"
EARLY = "CLAIMED_BEFORE_WORKED"


class Refused(NamedTuple):
    """Why a claim is not paid; ``message``: which sentence of the code, ``words``: what it says."""

    code: str
    message: str | None = None
    words: Mapping[str, str] = {}


class LeaveVerdict(NamedTuple):
    """One claim that stands: what is paid of it, and why the rest is not. ``kept``: what was earned does not bear it
    any more, but it was paid before."""

    document: Document[SickLeaveClaim]
    paid_minutes: int
    refused: Refused | None = None
    kept: bool = False
    grant: Grant | None = None

    @property
    def refused_minutes(self) -> int:
        """What is not paid of it."""
        return self.document.current.minutes - self.paid_minutes


class Leave(NamedTuple):
    """What a provider has at a pay run: stints, grants, and minutes used by claims of closed months by leave year.

    ``today``: the pay run's business day.
    """

    stints: Sequence[Stint]
    grants: Sequence[Grant]
    used: Mapping[int, int]
    today: int
    law: Law

    def grant_on(self, day: int) -> Grant | None:
        """The grant that is usable on a day."""
        return next((each for each in self.grants if each.usable_from <= day <= each.ends_on), None)


def decide_claims(
    claims: Iterable[Document[SickLeaveClaim]],
    by_papers: Callable[[SickLeaveClaim], Refused | None],
    paid: Mapping[LeaveKey, int],
    leave: Leave,
) -> list[LeaveVerdict]:
    """A verdict per standing claim, in the order of first payable. ``by_papers``: WHO-1, WHO-2, WHO-3, WAGE-1;
    ``paid``: minutes paid at the pay run before."""
    taken: set[tuple[str, int]] = set()
    merits: list[LeaveVerdict] = []
    for document in sorted(claims, key=lambda each: (each.first_standing, leave_key(each.current)[::-1])):
        claim = document.current
        if claim.withdrawn:
            continue
        verdict = _merit(document, by_papers, (claim.recipient_id, claim.service_date) in taken, paid, leave)
        if not _denied(verdict):
            taken.add((claim.recipient_id, claim.service_date))
        merits.append(verdict)
    return _within_balance(merits, leave)


def _denied(verdict: LeaveVerdict) -> bool:
    refused = verdict.refused
    return refused is not None and not verdict.paid_minutes and catalog()[refused.code]["outcome"] == "DENIED"


def _merit(
    document: Document[SickLeaveClaim],
    by_papers: Callable[[SickLeaveClaim], Refused | None],
    again: bool,
    paid: Mapping[LeaveKey, int],
    leave: Leave,
) -> LeaveVerdict:
    """SICK-5 in the order of its refusals, the balance aside."""
    claim = document.current
    refused = by_papers(claim) or _by_step(claim, leave) or (Refused("SICK_LEAVE_ALREADY_CLAIMED") if again else None)
    if refused is not None:
        return LeaveVerdict(document, 0, refused)
    grant = leave.grant_on(claim.service_date)
    if grant is not None and _covers(claim, leave.law):
        if claim.service_date > leave.today:
            return LeaveVerdict(document, 0, Refused(EARLY, "leave"))
        return LeaveVerdict(document, claim.minutes, grant=grant)
    kept = min(claim.minutes, paid.get(leave_key(claim), 0))
    refused = None if kept == claim.minutes else _not_usable(claim, leave)
    return LeaveVerdict(document, kept, refused, kept=kept > 0)


def _by_step(claim: SickLeaveClaim, leave: Leave) -> Refused | None:
    try:
        least, step = (
            leave.law.value(f"sick_leave.{name}", claim.service_date) for name in ("least_minutes", "step_minutes")
        )
    except NotInForce:
        return None  # on such a day there is no leave at all
    fits = claim.minutes >= least and not (claim.minutes - least) % step
    return None if fits else Refused("SICK_LEAVE_STEP", words={"least": hhmm(least), "step": hhmm(step)})


def _covers(claim: SickLeaveClaim, law: Law) -> bool:
    """SICK-1: has the program paid sick leave on the day?"""
    return law.in_force(PROGRAMS, claim.service_date) and claim.program in law.value(PROGRAMS, claim.service_date)


def _not_usable(claim: SickLeaveClaim, leave: Leave) -> Refused:
    """From when it is usable, or how much service is missing."""
    day = claim.service_date
    if not _covers(claim, leave.law):
        return Refused(NOT_USABLE, "not_in_force", {})
    usable = [*(each.usable_from for each in leave.grants), *(each.usable_from or 0 for each in leave.stints)]
    later = [first for first in usable if first > day]
    if later:
        return Refused(NOT_USABLE, "later", {"from_day": long_date(min(later))})
    if day > leave.today and any(_may_be_granted(each, day, leave) for each in leave.stints):
        return Refused(EARLY, "leave")
    needed: int = leave.law.value("sick_leave.earned_after_minutes", day)
    last = leave.stints[-1] if leave.stints else None
    stands = last is not None and max(day, leave.today) <= stands_until(last, leave.law)
    worked = last.worked_minutes if last and stands and last.earned_on is None else 0
    return Refused(NOT_USABLE, words={"missing": hhmm(needed - worked)})


def _may_be_granted(stint: Stint, day: int, leave: Leave) -> bool:
    """Is the day in a leave year to come, whose grant is not known yet?"""
    ahead = leave_year_of(day, leave.law) > leave.today
    return ahead and stint.earned_on is not None and leave.today <= stands_until(stint, leave.law)


def _within_balance(merits: Sequence[LeaveVerdict], leave: Leave) -> list[LeaveVerdict]:
    """OVER_SICK_LEAVE_BALANCE; what is kept uses the balance first."""
    left = {each.leave_year: each.minutes for each in leave.grants}
    for year, minutes in leave.used.items():
        left[year] = left.get(year, 0) - minutes
    found = {}
    for place, verdict in sorted(enumerate(merits), key=lambda each: not each[1].kept):
        year = leave_year_of(verdict.document.current.service_date, leave.law)
        minutes = verdict.paid_minutes if verdict.kept else max(0, min(verdict.paid_minutes, left.get(year, 0)))
        left[year] = left.get(year, 0) - minutes
        cut = minutes < verdict.paid_minutes
        found[place] = verdict._replace(paid_minutes=minutes, refused=Refused(OVER_BALANCE)) if cut else verdict
    return [found[place] for place in sorted(found)]
