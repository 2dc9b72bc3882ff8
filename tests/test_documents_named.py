"""Who reads a difference must see what made it: a document taken back is named where its money is taken back.

Over histories, with visits that only record and with visits that hold. `tests/cases/documents_named.toml` has examples.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from rules.law import Law
from rules.periods import cut_off_after
from schemas.envelope import Fact
from tests.histories import History, histories
from tests.paid import replay_plain
from tests.test_properties import LAW, MANY, with_outcomes

HOLD = {"values": [{"from": date(2016, 1, 1), "value": "hold", "grade": "statute", "citation": "a test"}]}
HOLDING = LAW.amended({"hold": {"evv": {"policy": {"IHSS": HOLD}}}})
Instruction = dict[str, Any]


def instructions(facts: Sequence[Fact], law: Law, until: int) -> list[Instruction]:
    return replay_plain(facts, law, until).records.get("PaymentInstruction", [])


def taken_back(facts: Sequence[Fact], name: str, recorded_at: int) -> Fact:
    """A withdrawal of the document named."""
    kind, id, _ = name.split("/")
    known = [fact for fact in facts if (fact.KIND, fact.document_id) == (kind, id)]
    latest = max(known, key=lambda fact: fact.revision)
    message = {"event_id": "taken-back", "recorded_at": recorded_at, "admitted_cut_off": None}
    return latest.model_copy(update=message | {"revision": latest.revision + 1, "withdrawn": True})


def unnamed(before: Sequence[Instruction], after: Sequence[Instruction], withdrawn: Fact) -> Iterator[str]:
    """New instructions of statements that the document had decided and that do not name its withdrawal."""
    stem = f"{withdrawn.KIND}/{withdrawn.document_id}/"
    last = {one["statement_id"]: one["documents"] for one in before}
    for one in after:
        decided = any(name.startswith(stem) for name in last.get(one["statement_id"], ()))
        new = one["cut_off"] >= withdrawn.recorded_at
        if new and decided and f"{stem}{withdrawn.revision}" not in one["documents"]:
            yield one["instruction_id"]


@pytest.mark.parametrize("law", (LAW, HOLDING), ids=("record", "hold"))
def test_what_is_taken_back_is_named(law: Law) -> None:
    @settings(MANY)
    @given(st.data(), histories())
    def holds(data: st.DataObject, history: History) -> None:
        facts = with_outcomes(data, history).facts
        before = instructions(facts, law, history.until)
        names = sorted({name for one in before for name in one["documents"]})
        if names:
            withdrawn = taken_back(facts, data.draw(st.sampled_from(names)), history.until + 1)
            after = instructions([*facts, withdrawn], law, cut_off_after(history.until + 1))
            event(f"{withdrawn.KIND}: {len(after) - len(before)} instructions")
            assert not list(unnamed(before, after, withdrawn))

    holds()
