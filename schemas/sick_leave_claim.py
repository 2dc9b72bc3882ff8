"""SickLeaveClaim: paid sick leave for a day (law: SICK-1 to SICK-7)."""

from __future__ import annotations

from typing import ClassVar

from schemas.envelope import Fact
from schemas.symbols import Program, SickLeaveChannel
from schemas.types import EpochDay, Identifier, MinutesOfDay


class SickLeaveClaim(Fact):
    """A provider claims paid sick leave for a day (SICK-5)."""

    KIND: ClassVar[str] = "SickLeaveClaim"
    KEY_FIELDS: ClassVar[tuple[str, ...]] = ("provider_id", "recipient_id", "program", "service_date")

    channel: SickLeaveChannel
    provider_id: Identifier
    recipient_id: Identifier
    program: Program
    service_date: EpochDay
    minutes: MinutesOfDay
