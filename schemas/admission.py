"""Admission: a fact came to a pay run already closed and went to the next open one (DESIGN.md, "One mechanism").

The unbounded job says so on ``ihss.v1.admission``; a replay of its journal obeys it, so that both pay the same.
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import model_validator

from schemas.envelope import Record
from schemas.types import EpochMillis, Identifier, Token, contradiction


class Admission(Record):
    """One fact, the pay run it missed (``cut_off``) and the one that saw it first (``admitted_cut_off``)."""

    KIND: ClassVar[str] = "Admission"

    source: Token
    event_id: Identifier
    kind: Identifier
    arrived_at: EpochMillis
    admitted_cut_off: EpochMillis
    cut_off: EpochMillis

    @model_validator(mode="after")
    def _goes_to_a_later_pay_run(self) -> Admission:
        if self.admitted_cut_off <= self.cut_off:
            raise contradiction("admitted_cut_off", "A fact that missed a pay run goes to a later one.")
        return self
