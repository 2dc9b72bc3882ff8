"""TrainingAttendance: who attended a class how long (law: TRAIN-2, TRAIN-3)."""

from __future__ import annotations

from typing import ClassVar

from schemas.envelope import Fact
from schemas.types import EpochDay, Identifier, MinutesOfDay


class TrainingAttendance(Fact):
    """Attendance of a class as its trainer recorded it (TRAIN-2)."""

    KIND: ClassVar[str] = "TrainingAttendance"
    KEY_FIELDS: ClassVar[tuple[str, ...]] = ("provider_id",)

    provider_id: Identifier
    course_id: Identifier
    class_date: EpochDay
    minutes_attended: MinutesOfDay
    verified: bool
