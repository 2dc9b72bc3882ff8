"""PriceTime. Key: provider. Enrolled? Straight, overtime, travel, training, incentives; limits and violations.

Authorized time, ProviderEnrollment, claims, PaymentOutcome -> statements, accounts; BenefitHours; findings.
Decision: `rules/price.py`.
"""

from typing import Any

from rules.law import Law
from transforms.beat import Beat
from transforms.restate import Restate
from transforms.stages import PRICE


class PriceTime(Restate):
    """Blocks of arrivals to what this stage says otherwise than before."""

    def __init__(self, law: Law, until: Any, catalog: Any, shards: int, beat: Beat) -> None:
        super().__init__(PRICE, law, until, catalog, shards, beat)
