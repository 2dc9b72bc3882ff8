"""Decides a month's share of cost, and which statements bear it.

Authority: SOC-1, SOC-2 (20 CFR 416.1112, 416.1124; WIC 12305.1), SOC-3 (benefit levels), SOC-4, SOC-5 (MPP 30-769.722;
order, travel, training, WPCS, spouses: assumptions), WAGE-2 (the last level goes on). In force: by parameter; before
the first benefit level nothing is charged (SOC-3). Does not cover: taxes on what a statement bears (`taxes`), notices
of a charge (`settle.recipient`).

Units: cents ``int``; a month is the day of its 1st. ``Lookup`` gives a parameter in force on a day, as known at a run.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from rules.kept import OverLimit
from rules.law import Lookup, NotInForce
from rules.money import half_up
from rules.periods import MONTHS_IN_YEAR
from schemas.income_assessment import IncomeAssessment

Charge = tuple[str, int]  # statement id, cents
LEVELS_OF_COUPLE = ("couple", "couple_one_blind", "couple_both_blind")  # by how many of the two are blind
LIMITED = ("SSI_1619B", "WORKING_DISABLED")


class Share(NamedTuple):
    """What the recipient owes for a month; ``code``: the finding that says why nothing could be decided."""

    cents: int
    code: str | None = None


class Income(NamedTuple):
    """Monthly income as it counts (SOC-2): unearned after the general exclusion; what is taken from earned income
    before it is divided by ``earned_divisor``."""

    unearned_cents: int
    earned_excluded_cents: int
    earned_divisor: int
    countable_cents: int


def share_of_month(assessment: IncomeAssessment | None, month: int, lookup: Lookup) -> Share:
    """The share by the assessment in force on the 1st."""
    if assessment is None:
        return Share(0, "NO_INCOME_ASSESSMENT")
    try:
        if assessment.category in lookup("share_of_cost.free_categories", month):
            return Share(0)
        level = benefit_level_cents(assessment, month, lookup)
        return Share(max(0, income(assessment, month, lookup).countable_cents - level))
    except NotInForce:
        return Share(0, "SHARE_OF_COST_UNKNOWN")


def benefit_level_cents(assessment: IncomeAssessment, month: int, lookup: Lookup) -> int:
    """What income is held against (SOC-3). Raises NotInForce."""
    level: int = lookup(benefit_level(assessment), month)
    return level


def benefit_level(assessment: IncomeAssessment) -> str:
    """The name of the parameter (SOC-3)."""
    return f"share_of_cost.benefit_level_cents.{_level(assessment)}"


def _level(assessment: IncomeAssessment) -> str:
    if not assessment.couple:
        return "blind_individual" if assessment.blind else "individual"
    return LEVELS_OF_COUPLE[assessment.blind + assessment.blind_spouse]


def income(assessment: IncomeAssessment, month: int, lookup: Lookup) -> Income:
    """Countable monthly income, half-up once at the end (SOC-2). Raises NotInForce."""
    general: int = lookup("share_of_cost.general_exclusion_cents", month)
    divisor: int = lookup("share_of_cost.earned_divisor", month)
    unearned = max(0, assessment.unearned_cents - general)
    rest = max(0, general - assessment.unearned_cents)
    excluded = rest + lookup("share_of_cost.earned_exclusion_cents", month) + assessment.impairment_work_expense_cents
    earned = max(0, assessment.earned_cents - excluded) - divisor * assessment.blind_work_expense_cents
    return Income(unearned, excluded, divisor, half_up(divisor * unearned + max(0, earned), divisor))


def over_limit(assessment: IncomeAssessment | None, month: int, lookup: Lookup) -> OverLimit | None:
    """SOC-1: is the yearly income above the claimed category's threshold? Judged where one is in force in the month."""
    if assessment is None or assessment.category not in LIMITED:
        return None
    sight = "blind" if assessment.blind else "not_blind"
    try:
        limit = lookup(f"share_of_cost.yearly_income_limit_cents.{assessment.category}.{sight}", month)
    except NotInForce:
        return None
    yearly = MONTHS_IN_YEAR * (assessment.unearned_cents + assessment.earned_cents)
    over = OverLimit(assessment.document_id, assessment.category, yearly, limit)
    return over if yearly > limit else None


def keep(charged: Iterable[Charge], bears: Mapping[str, int], share_cents: int) -> list[Charge]:
    """What stays charged: each statement down to what it bears, then the month down to its share, last made first."""
    left = dict(bears)
    kept = []
    for statement_id, cents in charged:
        stays = min(cents, left.get(statement_id, 0), share_cents)
        if stays:
            kept.append((statement_id, stays))
            left[statement_id] -= stays
            share_cents -= stays
    return kept


def charge(kept: Sequence[Charge], rooms: Iterable[tuple[str, int]], share_cents: int) -> list[Charge]:
    """Charge what is open of the share to the statements in the order given, each up to its room; all charges."""
    charged = list(kept)
    open_cents = share_cents - sum(cents for _, cents in kept)
    for statement_id, room in rooms:
        taken = min(open_cents, room)
        if taken > 0:
            charged.append((statement_id, taken))
            open_cents -= taken
    return charged
