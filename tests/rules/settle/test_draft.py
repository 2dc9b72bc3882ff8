"""Whose case the findings of a month of pay are, and which outcomes stand behind a payment."""

from types import SimpleNamespace
from typing import Any

from rules.documents import Document
from rules.findings import RuleFinding
from rules.kept import Account, PastInstruction
from rules.settle.draft import _outcomes_taken_back, of_drafts
from schemas.payment_outcome import PaymentOutcome
from tests.rules.settlement import day, fact, run
from tests.rules.test_edges import AS_WRITTEN


def draft(period: str, county: str | None, paid_in: str = "19") -> Any:
    said = SimpleNamespace(lines=[SimpleNamespace(county=paid_in)])
    statement = SimpleNamespace(period_start=day(period), case_county=county)
    return SimpleNamespace(id=f"ARREARS:P1:R1:{period}", statement=statement, account=SimpleNamespace(said=[said]))


@AS_WRITTEN
def test_a_month_is_of_the_county_of_its_latest_case_and_a_statement_of_its_own() -> None:
    """Else of whom the caller knows; a statement that is nobody's, of the county in which it was paid."""
    first, second, unknown = draft("2026-01-01", "43"), draft("2026-01-16", "01"), draft("2026-01-16", None)
    month = RuleFinding("FILING_LIMIT", "NOTED", "COUNTY")
    of_first, of_unknown = (
        RuleFinding("FILING_LIMIT", "NOTED", "COUNTY", statement_id=each.id) for each in (first, unknown)
    )
    assert of_drafts([first], [second], lambda _: "07")(month) == "01"
    assert of_drafts([second, first], [], lambda _: "07")(month) == "01"
    assert of_drafts([unknown, first], [], lambda _: "07")(month) == "43"
    assert of_drafts([second, first], [], lambda _: "07")(of_first) == "43"
    assert of_drafts([unknown], [], lambda _: "07")(of_unknown) == "07"
    assert of_drafts([unknown], [], lambda _: None)(of_unknown) == "19"
    assert of_drafts([unknown], [], lambda _: None)(month) is None


@AS_WRITTEN
def test_an_outcome_taken_back_is_named_by_the_pay_run_that_saw_it_however_early_it_was_recorded() -> None:
    """RUN-4: a return that arrived late speaks of a payment made before it was seen."""
    paid, filed = run("2026-01-20"), Document[PaymentOutcome]()
    for revision, seen in ((1, run("2026-01-22")), (2, run("2026-01-23"))):
        said = fact("PaymentOutcome", seen, "O1", revision=revision, instruction_id="S:1", outcome="RETURNED")
        filed.file(said._replace(recorded_at=paid - 60_000))
    made = Account([PastInstruction("S:1", day("2026-01-20"), paid, "PARENT", [], {}, 0, 4_500)])
    facts: Any = SimpleNamespace(outcomes={"S": {("S:1", "O1"): filed}})
    assert [each.revision for each in _outcomes_taken_back("S", made, facts)] == [2]
