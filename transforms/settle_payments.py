"""SettlePayments. Key: recipient (provider for training and incentives). Who is owed what more than was said?

Statements, IncomeAssessment, ServiceAuthorization, PaymentOutcome -> PaymentInstruction, AdvanceReconciliation;
findings. Decision: `rules/settle.py`.
"""

from transforms.restate import Restate
from transforms.stages import SETTLE


class SettlePayments(Restate):
    """Arrivals to what this stage says otherwise than before."""

    stage = SETTLE
