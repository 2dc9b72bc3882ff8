"""Outcomes of payments, and when they have nothing to say any more."""

import pytest

from rules.findings import RuleFinding
from rules.periods import month_of
from rules.settle.outcomes import outcome_is_over
from schemas.payment_outcome import PaymentOutcome
from tests.rules.settlement import FACT, day

PAID = "ARREARS:P1:R1:2026-01-01:1"
OF_NOTHING = RuleFinding(code="OUTCOME_WITHOUT_INSTRUCTION", outcome="NOTED", addressee="COUNTY", document_id="O1")


def outcome(what: str = "SETTLED", withdrawn: bool = False) -> PaymentOutcome:
    said = FACT | {"withdrawn": withdrawn, "document_id": "O1", "recorded_at": 0}
    return PaymentOutcome(**said, instruction_id=PAID, outcome=what, cents=100 if what == "RECOVERED" else None)


@pytest.mark.parametrize(
    ("said", "found", "month", "over"),
    [
        (outcome(), {}, "2026-01-01", True),
        (outcome(), {}, "2025-12-01", False),
        (outcome(), {"unit": OF_NOTHING}, "2026-01-01", False),
        (outcome("RETURNED"), {}, "2026-01-01", False),
        (outcome("RECOVERED"), {}, "2026-01-01", False),
        (outcome(withdrawn=True), {}, "2026-01-01", False),
    ],
    ids=["settled", "open", "of_nothing", "returned", "recovered", "withdrawn"],
)
def test_an_outcome_is_over_with_its_month_unless_something_hangs_on_it(
    said: PaymentOutcome, found: dict[str, RuleFinding], month: str, over: bool
) -> None:
    closed = month_of(day(month))
    assert outcome_is_over(said, lambda asked: asked <= closed, found) is over
