"""Every enum of the contract is one Literal, in its order; who must know all symbols does, and refuses any other."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from pipelines import wording
from pipelines.statements.sentences import wording as statement_words
from rules.adjustment import due
from rules.conclusions import Line
from rules.documents import Arrival, Terms
from rules.findings import catalog
from rules.kept import PastInstruction
from rules.law import Law
from rules.overtime import statement_kind
from rules.price.statements import _BEARS
from rules.settle.draft import EFFECTS, effect_of
from rules.violations import ladder
from rules.weekly_limits import exemptions
from rules.worked import Worked
from schemas import KINDS, symbols
from schemas.payment_outcome import PaymentOutcome
from schemas.physical import schema_path
from schemas.provider_enrollment import ProviderEnrollment
from schemas.symbols import (
    ADDRESSEES,
    CARRIED,
    DEDUCTIONS,
    EARNINGS,
    FINDING_OUTCOMES,
    GONE,
    OUTCOMES,
    TAXES,
    UnknownSymbol,
)

ROOT = Path(__file__).parents[1]
BY_ANOTHER_NAME = {*TAXES, CARRIED}  # taxes.toml has the taxes, symbols.py a name for what is carried
LAW = Law.load()
DECLARED = {name: get_args(each) for name, each in vars(symbols).items() if name[0].isupper() and get_args(each)}


def enums(schema: Any) -> Iterator[tuple[str, list[str]]]:
    """(name, symbols) of each enum of a schema."""
    parts = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
    if isinstance(schema, dict) and schema.get("type") == "enum":
        yield schema["name"], schema["symbols"]
    for part in parts:
        yield from enums(part)


def written(text: str) -> str:
    """The text of a schema with the symbols that are declared, each enum where it is."""
    for name, listed in DECLARED.items():
        found = re.search(rf'("name": "{name}",\s*(?:"doc": "[^"]*",\s*)?"symbols": \[)([^]]*)(\])', text)
        if found:
            first, gap = re.match(r"(\s*)[^,]*,?(\s*)", found[2]).groups()  # type: ignore[union-attr]
            last = re.search(r"\s*$", found[2])[0]  # type: ignore[index]
            symbols = f",{gap}".join(f'"{symbol}"' for symbol in ("UNKNOWN", *listed))
            text = text[: found.start(2)] + first + symbols + last + text[found.end(2) :]
    return text


def test_schemas_are_written_from_the_symbols() -> None:
    """``python -m tests.test_symbols`` writes them."""
    assert all(written(schema_path(kind).read_text()) == schema_path(kind).read_text() for kind in KINDS)


def test_schemas_hold_the_symbols_that_are_declared() -> None:
    listed = [each for kind in KINDS for each in enums(json.loads(schema_path(kind).read_text()))]
    for name, found in listed:
        assert found == ["UNKNOWN", *DECLARED[name]], name
    assert {name for name, _ in listed} == DECLARED.keys()


def test_who_must_know_all_symbols_does() -> None:
    assert wording.DEDUCTIONS.keys() == wording.DEDUCED_BY.keys() == {*DEDUCTIONS}
    assert statement_words()["deduction"].keys() == {*DEDUCTIONS}
    assert {*TAXES, CARRIED} <= {*DEDUCTIONS}
    assert _BEARS.keys() == {*EARNINGS}
    assert EFFECTS.keys() == {*OUTCOMES, GONE}
    assert {each["outcome"] for each in catalog().values()} <= {*FINDING_OUTCOMES}
    assert {each["addressee"] for each in catalog().values()} <= {*ADDRESSEES}


def test_a_rule_names_every_deduction_and_every_finding() -> None:
    text = "".join(path.read_text() for path in sorted((ROOT / "rules").rglob("*.py")))
    symbols = {*catalog(), *DEDUCTIONS} - BY_ANOTHER_NAME
    assert not [symbol for symbol in symbols if f'"{symbol}"' not in text]


def test_the_contract_lists_the_deductions() -> None:
    assert f"`kind` ({', '.join(DEDUCTIONS)})" in (ROOT / "docs" / "contract.md").read_text()


def line(earning: str) -> Line:
    return Line(earning, "IHSS", "43", 20440, 60, 2044, "OT-1")


def test_a_deduction_that_is_not_known_is_refused() -> None:
    with pytest.raises(UnknownSymbol, match=r"deduction.*UNION_DUES"):
        due([line("SERVICE")], {"FICA": 127, "UNION_DUES": 50}, [])
    said = PastInstruction("I", 0, 0, "NON_RELATIVE", [], {"UNION_DUES": 50}, 0, 0)
    with pytest.raises(UnknownSymbol, match=r"deduction.*UNION_DUES"):
        due([line("SERVICE")], {}, [said])
    with pytest.raises(UnknownSymbol, match=r"deduction.*CARRIED"):
        due([line("SERVICE")], {CARRIED: 50}, [])


def test_an_earning_that_is_not_known_is_refused() -> None:
    with pytest.raises(UnknownSymbol, match=r"earning.*BONUS"):
        due([line("BONUS")], {}, [])
    worked = Worked(0, "BONUS", (0, 0), (0, 0), "T1", "Timesheet/T1/1", "R1", "IHSS", "43", 1, 1)
    with pytest.raises(KeyError, match="BONUS"):
        statement_kind(worked)


def test_an_outcome_that_is_not_known_is_refused() -> None:
    with pytest.raises(UnknownSymbol, match=r"outcome.*LOST"):
        effect_of(PaymentOutcome.model_construct(outcome="LOST"))
    assert effect_of(PaymentOutcome.model_construct(outcome=GONE)) is None


def test_a_decision_that_is_not_known_is_refused() -> None:
    with pytest.raises(UnknownSymbol, match=r"decision.*POSTPONED"):
        list(ladder([], {0: "POSTPONED"}, LAW))


def test_an_exemption_that_is_not_known_is_refused() -> None:
    fact: Any = ProviderEnrollment.model_construct(
        event_id="E", source="s", recorded_at=0, document_id="D", revision=1, withdrawn=False, provider_id="P",
        county="43", effective_from=0, effective_to=None, exemption="EXEMPTION_9", exemption_from=None,
        exemption_to=None,
    )  # fmt: skip
    terms: Terms[ProviderEnrollment] = Terms()
    terms.file(Arrival(0, 0, "s", "E", b"", "ProviderEnrollment", fact))
    with pytest.raises(UnknownSymbol, match=r"exemption.*EXEMPTION_9"):
        exemptions(terms, 0, 30)


if __name__ == "__main__":
    for kind in KINDS:
        schema_path(kind).write_text(written(schema_path(kind).read_text()))
