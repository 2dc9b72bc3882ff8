"""Which fact made an instruction what it is: facts first seen by its pay run, taken away and the rules run again.

What no new fact made, time did: a workweek ended, a rate was published, the clock of an advance struck.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from fold.rows import arrival
from pipelines.explain.fold import Bare, ExplainedFold, ExplainFold, unkeyed
from pipelines.spoken import quoted
from rules.documents import Arrival
from rules.law import Law, LawEntry
from rules.periods import cut_off_at_or_after
from schemas.payment_instruction import PaymentInstruction

SAME_IF = ("lines", "deductions", "net_cents", "method")  # an instruction is what it pays


class NewFact(NamedTuple):
    """A fact first seen by the pay run."""

    row: Bare  # without its key
    arrival: Arrival


class Cause(NamedTuple):
    """What made the instruction.

    ``facts``: the fewest with which the pay run says it just so. ``only_together``: of several, none makes any payment
    alone. ``time``: what no fact made at all, the whole instruction or (with facts) the part that would be said anyway.
    """

    facts: list[NewFact]
    only_together: bool = False
    time: PaymentInstruction | None = None


def instruction_in(folded: ExplainedFold, instruction_id: str) -> PaymentInstruction | None:
    """The instruction as folded."""
    found = (each for each in folded.records(PaymentInstruction) if each.instruction_id == instruction_id)
    return next(found, None)


def new_facts(fold: ExplainFold, cut_off: int) -> list[NewFact]:
    """Facts that the pay run saw first, in the order of recording."""
    rows = {unkeyed(row): row for rows in fold.concerned.rows.values() for row in rows if row[1] == cut_off}
    return [NewFact(bare, arrival(rows[bare])) for bare in sorted(rows)]


def cause(fold: ExplainFold, instruction: PaymentInstruction) -> Cause:
    """Why the pay run said this instruction."""
    new = new_facts(fold, instruction.cut_off)
    trial = _Trial(fold, instruction)
    if not new or trial.says_the_same(new):
        return Cause([], time=instruction)
    dropped = trial.needless(new, [])
    needed = [fact for fact in new if fact not in dropped]
    alone = len(needed) == 1 or any(trial.without([other for other in new if other != fact]) for fact in needed)
    return Cause(needed, not alone, trial.without(new))


class _Trial:
    """The rules run again without some facts: what would the pay run have said?"""

    def __init__(self, fold: ExplainFold, instruction: PaymentInstruction) -> None:
        self.fold, self.instruction = fold, instruction

    def without(self, facts: Iterable[NewFact]) -> PaymentInstruction | None:
        """What it says of the statement then."""
        folded = self.fold.run(frozenset(fact.row for fact in facts))
        return instruction_in(folded, self.instruction.instruction_id)

    def says_the_same(self, facts: Iterable[NewFact]) -> bool:
        """Does it pay the same without these?"""
        other = self.without(facts)
        return other is not None and all(getattr(other, name) == getattr(self.instruction, name) for name in SAME_IF)

    def needless(self, facts: Sequence[NewFact], dropped: list[NewFact]) -> list[NewFact]:
        """``dropped`` and all of the facts that can be left out too, the later first; by halves, since most facts of a
        pay run matter to nobody here."""
        if self.says_the_same([*dropped, *facts]):
            return [*dropped, *facts]
        if len(facts) == 1:
            return dropped
        middle = len(facts) // 2
        return self.needless(facts[:middle], self.needless(facts[middle:], dropped))


def published(law: Law, instruction: PaymentInstruction) -> list[str]:
    """Parameters of which a value was first known to its pay run (WAGE-2), each with what it rests on; of wages, those
    of its counties."""
    its_own = {f"wage.{line.county}" for line in instruction.lines}
    new = {
        name: [entry.citation for entry in parameter.entries if _first_seen(entry) == instruction.cut_off]
        for name, parameter in law.parameters.items()
        if name in its_own or not name.startswith("wage.")
    }
    return [f"{name} (" + quoted("; ".join(dict.fromkeys(cited))) + ")" for name, cited in sorted(new.items()) if cited]


def _first_seen(entry: LawEntry) -> int | None:
    """The first pay run after the day of publication."""
    return cut_off_at_or_after(entry.known_from) if entry.known_from is not None else None
