"""The deductions of a receipt: each tax with its rate and base, who bears the share of cost, what an advance covers."""

from collections.abc import Iterator
from typing import Final

from pipelines.explain.receipt_law import LawUsed
from pipelines.explain.receipt_parts import (
    BearingPay,
    ChargeShown,
    OffsetStep,
    ShareStep,
    TaxStep,
    YearOfPart,
)
from rules.advance_pay import covered_minutes
from rules.kept import Charges
from rules.money import line_cents, share_cents
from rules.periods import civil_date, epoch_day
from rules.settle.draft import PaymentDraft
from rules.settle.filed import references
from rules.settle.month import MonthOfPay
from rules.settle.recipient import SHARE, RecipientMonth
from rules.share_of_cost import benefit_level, income
from rules.taxes import all_taxes, by_year, part_by_year
from schemas.income_assessment import IncomeAssessment
from schemas.symbols import TAXES

OFFSET: Final = "ADVANCE_PAID"
COUNTED = ("general_exclusion_cents", "earned_exclusion_cents", "earned_divisor")
FREE = "share_of_cost.free_categories"


def taxes_shown(draft: PaymentDraft, law: LawUsed) -> Iterator[TaxStep]:
    """Each tax that is, or once was, withheld (TAX-3); of an advance, that is estimated (ADV-2)."""
    advance = draft.statement.kind == "ADVANCE"
    start = draft.statement.period_start if advance else draft.now.run_date
    before = draft.said[:-1]
    base, earlier = (
        (draft.gross_cents, dict.fromkeys(TAXES, 0)) if advance else by_year(draft.gross_cents, before, start)
    )
    if advance:
        kinds: tuple[str, ...] = tuple(kind for kind in TAXES if kind in draft.deductions and draft.statement.lines)
    else:
        kinds = law.symbols(f"tax.kinds.{draft.statement.relationship}", start)
    january = epoch_day(civil_date(start).replace(month=1, day=1))
    for kind in TAXES:
        if kind in kinds or earlier[kind]:
            rate = law(f"tax.{kind}", january) if kind in kinds else None
            cents = 0 if rate is None else share_cents(base, rate)
            yield TaxStep(
                kind=kind, rate_per_100000=rate, on_cents=base, cents=cents, earlier_years_cents=earlier[kind]
            )


def part_shown(draft: PaymentDraft) -> BearingPay | None:
    """The pay that bears share of cost or is covered by an advance; None where neither is taken."""
    if not (draft.deductions.get(SHARE) or OFFSET in draft.deductions) or draft.statement.kind == "ADVANCE":
        return None
    years = part_by_year(draft.part_cents, draft.said[:-1], draft.now)
    return BearingPay(
        cents=draft.part_cents,
        years=[
            YearOfPart(
                year=year,
                relationship=then.relationship,
                cents=cents,
                taxes_cents=all_taxes(cents, then, draft.reading.at(then.cut_off)),
            )
            for year, (cents, then) in sorted(years.items())
        ],
    )


def share_shown(month: MonthOfPay, draft: PaymentDraft, law: LawUsed) -> ShareStep | None:
    """The month's share and who bears it; None where the statement bears none."""
    if not isinstance(month, RecipientMonth) or month.assessment is None or not draft.deductions.get(SHARE):
        return None
    charges = month.decision.conclusions.get("charges", Charges([]))
    assert isinstance(charges, Charges)
    borne = charges.charged if draft.statement.kind != "ADVANCE" else []
    return _share(month, month.assessment, borne, law)


def _share(
    month: RecipientMonth, assessment: IncomeAssessment, borne: list[tuple[str, int]], law: LawUsed
) -> ShareStep:
    law.symbols(FREE, month.month)
    for name in COUNTED:
        law(f"share_of_cost.{name}", month.month)
    share = month.share.cents
    return ShareStep(
        assessment=references([assessment])[0],
        countable_cents=income(assessment, month.month, law).countable_cents,
        level_cents=law(benefit_level(assessment), month.month),
        share_cents=share,
        charges=[ChargeShown(statement_id=id, cents=cents) for id, cents in borne],
        open_cents=share - sum(cents for _, cents in borne),
    )


def offset_shown(month: MonthOfPay, draft: PaymentDraft) -> list[OffsetStep]:
    """What the recipient's advance covers of a statement (ADV-5)."""
    if not isinstance(month, RecipientMonth) or month.advance is None or draft is month.advance:
        return []
    offered = [(other.id, each) for other in month.drafts for each in other.statement.offsettable]
    covered = covered_minutes(month.advance.minutes, offered).get(draft.id, {})
    return [
        OffsetStep(county=county, rate_mills=mills, minutes=minutes, cents=line_cents(minutes, mills))
        for (county, mills), minutes in sorted(covered.items())
        if minutes
    ]
