"""Decides what is due now: what a statement is worth, less everything said of it that stands.

Authority: MONEY-2 (never an edit, always a difference; net never negative), RUN-2 (order of deductions), RUN-4 (what
was returned, voided or went stale no longer stands; what was recovered is no longer outstanding). In force: always.
Does not cover: what a statement is worth (`statements`, `taxes`, `share_of_cost`, `advance_pay`); recovery from other
statements, which is a person's decision.

Units: cents and minutes ``int``.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import NamedTuple

from rules.conclusions import Line
from rules.kept import Account, PastInstruction
from schemas.symbols import CARRIED, DEDUCTIONS, EARNINGS, DeductionKind, known

WITHHELD: tuple[DeductionKind, ...] = tuple(kind for kind in DEDUCTIONS if kind != CARRIED)
LineKey = tuple[str, str, str, int]


class Due(NamedTuple):
    """This run's differences, sorted, without zeros; ``cents`` is what they come to before anything is carried."""

    lines: list[Line]
    deductions: dict[DeductionKind, int]
    cents: int


def standing(account: Account, reversed_ids: Set[str]) -> list[PastInstruction]:
    """The instructions that no outcome has reversed; only one that moved money can be (RUN-4)."""
    return [said for said in account.said if said.net_cents == 0 or said.instruction_id not in reversed_ids]


def due(worth: Sequence[Line], deductions: Mapping[DeductionKind, int], said: Sequence[PastInstruction]) -> Due:
    """A statement's whole lines and deductions (OVERPAYMENT_CARRIED not among them) less what stands.

    Raises UnknownSymbol: what is not known cannot be left out of an amount.
    """
    lines = line_differences(worth, said)
    already = deductions_said(said)
    known(deductions, WITHHELD, "deduction")
    known(already, DEDUCTIONS, "deduction")
    known((line.earning for line in lines), EARNINGS, "earning")
    differences: dict[DeductionKind, int] = {}
    for kind in WITHHELD:
        cents = deductions.get(kind, 0) - already.get(kind, 0)
        if cents:
            differences[kind] = cents
    return Due(lines, differences, sum(line.cents for line in lines) - sum(differences.values()))


def line_differences(worth: Sequence[Line], said: Sequence[PastInstruction]) -> list[Line]:
    """One line per earning, program, county and rate: new total less old total (MONEY-1)."""
    if len(said) == 1 and said[0].lines == worth:  # a statement of which something else is decided: often
        return []
    return _sums([*((-1, line) for each in said for line in each.lines), *((1, line) for line in worth)])


def lines_said(said: Iterable[PastInstruction]) -> list[Line]:
    """Total per earning, program, county and rate."""
    return _sums((1, line) for each in said for line in each.lines)


def _sums(signed: Iterable[tuple[int, Line]]) -> list[Line]:
    sums: dict[LineKey, Line] = {}
    for sign, line in signed:
        key = line.key
        before = sums.get(key)
        if before is None and sign > 0:
            sums[key] = line
            continue
        minutes, cents = (before.minutes, before.cents) if before else (0, 0)
        sums[key] = Line(
            line.earning,
            line.program,
            line.county,
            line.rate_mills,
            minutes + sign * line.minutes,
            cents + sign * line.cents,
            line.rule,
        )
    return [line for _, line in sorted(sums.items()) if line.minutes or line.cents]


def deductions_said(said: Iterable[PastInstruction]) -> dict[DeductionKind, int]:
    """Sums by kind."""
    sums: dict[DeductionKind, int] = {}
    for each in said:
        for kind, cents in each.deductions.items():
            sums[kind] = sums.get(kind, 0) + cents
    return sums


def outstanding(said: Iterable[PastInstruction], recovered_cents: int) -> int:
    """What is overpaid: carried and not recovered. What was recovered beyond it waits for a later overpayment."""
    return max(0, -deductions_said(said).get(CARRIED, 0) - recovered_cents)


def carried(owed: Due, outstanding_cents: int) -> int:
    """OVERPAYMENT_CARRIED of this run: a fall is carried (negative), a rise is first set against what is outstanding.

    What is left of ``owed.cents`` moves, and is never negative.
    """
    return min(owed.cents, outstanding_cents)
