"""IncomeAssessment: monthly income of a recipient (law: SOC-1 to SOC-3)."""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import model_validator

from schemas.envelope import Fact
from schemas.symbols import IncomeCategory
from schemas.types import Cents, EndDay, EpochDay, Identifier, check_span


class IncomeAssessment(Fact):
    """Monthly income of a recipient, for the share of cost (SOC-1 to SOC-3)."""

    KIND: ClassVar[str] = "IncomeAssessment"
    KEY_FIELDS: ClassVar[tuple[str, ...]] = ("recipient_id",)

    recipient_id: Identifier
    effective_from: EpochDay
    effective_to: EndDay | None = None
    category: IncomeCategory
    couple: bool
    blind: bool
    blind_spouse: bool = False
    unearned_cents: Cents
    earned_cents: Cents
    impairment_work_expense_cents: Cents
    blind_work_expense_cents: Cents

    @model_validator(mode="after")
    def _agree(self) -> Self:
        check_span(self.effective_from, self.effective_to, "effective_to", "effective_from")
        return self
