"""The unbounded path says what the bounded one says: tried without an engine, on many histories (issue 8, part 2)."""

import os
from datetime import date
from random import Random

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from rules.law import Law
from rules.periods import cut_off_after, cut_off_of, epoch_day, midnight, month_of, next_month
from schemas import FACTS
from schemas.avro import encode, validate
from schemas.envelope import Fact
from tests.case_files import case_files
from tests.histories import History, histories, outcomes_on
from tests.paid import Outcome, replay_plain, replay_stepwise

LAW = Law.load()
CLOSES_SOON = {"soon.toml": {"filing": {"closes_after_months": {"values": [
    {"from": date(1900, 1, 1), "value": 2, "grade": "assumption", "citation": "a test"}
]}}}}  # fmt: skip
SOON = LAW.amended(CLOSES_SOON)
VISITED = ("Timesheet", "EvvVisit", "EvvVisit", "EvvVisit", "PaymentOutcome")
HARDER = int(os.environ.get("HARDER", "1"))
MANY = settings(deadline=None, max_examples=60 * HARDER, suppress_health_check=list(HealthCheck))


def bodies(outcome: Outcome) -> dict[str, list[bytes]]:
    """Encoded records by kind, sorted."""
    said = outcome.records.items()
    return {kind: sorted(encode(validate(kind, one)) for one in records) for kind, records in said if records}


def with_outcomes(data: st.DataObject, history: History, law: Law) -> History:
    made = replay_plain(history.facts, law, history.until).records.get("PaymentInstruction", [])
    return history._replace(facts=(*history.facts, *data.draw(outcomes_on(made))))


@st.composite
def sent_again(draw: st.DrawFn, history: History) -> list[Fact]:
    """Visits and outcomes sent once more, long after: as they were, changed under their number, or as another revision;
    a visit on any day of the history."""
    old = [fact for fact in history.facts if fact.KIND in ("EvvVisit", "PaymentOutcome")]
    days = [fact.check_in_at for fact in old if getattr(fact, "check_in_at", None)]
    again = []
    for number, fact in enumerate(draw(st.lists(st.sampled_from(old), max_size=6)) if old else []):
        fields = fact.model_dump() | {"event_id": f"again-{number}", "admitted_cut_off": None}
        fields["recorded_at"] = history.until - draw(st.integers(1, 80)) * 24 * 3_600_000
        if draw(st.booleans()):
            fields["revision"] = draw(st.integers(1, 4))
            changed = {"check_in_at": draw(st.sampled_from(days)), "check_out_at": None} if days else {}
            became = {"outcome": draw(st.sampled_from(("RETURNED", "SETTLED")))}
            fields |= changed if fact.KIND == "EvvVisit" else became
        again.append(FACTS[fact.KIND].model_validate(fields))
    return again


@MANY
@given(st.data(), histories(kinds=VISITED), st.integers(0, 2**32))
def test_what_was_forgotten_and_comes_again(data: st.DataObject, history: History, seed: int) -> None:
    """A closed month's visits and outcomes are digests; sent again they must be what they would have been."""
    history = with_outcomes(data, history, SOON)
    facts = [*history.facts, *data.draw(sent_again(history))]
    found, expected = replay_stepwise(facts, SOON, history.until, seed), replay_plain(facts, SOON, history.until)
    assert bodies(found) == bodies(expected)


def test_an_outcome_of_nothing_that_was_withdrawn_stays_withdrawn() -> None:
    """Its month closes; then an older revision of it comes."""
    about = {"source": "bank", "document_id": "O1", "instruction_id": "ARREARS:P:R:2024-08-16:2024-08-29"}
    revisions = ((2, False, "2024-10-06"), (3, True, "2024-11-02"), (1, False, "2024-12-05"))
    facts = [
        FACTS["PaymentOutcome"].model_validate(
            about | {"event_id": f"e{revision}", "revision": revision, "withdrawn": withdrawn, "outcome": "VOIDED"}
            | {"recorded_at": midnight(epoch_day(date.fromisoformat(day))) + 3_600_000, "admitted_cut_off": None}
            | {"cents": None, "reason": None}
        )
        for revision, withdrawn, day in revisions
    ]  # fmt: skip
    until = cut_off_of(epoch_day(date(2024, 12, 31)))
    expected = replay_plain(facts, SOON, until)
    assert {one["cleared"] for one in expected.records["Finding"]} == {False, True}
    assert bodies(replay_stepwise(facts, SOON, until)) == bodies(expected)


@MANY
@given(st.data(), histories(), st.integers(0, 2**32), st.sampled_from((LAW, SOON)))
def test_step_by_step_is_the_whole(data: st.DataObject, history: History, seed: int, law: Law) -> None:
    history = with_outcomes(data, history, law)
    doubles = Random(seed).choices(history.facts, k=3)
    facts = [*history.facts, *doubles]
    found, expected = replay_stepwise(facts, law, history.until, seed), replay_plain(facts, law, history.until)
    assert bodies(found) == bodies(expected)


CASES = [(file, each) for file in case_files() for each in file.cases]


@pytest.mark.engines
@pytest.mark.parametrize("soon", (False, True), ids=("as the law has it", "months close after 2"))
def test_worked_examples_step_by_step(soon: bool) -> None:
    """Every worked example, looked at for a year more: published values, the ladder, overlaps, what came back."""
    for file, each in CASES:
        law = file.law.amended(CLOSES_SOON) if soon else file.law
        until = cut_off_after(each.cut_off + 370 * 24 * 3_600_000)
        expected = replay_plain(each.facts, law, until)
        assert bodies(replay_stepwise(each.facts, law, until)) == bodies(expected), str(each)


@MANY
@given(histories(kinds=("Timesheet",), late=False))
def test_what_came_back_in_a_closed_month_is_still_known(history: History) -> None:
    """RUN-4: a return of the first month, closed by then, decides how the last month's new revisions are paid."""
    sheets = [fact for fact in history.facts if fact.KIND == "Timesheet"]
    last = max((month_of(fact.period_start) for fact in sheets), default=0)
    later = midnight(next_month(last) + 35)
    again = [
        FACTS["Timesheet"].model_validate(fact.model_dump() | {
            "event_id": f"later-{number}", "revision": fact.revision + 10, "recorded_at": later,
            "minutes_worked": [480] * len(fact.minutes_worked), "provider_signed_at": later,
            "recipient_approved_at": later, "withdrawn": False,
        })
        for number, fact in enumerate(sheets) if month_of(fact.period_start) == last
    ]  # fmt: skip
    made = replay_plain(history.facts, SOON, history.until).records.get("PaymentInstruction", [])
    returned = [
        FACTS["PaymentOutcome"].model_validate({
            "event_id": f"back-{number}", "source": "bank", "recorded_at": one["cut_off"] + 24 * 3_600_000,
            "document_id": f"back-{number}", "revision": 1, "withdrawn": False, "cents": None, "reason": None,
            "instruction_id": one["instruction_id"], "outcome": "RETURNED",
        })
        for number, one in enumerate(made) if month_of(one["period_start"]) < last
    ]  # fmt: skip
    facts = [*history.facts, *returned, *again]
    event(f"{bool(returned)} returned, {bool(again)} again")
    assert bodies(replay_stepwise(facts, SOON, history.until)) == bodies(replay_plain(facts, SOON, history.until))
