"""PayRun: the control total of a pay run (law: RUN-1)."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from schemas.envelope import Outgoing, OutgoingRecord
from schemas.symbols import PaymentKind, PaymentMethod
from schemas.types import Count, EpochDay, EpochMillis, InstructionId, LongCount, Sha256, Sha256OrEmpty, SignedCents


class RunTotal(Outgoing, frozen=True, kw_only=True):
    """Instructions of one kind and method in the run."""

    kind: PaymentKind
    method: PaymentMethod
    count: Count
    gross_cents: SignedCents
    net_cents: SignedCents


class CameBack(Outgoing, frozen=True, kw_only=True):
    """A payment whose standing an outcome of the run changed (RUN-4), by its instruction."""

    instruction_id: InstructionId
    net_cents: SignedCents
    reversed: bool


class PayRun(OutgoingRecord, frozen=True, kw_only=True):
    """The control total of a pay run, so that a consumer knows that it is complete.

    ``came_back``: payments that were reversed, or stand again, and of which no instruction of this run tells.
    ``content_sha256``: over all else that the run says (`fold.content`), ``previous_sha256``: over the PayRun before,
    so that pay runs are a chain; "": said before there were such sums, or the first. ``facts``: admitted so far.
    """

    KIND: ClassVar[str] = "PayRun"

    run_date: EpochDay
    cut_off: EpochMillis
    totals: list[RunTotal]
    instructions_sha256: Sha256
    findings: Count
    assumptions: list[str]
    law_version: str
    came_back: list[CameBack] = msgspec.field(default_factory=list)
    content_sha256: Sha256OrEmpty = ""
    previous_sha256: Sha256OrEmpty = ""
    facts: LongCount = 0
