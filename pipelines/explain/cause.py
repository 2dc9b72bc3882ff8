"""Which fact made an instruction what it is: facts first seen by its pay run, taken away and the rules run again.

What no new fact made, time did: a workweek ended, a rate was published, the clock of an advance struck.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

from pipelines.explain.fold import Fold, Folded, unkeyed
from rules.documents import Arrival
from rules.law import Law
from transforms.rows import arrival

SAME_IF = ("lines", "deductions", "net_cents", "method")  # an instruction is what it pays
Instruction = dict[str, Any]


class NewFact(NamedTuple):
    """A fact first seen by the pay run."""

    row: Any  # without its key
    arrival: Arrival


class Cause(msgspec.Struct, omit_defaults=True):
    """What made the instruction. ``together``: none of several facts alone; ``time``: no fact at all."""

    facts: list[NewFact] = []
    together: bool = False
    time: bool = False


def instruction_in(folded: Folded, instruction_id: str) -> Instruction | None:
    """The instruction as folded."""
    found = (each for each in folded.records("PaymentInstruction") if each["instruction_id"] == instruction_id)
    return next(found, None)


def new_facts(fold: Fold, cut_off: int) -> list[NewFact]:
    """Facts that the pay run saw first, in the order of recording."""
    rows = {unkeyed(row): row for rows in fold.concerned.rows.values() for row in rows if row[1] == cut_off}
    return [NewFact(bare, arrival(rows[bare])) for bare in sorted(rows)]


def cause(fold: Fold, instruction: Instruction) -> Cause:
    """Why the pay run said this instruction."""
    new = new_facts(fold, instruction["cut_off"])
    if not new or not _matters(fold, instruction, new):
        return Cause(time=True)
    needed = list(_needed(fold, instruction, new))
    return Cause(needed) if needed else Cause(new, together=True)


def _needed(fold: Fold, instruction: Instruction, facts: Sequence[NewFact]) -> Iterable[NewFact]:
    """Facts without which it would not be what it is, by halves: most facts of a pay run matter to nobody here."""
    if len(facts) == 1:
        yield facts[0]
        return
    middle = len(facts) // 2
    for half in (facts[:middle], facts[middle:]):
        if _matters(fold, instruction, half):
            yield from _needed(fold, instruction, half)


def _matters(fold: Fold, instruction: Instruction, facts: Iterable[NewFact]) -> bool:
    """Would it be another without these facts?"""
    without = fold.run(frozenset(fact.row for fact in facts))
    other = instruction_in(without, instruction["instruction_id"])
    return other is None or any(other[name] != instruction[name] for name in SAME_IF)


def published(law: Law, cut_off: int) -> list[str]:
    """Parameters of which a value was first known to this pay run (WAGE-2)."""
    return sorted(
        name
        for name, parameter in law.parameters.items()
        if any(entry.known_from == cut_off for entry in parameter.entries)
    )
