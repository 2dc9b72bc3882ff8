"""EvvVisit: check-in and check-out (law: EVV-1 to EVV-5).

A check-out before its check-in is a finding (CHECK_OUT_NOT_AFTER_CHECK_IN), never a rejection. One that lies more than
a month after it is a rejection: no work lasts so long, and each of its days would be decided.
"""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import model_validator

from schemas.envelope import Fact
from schemas.symbols import Place, Program, VisitMethod
from schemas.types import MILLIS_PER_DAY, EpochMillis, Identifier, contradiction

LONGEST_DAYS = 31


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

    @model_validator(mode="after")
    def _agree(self) -> Self:
        begin, end = self.check_in_at, self.check_out_at
        if begin is not None and end is not None and end - begin > LONGEST_DAYS * MILLIS_PER_DAY:
            raise contradiction("check_out_at", f"The check-out lies over {LONGEST_DAYS} days after the check-in.")
        return self
