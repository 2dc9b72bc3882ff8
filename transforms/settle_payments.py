"""SettlePayments. Key: recipient (provider for training and incentives). Who is owed what more than was said?

Statements, IncomeAssessment, ServiceAuthorization, PaymentOutcome -> PaymentInstruction, AdvanceReconciliation;
findings. Decision: `rules/settle.py`.
"""

from typing import Any

from rules.law import Law
from transforms.beat import Beat
from transforms.restate import Restate
from transforms.stages import SETTLE


class SettlePayments(Restate):
    """Blocks of arrivals to what this stage says otherwise than before."""

    def __init__(self, law: Law, until: Any, catalog: Any, shards: int, beat: Beat) -> None:
        super().__init__(SETTLE, law, until, catalog, shards, beat)
