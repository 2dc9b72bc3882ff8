"""PriceTime. Key: provider. Enrolled? Straight, overtime, travel, training, incentives; limits and violations.

Authorized time, ProviderEnrollment, claims, PaymentOutcome -> statements, accounts; BenefitHours; findings.
Decision: `rules/price/case.py`.
"""

from rules.conclusion import PRICE
from transforms.restate import Restate


class PriceTime(Restate):
    """Arrivals of this stage to the conclusions that changed."""

    stage = PRICE
