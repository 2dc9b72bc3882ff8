"""IncentiveClaim: Career Pathways incentives (law: INC-1 to INC-5)."""

from __future__ import annotations

from typing import ClassVar, Literal

from schemas.envelope import Fact
from schemas.types import ClaimChannel, Identifier, Pathway


class IncentiveClaim(Fact):
    """A provider claims a Career Pathways incentive (INC-1 to INC-3)."""

    KIND: ClassVar[str] = "IncentiveClaim"
    KEY_FIELDS: ClassVar[tuple[str, ...]] = ("provider_id",)

    channel: ClaimChannel
    provider_id: Identifier
    incentive: Literal["TRAINING", "ONE_MONTH_ASSIGNMENT", "SIX_MONTH_ASSIGNMENT"]
    pathway: Pathway
    recipient_id: Identifier | None = None
