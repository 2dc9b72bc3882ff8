"""SettlePayments' decision for one month: who is owed what more than was said?

Authority: RUN-2 (order of a payment's content), MONEY-2, TAX-3, RUN-4. In force: by parameter. Does not cover: what a
statement's work earns (`price`).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from rules.adjustment import CARRIED, Due, carried, due, outstanding, standing
from rules.conclusions import Account, AccountTerm, Record, Said, Stamp, Statement
from rules.documents import Document
from rules.findings import Findings
from rules.instructions import instruction_fields, instruction_id, method_of
from rules.law import Law
from rules.periods import business_day_of
from rules.restatement import Decision
from rules.taxes import Lookup, withheld
from schemas.payment_outcome import PaymentOutcome

REVERSING = ("RETURNED", "VOIDED", "STALE")
Returned = Callable[[str], Stamp | None]


class Filed:
    """What a settlement has on file. Statements by month and id; outcomes by statement."""

    def __init__(self) -> None:
        self.statements: dict[int, dict[str, Statement]] = defaultdict(dict)
        self.accounts: dict[str, list[AccountTerm]] = {}
        self.outcomes: dict[str, dict[tuple[str, str], Document[PaymentOutcome]]] = defaultdict(dict)

    def outcomes_of(self, statement_id: str) -> Iterable[tuple[PaymentOutcome, Stamp]]:
        """Outcomes of a statement's instructions that are not withdrawn, with when they were recorded."""
        for document in self.outcomes.get(statement_id, {}).values():
            if not document.current.withdrawn:
                yield document.current, document.revisions[document.current.revision].stamp


class Reading:
    """The law as known at a pay run, remembering which of this project's own choices were read."""

    def __init__(self, law: Law, cut_off: int) -> None:
        self.law, self.cut_off = law, cut_off
        self.assumptions: set[str] = set()

    def at(self, known_at: int) -> Lookup:
        """Look up as known at another pay run."""

        def lookup(name: str, day: int) -> Any:
            entry = self.law.entry(name, day, known_at)
            if entry.grade == "assumption":
                self.assumptions.add(name)
            return entry.value

        return lookup


class Draft:
    """One statement on its way to an instruction: what stands of it, and what it is worth."""

    def __init__(self, statement: Statement, account: Account, filed: Filed, reading: Reading) -> None:
        self.statement, self.account, self.reading = statement, account, reading
        when_said = {said.instruction_id: said.cut_off for said in account.said}
        known = [
            outcome
            for outcome, (seen, _) in filed.outcomes_of(statement.statement_id)
            if when_said.get(outcome.instruction_id, seen) < seen
        ]
        self.said = standing(account, {each.instruction_id for each in known if each.outcome in REVERSING})
        self.recovered = sum(each.cents or 0 for each in known if each.outcome == "RECOVERED")
        self.documents: set[str] = set()
        self.part_cents = 0
        self.deductions: dict[str, int] = {}

    @property
    def gross_cents(self) -> int:
        """What the statement is worth before deductions."""
        return sum(line.cents for line in self.statement.lines)

    def withhold(self, run_date: int) -> None:
        """TAX-3."""
        lookup = self.reading.at(self.reading.cut_off)
        self.deductions |= withheld(self.gross_cents, self.said, self.statement.relationship, run_date, lookup)

    def due(self) -> Due:
        """This run's differences as they are drafted now."""
        return due(self.statement.lines, self.deductions, self.said)

    def say(self, run_date: int, cut_off: int) -> Said | None:
        """This run's instruction, if anything changed."""
        owed = self.due()
        if not owed.lines and not owed.deductions:
            return None
        set_aside = carried(owed, outstanding(self.said, self.recovered))
        return Said(
            instruction_id=instruction_id(self.statement.statement_id, run_date),
            run_date=run_date,
            cut_off=cut_off,
            relationship=self.statement.relationship,
            lines=owed.lines,
            deductions=owed.deductions | ({CARRIED: set_aside} if set_aside else {}),
            part_cents=self.part_cents - sum(said.part_cents for said in self.said),
            net_cents=owed.cents - set_aside,
        )


class MonthOfPay:
    """The statements of one service month, at one pay run."""

    def __init__(self, filed: Filed, month: int, before: Mapping[str, Any], law: Law, cut_off: int) -> None:
        self.filed, self.month, self.before = filed, month, before
        self.law, self.cut_off = law, cut_off
        self.run_date = business_day_of(cut_off)
        self.decision, self.findings = Decision(), Findings()

    def decide(self, returned: Returned) -> Decision:
        """Accounts, findings, and the instructions of this run. ``returned``: when a payee's last payment came back."""
        self.returned = returned
        for draft in self._drafts():
            self._settle(draft)
        self.decision.conclusions.update(self.findings.by_id)
        return self.decision

    def _drafts(self) -> list[Draft]:
        statements = self.filed.statements.get(self.month, {})
        return [self._draft(statements[id]) for id in sorted(statements)]

    def _draft(self, statement: Statement) -> Draft:
        account = self.before.get(f"account:{statement.statement_id}", Account([]))
        draft = Draft(statement, account, self.filed, Reading(self.law, self.cut_off))
        draft.withhold(self.run_date)
        return draft

    def _settle(self, draft: Draft) -> None:
        """Say what changed, and what is overpaid."""
        said = draft.say(self.run_date, self.cut_off)
        account = draft.account
        if said is not None:
            draft.said.append(said)
            account = Account([*account.said, said])
            self.decision.records.append(self._instruction(draft, said, len(account.said)))
        if account.said:
            self.decision.conclusions[f"account:{draft.statement.statement_id}"] = account
        overpaid = outstanding(draft.said, draft.recovered)
        if overpaid:
            self._find("OVERPAYMENT", draft.statement, overpaid)

    def _instruction(self, draft: Draft, said: Said, sequence: int) -> Record:
        statement = draft.statement
        fields = instruction_fields(statement, said, sequence, draft.said)
        terms = self.filed.accounts.get(statement.provider_id, [])
        method, token = method_of(said.net_cents, terms, self.run_date, self.returned(fields["payee_id"]))
        fields |= {
            "method": method,
            "account_token": token,
            "outstanding_cents": outstanding(draft.said, draft.recovered),
            "documents": sorted({*statement.documents, *draft.documents}),
            "assumptions": sorted({*statement.assumptions, *draft.reading.assumptions}),
            "law_version": self.law.version,
        }
        return Record("PaymentInstruction", fields)

    def _find(self, code: str, statement: Statement, cents: int, **fields: Any) -> None:
        self.findings.add(
            code,
            provider_id=statement.provider_id,
            recipient_id=statement.recipient_id,
            statement_id=statement.statement_id,
            service_month=self.month,
            cents=cents,
            **fields,
        )
