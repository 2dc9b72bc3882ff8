"""The account of an instruction that was really sent, where this code would have made another.

Lines, deductions and net are those that were sent. TAX-3 also needs the tax class, and the part of the gross that can
bear share of cost (SOC-4) or that an advance covered (ADV-5), where a statement is paid in two payment years. No letter
holds them, so they are derived: the class from the taxes that were withheld.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import msgspec

from rules.adjustment import deductions_said
from rules.conclusions import Line
from rules.kept import PastInstruction
from rules.law import Law, NotInForce
from rules.periods import year_of
from rules.taxes import kinds_of, withholding
from schemas.payment_instruction import PaymentInstruction
from schemas.symbols import TAXES, DeductionKind

CLASSES = ("NON_RELATIVE", "DOMESTIC_PARTNER", "CHILD_18_TO_20", "SPOUSE")  # one for each set of taxes (TAX-1)
BEARING = ("SERVICE", "OVERTIME_PREMIUM")
COVERED: tuple[DeductionKind, ...] = ("ADVANCE_PAID", "SHARE_OF_COST")


class Around(NamedTuple):
    """What is known around a letter: ``thought``: what this code would have said in its place; ``before``: what was
    instructed of the statement earlier; ``likely``: its class by this code; ``advanced``: was the month advanced?"""

    thought: PastInstruction | None
    before: Sequence[PastInstruction]
    likely: str
    advanced: bool


def as_instructed(real: PaymentInstruction, around: Around, law: Law) -> PastInstruction:
    """``real``: the letter."""
    said = PastInstruction(
        instruction_id=real.instruction_id,
        run_date=real.run_date,
        cut_off=real.cut_off,
        relationship=around.likely,
        lines=[Line(**{name: getattr(line, name) for name in Line.__struct_fields__}) for line in real.lines],
        deductions={each.kind: each.cents for each in real.deductions},
        part_cents=0,
        net_cents=real.net_cents,
    )
    return _with_part(_with_class(said, around.before, law), around, law)


def _with_class(said: PastInstruction, before: Sequence[PastInstruction], law: Law) -> PastInstruction:
    """The class that pays just the taxes that were withheld in its payment year, the likely one first."""
    of_year = _of_year(said, before)
    withheld = {kind for kind, cents in deductions_said(of_year).items() if cents and kind in TAXES}
    gross = sum(each.gross_cents for each in of_year)
    for relationship in (said.relationship, *CLASSES):
        would = _taxes(gross, relationship, said, law)
        if {kind for kind, cents in would.items() if cents} == withheld:
            return _replaced(said, relationship=relationship)
    return said


def _with_part(said: PastInstruction, around: Around, law: Law) -> PastInstruction:
    """In an advance month the part that leaves what was covered when its taxes are taken, else what its lines bear."""
    thought = around.thought
    if around.advanced:
        of_year = _of_year(said, around.before)
        covered = sum(deductions_said(of_year).get(kind, 0) for kind in COVERED)
        part = _before_taxes(covered, said, law) - sum(each.part_cents for each in of_year[:-1])
        return _replaced(said, part_cents=part)
    if thought is None:
        return _replaced(said, part_cents=_bearing(said.lines))
    return _replaced(said, part_cents=thought.part_cents + _bearing(said.lines) - _bearing(thought.lines))


def _before_taxes(covered: int, said: PastInstruction, law: Law) -> int:
    """The gross of which ``covered`` is left after taxes."""
    left = gross = abs(covered)
    while (short := left - gross + sum(_taxes(gross, said.relationship, said, law).values())) > 0:
        gross += short
    return gross if covered > 0 else -gross


def _taxes(gross: int, relationship: str, said: PastInstruction, law: Law) -> Counter[DeductionKind]:
    def lookup(name: str, day: int) -> Any:
        return law.value(name, day, said.cut_off)

    with suppress(NotInForce):
        return Counter(withholding(gross, kinds_of(relationship, said.run_date, lookup), said.run_date, lookup))
    return Counter()


def _of_year(said: PastInstruction, before: Iterable[PastInstruction]) -> list[PastInstruction]:
    return [*(each for each in before if year_of(each.run_date) == year_of(said.run_date)), said]


def _bearing(lines: Iterable[Line]) -> int:
    return sum(line.cents for line in lines if line.program == "IHSS" and line.earning in BEARING)


def _replaced(said: PastInstruction, **values: object) -> PastInstruction:
    return msgspec.structs.replace(said, **values)
