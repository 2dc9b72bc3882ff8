"""What was paid on a person's statements: this payment, and what stands so far, line by line.

Law: MONEY-2 (each instruction is a difference), RUN-4 (a payment that came back is reversed). No record of the folder
says which payment came back; it shows where the gross so far no longer is the sum of what was said.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from schemas.payment_instruction import PaymentInstruction

Paid = PaymentInstruction
DEDUCTIONS = ("FICA", "MEDICARE", "SDI", "SHARE_OF_COST", "ADVANCE_PAID", "OVERPAYMENT_CARRIED")


@dataclass(frozen=True)
class CameBack:
    """A payment that was returned, voided or went stale; ``run_date``: of the instruction that first knew."""

    instruction: Paid
    run_date: int


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


def came_back(of_statement: Sequence[Paid]) -> list[CameBack]:
    """Payments of one statement that were reversed, as its instructions in order of sequence tell."""
    reversed_: list[CameBack] = []
    standing: list[Paid] = []
    for paid in of_statement:
        missing = sum(each.gross_cents for each in standing) + paid.gross_cents - paid.gross_to_date_cents
        gone = _adding_up_to(missing, _moved(standing, paid), standing)
        reversed_ += [CameBack(each, paid.run_date) for each in gone]
        standing = [each for each in standing if each not in gone] + [paid]
    return reversed_


def _moved(standing: Sequence[Paid], paid: Paid) -> int:
    """Net cents that no longer count."""
    return sum(each.net_cents for each in standing) + paid.net_cents - paid.net_to_date_cents


def _adding_up_to(gross: int, net: int, standing: Sequence[Paid]) -> Sequence[Paid]:
    """The fewest payments, latest first, that make both amounts; only what moved money can come back."""
    if not (gross or net):
        return ()
    movable = [each for each in reversed(standing) if each.net_cents > 0]
    for count in range(1, len(movable) + 1):
        for some in combinations(movable, count):
            if (sum(each.gross_cents for each in some), sum(each.net_cents for each in some)) == (gross, net):
                return some
    raise ValueError("what a statement says was paid so far does not follow from its instructions")
