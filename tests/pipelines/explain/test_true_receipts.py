"""No true receipt is refused: of hard histories that were written for it, and of small dense ones."""

import os
import tomllib
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from rules.law import Law
from schemas.envelope import Fact
from tests.case_files import Case, case
from tests.dense_histories import history_to_the_end
from tests.pipelines.explain.receipt_world import Receipt, books, refused
from tests.pipelines.what_if.test_compare import overlay

DENSE = 24 * int(os.environ.get("HARDER", "1"))
LAW = Law.load()
AVERAGE = {"from": date(2024, 7, 10), "value": "weighted_average"}
OTHER = LAW.amended(
    overlay(
        {
            "overtime.weekly_threshold_minutes": {"from": date(2016, 2, 1), "value": 600},
            "overtime.premium_divisor": {"from": date(1900, 1, 1), "value": 3},
            "overtime.method": AVERAGE,
        }
    )
)
"""Overtime from 10 hours on, a third more, and by the week's average in the end: much of it, and of both kinds."""


def hard() -> Iterator[tuple[Case, Law]]:
    """The histories of hard_receipts.toml."""
    tables = tomllib.loads(Path(__file__).with_name("hard_receipts.toml").read_text("utf-8"))["case"]
    for place, table in enumerate(tables, 1):
        changes: Any = table.get("parameters")
        law = LAW.amended({"hard.toml": changes}) if changes else LAW
        yield case("hard", place, {"law": [], "expect": {}} | table), law


def receipts_of(facts: Iterable[Fact], folder: Path, law: Law, until: int) -> list[Receipt]:
    """Of all that is paid."""
    made = books(facts, folder, law, until)
    return [made.receipt(payment["instruction_id"]) for payment in made.payments]


@pytest.mark.parametrize(("each", "law"), [*hard()], ids=lambda part: str(part) if isinstance(part, Case) else "")
def test_a_hard_history_has_receipts_that_hold(each: Case, law: Law, tmp_path: Path) -> None:
    found = receipts_of(each.facts, tmp_path, law, each.cut_off)
    assert found and [refused(receipt) for receipt in found] == [None] * len(found)


def numbered_by_key(facts: Iterable[Fact]) -> Iterator[Fact]:
    """Documents of each key are 1, 2, ...: one number stands under many keys, as the contract allows."""
    known: dict[tuple[Any, ...], dict[str, str]] = {}
    for fact in facts:
        ids = known.setdefault((fact.KIND, *(getattr(fact, name) for name in fact.KEY_FIELDS)), {})
        number = ids.setdefault(fact.document_id, str(len(ids) + 1))
        yield fact if fact.KIND == "CourseListing" else fact.model_copy(update={"document_id": number})


@pytest.mark.parametrize("seed", range(DENSE))
def test_a_dense_history_has_receipts_that_hold(seed: int, tmp_path: Path) -> None:
    """Each second by another law of overtime, each second pair with documents that are numbered by their key."""
    law = OTHER if seed % 2 else LAW
    history = history_to_the_end(5300 + seed, law)
    facts = numbered_by_key(history.facts) if seed % 4 > 1 else history.facts
    for receipt in receipts_of(facts, tmp_path, law, history.until):
        assert refused(receipt) is None, receipt["instruction"]["record"]["instruction_id"]
