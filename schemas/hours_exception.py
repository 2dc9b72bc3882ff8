"""HoursException: extra minutes a county approved for a workweek (law: LIMIT-4)."""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import model_validator

from schemas.envelope import Fact
from schemas.types import EpochDay, Identifier, MinutesOfWeek, check_workweek


class HoursException(Fact):
    """County approval of extra minutes in one workweek (LIMIT-4)."""

    KIND: ClassVar[str] = "HoursException"
    KEY_FIELDS: ClassVar[tuple[str, ...]] = ("provider_id", "recipient_id")

    provider_id: Identifier
    recipient_id: Identifier
    workweek_start: EpochDay
    extra_minutes: MinutesOfWeek

    @model_validator(mode="after")
    def _agree(self) -> Self:
        check_workweek(self.workweek_start)
        return self
