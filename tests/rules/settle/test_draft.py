"""Whose case the findings of a month of pay are."""

from types import SimpleNamespace
from typing import Any

from rules.findings import RuleFinding
from rules.settle.draft import of_drafts
from tests.rules.settlement import day


def draft(period: str, county: str | None, paid_in: str = "19") -> Any:
    said = SimpleNamespace(lines=[SimpleNamespace(county=paid_in)])
    statement = SimpleNamespace(period_start=day(period), case_county=county)
    return SimpleNamespace(id=f"ARREARS:P1:R1:{period}", statement=statement, account=SimpleNamespace(said=[said]))


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
