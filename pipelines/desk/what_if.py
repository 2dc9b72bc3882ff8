"""What one person would have been paid under another wage, limit or authorization: before and after, by period."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import NamedTuple, TypeVar

from pipelines.desk.county_facts import AUTHORIZED, percent_of
from pipelines.desk.forms import WRITE_DAY, WrongForm, cents_of, minutes_of
from pipelines.desk.leave import LeaveChange, changed_leave
from pipelines.desk.payments import sources
from pipelines.desk.shelf import DeskShelf
from pipelines.desk.station import Station
from pipelines.explain.paid import ExplainRefusal
from pipelines.explain.trial import Trial, TrialOutcome
from pipelines.find.search import PROVIDER, FoundId
from pipelines.what_if.held_value import held_from
from pipelines.what_if.variant import revised
from rules.law import Law, LawError
from rules.periods import epoch_day
from rules.sick_leave import GRANT, leave_year_of
from schemas.envelope import Fact
from schemas.payment_instruction import PaymentInstruction
from schemas.service_authorization import ServiceAuthorization

MILLS_IN_CENT = 10
LIMITS = (
    "violation.usual_weekly_minutes", "limit.several_recipients_minutes", "exemption.weekly_minutes",
    "exemption.monthly_minutes", "travel.weekly_minutes",
)  # fmt: skip
WAGE = "wage."
HOW_TO_MEND = "; correct one of them"  # a file of law
N = TypeVar("N")


class WhatIfChoice(NamedTuple):
    """Something that can be otherwise, and how it is now: ``what`` is a wage, a limit, or an authorization's monthly
    minutes."""

    what: str
    name: str
    form: str
    now: int


class WhatIfRow(NamedTuple):
    """A statement: minutes of service paid, and net to date in cents, as it is and as it would be."""

    statement_id: str
    period: int
    either: PaymentInstruction
    minutes: tuple[int, int]
    gross: tuple[int, int]
    net: tuple[int, int]


class WhatIfTold(NamedTuple):
    """Statements and balances of sick leave that would differ, newest first."""

    rows: list[WhatIfRow]
    leave: list[LeaveChange]


def choices(shelf: DeskShelf, law: Law, named: FoundId, counties: list[str]) -> list[WhatIfChoice]:
    """What may be asked about a person: the wages of their counties, limits, a provider's leave, authorizations."""
    limits = (*LIMITS, GRANT) if named.kind == PROVIDER else LIMITS
    return choices_of_law(shelf, law, counties, limits) + [
        WhatIfChoice("authorization", id, "hours", each.monthly_minutes)
        for id, each in authorizations(shelf, named).items()
    ]


def choices_of_law(
    shelf: DeskShelf, law: Law, counties: list[str], limits: tuple[str, ...] = LIMITS
) -> list[WhatIfChoice]:
    """The wages of counties, and limits."""
    wages = [f"{WAGE}{county}" for county in counties]
    known = [(name, law.parameters[name].on(shelf.run, shelf.on)) for name in (*wages, *limits)]
    return [
        WhatIfChoice(*(("wage", name, "dollars") if name in wages else ("limit", name, "hours")), entry.value)
        for name, entry in known
        if entry
    ]


def choices_of_county(shelf: DeskShelf, law: Law, county: str) -> list[WhatIfChoice]:
    """What may be asked about a county: its wage, limits, all its authorizations."""
    return [*choices_of_law(shelf, law, [county]), WhatIfChoice("authorization", AUTHORIZED, "percent", 0)]


def authorizations(shelf: DeskShelf, named: FoundId) -> dict[str, ServiceAuthorization]:
    """The newest revision of each of a recipient's authorizations, by number."""
    found = (fact for _, fact in shelf.facts(named) if isinstance(fact, ServiceAuthorization))
    newest: dict[str, ServiceAuthorization] = {}
    for fact in found:
        if fact.revision >= newest.get(fact.document_id, fact).revision:
            newest[fact.document_id] = fact
    return {id: fact for id, fact in sorted(newest.items()) if not fact.withdrawn}


def what_if(
    station: Station, shelf: DeskShelf, named: FoundId, key: str, asked: Mapping[str, str], choice: WhatIfChoice
) -> WhatIfTold:
    """What would differ: of an authorization, of everybody whom it changes; of the law, which changes others too, what
    names the person. ``asked``: ``value``, of a parameter ``from``. Raises WrongForm."""
    known, new, law = authorizations(shelf, named), [], None
    if choice.what == "authorization":
        new = [_revised(known[choice.name], _value(asked, choice))]
    else:
        law = other_law(station.law, asked, choice)
    try:
        outcome = Trial(sources(station, shelf), [key], shelf.on, new).outcome(law)
        if law is None:
            return WhatIfTold(_rows(outcome), changed_leave(outcome))
        own = [each for each in _rows(outcome) if _names(each.either, named)]
        return WhatIfTold(own, changed_leave(outcome, named.id) if named.kind == PROVIDER else [])
    except ExplainRefusal as refused:
        raise WrongForm({"": refused.words}) from None


def other_law(law: Law, asked: Mapping[str, str], choice: WhatIfChoice) -> Law:
    """The law with a wage or limit that was asked for, ``value`` and ``from``; the same where it is authorizations.
    Raises WrongForm."""
    if choice.name == AUTHORIZED:
        _checked(percent_of, asked, "value")
        _checked(_day, asked, "from")
        return law
    value = _value(asked, choice)
    mills = value * MILLS_IN_CENT if choice.form == "dollars" else value
    return _amended(law, choice.name, mills, asked.get("from", ""))


def _value(asked: Mapping[str, str], choice: WhatIfChoice) -> int:
    """Cents or minutes."""
    return _checked(cents_of if choice.form == "dollars" else minutes_of, asked, "value")


def _checked(read: Callable[[str], N], asked: Mapping[str, str], name: str) -> N:
    try:
        return read(asked.get(name, ""))
    except ValueError as wrong:
        raise WrongForm({name: str(wrong)}) from None


def _day(text: str) -> int:
    """Raises ValueError."""
    try:
        return epoch_day(date.fromisoformat(text))
    except ValueError:
        raise ValueError(WRITE_DAY) from None


def _revised(fact: ServiceAuthorization, minutes: int) -> Fact:
    """The authorization as if it had said so when it came."""
    changed = {"monthly_minutes": minutes, "revision": fact.revision + 1, "event_id": f"what-if-{fact.revision}"}
    return revised(fact, changed)


def _amended(law: Law, name: str, value: int, first: str) -> Law:
    """The law with a value from a day on, in place of those that began since."""
    day = _checked(_day, {"from": first}, "from")
    if name == GRANT:
        day = leave_year_of(max(day, 0), law)  # of a leave year counts what is in force when it begins (SICK-1)
    try:
        return law.amended({"what-if": held_from(law, name, day, None, None, lambda begins: value)})
    except LawError as refused:
        raise WrongForm({"value": str(refused).partition(": ")[2].removesuffix(HOW_TO_MEND)}) from None


def _rows(outcome: TrialOutcome) -> list[WhatIfRow]:
    newest = [_newest(each) for each in (outcome.before, outcome.after)]
    rows = []
    for id in {**newest[0], **newest[1]}:
        was, now = (each.get(id) for each in newest)
        either = now or was
        assert either is not None
        minutes, gross, net = (
            (getattr(was, name, 0), getattr(now, name, 0))
            for name in ("paid_minutes", "gross_to_date_cents", "net_to_date_cents")
        )
        if minutes[0] != minutes[1] or gross[0] != gross[1] or net[0] != net[1]:
            rows.append(WhatIfRow(id, either.period_start, either, minutes, gross, net))
    return sorted(rows, key=lambda row: (-row.period, row.statement_id))


def _names(paid: PaymentInstruction, named: FoundId) -> bool:
    """Is it paid to somebody, or for them?"""
    return named.id == (paid.provider_id if named.kind == PROVIDER else paid.recipient_id)


def _newest(instructions: Mapping[str, PaymentInstruction]) -> dict[str, PaymentInstruction]:
    """The last instruction of each statement."""
    by_statement = sorted(instructions.values(), key=lambda each: each.sequence)
    return {each.statement_id: each for each in by_statement}
