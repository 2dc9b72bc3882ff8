"""A person's page: who they are here, pay periods, what is held and must happen, violations, advances, a time line.

All as known on a pay run. Of a provider and of a recipient alike: whose statements name them.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from pipelines.desk.leave import balances, cut_claims
from pipelines.desk.shelf import DeskShelf, FiledFact, RecordsAbout
from pipelines.explain.words import said_fields
from pipelines.find.about import About, about
from pipelines.find.search import PROVIDER, FoundId
from pipelines.statements.statement import Hours, hours_by_statement
from rules.documents import Arrival, Terms
from rules.periods import business_day_of
from schemas.advance_reconciliation import AdvanceReconciliation
from schemas.benefit_hours import BenefitHours
from schemas.finding import Finding
from schemas.ids import day_of, payee_of
from schemas.leave_balance import LeaveBalance
from schemas.payment_instruction import PaymentInstruction

TERMS = ("ProviderEnrollment", "ProviderAssignment", "ServiceAuthorization", "IncomeAssessment")
"""Facts with effective dates: who a person is here."""
VIOLATIONS = ("V1", "V2", "V3", "V4")


class TermRow(NamedTuple):
    """A document with effective dates, or another of its kind: in force on the day that is looked at?"""

    kind: str
    document_id: str
    first: int
    last: int | None
    fields: list[tuple[str, str]]
    in_force: bool


class PeriodRow(NamedTuple):
    """A statement: minutes, cents; ``run``: the pay run that paid it last, ``payment``: its id, None: nothing yet."""

    statement_id: str
    kind: str
    other: str | None
    period: int
    claimed: int
    paid: int
    held: int
    cut: int
    denied: int
    net: int
    run: int | None
    payment: str | None
    came_back: bool


class TimeLineRow(NamedTuple):
    """Something that happened at an instant, or (a payment) in a pay run: ``what`` is FACT or PAYMENT."""

    at: int
    what: str
    kind: str
    id: str
    revision: int
    withdrawn: bool
    source: str
    cents: int
    seen_by: int


class PersonPage(NamedTuple):
    """Everything on the page; ``leave`` and ``claims``: a provider's sick leave, and claims of it that were cut."""

    named: FoundId
    told: About
    terms: list[TermRow]
    periods: list[PeriodRow]
    violations: list[Finding]
    share_of_cost: list[tuple[int, int]]
    advances: list[AdvanceReconciliation]
    benefits: list[BenefitHours]
    leave: list[LeaveBalance]
    claims: list[Finding]
    time_line: list[TimeLineRow]
    counties: list[str]

    @property
    def held(self) -> list[Finding]:
        """What is not paid and somebody can change."""
        return [each for each in self.told.findings if each.outcome == "HELD"]

    @property
    def others(self) -> list[Finding]:
        """Other findings that stand, but for violations and claims of sick leave, which have their own places."""
        placed = {each.finding_id for each in (*self.held, *self.violations, *self.claims)}
        return [each for each in self.told.findings if each.finding_id not in placed]


def person_page(shelf: DeskShelf, named: FoundId) -> PersonPage:
    """The page as of the shelf's pay run."""
    told = about(RecordsAbout(shelf, named), named)
    instructions = [each.said for each in told.payments]
    facts = shelf.facts(named)
    lines = {line.county for paid in instructions for line in paid.lines if line.county}
    return PersonPage(
        named=named,
        told=told,
        terms=term_rows(facts, shelf.run),
        periods=period_rows(told, [*shelf.records(Finding, named)], named),
        violations=[each for each in told.findings if each.code in VIOLATIONS],
        share_of_cost=_share_of_cost(instructions),
        advances=_newest(shelf.records(AdvanceReconciliation, named)),
        benefits=_newest_hours(shelf.records(BenefitHours, named)),
        leave=balances(shelf, named),
        claims=cut_claims(told.findings) if named.kind == PROVIDER else [],
        time_line=_time_line(facts, instructions),
        counties=sorted(lines),
    )


def term_rows(facts: Iterable[FiledFact], day: int) -> list[TermRow]:
    """Documents with effective dates, those in force first, then the newest; withdrawn ones are left out."""
    filed: dict[tuple[str, ...], Terms[Any]] = defaultdict(Terms)
    for cut_off, fact in facts:
        if fact.KIND in TERMS:
            key = (fact.KIND, *(str(getattr(fact, name)) for name in fact.KEY_FIELDS))
            filed[key].file(Arrival(cut_off, fact.recorded_at, fact.source, fact.event_id, b"", fact.KIND, fact))
    rows = []
    for terms in filed.values():
        now = terms.on(day)
        for each in terms.ranked:
            fields = [pair for pair in said_fields(each) if not pair[0].startswith("effective")]
            span = each.effective_from, each.effective_to
            rows.append(TermRow(each.KIND, each.document_id, *span, fields, each is now))
    return sorted(rows, key=lambda row: (TERMS.index(row.kind), not row.in_force, -row.first, row.document_id))


def period_rows(told: About, findings: Sequence[Finding], named: FoundId) -> list[PeriodRow]:
    """A row a statement, newest period first. ``findings``: all that were said of the person, oldest first."""
    newest = {each.finding_id: each for each in findings}
    hours = hours_by_statement((each.said for each in told.payments), newest.values())
    paid = {each.said.statement_id: each for each in told.payments}
    standing = {each.said.instruction_id for each in told.payments if each.came_back is None}
    net: dict[str, int] = defaultdict(int)
    for said in (each.said for each in told.payments):
        net[said.statement_id] += said.net_cents if said.instruction_id in standing else 0
    rows = []
    for id in {**paid, **hours}:
        payee, last = payee_of(id), paid.get(id)
        of = hours.get(id) or Hours(None, 0, 0, 0, 0, 0)
        back = last is not None and last.came_back is not None
        other = payee.recipient_id if named.kind == PROVIDER else payee.provider_id
        other = None if other == named.id else other
        run, payment = (last.said.run_date, last.said.instruction_id) if last else (None, None)
        rows.append(
            PeriodRow(
                id, payee.kind, other, day_of(id) or 0, of.claimed, of.paid, of.held, of.cut, of.denied, net[id], run,
                payment, back,
            )
        )  # fmt: skip
    return sorted(rows, key=lambda row: (-row.period, row.kind, row.other or ""))


def _share_of_cost(instructions: Iterable[PaymentInstruction]) -> list[tuple[int, int]]:
    """Month and cents that recipients were to pay themselves, newest first."""
    by_month: dict[int, int] = defaultdict(int)
    for paid in instructions:
        taken = sum(each.cents for each in paid.deductions if each.kind == "SHARE_OF_COST")
        if taken:
            by_month[paid.period_start] += taken
    return sorted(by_month.items(), reverse=True)


def _newest(told: Iterable[AdvanceReconciliation]) -> list[AdvanceReconciliation]:
    by_month = {each.service_month: each for each in told}
    return [by_month[month] for month in sorted(by_month, reverse=True)]


def _newest_hours(told: Iterable[BenefitHours]) -> list[BenefitHours]:
    by_month = {(each.service_month, each.county): each for each in told}
    return [by_month[key] for key in sorted(by_month, reverse=True)]


def _time_line(facts: Iterable[FiledFact], instructions: Iterable[PaymentInstruction]) -> list[TimeLineRow]:
    """Newest first."""
    rows = [
        TimeLineRow(
            fact.recorded_at, "FACT", fact.KIND, fact.document_id, fact.revision, fact.withdrawn, fact.source, 0,
            business_day_of(cut_off),
        )
        for cut_off, fact in facts
    ]  # fmt: skip
    rows += [
        TimeLineRow(
            paid.cut_off, "PAYMENT", paid.kind, paid.instruction_id, paid.sequence, False, "", paid.net_cents,
            paid.run_date,
        )
        for paid in instructions
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (-row.at, row.what, row.id))
