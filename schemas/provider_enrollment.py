"""ProviderEnrollment: who may be paid, where and how (law: WHO-1, LIMIT-3, RUN-3)."""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import model_validator

from schemas.envelope import Fact
from schemas.symbols import Exemption
from schemas.types import County, EndDay, EpochDay, Identifier, Token, check_span


class ProviderEnrollment(Fact):
    """A provider is enrolled and may be paid (WHO-1)."""

    KIND: ClassVar[str] = "ProviderEnrollment"
    KEY_FIELDS: ClassVar[tuple[str, ...]] = ("provider_id",)

    provider_id: Identifier
    county: County
    effective_from: EpochDay
    effective_to: EndDay | None = None
    account_token: Token | None = None
    exemption: Exemption
    exemption_from: EpochDay | None = None
    exemption_to: EndDay | None = None

    @model_validator(mode="after")
    def _agree(self) -> Self:
        check_span(self.effective_from, self.effective_to, "effective_to", "effective_from")
        check_span(self.exemption_from, self.exemption_to, "exemption_to", "exemption_from")
        return self
