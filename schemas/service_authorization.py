"""ServiceAuthorization: what a recipient may receive (law: WHO-3, HOURS-1 to HOURS-7, ADV-1)."""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import model_validator

from schemas.envelope import Fact, Part
from schemas.symbols import Funding, Pathway, PayMode, Program
from schemas.types import (
    County,
    EndDay,
    EpochDay,
    Identifier,
    MinutesOfMonth,
    MinutesOfWeek,
    Token,
    check_span,
    contradiction,
)


class Service(Part):
    """Weekly assessed need for one service."""

    service: Token
    minutes_per_week: MinutesOfWeek


class ServiceAuthorization(Fact):
    """What a recipient is authorized to receive in one program (WHO-3, HOURS-1)."""

    KIND: ClassVar[str] = "ServiceAuthorization"
    KEY_FIELDS: ClassVar[tuple[str, ...]] = ("recipient_id", "program")

    recipient_id: Identifier
    program: Program
    county: County
    effective_from: EpochDay
    effective_to: EndDay | None = None
    monthly_minutes: MinutesOfMonth
    funding: Funding
    severely_impaired: bool
    protective_supervision_minutes: MinutesOfMonth
    services: list[Service]
    pay_mode: PayMode
    concurrent_care: bool
    training_needs: list[Pathway]
    deceased_on: EpochDay | None = None
    payee_account_token: Token | None = None

    @model_validator(mode="after")
    def _agree(self) -> Self:
        check_span(self.effective_from, self.effective_to, "effective_to", "effective_from")
        if self.program == "IHSS" and self.funding == "WPCS":
            raise contradiction("funding", "An IHSS authorization is funded by PCSP, CFCO, IPO or IHSS_R.")
        return self
