"""PaymentInstruction: who is to be paid what (law: MONEY-1, MONEY-2, RUN-2, RUN-3)."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from schemas.envelope import Outgoing, OutgoingRecord
from schemas.symbols import DeductionKind, Earning, LineProgram, PayeeType, PaymentKind, PaymentMethod
from schemas.types import (
    Count,
    County,
    EpochDay,
    EpochMillis,
    Identifier,
    InstructionId,
    SignedCents,
    SignedMinutes,
    Token,
)


class PaymentLine(Outgoing, frozen=True, kw_only=True):
    """One earning, program, county and rate: the signed difference of this run."""

    earning: Earning
    program: LineProgram
    county: County | None = None
    minutes: SignedMinutes
    rate_mills: SignedCents | None = None
    cents: SignedCents
    rule: str


class Deduction(Outgoing, frozen=True, kw_only=True):
    """What lowers the net, signed."""

    kind: DeductionKind
    cents: SignedCents


class PaymentInstruction(OutgoingRecord, frozen=True, kw_only=True):
    """Who is to be paid what, in one pay run: the difference to everything said before (MONEY-2).

    ``reversed``: earlier instructions of the statement that no longer stand as of this run (RUN-4), sorted. The sums to
    date are those of the others and this one.
    """

    KIND: ClassVar[str] = "PaymentInstruction"
    KEY: ClassVar[tuple[str, ...]] = ("instruction_id",)

    instruction_id: InstructionId
    payee_type: PayeeType
    payee_id: Identifier
    provider_id: Identifier | None = None
    recipient_id: Identifier | None = None
    kind: PaymentKind
    period_start: EpochDay
    statement_id: str
    sequence: Count
    run_date: EpochDay
    cut_off: EpochMillis
    method: PaymentMethod
    account_token: Token | None = None
    lines: list[PaymentLine]
    gross_cents: SignedCents
    deductions: list[Deduction]
    net_cents: SignedCents
    gross_to_date_cents: SignedCents
    net_to_date_cents: SignedCents
    outstanding_cents: SignedCents
    claimed_minutes: Count
    paid_minutes: Count
    held_minutes: Count
    cut_minutes: Count
    denied_minutes: Count
    spend_by: EpochDay | None = None
    income_tax_excluded: bool
    documents: list[str]
    assumptions: list[str]
    law_version: str
    reversed: list[InstructionId] = msgspec.field(default_factory=list)
