"""ProviderAssignment: who works for whom (law: WHO-2, HOURS-5, TAX-1)."""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import model_validator

from schemas.envelope import Fact
from schemas.symbols import Program, Relationship
from schemas.types import EndDay, EpochDay, Identifier, MinutesOfMonth, check_span


class ProviderAssignment(Fact):
    """A provider may work for a recipient (WHO-2)."""

    KIND: ClassVar[str] = "ProviderAssignment"
    KEY_FIELDS: ClassVar[tuple[str, ...]] = ("provider_id", "recipient_id", "program")

    provider_id: Identifier
    recipient_id: Identifier
    program: Program
    effective_from: EpochDay
    effective_to: EndDay | None = None
    monthly_minutes: MinutesOfMonth | None = None
    relationship: Relationship
    live_in: bool

    @model_validator(mode="after")
    def _agree(self) -> Self:
        check_span(self.effective_from, self.effective_to, "effective_to", "effective_from")
        return self
