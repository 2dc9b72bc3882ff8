"""IncentiveClaim: Career Pathways incentives (law: INC-1 to INC-5)."""

from __future__ import annotations

from typing import ClassVar

from schemas.envelope import Fact
from schemas.symbols import ClaimChannel, Incentive, Pathway
from schemas.types import Identifier


class IncentiveClaim(Fact):
    """A provider claims a Career Pathways incentive (INC-1 to INC-3)."""

    KIND: ClassVar[str] = "IncentiveClaim"
    KEY_FIELDS: ClassVar[tuple[str, ...]] = ("provider_id",)

    channel: ClaimChannel
    provider_id: Identifier
    incentive: Incentive
    pathway: Pathway
    recipient_id: Identifier | None = None
