"""SettlePayments. Key: recipient (provider for training and incentives). Who is owed what more than was said?

Statements, IncomeAssessment, ServiceAuthorization, PaymentOutcome -> PaymentInstruction, AdvanceReconciliation;
findings. Decision: `rules/settle/case.py`.
"""

from rules.conclusion import SETTLE
from transforms.restate import Restate


class SettlePayments(Restate):
    """Arrivals of this stage to the conclusions that changed."""

    stage = SETTLE
