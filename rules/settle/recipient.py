"""SettlePayments' decision for a recipient's month: its share of cost and its advance, then who is owed what.

Authority: SOC-4 to SOC-6, ADV-1, ADV-3 to ADV-6. In force: by parameter. Does not cover: how the share is computed
(`share_of_cost`), what an advance is worth (`settle.advance`).
"""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from rules.adjustment import deductions_said
from rules.advance_pay import Offset, advance_paid, eve, offsets, opening
from rules.conclusions import Stamp
from rules.instructions import ADVANCE
from rules.kept import Account, Charges
from rules.law import Law
from rules.periods import next_month
from rules.restatement import Concluded, Decision, month_unit
from rules.settle.advance import advance_id, advance_statement, mode, reconciliation, repriced, worth
from rules.settle.draft import OutcomeReading, PaymentDraft
from rules.settle.filed import SettlementFacts, references
from rules.settle.month import MonthOfPay, Returned
from rules.share_of_cost import Charge, Share, charge, keep, over_limit, share_of_month
from rules.whose_case import of_recipient
from schemas.ids import account_id
from schemas.income_assessment import IncomeAssessment

SHARE: Final = "SHARE_OF_COST"
OVER_LIMIT, HELD = "over_limit", "held"  # ids of what a month keeps; said once for all months


class RecipientMonth(MonthOfPay):
    """A recipient's month: its share of cost and its advance come before the instructions."""

    def __init__(
        self, filed: SettlementFacts, recipient_id: str, month: int, before: Concluded, law: Law, cut_off: int
    ) -> None:
        super().__init__(filed, month, before, law, cut_off, of_recipient(filed.authorizations))
        self.recipient_id = recipient_id
        self.reading = OutcomeReading(law, cut_off)
        self.assessment: IncomeAssessment | None = filed.assessments.on(month)
        self.share: Share = share_of_month(self.assessment, month, self.reading)
        self.account: Account | None = before.get(account_id(advance_id(recipient_id, month)))
        self.mode = mode(filed, month, self.account, self.share.cents, cut_off)
        self.advance: PaymentDraft | None = self._draft_advance() if self.mode == ADVANCE else None
        self.covered = self._cover()

    def decide(self, returned: Returned) -> Decision:
        """Also the charges, the advance and its reconciliation, and when to look again."""
        assessments = self._assessments()
        for draft in self.drafts:
            draft.part_cents = self._part(draft)
            if draft.part_cents or SHARE in deductions_said(draft.said):
                draft.documents += assessments
                draft.reading.assumptions |= self.reading.assumptions
        self._charge()
        if self.advance is not None:
            self._deduct_advance(self.advance)
        self._find_for_month()
        self._look_again()
        decision = super().decide(returned)
        if self.advance is not None:
            self._reconcile(self.advance)
        return decision

    def _assessments(self) -> list[str]:
        """References of the assessment that decides the month, and of one that gave it up: a withdrawal decides too."""
        given_up = self.filed.assessments.departed(self.month, self.month)
        return references([self.assessment, *(span.fact for span in given_up)])

    # --- share of cost ----------------------------------------------------------------------------------------------

    def _part(self, draft: PaymentDraft) -> int:
        """SOC-4: IHSS service, straight and premium; in an advance month the covered straight pay alone (SOC-5)."""
        if self.mode == ADVANCE:
            return self.covered[draft.id].cents if draft.id in self.covered else 0
        return draft.statement.bearing_cents

    def _charge(self) -> None:
        """SOC-5, SOC-6."""
        before = self.before.get("charges", Charges([])).charged
        if not self.share.cents and not before:
            return
        bears = {draft.id: max(0, draft.part_cents - draft.taxes_on_part()) for draft in self.drafts}
        kept = keep(before, bears, self.share.cents)
        self._deduct(kept)
        rooms = [(draft.id, self._room(draft, bears[draft.id])) for draft in sorted(self.drafts, key=_order)]
        charged = charge(kept, rooms, self.share.cents)
        self._deduct(charged)
        if charged:
            self.decision.conclusions["charges"] = Charges(charged)
        bearing = [draft_id for draft_id, cents in bears.items() if cents]
        self._give_notice([draft for draft in self.drafts if draft.deductions[SHARE]], several=len(bearing) > 1)

    def _room(self, draft: PaymentDraft, bears: int) -> int:
        """How much more it can be charged. Of what an advance covers nothing moves, so a charge takes nothing back."""
        left = bears - draft.deductions[SHARE]
        return left if self.mode == ADVANCE else min(left, draft.moves())

    def _deduct(self, charges: Iterable[Charge]) -> None:
        sums: Counter[str] = Counter()
        for statement_id, cents in charges:
            sums[statement_id] += cents
        for draft in self.drafts:
            draft.deductions[SHARE] = sums[draft.id]

    def _give_notice(self, charged: Iterable[PaymentDraft], several: bool) -> None:
        for draft in charged:
            for addressee, message in (("PROVIDER", None), ("RECIPIENT", "to_recipient")):
                self._find("SHARE_OF_COST_DUE", draft, draft.deductions[SHARE], addressee, message)
            if several:
                draft.reading("share_of_cost.order", self.month)
            if draft.gross_cents != draft.statement.bearing_cents:
                draft.reading("share_of_cost.not_charged_on", self.month)
            if self.assessment is not None and self.assessment.couple:
                draft.reading("share_of_cost.spouses", self.month)

    # --- advance pay ------------------------------------------------------------------------------------------------

    def _draft_advance(self) -> PaymentDraft | None:
        """The advance as a statement of the recipient; None if it cannot be decided now and never was."""
        reading = OutcomeReading(self.law, self.cut_off)
        advance = worth(self.filed, self.month, self.share.cents, reading)
        if advance.held is not None:
            self.decision.conclusions[HELD] = advance.held
            if self.account is None:
                return None
        if repriced(advance, self.month, self.account, reading):
            reading("wage.retroactive", self.month)
        draft = self._draft(advance_statement(self.recipient_id, self.month, advance, sorted(reading.assumptions)))
        if advance.held is not None:
            draft.stay_as_said()
            return draft
        draft.deductions |= advance.deductions
        draft.documents += [*self._assessments(), *references(self.filed.departed(self.month))]
        draft.reading.assumptions |= self.reading.assumptions
        return draft

    def _cover(self) -> dict[str, Offset]:
        """ADV-5, by statement."""
        if self.advance is None:
            return {}
        offered = [(draft.id, each) for draft in self.drafts for each in draft.statement.offsettable]
        return offsets(self.advance.minutes, offered)

    def _deduct_advance(self, advance: PaymentDraft) -> None:
        """What the recipient was already given is not paid again; the advance comes first among the instructions."""
        for draft in self.drafts:
            # Also what is covered no more: of several payment years its taxes need not come to nothing.
            if draft.part_cents or any(said.part_cents for said in draft.said):
                charged = draft.deductions.get(SHARE, 0)
                draft.deductions["ADVANCE_PAID"] = advance_paid(draft.part_cents, draft.taxes_on_part(), charged)
                draft.reading("advance.mode_settled", self.month)
        self.drafts.insert(0, advance)

    def _reconcile(self, advance: PaymentDraft) -> None:
        """ADV-6, once there is an instruction."""
        if advance.account.said:
            accounted = sum(draft.deductions.get("ADVANCE_PAID", 0) for draft in self.drafts)
            record, clock = reconciliation(self.filed, advance, self.covered.values(), accounted)
            self.decision.conclusions["reconciliation"] = record
            if clock is not None:
                self.decision.look_again(month_unit(self.month), clock)

    # --- the month as a whole ---------------------------------------------------------------------------------------

    def _find_for_month(self) -> None:
        about = {"recipient_id": self.recipient_id, "service_month": self.month}
        paid = any(draft.gross_cents for draft in self.drafts)
        if self.share.code is not None and paid:
            self.findings.add(self.share.code, **about)
        over = over_limit(self.assessment, self.month, self.reading)
        if over is not None and paid:
            self.decision.conclusions[OVER_LIMIT] = over
        if self.mode == "DENIED" and not self.filed.died_before(self.month):
            self.findings.add("ADVANCE_REQUIRES_SEVERE_IMPAIRMENT", **about)
        if self.advance is not None and self.advance.gross_cents:
            amount = self.advance.gross_cents - sum(self.advance.deductions.values())
            if amount < self.reading("advance.usual_least_cents", self.month):
                self.findings.add("ADVANCE_BELOW_USUAL", cents=amount, **about)

    def _look_again(self) -> None:
        """ADV-3: an advance falls due though nothing happens, and so does the next month's."""
        if self.filed.asked_since is None:
            return
        for instant in (eve(self.month), opening(self.month)):
            if instant > self.cut_off:
                self.decision.reviews[month_unit(self.month)] = instant
                break
        following = next_month(self.month)
        if eve(following) > self.cut_off and self.filed.asked_from(following):
            self.decision.reviews[month_unit(following)] = eve(following)


def _order(draft: PaymentDraft) -> tuple[bool, tuple[Stamp, str] | None, str]:
    """SOC-5: in the order in which statements first became payable."""
    payable = draft.statement.payable
    return payable is None, payable, draft.id
