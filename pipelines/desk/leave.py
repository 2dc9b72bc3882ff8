"""A provider's paid sick leave (SICK-1 to SICK-7): what was told of each leave year, and how the balance came to be.

The explanation is that of `explain`, held against the newest balance that was told.
"""

from collections.abc import Iterable
from typing import NamedTuple

from pipelines.desk.payments import sources
from pipelines.desk.shelf import DeskShelf
from pipelines.desk.station import Station
from pipelines.explain.answer import Question, leave_of, look
from pipelines.explain.paid import ExplainRefusal
from pipelines.explain.tree import Node
from pipelines.explain.trial import TrialOutcome
from pipelines.find.search import FoundId
from pipelines.report.leave_section import about_leave
from pipelines.spoken import say
from rules.periods import cut_off_after, iso
from rules.price.leave_pay import KIND
from rules.sick_leave import leave_year_of
from schemas.finding import Finding
from schemas.leave_balance import LeaveBalance


class LeavePage(NamedTuple):
    """How leave of a year came to be: ``balance``: as told (None: nothing was), ``told``: the explanation, or
    ``refusal`` why there is none; ``pending``: as of now, and not yet told."""

    named: FoundId
    year: int
    balance: LeaveBalance | None
    told: list[Node]
    refusal: str
    pending: bool


class LeaveChange(NamedTuple):
    """The balance of a leave year without and with what is tried; None: there is none."""

    year: int
    had: LeaveBalance | None
    has: LeaveBalance | None


def balances(shelf: DeskShelf, named: FoundId) -> list[LeaveBalance]:
    """The newest of each leave year, newest year first."""
    by_year = {each.leave_year: each for each in shelf.records(LeaveBalance, named)}
    return [by_year[year] for year in sorted(by_year, reverse=True)]


def cut_claims(findings: Iterable[Finding]) -> list[Finding]:
    """Findings about claims that were not paid in full, but for held ones, which have their own place."""
    return [each for each in findings if about_leave(each) and each.outcome != "HELD"]


def leave_page(station: Station, shelf: DeskShelf, named: FoundId, day: int, now: bool) -> LeavePage:
    """The page of a provider's leave year that a day is in; ``now``: with what came since the last pay run."""
    year = leave_year_of(day, station.law)
    told = next((each for each in balances(shelf, named) if each.leave_year == year), None)
    until, paid_until = (cut_off_after(station.clock()), shelf.newest) if now else (shelf.on, None)
    question = Question(None, named.id, None, year, until, KIND, paid_until)
    try:
        looked = look(question, sources(station, shelf))
        if not now:
            _hold_against(told, looked.folded.records(LeaveBalance), named.id, year)
        return LeavePage(named, year, told, leave_of(looked), "", now)
    except ExplainRefusal as refused:
        return LeavePage(named, year, told, [], refused.words, now)


def _hold_against(told: LeaveBalance | None, ours: Iterable[LeaveBalance], provider: str, year: int) -> None:
    """Raises ExplainRefusal unless the rules say what was told."""
    own = [each for each in ours if (each.provider_id, each.leave_year) == (provider, year)]
    if _days_and_sums(own[-1] if own else None) != _days_and_sums(told):
        raise ExplainRefusal(
            say(
                "no explanation, for it would not be true: the balance of the leave year from {day} is another by "
                "these facts and this law than was told. Name the facts it was told from, or replay.",
                day=iso(year),
            )
        )


def _days_and_sums(balance: LeaveBalance | None) -> tuple[object, ...] | None:
    if balance is None:
        return None
    days = balance.earned_on, balance.usable_from, balance.ends_on
    return (balance.granted_minutes, balance.used_minutes, balance.left_minutes, *days)


def changed_leave(outcome: TrialOutcome, of: str | None = None) -> list[LeaveChange]:
    """Balances that would be others, newest leave year first; ``of``: one provider alone."""
    keys = sorted({**outcome.had, **outcome.has}, key=lambda key: (-key[1], key[0]))
    keys = [key for key in keys if of is None or key[0] == of]
    found = [LeaveChange(key[1], outcome.had.get(key), outcome.has.get(key)) for key in keys]
    return [each for each in found if _days_and_sums(each.had) != _days_and_sums(each.has)]
