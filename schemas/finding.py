"""Finding: what the rules noticed, for the one who can act on it."""

from __future__ import annotations

from typing import ClassVar

from schemas.envelope import RepeatedRecord
from schemas.symbols import Addressee, FindingOutcome, Program
from schemas.types import (
    Count,
    County,
    EpochDay,
    EpochMillis,
    Identifier,
    SignedCents,
    SignedMinutes,
)


class Finding(RepeatedRecord, frozen=True, kw_only=True):
    """What the rules noticed, said to the one who can act on it."""

    KIND: ClassVar[str] = "Finding"
    KEY: ClassVar[tuple[str, ...]] = ("finding_id",)

    finding_id: str
    code: str
    outcome: FindingOutcome
    rule: str
    authority: str
    addressee: Addressee
    provider_id: Identifier | None = None
    recipient_id: Identifier | None = None
    other_id: Identifier | None = None
    program: Program | None = None
    document_id: Identifier | None = None
    statement_id: str | None = None
    service_date: EpochDay | None = None
    workweek_start: EpochDay | None = None
    service_month: EpochDay | None = None
    minutes: SignedMinutes | None = None
    cents: SignedCents | None = None
    count: Count | None = None
    consequence: str | None = None
    due_by: EpochDay | None = None
    message: str
    next_step: str
    cut_off: EpochMillis
    cleared: bool
    county: County | None = None
