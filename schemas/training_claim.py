"""TrainingClaim: time of a class to be paid (law: TRAIN-2 to TRAIN-6)."""

from __future__ import annotations

from typing import ClassVar

from schemas.envelope import Fact
from schemas.symbols import ClaimChannel
from schemas.types import EpochDay, Identifier, MinutesOfDay


class TrainingClaim(Fact):
    """A provider claims the time of a class (TRAIN-2, TRAIN-3)."""

    KIND: ClassVar[str] = "TrainingClaim"
    KEY_FIELDS: ClassVar[tuple[str, ...]] = ("provider_id",)

    channel: ClaimChannel
    provider_id: Identifier
    course_id: Identifier
    class_date: EpochDay
    minutes_claimed: MinutesOfDay
    recipient_id: Identifier | None = None
