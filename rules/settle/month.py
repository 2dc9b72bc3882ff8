"""SettlePayments' decision for one month: who is owed what more than was said?

Authority: RUN-2 (order of a payment's content), MONEY-2, RUN-3. In force: by parameter. Does not cover: a recipient's
share of cost and advance (`settle.recipient`), what a statement's work earns (`price`), one statement's differences
(`settle.draft`).
"""

from collections.abc import Callable

from rules.conclusions import InstructionRecord, Stamp, Statement
from rules.findings import Findings, Whose, long_date, referred
from rules.instructions import ADVANCE, Behind, instruction, method_of, paid_minutes, payee_of
from rules.kept import Account, PastInstruction
from rules.law import Law, NotInForce
from rules.method import AwaitsMethod
from rules.restatement import Concluded, Decision, Trace, month_unit
from rules.settle.draft import PaymentDraft, nobodys, of_drafts
from rules.settle.filed import SettlementFacts
from rules.settle.outcomes import turned
from rules.taxes import turn_of_month
from schemas.ids import account_id

PROGRAMS = ("IHSS", "WPCS")
Returned = Callable[[str], Stamp | None]


class MonthOfPay(Trace):
    """The statements of one service month, at one pay run."""

    def __init__(
        self, filed: SettlementFacts, month: int, before: Concluded, law: Law, cut_off: int, otherwise: Whose = nobodys
    ) -> None:
        """``otherwise``: whose case a finding is where no statement tells."""
        self.filed, self.month, self.before = filed, month, before
        self.law, self.cut_off = law, cut_off
        statements = filed.statements.get(month, {})
        self.held: list[PaymentDraft] = []
        self.drafts: list[PaymentDraft] = []
        self.decision, self.findings = Decision(self), Findings(of_drafts(self.drafts, self.held, otherwise))
        self.drafts += [draft for id in sorted(statements) if (draft := self._taxed(statements[id]))]

    def decide(self, returned: Returned) -> Decision:
        """Accounts, findings and instructions. ``returned``: when a payee's payment last came back."""
        for draft in (*self.drafts, *self.held):
            self._settle(draft, returned)
        if self.held:
            self.decision.look_again(month_unit(self.month), turn_of_month(self.cut_off))
        self.decision.conclusions.update(self.findings.by_id)
        return self.decision

    def _taxed(self, statement: Statement) -> PaymentDraft | None:
        """A statement with its taxes; None, and held as it was, where no rate is in force for this payment year."""
        draft = self._draft(statement)
        try:
            draft.withhold()
        except NotInForce as missing:
            draft.stay_as_said()
            self.held.append(draft)
            if statement.lines:
                self._find_untaxed(statement, missing)
            return None
        return draft

    def _find_untaxed(self, statement: Statement, missing: NotInForce) -> None:
        """Named by a document that claims the pay: a statement's id is none of a document."""
        assert statement.claim is not None, "what has lines stands on a document"
        reference, program, period = statement.claim
        about = referred(reference, period) | {
            "provider_id": statement.provider_id,
            "recipient_id": statement.recipient_id,
            "program": program if program in PROGRAMS else None,
            "statement_id": statement.statement_id,
            "county": statement.case_county,
            "minutes": paid_minutes(statement),
        }
        self.findings.add("NOT_IN_FORCE", words={"missing": missing.name}, **about)

    def _draft(self, statement: Statement) -> PaymentDraft:
        account = self.before.get(account_id(statement.statement_id), Account([]))
        return PaymentDraft(statement, account, self.filed, self.law, self.cut_off)

    def _settle(self, draft: PaymentDraft, returned: Returned) -> None:
        """Say what changed, and what is overpaid."""
        said = draft.say()
        if said is not None:
            self.decision.records.append(self._instruction(draft, said, returned))
        else:
            self.decision.records += turned(draft.account, self.filed.outcomes.get(draft.id, {}), self.cut_off)
        if draft.account.said:
            self.decision.conclusions[account_id(draft.id)] = draft.account
        if draft.outstanding_cents:
            advance = draft.statement.kind == ADVANCE
            addressee, message = ("RECIPIENT", "of_advance") if advance else ("PROVIDER", None)
            self._find("OVERPAYMENT", draft, draft.outstanding_cents, addressee, message)

    def _instruction(
        self, draft: PaymentDraft, said: PastInstruction, returned: Returned
    ) -> InstructionRecord | AwaitsMethod:
        """The instruction; where it turns on another settlement's payment whether it is a warrant, that waits."""
        statement = draft.statement
        own = statement.kind == ADVANCE
        terms = self.filed.recipient_terms() if own else self.filed.provider_terms(statement.provider_id)
        method = method_of(said.net_cents, terms, said.run_date, returned(payee_of(statement)))
        made = instruction(statement, said, method, self._behind(draft))
        elsewhere = self.filed.claimed_elsewhere(statement.provider_id) if made.account_token and not own else []
        others = ((each, method_of(said.net_cents, terms, said.run_date, each[1])) for each in elsewhere)
        claimed = [each for each, other in others if other[0] != made.method]
        return AwaitsMethod(statement.provider_id, made, claimed) if claimed else InstructionRecord(made)

    def _behind(self, draft: PaymentDraft) -> Behind:
        return Behind(
            sequence=len(draft.account.said),
            standing=draft.said,
            outstanding_cents=draft.outstanding_cents,
            documents=sorted({*draft.statement.documents, *draft.documents}),
            assumptions=sorted({*draft.statement.assumptions, *draft.reading.assumptions}),
            law_version=self.law.version_at(self.cut_off),
            reversed_ids=draft.reversed_ids,
        )

    def _find(self, code: str, draft: PaymentDraft, cents: int, addressee: str, message: str | None = None) -> None:
        statement = draft.statement
        self.findings.add(
            code,
            addressee=addressee,
            provider_id=None if statement.kind == ADVANCE else statement.provider_id,
            recipient_id=statement.recipient_id,
            statement_id=statement.statement_id,
            service_month=self.month,
            cents=cents,
            words={"period": long_date(statement.period_start)},
            message=message,
        )
