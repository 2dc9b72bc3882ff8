"""Why something was taken off: taxes, share of cost, what an advance covered, overpayments."""

from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.explain.earnings import cited
from pipelines.explain.tree import Node
from pipelines.explain.words import money, month_name, percent
from pipelines.wording import DEDUCTIONS, in_words
from rules.adjustment import CARRIED
from rules.findings import catalog
from rules.money import share_cents
from rules.periods import civil_date, epoch_day, hhmm, year_of
from rules.settle_draft import Draft
from rules.settle_filed import references
from rules.settle_month import MonthOfPay
from rules.settle_recipient import SHARE, RecipientMonth
from rules.taxes import KINDS

OFFSET = "ADVANCE_PAID"
RULES = {**dict.fromkeys(KINDS, "TAX-3"), SHARE: "SOC-5", OFFSET: "ADV-5", CARRIED: "MONEY-2"}
OF_ADVANCE = "ADV-2"


def deduction_nodes(instruction: Mapping[str, Any], draft: Draft, month: MonthOfPay) -> Iterator[Node]:
    """One node a deduction of the instruction: what it comes to now, less what was taken before."""
    for each in instruction["deductions"]:
        kind, cents = each["kind"], each["cents"]
        if kind == CARRIED:
            yield _carried(cents, draft)
            continue
        whole = draft.deductions.get(kind, 0)
        yield _deduction(kind, cents, whole, draft, month)


def _deduction(kind: str, cents: int, whole: int, draft: Draft, month: MonthOfPay) -> Node:
    advance = instruction_of_advance(draft)
    parts = [Node(what="whole", text=_how(kind, whole, draft, month), cents=-whole, parts=list(_behind(kind, month)))]
    if whole != cents:
        before = whole - cents
        parts.append(Node(what="said_before", text=f"Taken by earlier payments: {money(before)}", cents=before))
    return Node(
        what="deduction",
        text=f"{in_words(kind, DEDUCTIONS)}: {money(cents)}",
        cents=-cents,
        rule=OF_ADVANCE if advance else RULES[kind],
        authority=_authority(kind, draft),
        adds=("cents",),
        parts=parts,
    )


def instruction_of_advance(draft: Draft) -> bool:
    """Is it the recipient's advance, on which taxes are estimates?"""
    return draft.statement.kind == "ADVANCE"


def _carried(cents: int, draft: Draft) -> Node:
    if cents < 0:
        text = f"{money(-cents)} less is due than was paid: not taken back, but carried as an overpayment"
    else:
        text = f"{money(cents)} of the rise are set against what was overpaid before"
    text += f"; {money(draft.outstanding_cents)} are outstanding now"
    return Node(
        what="deduction", text=text, cents=-cents, rule=RULES[CARRIED], authority=catalog()["OVERPAYMENT"]["authority"]
    )


def _how(kind: str, whole: int, draft: Draft, month: MonthOfPay) -> str:
    """What the whole amount follows from."""
    if instruction_of_advance(draft):
        return f"Estimated for the month: {money(whole)}" if kind in KINDS else f"Of the month: {money(whole)}"
    if kind in KINDS:
        return _tax(kind, whole, draft)
    if kind == OFFSET:
        covered = month.covered.get(draft.id) if isinstance(month, RecipientMonth) else None
        taxes, share = draft.taxes_on_part(), draft.deductions.get(SHARE, 0)
        less = [f"{money(taxes)} taxes on them"] * bool(taxes) + [f"{money(share)} share of cost"] * bool(share)
        minutes = hhmm(covered.minutes if covered else 0)
        text = f"The recipient's advance covered {minutes} of this work, {money(draft.part_cents)}"
        return f"{text}{', less ' if less else ''}{' and '.join(less)}: {money(whole)}"
    bears = max(0, draft.part_cents - draft.taxes_on_part())
    return f"Charged to this statement: {money(whole)}, of at most {money(bears)} that it bears (pay less taxes)"


def _tax(kind: str, whole: int, draft: Draft) -> str:
    """The rate is that of the payment year; past years stay as they were said (TAX-3)."""
    run = draft.now.run_date
    past = [said for said in draft.said if year_of(said.run_date) != year_of(run)]
    gross = draft.gross_cents - sum(said.gross_cents for said in past)
    earlier = sum(said.deductions.get(kind, 0) for said in past)
    if kind not in draft.reading(f"tax.kinds.{draft.statement.relationship}", run):
        return f"Not paid by the relationship {in_words(draft.statement.relationship, {}).lower()}: {money(whole)}"
    rate = draft.reading(f"tax.{kind}", _january(run))
    text = f"{percent(rate)} of {money(gross)}, the pay of this statement in {year_of(run)}, = "
    text += f"{money(share_cents(gross, rate))}, rounded half up"
    return text + (f", with {money(earlier)} of earlier years: {money(whole)}" if earlier else "")


def _january(day: int) -> int:
    return epoch_day(civil_date(day).replace(month=1, day=1))


def _authority(kind: str, draft: Draft) -> str | None:
    law, known, run = draft.reading.law, draft.now.cut_off, draft.now.run_date
    if kind in KINDS:
        return cited(law, f"tax.{kind}", _january(run), known)
    return str(catalog()["SHARE_OF_COST_DUE"]["authority"]) if kind == SHARE else "MPP 30-769.731"


def _behind(kind: str, month: MonthOfPay) -> Iterator[Node]:
    """A recipient's share of cost, and who bears it."""
    if kind != SHARE or not isinstance(month, RecipientMonth) or not month.share.cents:
        return
    charges = month.decision.conclusions.get("charges")
    charged = [
        Node(what="charge", text=f"{statement_id}: {money(cents)}", cents=cents)
        for statement_id, cents in (charges.charged if charges else ())
    ]
    left = month.share.cents - sum(each.cents or 0 for each in charged)
    if left:
        charged.append(Node(what="not_charged", text=f"Charged to nobody so far: {money(left)}", cents=left))
    yield Node(
        what="share_of_cost",
        text=f"The recipient's share of cost of {month_name(month.month)} is {money(month.share.cents)}",
        cents=month.share.cents,
        document=next(iter(references([month.assessment])), None),
        rule="SOC-2",
        authority="20 CFR 416.1112, 416.1124; WIC 12305.1",
        adds=("cents",),
        parts=charged,
    )
