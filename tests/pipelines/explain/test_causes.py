"""Which fact made a payment what it is: corrections planted among facts that change nothing."""

from pathlib import Path
from typing import Any

import pytest

from pipelines.explain.tree import Node
from rules.law import Law
from rules.periods import cut_off_of, epoch_day
from tests.pipelines.explain.explain_world import LAW, explained, lay, paid_in, pay
from tests.pipelines.explain.test_explain import WEEK, date_time, day, only, sheet, world

EARLY, LATER = "2026-01-16 12:00:00", "2026-01-22 12:00:00"


def made_by(facts: Any, tmp_path: Path, law: Law = LAW, number: int = -1, until: int | None = None) -> Node:
    """What made the last payment (or another) what it is."""
    events, out = lay(facts, tmp_path / "facts"), pay(facts, tmp_path / "paid", law, until)
    instruction = sorted(paid_in(out), key=lambda each: (each["cut_off"], each["sequence"]))[number]
    return only(explained(instruction["instruction_id"], events, out, law).statements[0], "change")


def cut_off(text: str) -> int:
    return cut_off_of(epoch_day(day(text)))


def named(change: Node) -> list[str]:
    return [node.document or "" for node in change.find("fact")]


def test_a_corrected_timesheet_is_named_and_what_it_changed(tmp_path: Path) -> None:
    corrected = sheet("T1", LATER, revision=2, days={"5": "8:00", "6": "2:00"})
    change = made_by(world(sheet("T1", EARLY), corrected), tmp_path)
    assert named(change) == ["Timesheet/x.1.T1/2"]
    assert "hours 8:00 → 10:00" in only(change, "fact").text
    assert "paid 8:00 → 10:00" in change.text and "gross to date $163.52 → $204.40" in change.text


def test_facts_of_the_same_pay_run_that_change_nothing_are_not_named(tmp_path: Path) -> None:
    """Another recipient's timesheet and the same provider's for a later period come in the same run."""
    corrected = sheet("T1", LATER, revision=2, days={"5": "8:00", "6": "2:00"})
    other = sheet("T2", LATER, provider="P2", recipient="R2")
    later = sheet("T3", LATER, period=day("2026-01-16"), days={"17": "4:00"})
    facts = world(sheet("T1", EARLY), corrected, other, later)
    events, out = lay(facts, tmp_path / "facts"), pay(facts, tmp_path / "paid")
    (second,) = [
        each for each in paid_in(out) if each["statement_id"].endswith("R1:2026-01-01") and each["sequence"] == 2
    ]
    change = only(explained(second["instruction_id"], events, out).statements[0], "change")
    assert named(change) == ["Timesheet/x.1.T1/2"]


def test_another_providers_correction_is_named(tmp_path: Path) -> None:
    """It frees hours of the month that this provider had lost."""
    terms = {"kind": "ServiceAuthorization", "monthly_minutes": "10:00"}
    first, second = sheet("T1", EARLY), sheet("T2", EARLY, provider="P2", days={"6": "6:00"})
    withdrawn = sheet("T1", LATER, revision=2, withdrawn=True)
    facts = world(first, second, withdrawn, terms)
    events, out = lay(facts, tmp_path / "facts"), pay(facts, tmp_path / "paid")
    last = [each for each in paid_in(out) if each["provider_id"] == "x.1.P2"][-1]
    assert last["sequence"] == 2
    change = only(explained(last["instruction_id"], events, out).statements[0], "change")
    assert named(change) == ["Timesheet/x.1.T1/2"]
    assert "withdrawn" in only(change, "fact").text


def test_a_workweek_that_ended_is_named(tmp_path: Path) -> None:
    early = sheet("T1", "2026-01-09 12:00:00", days=WEEK, approved=date_time("2026-01-09 12:00:00"))
    change = made_by(world(early), tmp_path, until=cut_off("2026-01-20"))
    assert [part.what for part in change.parts] == ["workweek_ended"]
    assert only(change, "workweek_ended").rule == "OT-5"


def test_a_rate_that_was_published_is_named(tmp_path: Path) -> None:
    raised = {"from": day("2026-01-01"), "until": day("2026-12-31"), "published": day("2026-01-20"), "value": 21000}
    law = LAW.amended({"rates.toml": {"wage": {"43": {"values": [raised]}}}})
    change = made_by(world(sheet("T1", EARLY)), tmp_path, law, until=cut_off("2026-01-30"))
    assert [part.what for part in change.parts] == ["published"]
    assert "wage.43" in only(change, "published").text


def test_a_payment_that_came_back_is_named(tmp_path: Path) -> None:
    outcome = {
        "kind": "PaymentOutcome", "id": "O1", "instruction_id": "ARREARS:P1:R1:2026-01-01:2026-01-16",
        "outcome": "RETURNED", "recorded": date_time(LATER),
    }  # fmt: skip
    change = made_by(world(sheet("T1", EARLY), outcome), tmp_path)
    assert named(change) == ["PaymentOutcome/x.1.O1/1"]


def test_of_two_facts_that_say_the_same_the_first_is_named(tmp_path: Path) -> None:
    """The same approved correction came twice, by two events: without either one the payment is the same."""
    once = sheet("T1", LATER, revision=2, days={"5": "8:00", "6": "2:00"})
    facts = list(world(sheet("T1", EARLY), once))
    twin = next(fact for fact in facts if fact.KIND == "Timesheet" and fact.revision == 2)
    facts.append(twin.model_copy(update={"event_id": "again", "recorded_at": twin.recorded_at + 1000}))
    change = made_by(facts, tmp_path)
    assert named(change) == ["Timesheet/x.1.T1/2"] and not list(change.find("together"))


def test_facts_that_only_together_change_it_are_said_so(tmp_path: Path) -> None:
    """Neither the assignment nor the enrolment alone lets anybody be paid."""
    facts = world(
        sheet("T1", EARLY),
        {"kind": "ProviderAssignment", "id": "A", "from": day("2015-12-01"), "recorded": date_time(LATER)},
        {"kind": "ProviderEnrollment", "id": "E", "from": day("2015-12-01"), "recorded": date_time(LATER)},
        sheet("T2", LATER, period=day("2026-01-16"), days={"17": "4:00"}),
    )
    change = made_by(facts, tmp_path, number=0)
    assert "nly together" in only(change, "together").text
    assert sorted(named(change)) == ["ProviderAssignment/x.1.A/1", "ProviderEnrollment/x.1.E/1"]


CAME_LATER = {"recorded": date_time(LATER)}
TERMS = {
    "authorization": (
        {"kind": "ServiceAuthorization", "id": "A", "monthly": "6:00", "from": day("2015-12-01")},
        {"monthly": "7:00"},
        "monthly 6:00 → 7:00",
    ),
    "assignment": (
        {"kind": "ProviderAssignment", "id": "A", "monthly": "6:00", "from": day("2015-12-01")},
        {"monthly": "7:00"},
        "monthly 6:00 → 7:00",
    ),
    "county": (
        {"kind": "ServiceAuthorization", "id": "A", "county": "43", "from": day("2015-12-01")},
        {"county": "01"},
        "county Santa Clara (43) → Alameda (01)",
    ),
    "share of cost": (
        {
            "kind": "IncomeAssessment",
            "id": "A",
            "from": day("2015-12-01"),
            "unearned": 1301_00,
            "category": "NONE",
        },
        {"unearned": 1300_00},
        "unearned $1,301.00 → $1,300.00",
    ),
    "relationship": (
        {"kind": "ProviderAssignment", "id": "A", "from": day("2015-12-01")},
        {"relationship": "SPOUSE"},
        "relationship Non relative → Spouse",
    ),
}


@pytest.mark.parametrize("terms", TERMS.values(), ids=TERMS)
def test_a_correction_of_terms_is_named_with_what_it_changed(tmp_path: Path, terms: Any) -> None:
    """Beside it come an exception and a decision about a violation, which change no pay, and another's timesheet."""
    first, corrected, told = terms
    facts = world(
        sheet("T1", EARLY),
        first,
        first | corrected | CAME_LATER | {"revision": 2},
        {"kind": "HoursException", "id": "X", "workweek": day("2026-01-04"), "extra": "2:00"} | CAME_LATER,
        {"kind": "ViolationDecision", "id": "V", "workweek": day("2026-01-04"), "decision": "OVERTURNED"} | CAME_LATER,
        sheet("T2", LATER, provider="P2", recipient="R2"),
    )
    change = made_by(facts, tmp_path)
    assert named(change) == [f"{first['kind']}/x.1.A/2"]
    assert told in only(change, "fact").text


def test_what_fell_due_beside_a_fact_is_said_too(tmp_path: Path) -> None:
    """The premium of the week would have been due in this pay run without the correction."""
    early = sheet("T1", "2026-01-09 12:00:00", days=WEEK, approved=date_time("2026-01-09 12:00:00"))
    approved = date_time("2026-01-12 08:00:00")
    corrected = sheet("T1", "2026-01-12 08:00:00", revision=2, days=WEEK | {"4": "9:00"}, approved=approved)
    change = made_by(world(early, corrected), tmp_path)
    assert [part.what for part in change.parts] == ["fact", "workweek_ended"]


def test_a_rate_published_on_a_weekend_is_named_and_no_other_county(tmp_path: Path) -> None:
    raised = {"from": day("2026-01-01"), "until": day("2026-12-31"), "published": day("2026-01-24"), "value": 21000}
    law = LAW.amended({"rates.toml": {"wage": {"43": {"values": [raised]}, "01": {"values": [raised]}}}})
    change = made_by(world(sheet("T1", EARLY)), tmp_path, law, until=cut_off("2026-01-30"))
    assert [part.what for part in change.parts] == ["published"]
    assert "wage.43" in change.parts[0].text and "wage.01" not in change.parts[0].text


@pytest.mark.parametrize("number", [0, 1])
def test_every_payment_has_somebody_who_made_it(tmp_path: Path, number: int) -> None:
    corrected = sheet("T1", LATER, revision=2, days={"5": "8:00", "6": "2:00"})
    change = made_by(world(sheet("T1", EARLY), corrected), tmp_path, number=number)
    assert named(change) == [f"Timesheet/x.1.T1/{number + 1}"]
