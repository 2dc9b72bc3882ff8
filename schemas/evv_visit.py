"""EvvVisit: check-in and check-out (law: EVV-1 to EVV-5).

A check-out before its check-in is a finding (CHECK_OUT_NOT_AFTER_CHECK_IN), never a rejection.
"""

from __future__ import annotations

from typing import ClassVar

from schemas.envelope import Fact
from schemas.symbols import Place, Program, VisitMethod
from schemas.types import EpochMillis, Identifier


class EvvVisit(Fact):
    """One electronic visit: check-in and check-out (EVV-1). Coordinates are never kept."""

    KIND: ClassVar[str] = "EvvVisit"
    KEY_FIELDS: ClassVar[tuple[str, ...]] = ("provider_id", "recipient_id", "program")

    provider_id: Identifier
    recipient_id: Identifier
    program: Program
    check_in_at: EpochMillis | None = None
    check_out_at: EpochMillis | None = None
    check_in_place: Place
    check_out_place: Place
    method: VisitMethod
