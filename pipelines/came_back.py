"""Which payments came back: by later instructions of their statement, or by a pay run alone (RUN-4).

An instruction names the earlier ones of its statement that do not stand (`reversed`). Where none followed, since
nothing is due in the payment's place or its month is closed, the PayRun tells (`came_back`): that counts until the next
instruction of the statement.
"""

from collections import defaultdict

from schemas.ids import statement_of
from schemas.pay_run import PayRun
from schemas.payment_instruction import PaymentInstruction


class ReversedPayments:
    """What instructions and pay runs told, in any order."""

    def __init__(self) -> None:
        self.told: dict[str, tuple[int, frozenset[str]]] = {}  # statement -> cut-off of its last instruction, reversed
        self.alone: defaultdict[str, list[tuple[int, bool]]] = defaultdict(list)  # payment -> (cut-off, reversed)

    def instruction(self, paid: PaymentInstruction) -> None:
        """Take in a PaymentInstruction; the first of a statement can name nothing, nor overrule a pay run."""
        if paid.sequence > 1:
            known, _ = self.told.get(paid.statement_id, (0, None))
            if paid.cut_off >= known:
                self.told[paid.statement_id] = paid.cut_off, frozenset(paid.reversed)

    def pay_run(self, run: PayRun) -> None:
        """Take in a PayRun."""
        for one in run.came_back:
            self.turn(run.cut_off, one.instruction_id, one.reversed)

    def turn(self, cut_off: int, instruction_id: str, reversed: bool) -> None:
        """A payment stands no more as of a pay run, or again."""
        self.alone[instruction_id].append((cut_off, reversed))

    def since(self, instruction_id: str) -> int | None:
        """The cut-off of the last record by which a payment does not stand; None if it stands."""
        cut_off, reversed_ids = self.told.get(statement_of(instruction_id), (0, frozenset()))
        found = cut_off if instruction_id in reversed_ids else None
        for at, gone in sorted(self.alone.get(instruction_id, ())):
            if at > cut_off:
                found = at if gone else None
        return found

    def is_alone(self, instruction_id: str) -> bool:
        """Does a payment not stand, and did no instruction follow that tells?"""
        cut_off, _ = self.told.get(statement_of(instruction_id), (0, None))
        return (self.since(instruction_id) or 0) > cut_off

    @property
    def payments(self) -> list[str]:
        """Ids of the payments that do not stand, sorted."""
        named = {id for _, reversed_ids in self.told.values() for id in reversed_ids}
        return sorted(id for id in named | self.alone.keys() if self.since(id) is not None)
