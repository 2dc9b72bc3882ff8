"""SettlePayments' decision for one recipient (or one provider's training and incentives): what it has on file.

Authority: section 14 of LAW.md, TIME-6 (closed months). In force: by parameter. Does not cover: what happens within a
month (`settle_month`), what a statement's work earns (`price`).
"""

from collections.abc import Iterable
from datetime import date

import msgspec

from rules.conclusions import Account, Said, Stamp, Statement
from rules.documents import Arrival, Document
from rules.findings import Findings, note_conflicts
from rules.instructions import statement_of
from rules.law import Law
from rules.periods import closing_cut_off, epoch_day, month_of
from rules.restatement import LIFETIME, STANDING, Before, Change, Decision, Unit, month_unit
from rules.settle_month import Filed, MonthOfPay


class SettlementFile:
    """Statements, accounts and facts of one settlement. ``key``: ``R/<recipient>`` or ``P/<provider>``."""

    def __init__(self, key: str, law: Law) -> None:
        self.key, self.law = key, law
        self.filed = Filed()

    def admit(self, arrival: Arrival) -> Iterable[Unit]:
        """File a Statement or PayeeAccount (content None: vanished), or a fact."""
        if arrival.kind == "Statement":
            return self._admit_statement(arrival.event_id, arrival.content)
        if arrival.kind == "PayeeAccount":
            self._admit_account(arrival)
            return []
        if arrival.kind == "PaymentOutcome":
            return self._admit_outcome(arrival)
        return []

    def _admit_statement(self, statement_id: str, statement: Statement | None) -> list[Unit]:
        month = _month_of_statement(statement_id)
        if month is None:
            return []
        of_month = self.filed.statements[month]
        if statement is None and statement_id in of_month:
            statement = _worth_nothing(of_month[statement_id])
        if statement is not None:
            of_month[statement_id] = statement
        return [month_unit(month)]

    def _admit_account(self, arrival: Arrival) -> None:
        """Where money goes changes no amount: it is looked up when money next moves."""
        provider_id = arrival.event_id.rpartition(":")[-1]
        self.filed.accounts[provider_id] = arrival.content.terms if arrival.content else []

    def _admit_outcome(self, arrival: Arrival) -> list[Unit]:
        named = arrival.content.instruction_id
        outcomes = self.filed.outcomes[statement_of(named)]
        outcomes.setdefault((named, arrival.content.document_id), Document()).file(arrival)
        month = _month_of_statement(statement_of(named))
        return [STANDING, *([month_unit(month)] if month in self.filed.statements else []), LIFETIME]

    def closed(self, unit: Unit, cut_off: int) -> bool:
        """TIME-6: months close; terms and lifetimes do not."""
        if unit in (STANDING, LIFETIME):
            return False
        return closing_cut_off(unit.month, self.law.value("filing.closes_after_months", unit.month)) < cut_off

    def followers(self, unit: Unit, change: Change) -> Iterable[Unit]:
        """Months of one settlement do not read each other."""
        return ()

    def decide(self, unit: Unit, before: Before, cut_off: int) -> Decision:
        """Instructions, accounts and findings of a month; outcomes of nothing; conflicting revisions."""
        if unit == STANDING:
            return self._conflicts()
        if unit == LIFETIME:
            return self._outcomes_of_nothing(before)
        month = MonthOfPay(self.filed, unit.month, before.get(unit, {}), self.law, cut_off)
        return month.decide(lambda payee: self._returned(payee, before))

    def _conflicts(self) -> Decision:
        decision, findings = Decision(), Findings()
        outcomes = self.filed.outcomes
        note_conflicts([outcomes[id][key] for id in sorted(outcomes) for key in sorted(outcomes[id])], findings)
        decision.conclusions.update(findings.by_id)
        return decision

    def _outcomes_of_nothing(self, before: Before) -> Decision:
        decision, findings = Decision(), Findings()
        for statement_id in sorted(self.filed.outcomes):
            for outcome, stamp in self.filed.outcomes_of(statement_id):
                if _said_before(outcome.instruction_id, stamp, before) is None:
                    findings.add("OUTCOME_WITHOUT_INSTRUCTION", document_id=outcome.document_id)
        decision.conclusions.update(findings.by_id)
        return decision

    def _returned(self, payee_id: str, before: Before) -> Stamp | None:
        """When the latest return of a payment to the payee was recorded (RUN-4)."""
        stamps = [
            stamp
            for statement_id in self.filed.outcomes
            if statement_id.split(":")[1:2] == [payee_id]
            for outcome, stamp in self.filed.outcomes_of(statement_id)
            if outcome.outcome == "RETURNED" and _moved(_said_before(outcome.instruction_id, stamp, before))
        ]
        return max(stamps, default=None)


def _moved(said: Said | None) -> bool:
    return said is not None and said.net_cents > 0


def _said_before(instruction_id: str, stamp: Stamp, before: Before) -> Said | None:
    """The instruction, if it was made before the pay run that first saw a fact about it."""
    statement_id = statement_of(instruction_id)
    month = _month_of_statement(statement_id)
    of_month = {} if month is None else before.get(month_unit(month), {})
    account: Account | None = of_month.get(f"account:{statement_id}")
    for said in account.said if account else ():
        if said.instruction_id == instruction_id and said.cut_off < stamp[0]:
            return said
    return None


def _worth_nothing(statement: Statement) -> Statement:
    """What a vanished statement is now: the same, without lines and minutes."""
    nothing = dict.fromkeys(("claimed_minutes", "held_minutes", "cut_minutes", "denied_minutes"), 0)
    return msgspec.structs.replace(statement, lines=[], offsettable=[], payable=None, **nothing)


def _month_of_statement(statement_id: str) -> int | None:
    """The service month in a statement id; None if it is no statement id of ours."""
    try:
        return month_of(epoch_day(date.fromisoformat(statement_id.rpartition(":")[-1])))
    except ValueError:
        return None
