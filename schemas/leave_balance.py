"""LeaveBalance: what a provider has of paid sick leave in a leave year (law: SICK-7)."""

from __future__ import annotations

from typing import ClassVar

from schemas.envelope import RepeatedRecord
from schemas.types import Count, EpochDay, EpochMillis, Identifier


class LeaveBalance(RepeatedRecord, frozen=True, kw_only=True):
    """What a provider has of paid sick leave in a leave year (SICK-7). One whenever it changes."""

    KIND: ClassVar[str] = "LeaveBalance"
    KEY: ClassVar[tuple[str, ...]] = ("provider_id", "leave_year")

    provider_id: Identifier
    leave_year: EpochDay
    granted_minutes: Count
    used_minutes: Count
    left_minutes: Count
    earned_on: EpochDay | None = None
    usable_from: EpochDay | None = None
    ends_on: EpochDay
    cut_off: EpochMillis
