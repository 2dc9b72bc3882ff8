"""Rejection: an event that could not be used, with its bytes."""

from __future__ import annotations

from typing import ClassVar

from schemas.envelope import OutgoingRecord
from schemas.symbols import RejectionReason
from schemas.types import EpochMillis


class Rejection(OutgoingRecord, frozen=True, kw_only=True):
    """An event that could not be used."""

    KIND: ClassVar[str] = "Rejection"
    KEY: ClassVar[tuple[str, ...]] = ("origin", "message")

    raw: bytes
    origin: str
    reason: RejectionReason
    field: str | None = None
    message: str
    seen_at: EpochMillis | None = None
