"""The recipient's share of cost, as the rules worked it out: income, benefit level, share, and who bears it."""

from collections.abc import Iterator

from pipelines.explain.tree import Node, Unbalanced
from pipelines.explain.words import month_name
from pipelines.law_notices import how_carried
from pipelines.wording import money
from rules.instructions import ADVANCE
from rules.kept import Charges
from rules.law import NotInForce
from rules.settle.filed import references
from rules.settle.recipient import RecipientMonth
from rules.share_of_cost import benefit_level, benefit_level_cents, income
from schemas.income_assessment import IncomeAssessment

AUTHORITY = "20 CFR 416.1112, 416.1124; WIC 12305.1"


def share_nodes(month: RecipientMonth) -> Iterator[Node]:
    """How the share of the month was found, and who bears it; why there is none, if there is none now."""
    if not month.share.cents:
        yield Node(what="share_of_cost", text=_why_none(month), cents=0, rule="SOC-1", authority=AUTHORITY)
        return
    assert month.assessment is not None
    yield _assessed(month, month.assessment)
    if month.mode != ADVANCE or month.decision.conclusions.get("charges"):
        yield _borne(month)


def _why_none(month: RecipientMonth) -> str:
    name = month_name(month.month)
    if month.assessment is None:
        return f"No share of cost is known for {name} now: no income assessment is in force"
    if month.share.code is not None:
        return f"No share of cost is charged for {name} now: no benefit level is in force"
    return f"No share of cost is owed for {name} now, by assessment {month.assessment.document_id}"


def _assessed(month: RecipientMonth, assessment: IncomeAssessment) -> Node:
    """Income less benefit level; refuses if that is not the share that was charged from. Raises Unbalanced."""
    try:
        counted = income(assessment, month.month, month.reading)
        level = benefit_level_cents(assessment, month.month, month.reading)
    except NotInForce as missing:
        raise Unbalanced("share of cost") from missing
    name, share = month_name(month.month), month.share.cents
    unearned, earned = counted.unearned_cents, counted.countable_cents - counted.unearned_cents
    general = assessment.unearned_cents - unearned
    parts = [_income(f"Unearned income {money(assessment.unearned_cents)}, less exclusion {money(general)}", unearned)]
    if assessment.earned_cents:
        text = f"Earned income {money(assessment.earned_cents)}, less exclusions and work expenses "
        text += f"{money(counted.earned_excluded_cents)}, divided by {counted.earned_divisor}"
        blind = assessment.blind_work_expense_cents
        parts.append(_income(text + (f", less work expenses of the blind {money(blind)}" if blind else ""), earned))
    text = f"Less the benefit level of {_who(assessment)}: {money(level)}{_carried(assessment, month)}"
    parts.append(Node(what="benefit_level", text=text, cents=-level, rule="SOC-3"))
    return Node(
        what="assessed",
        text=f"{name}, by assessment {assessment.document_id}: countable income {money(counted.countable_cents)}"
        f" - benefit level {money(level)} = share of cost {money(share)}",
        cents=share,
        document=next(iter(references([assessment])), None),
        rule="SOC-2",
        authority=AUTHORITY,
        adds=("cents",),
        parts=parts,
    )


def _who(assessment: IncomeAssessment) -> str:
    """Whose level it is."""
    if not assessment.couple:
        return "a blind individual" if assessment.blind else "an individual"
    return ("a couple", "a couple, one of them blind", "a couple, both blind")[
        assessment.blind + assessment.blind_spouse
    ]


def _carried(assessment: IncomeAssessment, month: RecipientMonth) -> str:
    """That the level is carried forward, where it is."""
    name, law = benefit_level(assessment), month.reading.law
    carried = how_carried(law, name, law.entry(name, month.month, month.cut_off))
    return f" ({carried})" if carried else ""


def _income(text: str, cents: int) -> Node:
    return Node(what="income", text=f"{text}: {money(cents)}", cents=cents)


def _borne(month: RecipientMonth) -> Node:
    """The statements that bear it in the order of charging, with what remains after each (SOC-5)."""
    left, parts = month.share.cents, []
    charges = month.decision.conclusions.get("charges", Charges([]))
    assert isinstance(charges, Charges)
    for statement_id, cents in charges.charged:
        left -= cents
        text = f"{statement_id}: {money(cents)}, leaves {money(left)}"
        parts.append(Node(what="charge", text=text, cents=cents, document=statement_id))
    if left:
        parts.append(Node(what="not_charged", text=f"Charged to nobody so far: {money(left)}", cents=left))
    return Node(
        what="share_of_cost",
        text=f"Who bears the {money(month.share.cents)} of {month_name(month.month)}, in this order",
        cents=month.share.cents,
        rule="SOC-5",
        adds=("cents",),
        parts=parts,
    )
