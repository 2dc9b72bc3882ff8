"""Timesheet: minutes worked per day (law: TIME-1 to TIME-6)."""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import model_validator

from schemas.envelope import Fact
from schemas.symbols import Program, TimesheetChannel
from schemas.types import EpochDay, EpochMillis, Identifier, MinutesOfDay, check_pay_period, contradiction


class Timesheet(Fact):
    """Minutes worked by one provider for one recipient in one program and pay period (TIME-1)."""

    KIND: ClassVar[str] = "Timesheet"
    KEY_FIELDS: ClassVar[tuple[str, ...]] = ("provider_id", "recipient_id", "program", "period_start")

    provider_id: Identifier
    recipient_id: Identifier
    program: Program
    period_start: EpochDay
    minutes_worked: list[MinutesOfDay]
    channel: TimesheetChannel
    provider_signed_at: EpochMillis
    recipient_approved_at: EpochMillis | None = None

    @model_validator(mode="after")
    def _agree(self) -> Self:
        days = check_pay_period(self.period_start)
        if len(self.minutes_worked) != days:
            raise contradiction("minutes_worked", f"The pay period has {days} days, one entry each.")
        return self
