"""SettlePayments' decision for one recipient (or one provider's training and incentives): what its months come to.

Authority: TIME-6 (closed months), TIME-3 (conflicts), SOC-1 (category), RUN-4 (outcomes of nothing; returned payments).
In force: by parameter. Does not cover: what happens within a month (`settle.month`, `settle.recipient`).
"""

from collections.abc import Iterable, Iterator

from rules.conclusions import Stamp
from rules.documents import Arrival, named, reference
from rules.findings import Findings, RuleFinding, note_conflicts
from rules.kept import Account, PastInstruction
from rules.law import Law
from rules.method import PaymentReturned
from rules.money import dollars
from rules.periods import business_day_of, month_of, next_month
from rules.restatement import LIFETIME, STANDING, Before, Change, Decision, NotRead, Unit, closed, month_unit
from rules.settle.filed import SettlementFacts, month_of_statement
from rules.settle.month import MonthOfPay
from rules.settle.outcomes import find_too_late, turned
from rules.settle.recipient import HELD, OVER_LIMIT, RecipientMonth
from rules.whose_case import county_of, of_recipient
from schemas.ids import RECIPIENT, account_id, conclusion_id, payee_of, person_of, statement_of
from schemas.payment_outcome import PaymentOutcome


class SettlementFile:
    """Statements, accounts and facts of one settlement.

    ``key``: a recipient's, or a provider's for training and incentives, which know no share of cost or advance.
    """

    def __init__(self, key: str, law: Law) -> None:
        side, self.payer_id = person_of(key)
        self.of_recipient = side == RECIPIENT
        self.law = law
        self.filed = SettlementFacts()

    # --- filing -----------------------------------------------------------------------------------------------------

    def admit(self, arrival: Arrival) -> Iterable[Unit]:
        """File a Statement or PayeeAccount (content None: vanished), or a fact."""
        match arrival.kind:
            case "Statement":
                return [month_unit(self.filed.file_statement(arrival))]
            case "PayeeAccount":
                self.filed.file_account(arrival)  # changes no amount: it is looked up when money next moves
                return [] if self.of_recipient else [STANDING, LIFETIME]
            case "PaymentOutcome":
                return self._admit_outcome(arrival)
            case "IncomeAssessment":
                first = self.filed.file_assessment(arrival)
                return [STANDING, *(month_unit(month) for month in self._months(arrival) if month >= first)]
            case "ServiceAuthorization":
                self.filed.file_authorization(arrival)
                return [STANDING, *self._asking(arrival), LIFETIME]  # their findings name its county
            case "ProviderAssignment":
                self.filed.file_assignment(arrival)
                return self._asking(arrival)
        raise NotRead(arrival.kind)

    def _asking(self, arrival: Arrival) -> Iterable[Unit]:
        return map(month_unit, self._months(arrival)) if self.filed.asked_since is not None else ()

    def _admit_outcome(self, arrival: Arrival) -> list[Unit]:
        self.filed.file_outcome(arrival)
        named = month_of_statement(statement_of(arrival.content.instruction_id))
        return [STANDING, *(month_unit(month) for month in self._months(arrival) if month == named), LIFETIME]

    def _months(self, arrival: Arrival) -> Iterator[int]:
        """Months that there is something to decide for: those with statements, and those that may have an advance.

        Of these the last is the month after this one, so that it is woken in time (ADV-3).
        """
        yield from self.filed.statements
        last = next_month(month_of(business_day_of(arrival.cut_off)))
        month = self.filed.asked_since
        while month is not None and month <= last:
            yield month
            month = next_month(month)

    def followers(self, unit: Unit, change: Change, now: Before) -> Iterable[Unit]:
        """Months of one settlement do not read each other; some things are said once for all of them."""
        return (LIFETIME,) if change.id in (OVER_LIMIT, HELD) else ()

    # --- deciding ---------------------------------------------------------------------------------------------------

    def decide(self, unit: Unit, before: Before, cut_off: int) -> Decision:
        """Instructions, accounts and findings of a month; what stands over all months; outcomes of nothing."""
        if unit == STANDING:
            return self._conflicts()
        if unit == LIFETIME:
            return self._over_all_months(before, cut_off)
        month = self._month(unit.month, before, cut_off)
        return month.decide(lambda payee_id: self._returned(payee_id, before))

    def _month(self, month: int, before: Before, cut_off: int) -> MonthOfPay:
        """What a month is decided from, as it is on file now."""
        said = before.get(month_unit(month), {})
        if self.of_recipient:
            return RecipientMonth(self.filed, self.payer_id, month, said, self.law, cut_off)
        return MonthOfPay(self.filed, month, said, self.law, cut_off)

    def _conflicts(self) -> Decision:
        decision, findings = Decision(), Findings(self._whose)
        note_conflicts(self.filed.assessments.documents.values(), findings)
        for _, documents in sorted(self.filed.outcomes.items()):
            note_conflicts((document for _, document in sorted(documents.items())), findings)
        decision.conclusions.update(findings.by_id)
        return decision

    def _over_all_months(self, before: Before, cut_off: int) -> Decision:
        """Outcomes of nothing or of closed months; categories claimed with too high an income; advances that cannot be
        decided."""
        decision, findings = Decision(), Findings(self._whose)
        for statement_id in sorted(self.filed.outcomes):
            for outcome, stamp in self.filed.outcomes_of(statement_id):
                if _said_before(outcome.instruction_id, stamp, before) is None:
                    findings.add("OUTCOME_WITHOUT_INSTRUCTION", **named(outcome))
            self._tell_of_returns(statement_id, before, decision)
            month, outcomes = month_of_statement(statement_id), self.filed.outcomes[statement_id]
            account = None if month is None else _account(statement_id, month, before)
            find_too_late(statement_id, account, outcomes, self.law.as_known_at(cut_off), findings)
            if month is not None and closed(month_unit(month), cut_off, self.law):
                decision.records += turned(account, outcomes, cut_off)
        self._find_over_limit(before, findings)
        self._find_held(before, findings)
        decision.conclusions.update(findings.by_id)
        return decision

    def _find_over_limit(self, before: Before, findings: Findings) -> None:
        over = {
            said[OVER_LIMIT].document_id: said[OVER_LIMIT] for _, said in sorted(before.items()) if OVER_LIMIT in said
        }
        for document_id, each in over.items():
            words = {"category": each.category, "limit": f"${dollars(each.limit_cents)}"}
            about = {"kind": "IncomeAssessment", "document_id": document_id, "recipient_id": self.payer_id}
            findings.add("CATEGORY_INCOME_OVER_LIMIT", cents=each.yearly_cents, words=words, **about)

    def _find_held(self, before: Before, findings: Findings) -> None:
        """Advances that cannot be decided: one finding for all months of an authorization; it names the first."""
        for held in (said[HELD] for _, said in sorted(before.items()) if HELD in said):
            about = {"recipient_id": self.payer_id, "program": "IHSS", "service_month": held.month}
            about |= {"kind": "ServiceAuthorization", "document_id": held.document_id}
            findings.add(held.code, minutes=held.minutes, words={"missing": held.missing}, **about)

    def _whose(self, finding: RuleFinding) -> str | None:
        """Of a recipient by its authorization; of a provider's training and incentives by its enrolment."""
        if self.of_recipient:
            return of_recipient(self.filed.authorizations)(finding)
        return county_of(self.filed.provider_terms(self.payer_id), finding.last_day) or None

    def _returned(self, payee_id: str, before: Before) -> Stamp | None:
        """When the latest return of a payment to the payee was recorded here (RUN-4)."""
        statements = (id for id in self.filed.outcomes if payee_of(id).payee_id == payee_id)
        return max((stamp for id in statements for _, stamp in self._came_back(id, before)), default=None)

    def _came_back(self, statement_id: str, before: Before) -> Iterator[tuple[PaymentOutcome, Stamp]]:
        """RUN-4: outcomes by which a payment of a statement came back that was made and moved money."""
        for outcome, stamp in self.filed.outcomes_of(statement_id):
            if outcome.outcome == "RETURNED" and _moved(_said_before(outcome.instruction_id, stamp, before)):
                yield outcome, stamp

    def _tell_of_returns(self, statement_id: str, before: Before, decision: Decision) -> None:
        """What came back of a provider's pay, for its other settlements."""
        provider = payee_of(statement_id).provider_id
        if provider is None:
            return
        for outcome, stamp in self._came_back(statement_id, before):
            told = PaymentReturned(provider, (outcome.instruction_id, stamp), reference(outcome))
            id = conclusion_id("returned", outcome.instruction_id, outcome.document_id)
            decision.conclusions[id] = told


def _moved(said: PastInstruction | None) -> bool:
    return said is not None and said.net_cents > 0


def _said_before(instruction_id: str, stamp: Stamp, before: Before) -> PastInstruction | None:
    """The instruction, if it was made before the pay run that first saw a fact about it."""
    statement_id = statement_of(instruction_id)
    month = month_of_statement(statement_id)
    account = None if month is None else _account(statement_id, month, before)
    for said in account.said if account else ():
        if said.instruction_id == instruction_id and said.cut_off < stamp[0]:
            return said
    return None


def _account(statement_id: str, month: int, before: Before) -> Account | None:
    account: Account | None = before.get(month_unit(month), {}).get(account_id(statement_id))
    return account
