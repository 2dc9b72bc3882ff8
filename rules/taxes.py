"""Decides which payroll taxes a statement pays, and how much of each has been earned by now.

Authority: TAX-1 (26 USC 3121(b)(3); UI Code 631), TAX-2 (26 USC 3101), TAX-3.
In force: by parameter; the rate is that of the payment year, the year of the pay run's business day.
Does not cover: income tax, wage bases, yearly thresholds and refunds (downstream); which assignment gives the class
(`relationships`).

Units: cents ``int``, days ``int``. ``Lookup`` gives a parameter in force on a day, as known at a pay run.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import NamedTuple

from rules.kept import PastInstruction
from rules.law import Law, Lookup, NotInForce
from rules.money import share_cents
from rules.periods import business_day_of, civil_date, epoch_day, midnight, month_of, next_month, year_of
from schemas.symbols import TAXES, DeductionKind

REMEMBERED = 60 * 60  # answers that are asked for again and again: of each class at each pay run


def withholding(gross_cents: int, kinds: Sequence[DeductionKind], day: int, lookup: Lookup) -> dict[DeductionKind, int]:
    """Each tax on a gross, half-up, at the rates of the year of ``day``. Raises NotInForce."""
    january = _january(day)
    return {kind: share_cents(gross_cents, lookup(f"tax.{kind}", january)) for kind in kinds}


@lru_cache(maxsize=REMEMBERED)
def _january(day: int) -> int:
    return epoch_day(civil_date(day).replace(month=1, day=1))


def kinds_of(relationship: str, day: int, lookup: Lookup) -> tuple[DeductionKind, ...]:
    """The taxes that a class pays (TAX-1). Raises NotInForce."""
    kinds: tuple[DeductionKind, ...] = lookup(f"tax.kinds.{relationship}", day)
    return kinds


@lru_cache(maxsize=REMEMBERED)
def taxable(relationship: str, cut_off: int, law: Law) -> bool:
    """Are the rates of all taxes of a class known in the payment year of a pay run?"""
    run_date, lookup = business_day_of(cut_off), partial(law.value, known_at=cut_off)
    try:
        withholding(0, kinds_of(relationship, run_date, lookup), run_date, lookup)
    except NotInForce:
        return False
    return True


def turn_of_month(cut_off: int) -> int:
    """An instant that only a pay run of the next month sees: it may be of another payment year."""
    return midnight(next_month(month_of(business_day_of(cut_off)))) + 1


def withheld(
    gross_cents: int, said: Sequence[PastInstruction], relationship: str, run_date: int, lookup: Lookup
) -> dict[DeductionKind, int]:
    """What must be withheld of a statement worth ``gross_cents``, by kind, all payment years together (TAX-3).

    Past payment years as ``said`` (instructions that stand); this year's anew on all gross of this year.
    """
    this_year, taxes = by_year(gross_cents, said, run_date)
    for kind, cents in withholding(this_year, kinds_of(relationship, run_date, lookup), run_date, lookup).items():
        taxes[kind] += cents
    return taxes


def by_year(gross_cents: int, said: Sequence[PastInstruction], run_date: int) -> tuple[int, dict[DeductionKind, int]]:
    """The gross that is this payment year's, and what was withheld in others by kind (TAX-3)."""
    year = year_of(run_date)
    past = [each for each in said if year_of(each.run_date) != year]
    if not past:
        return gross_cents, dict.fromkeys(TAXES, 0)
    taxes: dict[DeductionKind, int] = {kind: sum(each.deductions.get(kind, 0) for each in past) for kind in TAXES}
    this_year = gross_cents - sum(each.gross_cents for each in past)
    return this_year, taxes


class Deciding(NamedTuple):
    """What decides the taxes of a payment year: the class, the business day of the run, its cut-off."""

    relationship: str
    run_date: int
    cut_off: int


def on_part(part_cents: int, said: Sequence[PastInstruction], now: Deciding, lookup_at: Callable[[int], Lookup]) -> int:
    """Taxes on a part of the gross alone, split by payment year like the whole (TAX-3). ``lookup_at`` gives the law as
    known at a cut-off."""
    years = part_by_year(part_cents, said, now)
    return sum(all_taxes(cents, then, lookup_at(then.cut_off)) for cents, then in years.values())


def part_by_year(part_cents: int, said: Sequence[PastInstruction], now: Deciding) -> dict[int, tuple[int, Deciding]]:
    """Of a part of the gross what is each payment year's, and what decides its taxes: in a past year the class and the
    rates with which it was last decided. What is not yet instructed belongs to the year of ``now``."""
    parts: dict[int, int] = defaultdict(int)
    deciding = {}
    for each in said:
        parts[year_of(each.run_date)] += each.part_cents
        deciding[year_of(each.run_date)] = Deciding(each.relationship, each.run_date, each.cut_off)
    parts[year_of(now.run_date)] += part_cents - sum(parts.values())
    deciding[year_of(now.run_date)] = now
    return {year: (parts[year], then) for year, then in deciding.items()}


def all_taxes(gross_cents: int, then: Deciding, lookup: Lookup) -> int:
    """All taxes of a class on a gross, each half-up."""
    kinds = kinds_of(then.relationship, then.run_date, lookup)
    return sum(withholding(gross_cents, kinds, then.run_date, lookup).values())
