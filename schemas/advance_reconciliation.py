"""AdvanceReconciliation: how far an advance is accounted for (law: ADV-6)."""

from __future__ import annotations

from typing import ClassVar

from schemas.envelope import RepeatedRecord
from schemas.symbols import AdvanceStatus
from schemas.types import Count, EpochDay, EpochMillis, Identifier, SignedCents


class AdvanceReconciliation(RepeatedRecord, frozen=True, kw_only=True):
    """How far an advance is accounted for (ADV-6). One whenever it changes."""

    KIND: ClassVar[str] = "AdvanceReconciliation"
    KEY: ClassVar[tuple[str, ...]] = ("recipient_id", "service_month")

    recipient_id: Identifier
    service_month: EpochDay
    advanced_minutes: Count
    reconciled_minutes: Count
    open_minutes: Count
    advanced_cents: SignedCents
    accounted_cents: SignedCents
    status: AdvanceStatus
    cut_off: EpochMillis
