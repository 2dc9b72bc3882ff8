"""ViolationDecision: what a county decided on a violation (law: LIMIT-6)."""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import model_validator

from schemas.envelope import Fact
from schemas.symbols import Decision
from schemas.types import EpochDay, Identifier, check_workweek


class ViolationDecision(Fact):
    """County decision on the violation of a workweek (LIMIT-6)."""

    KIND: ClassVar[str] = "ViolationDecision"
    KEY_FIELDS: ClassVar[tuple[str, ...]] = ("provider_id",)

    provider_id: Identifier
    workweek_start: EpochDay
    decision: Decision

    @model_validator(mode="after")
    def _agree(self) -> Self:
        check_workweek(self.workweek_start)
        return self
