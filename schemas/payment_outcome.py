"""PaymentOutcome: what became of an instruction (law: RUN-4)."""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import model_validator

from schemas.envelope import Fact
from schemas.symbols import Outcome
from schemas.types import Cents, InstructionId, Text, contradiction


class PaymentOutcome(Fact):
    """What became of an instruction downstream (RUN-4)."""

    KIND: ClassVar[str] = "PaymentOutcome"
    KEY_FIELDS: ClassVar[tuple[str, ...]] = ("instruction_id",)

    instruction_id: InstructionId
    outcome: Outcome
    cents: Cents | None = None
    reason: Text | None = None

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.outcome == "RECOVERED" and self.cents is None:
            raise contradiction("cents", "RECOVERED says how many cents came back.")
        return self
