"""What was paid on a person's statements: this payment, and what stands so far, line by line.

Law: MONEY-2 (each instruction is a difference), RUN-4 (a payment that came back is reversed). No record of the folder
says which payment came back; it shows where the gross so far no longer is the sum of what was said.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from pipelines.misuse import Misuse
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
    """Payments of one statement that stand reversed, as its instructions in order of sequence tell."""
    lost: dict[str, CameBack] = {}
    for place, paid in enumerate(of_statement):
        before = of_statement[:place]
        turned = _turned(before, lost, paid)
        lost = {id: back for id, back in lost.items() if id not in turned} | {
            each.instruction_id: CameBack(each, paid.run_date)
            for each in before
            if each.instruction_id in turned and each.instruction_id not in lost
        }
    return list(lost.values())


def _turned(before: Sequence[Paid], lost: Mapping[str, CameBack], paid: Paid) -> set[str]:
    """The fewest payments, latest first, that came back or after all did not, so that the amounts so far follow.

    Only what moved money can come back. An outcome may be withdrawn: then its payment stands again.
    """
    standing = [each for each in before if each.instruction_id not in lost]
    over = [sum(amounts) for amounts in zip(_amounts(paid), *map(_amounts, standing), strict=True)]
    wanted = over[0] - paid.gross_to_date_cents, over[1] - paid.net_to_date_cents
    movable = [each for each in reversed(before) if each.net_cents > 0]
    for count in range(len(movable) + 1):
        for some in combinations(movable, count):
            signs = [-1 if each.instruction_id in lost else 1 for each in some]
            gross = sum(sign * each.gross_cents for sign, each in zip(signs, some, strict=True))
            net = sum(sign * each.net_cents for sign, each in zip(signs, some, strict=True))
            if (gross, net) == wanted:
                return {each.instruction_id for each in some}
    raise Misuse(
        "--paid lacks instructions, as the sums so far do not follow from them: copy it whole, or replay again"
    )


def _amounts(paid: Paid) -> tuple[int, int]:
    return paid.gross_cents, paid.net_cents
