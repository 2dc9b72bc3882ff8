"""Rejection: an event that could not be used, with its bytes."""

from __future__ import annotations

from typing import ClassVar, Literal

from schemas.envelope import Record
from schemas.types import EpochMillis


class Rejection(Record):
    """An event that could not be used."""

    KIND: ClassVar[str] = "Rejection"

    raw: bytes
    origin: str
    reason: Literal["UNREADABLE", "UNKNOWN_SCHEMA", "INVALID", "CONTRADICTORY"]
    field: str | None = None
    message: str
    seen_at: EpochMillis | None = None
