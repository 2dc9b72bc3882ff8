"""The unbounded path says what the bounded one says: tried without an engine, on many histories (issue 8, part 2)."""

import os
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.plain import Outcome, replay_plain
from pipelines.stepwise import replay_stepwise
from rules.law import Law
from schemas.avro import encode, validate
from tests.histories import History, histories, outcomes_on

LAW = Law.load()
SOON = LAW.amended({"soon.toml": {"filing": {"closes_after_months": {"values": [
    {"from": __import__("datetime").date(1900, 1, 1), "value": 2, "grade": "assumption", "citation": "a test"}
]}}}})  # fmt: skip
HARDER = int(os.environ.get("HARDER", "1"))
MANY = settings(deadline=None, max_examples=60 * HARDER, suppress_health_check=list(HealthCheck))


def bodies(outcome: Outcome) -> dict[str, list[bytes]]:
    """Encoded records by kind, sorted."""
    said = outcome.records.items()
    return {kind: sorted(encode(validate(kind, one)) for one in records) for kind, records in said if records}


def with_outcomes(data: st.DataObject, history: History, law: Law) -> History:
    made = replay_plain(history.facts, law, history.until).records.get("PaymentInstruction", [])
    return history._replace(facts=(*history.facts, *data.draw(outcomes_on(made))))


@MANY
@given(st.data(), histories(), st.integers(0, 2**32), st.sampled_from((LAW, SOON)))
def test_step_by_step_is_the_whole(data: st.DataObject, history: History, seed: int, law: Law) -> None:
    history = with_outcomes(data, history, law)
    doubles = Random(seed).choices(history.facts, k=3)
    facts = [*history.facts, *doubles]
    found, expected = replay_stepwise(facts, law, history.until, seed), replay_plain(facts, law, history.until)
    assert bodies(found) == bodies(expected)
