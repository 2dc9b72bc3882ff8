"""Outcomes of payments, and when they have nothing to say any more."""

import pytest

from rules.documents import Arrival, Document
from rules.findings import Findings, RuleFinding
from rules.kept import Account, PastInstruction
from rules.periods import month_of
from rules.settle.draft import nobodys
from rules.settle.outcomes import EVER, effect, find_too_late, outcome_is_over
from schemas.payment_outcome import PaymentOutcome
from tests.rules.settlement import FACT, LAW, day, fact, run

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


def test_an_outcome_of_a_payment_that_was_never_made_hides_none_that_came_too_late() -> None:
    """FILING_LIMIT names each that would change what a closed month came to, in the order of their ids."""
    late = run("2028-06-01")
    outcomes = {
        (payment, "O1"): document(fact("PaymentOutcome", late, "O1", instruction_id=payment, outcome="RETURNED"))
        for payment in ("ARREARS:P1:R1:2026-01-01:0", PAID)
    }
    made = Account([PastInstruction(PAID, day("2026-01-20"), run("2026-01-20"), "PARENT", [], {}, 0, 4_500)])
    findings = Findings(nobodys)
    find_too_late(PAID.rpartition(":")[0], made, outcomes, LAW, findings)
    [found] = findings.by_id.values()
    assert (found.code, found.cents, found.words) == ("FILING_LIMIT", 4_500, {"payment": PAID})


def test_an_outcome_seen_by_the_pay_run_of_its_payment_speaks_of_none() -> None:
    """RUN-4: it is of an instruction that was made before it was seen."""
    seen = run("2026-01-22")
    returned = document(fact("PaymentOutcome", seen, "O1", instruction_id=PAID, outcome="RETURNED"))
    for made, said in ((run("2026-01-20"), "REVERSED"), (seen, None)):
        assert (
            effect(returned, PastInstruction(PAID, day("2026-01-20"), made, "PARENT", [], {}, 0, 4_500), EVER) == said
        )


def document(arrival: Arrival) -> Document[PaymentOutcome]:
    filed: Document[PaymentOutcome] = Document()
    filed.file(arrival)
    return filed
