"""AdvanceReconciliation: how far an advance is accounted for (law: ADV-6)."""

from __future__ import annotations

from typing import ClassVar, Literal

from schemas.envelope import Record
from schemas.types import Count, EpochDay, EpochMillis, Identifier, SignedCents


class AdvanceReconciliation(Record):
    """How far an advance is accounted for (ADV-6). One whenever it changes."""

    KIND: ClassVar[str] = "AdvanceReconciliation"

    recipient_id: Identifier
    service_month: EpochDay
    advanced_minutes: Count
    reconciled_minutes: Count
    open_minutes: Count
    advanced_cents: SignedCents
    accounted_cents: SignedCents
    status: Literal[
        "OPEN",
        "DUE",
        "PRESUMED_OVERPAYMENT",
        "MOVE_TO_ARREARS_REVIEW",
        "MAY_MOVE_TO_ARREARS",
        "RECONCILED",
    ]
    cut_off: EpochMillis
