"""TravelClaim: travel between recipients (law: TRAVEL-1 to TRAVEL-3)."""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import model_validator

from schemas.envelope import Fact, Part
from schemas.symbols import Program
from schemas.types import EpochDay, Identifier, MinutesOfDay, check_pay_period, contradiction


class Trip(Part):
    """One way from a recipient to another on a day."""

    service_date: EpochDay
    to_recipient_id: Identifier
    program: Program
    minutes: MinutesOfDay


class TravelClaim(Fact):
    """Travel between recipients in one pay period (TRAVEL-1 to TRAVEL-3)."""

    KIND: ClassVar[str] = "TravelClaim"
    KEY_FIELDS: ClassVar[tuple[str, ...]] = ("provider_id", "period_start")

    provider_id: Identifier
    period_start: EpochDay
    trips: list[Trip]

    @model_validator(mode="after")
    def _agree(self) -> Self:
        end = self.period_start + check_pay_period(self.period_start)
        for index, trip in enumerate(self.trips):
            if not self.period_start <= trip.service_date < end:
                raise contradiction(f"trips[{index}].service_date", "The trip lies outside the pay period.")
        return self
