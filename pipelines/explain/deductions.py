"""Why something was taken off: taxes, share of cost, what an advance covered, overpayments."""

from collections.abc import Iterator
from typing import Final

from pipelines.explain.earnings import cited
from pipelines.explain.share import share_nodes
from pipelines.explain.tree import Node, Unbalanced
from pipelines.explain.words import NO_WORDS, month_name, part_of, word
from pipelines.spoken import quoted, say
from pipelines.wording import DEDUCED_BY, DEDUCTIONS, money
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
        text = say("Taken by earlier payments: {amount}", amount=money(before))
        parts.append(Node(what="said_before", text=text, cents=before))
    said = word(kind, DEDUCTIONS) + (", " + say("given back") if cents < 0 else "")
    return Node(
        what="deduction",
        text=said + f": {money(abs(cents))}",
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
        less = money(-cents)
        text = say("{less} less is due than was paid: not taken back, but carried as an overpayment", less=less)
    else:
        text = say("{rise} of the rise are set against what was overpaid before", rise=money(cents))
    text += "; " + say("{amount} are outstanding now", amount=money(draft.outstanding_cents))
    authority = catalog()["OVERPAYMENT"]["authority"]
    return Node(what="deduction", text=text, cents=-cents, rule=DEDUCED_BY[CARRIED], authority=authority)


def _how(kind: DeductionKind, whole: int, draft: PaymentDraft, month: MonthOfPay) -> str:
    """What the whole amount follows from."""
    if draft in month.held or (instruction_of_advance(draft) and HELD in month.decision.conclusions):
        return say("As said before, for something it needs is not in force: {amount}", amount=money(whole))
    if kind in TAXES:
        return _tax(kind, whole, draft)
    if kind == OFFSET:
        return _offset(whole, draft, month)
    if instruction_of_advance(draft):
        return say(
            "The share of cost of the month, as far as the advance less taxes bears it: {amount}", amount=money(whole)
        )
    taxes = draft.taxes_on_part()
    left, pay = money(max(0, draft.part_cents - taxes)), money(draft.part_cents)
    text = say("It bears at most {pay} of pay - {taxes} taxes on it = {left}", pay=pay, taxes=money(taxes), left=left)
    return text + "; " + say("charged: {amount}", amount=money(whole))


def _offset(whole: int, draft: PaymentDraft, month: MonthOfPay) -> str:
    covered = month.covered.get(draft.id) if isinstance(month, RecipientMonth) else None
    taxes, share = draft.taxes_on_part(), draft.deductions.get(SHARE, 0)
    minutes, pay = hhmm(covered.minutes if covered else 0), money(draft.part_cents)
    text: str = say("The recipient's advance covered {hours} of this work: {pay}", hours=minutes, pay=pay)
    if taxes:
        text += " - " + say("{amount} taxes on it", amount=money(taxes))
    if share:
        text += " - " + say("{amount} share of cost", amount=money(share))
    return text + f" = {money(whole)}"


def _tax(kind: DeductionKind, whole: int, draft: PaymentDraft) -> str:
    """The rate is that of the payment year; past years stay as they were said (TAX-3). An advance's is an estimate, at
    the rates of its month (ADV-2). Raises Unbalanced where the product is not what the rules took."""
    if instruction_of_advance(draft):
        start = draft.statement.period_start
        base, earlier, what = draft.gross_cents, 0, say("estimated on the advance of {month}", month=month_name(start))
        if not whole:
            return say("No provider assigned in {month} pays it: {none}", month=month_name(start), none=money(whole))
    else:
        start = draft.now.run_date
        base, of_years = by_year(draft.gross_cents, draft.said, start)
        earlier, what = of_years[kind], say("on what this statement pays in {year}", year=str(year_of(start)))
    relationship = draft.statement.relationship
    if whole == earlier and (not base or kind not in draft.reading(f"tax.kinds.{relationship}", start)):
        return _not_again(whole) if whole else _untaxed(relationship)
    rate = draft.reading(f"tax.{kind}", _january(start))
    if share_cents(base, rate) + earlier != whole:
        raise Unbalanced(f"{kind}: {base} at {rate} and {earlier} are not {whole}")
    text = part_of(base, rate) + ", " + what
    if not earlier:
        return text
    return text + "; " + say("with {earlier} of earlier years {all}", earlier=money(earlier), all=money(whole))


def _not_again(cents: int) -> str:
    return say("Withheld in earlier years, and not again: {amount}", amount=money(cents))


def _untaxed(relationship: str) -> str:
    return say("Not paid by the relationship {relationship}", relationship=word(relationship, NO_WORDS).lower())


def _january(day: int) -> int:
    return epoch_day(civil_date(day).replace(month=1, day=1))


def _authority(kind: str, draft: PaymentDraft) -> str | None:
    law, known, run = draft.reading.law, draft.now.cut_off, draft.now.run_date
    if kind in TAXES:
        return cited(law, f"tax.{kind}", _january(run), known)
    return quoted(catalog()["SHARE_OF_COST_DUE"]["authority"] if kind == SHARE else "MPP 30-769.731")


def _behind(kind: str, month: MonthOfPay) -> Iterator[Node]:
    """A recipient's share of cost, and who bears it."""
    return share_nodes(month) if kind == SHARE and isinstance(month, RecipientMonth) else iter(())
