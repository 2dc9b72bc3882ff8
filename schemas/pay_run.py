"""PayRun: the control total of a pay run (law: RUN-1)."""

from __future__ import annotations

from typing import ClassVar

from schemas.envelope import Part, Record
from schemas.types import Count, EpochDay, EpochMillis, PaymentKind, PaymentMethod, Sha256, SignedCents


class RunTotal(Part):
    """Instructions of one kind and method in the run."""

    kind: PaymentKind
    method: PaymentMethod
    count: Count
    gross_cents: SignedCents
    net_cents: SignedCents


class PayRun(Record):
    """The control total of a pay run, so that a consumer knows that it is complete."""

    KIND: ClassVar[str] = "PayRun"

    run_date: EpochDay
    cut_off: EpochMillis
    totals: list[RunTotal]
    instructions_sha256: Sha256
    findings: Count
    assumptions: list[str]
    law_version: str
