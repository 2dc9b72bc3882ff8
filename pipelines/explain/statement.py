"""One statement explained: its newest payment from net to lines to days, and its hours."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from pipelines.explain.claims import add_claims
from pipelines.explain.days import timesheet_nodes
from pipelines.explain.deductions import deduction_nodes
from pipelines.explain.earnings import EarningPiece, LineKey, cited, line_nodes, pieces
from pipelines.explain.evidence import Side
from pipelines.explain.fold import ExplainedFold, ExplainFold
from pipelines.explain.hours import NOT_PAID, closes, document_of, finding_node, losses_of, not_paid, time_node
from pipelines.explain.tree import Node, balanced
from pipelines.explain.why import change_node, payments_node
from pipelines.explain.words import METHODS, long_day, month_name, outcome, period_name, reason, word
from pipelines.spoken import joined, say
from pipelines.wording import PAID_FOR, money
from rules.authorize.month import MonthOfTime
from rules.conclusion import AUTHORIZE, PRICE
from rules.conclusions import Statement
from rules.instructions import paid_minutes
from rules.law import Law
from rules.periods import hhmm, month_of, period_end, workweek_of
from rules.price.month import MonthOfWork
from rules.settle.draft import PaymentDraft
from rules.settle.month import MonthOfPay
from schemas.finding import Finding
from schemas.ids import day_of, settlement_of
from schemas.payment_instruction import PaymentInstruction

CARRIES_HOURS = ("ARREARS", "TRAINING")
OVERDUE = "PAY_OVERDUE"


class Decided(NamedTuple):
    """A statement as settlement has it, in its month."""

    draft: PaymentDraft
    month: MonthOfPay

    @property
    def statement(self) -> Statement:
        """What the work comes to."""
        return self.draft.statement


def decided(folded: ExplainedFold, settlement: str) -> Iterator[Decided]:
    """All statements of a settlement, by month."""
    for month in folded.months_of_pay(settlement):
        yield from (Decided(draft, month) for draft in (*month.drafts, *month.held))


def standing_findings(folded: ExplainedFold) -> list[Finding]:
    """Findings that hold, each as last said."""
    newest: dict[str, Finding] = {}
    for record in sorted(folded.records(Finding), key=lambda each: each.cut_off):
        newest[record.finding_id] = record
    return [record for record in newest.values() if not record.cleared]


class Explained:
    """A statement's explanation. ``asked``: the payment asked about (None: the newest)."""

    def __init__(self, each: Decided, fold: ExplainFold, folded: ExplainedFold, findings: Sequence[Finding]) -> None:
        self.statement, self.draft, self.month = each.statement, each.draft, each.month
        self.fold, self.folded, self.findings = fold, folded, findings
        self.law, self.known = fold.law, fold.until
        month = month_of(self.statement.period_start)
        work = folded.month(PRICE, self.statement.provider_id, month, MonthOfWork)
        time = folded.month(AUTHORIZE, self.statement.recipient_id or "", month, MonthOfTime)
        self.side = Side(time, work) if work is not None and self.statement.kind in CARRIES_HOURS else None
        self.waits = self.draft in self.month.held  # worth what was said before, until a tax rate is known
        self.hours = self.statement
        if self.waits and work and self.side is not None:
            priced = work.decision.conclusions[self.draft.id]
            assert isinstance(priced, Statement)
            self.hours = priced
        said = (each for each in folded.records(PaymentInstruction) if each.statement_id == self.draft.id)
        self.said: list[PaymentInstruction] = sorted(said, key=lambda each: each.sequence)
        self.came_back = folded.came_back()

    def node(self) -> Node:
        """The tree. Raises Unbalanced if it does not add up."""
        statement = self.statement
        parts = [self._answer(), *self._payment(), *self._hours()]
        parts += [*self._also(), *self._assumptions(), *self._documents()]
        whom, when = statement.provider_id, period_name(statement.period_start)
        if statement.kind == "ADVANCE":
            when = month_name(statement.period_start)
        elif statement.recipient_id:
            whom = say("{provider} for {recipient}", provider=whom, recipient=statement.recipient_id)
        text = word(statement.kind, PAID_FOR) + ": " + whom + ", " + when
        return balanced(Node(what="statement", text=text, document=statement.statement_id, parts=parts))

    def _answer(self) -> Node:
        """All in a sentence or two, for who reads no further."""
        text = (_paid(self.said[-1]) if self.said else self._why_nothing()) + "."
        if self.said and self.came_back.since(self.said[-1].instruction_id) is not None:
            text += " " + say("It came back or was stopped.")
        if self.side is not None and self.statement.claimed_minutes:
            text += " " + self._of_hours(self.side) + "."
        if self.said and self.waits:
            text += " " + say("What changed since that payment waits: a tax rate of this payment year is not known.")
        return Node(what="answer", text=text)

    def _of_hours(self, side: Side) -> str:
        """``Of 10:00 of service claimed, 8:00 are paid; 2:00 cut: over authorized hours``."""
        said = {"claimed": hhmm(self.statement.claimed_minutes), "paid": hhmm(paid_minutes(self.hours))}
        if self.waits:
            text = say("Of {claimed} of service claimed, {paid} are payable", **said)
        else:
            text = say("Of {claimed} of service claimed, {paid} are paid", **said)
        minutes, losses = not_paid(self.hours), losses_of(self.statement, side)
        for symbol in (symbol for symbol in NOT_PAID if minutes[symbol]):
            reasons = dict.fromkeys(reason(each.code) for each in losses if each.outcome == symbol)
            text += f"; {hhmm(minutes[symbol])} " + outcome(symbol).lower() + ": " + joined(", ", reasons).lower()
        return text

    def _payment(self) -> Iterator[Node]:
        if not self.said:
            yield Node(what="no_payment", text=self._why_nothing())
            return
        newest = self.said[-1]
        made_of: Mapping[LineKey, list[EarningPiece]] = {}
        if self.side is not None and not self.waits:
            made_of = pieces(self.side.of_provider, self.statement)
        parts = [
            *line_nodes(newest.lines, self.statement, made_of, self.law, self.known),
            *deduction_nodes(newest, self.draft, self.month),
        ]
        for worth in (worth for part in parts for worth in part.find("worth")):
            add_claims(worth, self.statement, self.folded, self.waits)
        yield Node(
            what="payment",
            text=_paid(newest),
            cents=newest.net_cents,
            document=newest.instruction_id,
            rule="RUN-2",
            adds=("cents",),
            parts=parts,
        )
        yield change_node(newest, self.said[-2] if len(self.said) > 1 else None, self.fold)
        yield payments_node(self.said, self.came_back)

    def _why_nothing(self) -> str:
        if self.statement.claimed_minutes and not self.statement.lines:
            return say("Nothing was paid: none of the hours claimed is payable now, for the reasons below")
        if self.draft in self.month.held:
            return say("Nothing was paid: a tax rate of this payment year is not known")
        return say("Nothing was paid: nothing is claimed now")

    def _hours(self) -> Iterator[Node]:
        if self.side is not None and self.statement.claimed_minutes:
            yield time_node(self.hours, self.side, self.findings, self.law)
            yield from timesheet_nodes(self.statement, self.side)

    def _also(self) -> Iterator[Node]:
        """What was found beside the minutes of service that are not paid."""
        losses = losses_of(self.statement, self.side) if self.side else []
        lost = {(loss.code, f"Timesheet/{loss.document_id}", loss.program) for loss in losses}
        parts = [
            _found(each, self.law)
            for each in self.findings
            if (each.code, document_of(each), each.program) not in lost and concerns(each, self.statement)
        ]
        if parts:
            yield Node(what="findings", text=say("Also found"), parts=parts)

    def _assumptions(self) -> Iterator[Node]:
        names = self.said[-1].assumptions if self.said else self.statement.assumptions
        parts = []
        for name in names:
            day = self.said[-1].run_date if self.said and name.startswith("tax.") else self.statement.period_start
            citation = cited(self.law, name, day, self.known)
            parts.append(Node(what="assumption", text=name, rule=self.law.parameters[name].law, authority=citation))
        if parts:
            text = say("Assumptions that touched it: no source was found for these")
            yield Node(what="assumptions", text=text, parts=parts)

    def _documents(self) -> Iterator[Node]:
        names = self.said[-1].documents if self.said else self.statement.documents
        parts = [Node(what="document", text=name, document=name) for name in names]
        if parts:
            yield Node(what="documents", text=say("Documents that decided it"), parts=parts)


def _paid(said: PaymentInstruction) -> str:
    net, how, day = money(said.net_cents), METHODS[said.method], long_day(said.run_date)
    return say("Net {amount}, {how}, pay run of {day}", amount=net, how=how, day=day)


def concerns(finding: Finding, statement: Statement) -> bool:
    """Is a finding about this statement: named by it, or about its people and its days?"""
    if finding.statement_id is not None:
        return bool(finding.statement_id == statement.statement_id)
    if not _same_people(finding, statement):
        return False
    first, last = statement.period_start, period_end(statement.period_start)
    if finding.service_date is not None:
        return bool(first <= finding.service_date <= last)
    if (document := document_of(finding)) is not None:
        return any(each.startswith(f"{document}/") for each in statement.documents)
    if finding.workweek_start is not None:
        return bool(workweek_of(first) <= finding.workweek_start <= last)
    of_month = finding.service_month == month_of(first)
    return of_month and bool(finding.recipient_id == statement.recipient_id)


def _same_people(finding: Finding, statement: Statement) -> bool:
    provider = finding.provider_id in (None, statement.provider_id)
    return provider and finding.recipient_id in (None, statement.recipient_id)


def _found(finding: Finding, law: Law) -> Node:
    day = finding.service_month or finding.service_date
    closing = closes(month_of(day), law) if day is not None and finding.outcome in NOT_PAID else ""
    return finding_node(finding, finding.code, finding.minutes, closing, document_of(finding))


def settlement(statement: Statement) -> str:
    """The key of the settlement that pays a statement."""
    return settlement_of(statement.kind, statement.provider_id, statement.recipient_id or "")


def beside(findings: Iterable[Finding], explained: Iterable[Statement], provider: str, period: int) -> list[Finding]:
    """Claims of a provider and period that are not paid and on no statement: travel, training, timesheets too late;
    and that pay for them is overdue."""
    statements = list(explained)
    return [
        each
        for each in findings
        if each.provider_id == provider
        and (each.outcome in NOT_PAID or each.code == OVERDUE)
        and _falls_in(each, period)
        and not any(concerns(each, statement) for statement in statements)
    ]


def _falls_in(finding: Finding, period: int) -> bool:
    """Is it about the pay period (or, where it names none, about its month)?"""
    if finding.statement_id is not None:
        return day_of(finding.statement_id) == period
    return bool(finding.service_month == month_of(period))
