"""What was paid on a person's statements: this payment, and what stands so far, line by line.

Law: MONEY-2 (each instruction is a difference), RUN-4 (a payment that came back is reversed). An instruction names the
earlier ones that no longer stand as of its pay run. Of an outcome that no instruction followed (nothing was left to
pay, or the month was closed) the pay run tells.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from pipelines.misuse import Misuse
from rules.periods import business_day_of
from schemas.payment_instruction import PaymentInstruction

Paid = PaymentInstruction


@dataclass(frozen=True)
class StatementReversals:
    """A payment that was returned, voided or went stale; ``run_date``: of the record that first knew. ``alone``: no
    instruction followed; ``too_late``: since its month is closed."""

    instruction: Paid
    run_date: int
    alone: bool = False
    too_late: bool = False


class Turn(NamedTuple):
    """What a pay run tells of a payment that no instruction of it names: it stands no more, or again."""

    cut_off: int
    instruction_id: str
    reversed: bool


@dataclass
class Sums:
    """Sums over instructions, cents and minutes; ``lines`` by earning, program, county and rate."""

    gross: int = 0
    net: int = 0
    lines: dict[tuple[str, str, str, int | None], list[int]] = field(default_factory=dict)
    deductions: dict[str, int] = field(default_factory=dict)

    def add(self, paid: Paid) -> "Sums":
        """One more instruction."""
        self.gross += paid.gross_cents
        self.net += paid.net_cents
        for line in paid.lines:
            key = line.earning, line.program, line.county or "", line.rate_mills
            sums = self.lines.setdefault(key, [0, 0])
            sums[0] += line.minutes
            sums[1] += line.cents
        for deduction in paid.deductions:
            self.deductions[deduction.kind] = self.deductions.get(deduction.kind, 0) + deduction.cents
        return self


def summed(instructions: Iterable[Paid]) -> Sums:
    """Their sums."""
    sums = Sums()
    for paid in instructions:
        sums.add(paid)
    return sums


def came_back(of_statement: Sequence[Paid], turns: Iterable[Turn] = ()) -> list[StatementReversals]:
    """Payments of one statement, given in order of sequence, that do not stand as of the last record about it.

    An outcome may be withdrawn: then its payment stands again. Raises Misuse where instructions are missing.
    """
    first_knew: dict[str, int] = {}
    for paid in of_statement:
        first_knew = {id: first_knew.get(id, paid.run_date) for id in paid.reversed}
    _check(of_statement, first_knew)
    known = {paid.instruction_id: paid for paid in of_statement}
    found = {id: StatementReversals(known[id], run_date) for id, run_date in first_knew.items()}
    last = of_statement[-1].cut_off if of_statement else 0
    for turn in sorted(turn for turn in turns if turn.cut_off > last and turn.instruction_id in known):
        found.pop(turn.instruction_id, None)
        if turn.reversed:
            found[turn.instruction_id] = StatementReversals(
                known[turn.instruction_id], business_day_of(turn.cut_off), alone=True
            )
    return list(found.values())


def _check(of_statement: Sequence[Paid], gone: Iterable[str]) -> None:
    """The last instruction counts them, and says what those that stand come to."""
    if not of_statement:
        return
    last, lost = of_statement[-1], set(gone)
    standing = [paid for paid in of_statement if paid.instruction_id not in lost]
    to_date = sum(paid.gross_cents for paid in standing), sum(paid.net_cents for paid in standing)
    if last.sequence != len(of_statement) or to_date != (last.gross_to_date_cents, last.net_to_date_cents):
        raise Misuse(
            "--paid lacks instructions, or is of an earlier version, as its sums do not add up: copy it whole or replay"
        )
