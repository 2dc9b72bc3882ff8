"""The stateful path on Beam's runners says what the bounded path says: the same encoded records (issue 8, part 2)."""

import os
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from rules.law import Law
from schemas import FACTS
from schemas.envelope import Fact
from tests.fold.test_key import LAW, SOON, bodies
from tests.histories import WINDOWS, History, histories, outcomes_on
from tests.paid import Outcome, replay_plain
from tests.transforms.engine import Records, at_once, catalog_in, pay, published

pytestmark = pytest.mark.engines

HARDER = int(os.environ.get("HARDER", "1"))
FEW = settings(
    deadline=None,
    max_examples=4 * HARDER,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # a pipeline takes seconds: what fails is not made smaller
)
PERSONS = ("provider_id", "recipient_id", "document_id", "event_id")


def of_its_own(fact: Fact, name: str) -> Fact:
    """The fact among people and documents that bear a name more, so that histories do not meet in one run."""
    fields = fact.model_dump()
    for field in PERSONS:
        if fields.get(field) is not None:
            fields[field] = f"{fields[field]}.{name}"
    for trip in fields.get("trips", ()):
        trip["to_recipient_id"] += f".{name}"
    if fact.KIND == "PaymentOutcome":
        kind, *rest = fields["instruction_id"].split(":")
        people = [f"{part}.{name}" if part not in ("-", "") else part for part in rest[:2]]
        fields["instruction_id"] = ":".join([kind, *people, *rest[2:]])
    return FACTS[fact.KIND].model_validate(fields)


@st.composite
def many(draw: Any, number: int = 4) -> History:
    """Several histories side by side, and what became of some of their payments."""
    window = draw(st.sampled_from(WINDOWS))
    drawn = [draw(histories(windows=(window,))) for _ in range(number)]
    facts = [of_its_own(fact, str(name)) for name, history in enumerate(drawn) for fact in history.facts]
    until = max(history.until for history in drawn)
    made = replay_plain(facts, LAW, until).records.get("PaymentInstruction", [])
    return History((*facts, *draw(outcomes_on(made))), until)


def stateful(facts: Sequence[Fact], law: Law, until: int) -> Records:
    return pay(at_once(published(facts)), law, catalog_in(facts), until)


def same(found: Records, expected: Outcome) -> None:
    assert bodies(expected._replace(records=found)) == bodies(expected)


@pytest.mark.timeout(900)
@FEW
@given(many(), st.sampled_from((LAW, SOON)))
def test_the_stateful_path_is_the_bounded_path(history: History, law: Law) -> None:
    """FnApiRunner, bounded input through state and event-time timers; the end of input fires what is left."""
    same(stateful(history.facts, law, history.until), replay_plain(history.facts, law, history.until))
