"""Why something was taken off: taxes, share of cost, what an advance covered, overpayments."""

from collections.abc import Iterator
from typing import Final

from pipelines.explain.earnings import cited
from pipelines.explain.share import share_nodes
from pipelines.explain.tree import Node, Unbalanced
from pipelines.explain.words import month_name, part_of
from pipelines.wording import DEDUCED_BY, DEDUCTIONS, in_words, money
from rules.findings import catalog
from rules.money import share_cents
from rules.periods import civil_date, epoch_day, hhmm, year_of
from rules.settle.draft import PaymentDraft
from rules.settle.month import MonthOfPay
from rules.settle.recipient import HELD, SHARE, RecipientMonth
from rules.taxes import by_year
from schemas.payment_instruction import PaymentInstruction
from schemas.symbols import CARRIED, TAXES, DeductionKind

OFFSET: Final = "ADVANCE_PAID"
OF_ADVANCE = "ADV-2"


def deduction_nodes(instruction: PaymentInstruction, draft: PaymentDraft, month: MonthOfPay) -> Iterator[Node]:
    """One node a deduction of the instruction: what it comes to now, less what was taken before."""
    for each in instruction.deductions:
        kind, cents = each.kind, each.cents
        if kind == CARRIED:
            yield _carried(cents, draft)
            continue
        whole = draft.deductions.get(kind, 0)
        yield _deduction(kind, cents, whole, draft, month)


def _deduction(kind: DeductionKind, cents: int, whole: int, draft: PaymentDraft, month: MonthOfPay) -> Node:
    advance = instruction_of_advance(draft)
    parts = [Node(what="whole", text=_how(kind, whole, draft, month), cents=-whole, parts=list(_behind(kind, month)))]
    if whole != cents:
        before = whole - cents
        parts.append(Node(what="said_before", text=f"Taken by earlier payments: {money(before)}", cents=before))
    return Node(
        what="deduction",
        text=f"{in_words(kind, DEDUCTIONS)}{', given back' * (cents < 0)}: {money(abs(cents))}",
        cents=-cents,
        rule=OF_ADVANCE if advance else DEDUCED_BY[kind],
        authority=_authority(kind, draft),
        adds=("cents",),
        parts=parts,
    )


def instruction_of_advance(draft: PaymentDraft) -> bool:
    """Is it the recipient's advance, on which taxes are estimates?"""
    return draft.statement.kind == "ADVANCE"


def _carried(cents: int, draft: PaymentDraft) -> Node:
    if cents < 0:
        text = f"{money(-cents)} less is due than was paid: not taken back, but carried as an overpayment"
    else:
        text = f"{money(cents)} of the rise are set against what was overpaid before"
    text += f"; {money(draft.outstanding_cents)} are outstanding now"
    authority = catalog()["OVERPAYMENT"]["authority"]
    return Node(what="deduction", text=text, cents=-cents, rule=DEDUCED_BY[CARRIED], authority=authority)


def _how(kind: DeductionKind, whole: int, draft: PaymentDraft, month: MonthOfPay) -> str:
    """What the whole amount follows from."""
    if draft in month.held or (instruction_of_advance(draft) and HELD in month.decision.conclusions):
        return f"As said before, for something it needs is not in force: {money(whole)}"
    if kind in TAXES:
        return _tax(kind, whole, draft)
    if kind == OFFSET:
        return _offset(whole, draft, month)
    if instruction_of_advance(draft):
        return f"The share of cost of the month, as far as the advance less taxes bears it: {money(whole)}"
    taxes = draft.taxes_on_part()
    text = f"It bears at most {money(draft.part_cents)} of pay - {money(taxes)} taxes on it = "
    return f"{text}{money(max(0, draft.part_cents - taxes))}; charged: {money(whole)}"


def _offset(whole: int, draft: PaymentDraft, month: MonthOfPay) -> str:
    covered = month.covered.get(draft.id) if isinstance(month, RecipientMonth) else None
    taxes, share = draft.taxes_on_part(), draft.deductions.get(SHARE, 0)
    less = f" - {money(taxes)} taxes on it" * bool(taxes) + f" - {money(share)} share of cost" * bool(share)
    minutes = hhmm(covered.minutes if covered else 0)
    return f"The recipient's advance covered {minutes} of this work: {money(draft.part_cents)}{less} = {money(whole)}"


def _tax(kind: DeductionKind, whole: int, draft: PaymentDraft) -> str:
    """The rate is that of the payment year; past years stay as they were said (TAX-3). An advance's is an estimate, at
    the rates of its month (ADV-2). Raises Unbalanced where the product is not what the rules took."""
    if instruction_of_advance(draft):
        start = draft.statement.period_start
        base, earlier, what = draft.gross_cents, 0, f"estimated on the advance of {month_name(start)}"
        if not whole:
            return f"No provider assigned in {month_name(start)} pays it: {money(whole)}"
    else:
        start = draft.now.run_date
        base, of_years = by_year(draft.gross_cents, draft.said, start)
        earlier, what = of_years[kind], f"on what this statement pays in {year_of(start)}"
    relationship = draft.statement.relationship
    if whole == earlier and (not base or kind not in draft.reading(f"tax.kinds.{relationship}", start)):
        return f"Withheld in earlier years, and not again: {money(whole)}" if whole else _untaxed(relationship)
    rate = draft.reading(f"tax.{kind}", _january(start))
    if share_cents(base, rate) + earlier != whole:
        raise Unbalanced(f"{kind}: {base} at {rate} and {earlier} are not {whole}")
    text = f"{part_of(base, rate)}, {what}"
    return text + (f"; with {money(earlier)} of earlier years {money(whole)}" if earlier else "")


def _untaxed(relationship: str) -> str:
    return f"Not paid by the relationship {in_words(relationship, {}).lower()}"


def _january(day: int) -> int:
    return epoch_day(civil_date(day).replace(month=1, day=1))


def _authority(kind: str, draft: PaymentDraft) -> str | None:
    law, known, run = draft.reading.law, draft.now.cut_off, draft.now.run_date
    if kind in TAXES:
        return cited(law, f"tax.{kind}", _january(run), known)
    return str(catalog()["SHARE_OF_COST_DUE"]["authority"]) if kind == SHARE else "MPP 30-769.731"


def _behind(kind: str, month: MonthOfPay) -> Iterator[Node]:
    """A recipient's share of cost, and who bears it."""
    return share_nodes(month) if kind == SHARE and isinstance(month, RecipientMonth) else iter(())
