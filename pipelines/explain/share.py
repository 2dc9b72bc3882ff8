"""The recipient's share of cost, as the rules worked it out: income, benefit level, share, and who bears it."""

from collections.abc import Iterator

from pipelines.explain.tree import Node, Unbalanced
from pipelines.explain.words import month_name
from pipelines.law_notices import how_carried
from pipelines.spoken import quoted, say
from pipelines.wording import money
from rules.instructions import ADVANCE
from rules.kept import Charges
from rules.law import NotInForce
from rules.settle.filed import references
from rules.settle.recipient import RecipientMonth
from rules.share_of_cost import Income, benefit_level, benefit_level_cents, income
from schemas.income_assessment import IncomeAssessment

AUTHORITY = "20 CFR 416.1112, 416.1124; WIC 12305.1"


def share_nodes(month: RecipientMonth) -> Iterator[Node]:
    """How the share of the month was found, and who bears it; why there is none, if there is none now."""
    if not month.share.cents:
        yield Node(what="share_of_cost", text=_why_none(month), cents=0, rule="SOC-1", authority=quoted(AUTHORITY))
        return
    assert month.assessment is not None
    yield _assessed(month, month.assessment)
    if month.mode != ADVANCE or month.decision.conclusions.get("charges"):
        yield _borne(month)


def _why_none(month: RecipientMonth) -> str:
    name = month_name(month.month)
    if month.assessment is None:
        return say("No share of cost is known for {month} now: no income assessment is in force", month=name)
    if month.share.code is not None:
        return say("No share of cost is charged for {month} now: no benefit level is in force", month=name)
    document = month.assessment.document_id
    return say("No share of cost is owed for {month} now, by assessment {document}", month=name, document=document)


def _assessed(month: RecipientMonth, assessment: IncomeAssessment) -> Node:
    """Income less benefit level; refuses if that is not the share that was charged from. Raises Unbalanced."""
    try:
        counted = income(assessment, month.month, month.reading)
        level = benefit_level_cents(assessment, month.month, month.reading)
    except NotInForce as missing:
        raise Unbalanced("share of cost") from missing
    name, share = month_name(month.month), month.share.cents
    unearned, earned = counted.unearned_cents, counted.countable_cents - counted.unearned_cents
    parts = [_unearned(assessment, unearned)]
    if assessment.earned_cents:
        parts.append(_earned(assessment, counted, earned))
    text = say("Less the benefit level of {who}: {level}", who=_who(assessment), level=money(level))
    parts.append(Node(what="benefit_level", text=text + _carried(assessment, month), cents=-level, rule="SOC-3"))
    return Node(
        what="assessed",
        text=say(
            "{month}, by assessment {document}: countable income {income} - benefit level {level} = share of cost "
            "{share}",
            month=name,
            document=assessment.document_id,
            income=money(counted.countable_cents),
            level=money(level),
            share=money(share),
        ),
        cents=share,
        document=next(iter(references([assessment])), None),
        rule="SOC-2",
        authority=quoted(AUTHORITY),
        adds=("cents",),
        parts=parts,
    )


def _who(assessment: IncomeAssessment) -> str:
    """Whose level it is."""
    if not assessment.couple:
        return say("a blind individual") if assessment.blind else say("an individual")
    return (say("a couple"), say("a couple, one of them blind"), say("a couple, both blind"))[
        assessment.blind + assessment.blind_spouse
    ]


def _carried(assessment: IncomeAssessment, month: RecipientMonth) -> str:
    """That the level is carried forward, where it is."""
    name, law = benefit_level(assessment), month.reading.law
    carried = how_carried(law, name, law.entry(name, month.month, month.cut_off))
    return " (" + carried + ")" if carried else ""


def _unearned(assessment: IncomeAssessment, counted: int) -> Node:
    all_of_it, less = money(assessment.unearned_cents), money(assessment.unearned_cents - counted)
    return _income(say("Unearned income {income}, less exclusion {less}", income=all_of_it, less=less), counted)


def _earned(assessment: IncomeAssessment, counted: Income, cents: int) -> Node:
    text: str = say(
        "Earned income {income}, less exclusions and work expenses {less}, divided by {divisor}",
        income=money(assessment.earned_cents),
        less=money(counted.earned_excluded_cents),
        divisor=str(counted.earned_divisor),
    )
    if blind := assessment.blind_work_expense_cents:
        text += ", " + say("less work expenses of the blind {amount}", amount=money(blind))
    return _income(text, cents)


def _income(text: str, cents: int) -> Node:
    return Node(what="income", text=text + f": {money(cents)}", cents=cents)


def _borne(month: RecipientMonth) -> Node:
    """The statements that bear it in the order of charging, with what remains after each (SOC-5)."""
    left, parts, share = month.share.cents, [], money(month.share.cents)
    charges = month.decision.conclusions.get("charges", Charges([]))
    assert isinstance(charges, Charges)
    for statement_id, cents in charges.charged:
        left -= cents
        text = f"{statement_id}: {money(cents)}, " + say("leaves {amount}", amount=money(left))
        parts.append(Node(what="charge", text=text, cents=cents, document=statement_id))
    if left:
        text = say("Charged to nobody so far: {amount}", amount=money(left))
        parts.append(Node(what="not_charged", text=text, cents=left))
    return Node(
        what="share_of_cost",
        text=say("Who bears the {amount} of {month}, in this order", amount=share, month=month_name(month.month)),
        cents=month.share.cents,
        rule="SOC-5",
        adds=("cents",),
        parts=parts,
    )
