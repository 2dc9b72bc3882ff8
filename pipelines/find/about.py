"""What a folder says about one person, document, payment, statement or finding: periods, payments, what is held."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from pipelines.came_back import ReversedPayments
from pipelines.find.search import (
    DOCUMENT,
    FINDING,
    INSTRUCTION,
    PERSON,
    PROVIDER,
    RECIPIENT,
    STATEMENT,
    FoundId,
    document_of_finding,
)
from pipelines.report.asked import period_of_finding
from rules.periods import business_day_of, period_of
from schemas.avro import Out
from schemas.finding import Finding
from schemas.ids import document_of, statement_of
from schemas.leave_balance import LeaveBalance
from schemas.pay_run import PayRun
from schemas.payment_instruction import PaymentInstruction
from schemas.rejection import Rejection

UNPAID = ("HELD", "CUT", "DENIED")


class KeptRecords(Protocol):
    """Records of a folder, or those of them that may be about somebody."""

    def records(self, kind: type[Out]) -> Iterator[Out]:
        """Those of a kind. Raises Misuse."""


class Payment(NamedTuple):
    """An instruction, and the business day since which it does not stand (RUN-4), None: it stands."""

    said: PaymentInstruction
    came_back: int | None


class About(NamedTuple):
    """``payments``: oldest pay run first. ``findings``: those that stand, time that is held first. ``rejected``: the
    numbers of rejections whose bytes hold the id. ``leave``: a provider's balances, newest leave year first."""

    named: FoundId
    payments: list[Payment]
    findings: list[Finding]
    rejected: list[int]
    leave: list[LeaveBalance]

    @property
    def cut_offs(self) -> set[int]:
        """Of the pay runs that say it."""
        told = {each.cut_off for each in self.findings} | {each.cut_off for each in self.leave}
        return {each.said.cut_off for each in self.payments} | told

    @property
    def periods(self) -> list[int]:
        """First days of the pay periods concerned, newest first."""
        paid = {period_of(each.said.period_start) for each in self.payments}
        told = {period for each in self.findings if (period := period_of_finding(each)) is not None}
        return sorted(paid | told, reverse=True)


def about(folder: KeptRecords, named: FoundId) -> About:
    """All that the folder says. Raises Misuse."""
    told = [each for each in folder.records(Finding) if _tells(each, named)]
    statements = {each.statement_id for each in told} if named.kind == FINDING else set()
    came_back, payments = ReversedPayments(), {}
    for paid in folder.records(PaymentInstruction):
        if paid.statement_id in statements or _pays(paid, named):
            payments[paid.instruction_id] = paid
        came_back.instruction(paid)
    for run in folder.records(PayRun):
        came_back.pay_run(run)
    oldest_first = sorted(payments.values(), key=lambda each: (each.cut_off, each.instruction_id))
    since = ((each, came_back.since(each.instruction_id)) for each in oldest_first)
    made = [Payment(each, None if at is None else business_day_of(at)) for each, at in since]
    return About(named, made, _standing(told), rejections_with(folder, named.short), _leave(folder, named))


def _pays(paid: PaymentInstruction, named: FoundId) -> bool:
    if named.kind == DOCUMENT:
        return any(document_of(each) == named.id for each in paid.documents)
    if named.kind in (INSTRUCTION, STATEMENT):
        return named.id in (paid.instruction_id, paid.statement_id)
    return named in (FoundId(PROVIDER, paid.provider_id or ""), FoundId(RECIPIENT, paid.recipient_id or ""))


def _tells(told: Finding, named: FoundId) -> bool:
    if named.kind == DOCUMENT:
        return document_of_finding(told) == named.id
    if named.kind == INSTRUCTION:
        return told.statement_id is not None and statement_of(named.id) == told.statement_id
    own = {
        STATEMENT: (told.statement_id,), FINDING: (told.finding_id,), PROVIDER: (told.provider_id, told.other_id),
        RECIPIENT: (told.recipient_id, told.other_id), PERSON: (told.other_id,),
    }  # fmt: skip
    return named.id in own[named.kind]


def _standing(told: Sequence[Finding]) -> list[Finding]:
    """The newest of each id, if it was not cleared."""
    by_id: dict[str, list[Finding]] = defaultdict(list)
    for each in told:
        by_id[each.finding_id].append(each)
    newest = (max(found, key=lambda each: (each.cut_off, not each.cleared)) for found in by_id.values())
    order = {outcome: place for place, outcome in enumerate(UNPAID)}
    standing = (each for each in newest if not each.cleared)
    return sorted(standing, key=lambda each: (order.get(each.outcome, len(order)), -each.cut_off, each.finding_id))


def _leave(folder: KeptRecords, named: FoundId) -> list[LeaveBalance]:
    """The newest of each leave year."""
    if named.kind != PROVIDER:
        return []
    told = (each for each in folder.records(LeaveBalance) if each.provider_id == named.id)
    by_year = {each.leave_year: each for each in sorted(told, key=lambda each: each.cut_off)}
    return [by_year[year] for year in sorted(by_year, reverse=True)]


def rejections_with(folder: KeptRecords, text: str) -> list[int]:
    """Numbers of the rejections whose bytes hold the text, as `rejections list` counts them."""
    sought = text.encode()
    return [number for number, each in enumerate(folder.records(Rejection), 1) if sought in each.raw]
