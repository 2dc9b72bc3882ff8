"""ChooseMethod. Key: provider. Did a payment of another settlement come back, so that this one is a warrant?

Payments that came back, instructions that wait -> PaymentInstruction. Decision: `rules/method.py`.
"""

from rules.conclusion import METHOD
from transforms.restate import Restate


class ChooseMethod(Restate):
    """Arrivals of this stage to the conclusions that changed."""

    stage = METHOD
