"""BenefitHours: hours that health benefits depend on (law: BEN-1)."""

from __future__ import annotations

from typing import ClassVar

from schemas.envelope import RepeatedRecord
from schemas.types import Count, County, EpochDay, EpochMillis, Identifier


class BenefitHours(RepeatedRecord, frozen=True, kw_only=True):
    """Hours that health benefits depend on (BEN-1). One whenever it changes."""

    KIND: ClassVar[str] = "BenefitHours"
    KEY: ClassVar[tuple[str, ...]] = ("provider_id", "county", "service_month")

    provider_id: Identifier
    county: County
    service_month: EpochDay
    paid_minutes: Count
    authorized_minutes: Count
    eligible: bool | None = None
    cut_off: EpochMillis
