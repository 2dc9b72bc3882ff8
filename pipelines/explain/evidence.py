"""What stands behind a reason: the terms in force, the date, or who used the hours of the month."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from pipelines.explain.tree import Node
from pipelines.explain.words import long_day, moment, month_name, revision_of
from pipelines.spoken import Spoken, say
from rules.authorize.month import MonthOfTime
from rules.authorize.tally import HoursTally
from rules.documents import Span, Terms
from rules.findings import Loss
from rules.periods import hhmm, month_end, month_of
from rules.price.month import MonthOfWork
from rules.settle.filed import references
from schemas.envelope import Fact
from schemas.symbols import Program


class Side(NamedTuple):
    """The month as both sides decided it; None where a side has nothing on it."""

    of_recipient: MonthOfTime | None
    of_provider: MonthOfWork


def evidence(loss: Loss, provider_id: str, side: Side) -> list[Node]:
    """What a clerk would look up next; empty where the sentence says it all."""
    find = _FOUND.get(loss.code)
    if find is None or side.of_recipient is None or loss.program == "CAREER_PATHWAYS":
        return []
    return list(find(side, provider_id, loss.program))


def _death(side: Side, provider_id: str, program: Program) -> Iterator[Node]:
    assert side.of_recipient is not None
    for terms in side.of_recipient.facts.authorizations.values():
        for fact in terms.ranked:
            if fact.deceased_on is not None:
                yield _document(fact, say("died on {day}", day=long_day(fact.deceased_on)))


def _assignments(side: Side, provider_id: str, program: Program) -> Iterator[Node]:
    assert side.of_recipient is not None
    terms = side.of_recipient.facts.assignments.get((provider_id, program), Terms())
    yield from _in_force(terms, side.of_recipient.month, say("no assignment of this provider and program"))


def _authorizations(side: Side, provider_id: str, program: Program) -> Iterator[Node]:
    assert side.of_recipient is not None
    terms = side.of_recipient.facts.authorizations.get(program, Terms())
    yield from _in_force(terms, side.of_recipient.month, say("no authorization of this program"))


def _enrollments(side: Side, provider_id: str, program: Program) -> Iterator[Node]:
    month = side.of_provider.month
    yield from _in_force(side.of_provider.enrollments, month, say("no enrollment"))


def _use_of_month(side: Side, provider_id: str, program: Program) -> Iterator[Node]:
    """Who used the authorized hours, in the order of use (HOURS-6)."""
    month = side.of_recipient
    assert month is not None
    minutes = month.authorized_minutes(program)
    of_program = (tally for tally in month.tallies if tally.key[1] == program)
    hours, name = hhmm(minutes), month_name(month.month)
    text = say(
        "{hours} of {program} authorized in {month}, used in this order", hours=hours, program=program, month=name
    )
    yield Node(what="authorized", text=text, minutes=minutes, rule="HOURS-6", parts=list(_used(of_program)))
    yield from _authorizations(side, provider_id, program)


def _own_use(side: Side, provider_id: str, program: Program) -> Iterator[Node]:
    """How the provider's own hours were used (HOURS-5)."""
    month = side.of_recipient
    assert month is not None
    minutes = month.assigned_minutes((provider_id, program)) or 0
    own = (tally for tally in month.tallies if tally.pair == (provider_id, program))
    text = say(
        "{hours} of {program} assigned to this provider in {month}, used in this order",
        hours=hhmm(minutes),
        program=program,
        month=month_name(month.month),
    )
    yield Node(what="assigned", text=text, minutes=minutes, rule="HOURS-5", parts=list(_used(own)))
    yield from _assignments(side, provider_id, program)


def _sheets(side: Side, provider_id: str, program: Program) -> Iterator[Node]:
    """The provider's timesheets of the month: when and how each came."""
    month = side.of_recipient
    assert month is not None
    for tally in (each for each in month.tallies if each.pair == (provider_id, program) and each.claim.claimed):
        first = month.facts.timesheets[tally.key].first.fact
        came = say(
            "from {day}, {hours}, recorded {moment} by {source} ({channel})",
            day=long_day(tally.period),
            hours=hhmm(tally.claim.claimed),
            moment=moment(first.recorded_at),
            source=first.source,
            channel=first.channel,
        )
        yield _document(tally.claim.standing, came)


def _used(tallies: Iterable[HoursTally]) -> Iterator[Node]:
    for tally in sorted((each for each in tallies if each.claim.payable), key=lambda each: each.order):
        minutes, cut = sum(tally.use.minutes), tally.cut
        if minutes or cut:
            provider, _, _, document_id = tally.key
            text: str = say(
                "{provider}, timesheet {document}: {hours}",
                provider=provider,
                document=document_id,
                hours=hhmm(minutes),
            )
            text += ", " + say("{hours} cut", hours=hhmm(cut)) if cut else ""
            yield Node(what="used", text=text, minutes=minutes, document=f"Timesheet/{document_id}")


def _in_force(terms: Terms[Any], month: int, nothing: Spoken) -> Iterator[Node]:
    spans: list[Span[Any]] = terms.spans(month, month_end(month))
    for span in spans:
        yield _document(
            span.fact, say("in force {first} to {last}", first=long_day(span.first), last=long_day(span.last))
        )
    if not spans:
        text = say("In {month}: {nothing}", month=month_name(month_of(month)), nothing=nothing)
        yield Node(what="in_force", text=text)


def _document(fact: Fact, what: Spoken) -> Node:
    text = revision_of(fact) + ": " + what
    return Node(what="in_force", text=text, document=references([fact])[0])


_FOUND: dict[str, Callable[[Side, str, Program], Iterator[Node]]] = {
    "RECIPIENT_DECEASED": _death,
    "PROVIDER_NOT_ASSIGNED": _assignments,
    "NO_AUTHORIZATION": _authorizations,
    "PROVIDER_NOT_ENROLLED": _enrollments,
    "OVER_AUTHORIZED_HOURS": _use_of_month,
    "OVER_ASSIGNED_HOURS": _own_use,
    "POSSIBLE_DUPLICATE": _sheets,
}
