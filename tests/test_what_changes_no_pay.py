"""What must not change a cent, whatever the history: visits in California (EVV-3), and facts that come after a month
has closed (TIME-6). On the plain fold."""

from datetime import date
from itertools import count
from typing import Any

from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from rules.law import Law
from rules.periods import closing_cut_off, cut_off_after, midnight, month_of
from schemas.envelope import Fact
from schemas.evv_visit import EvvVisit
from tests.histories import HOUR, History, histories
from tests.paid import replay_plain
from tests.test_properties import LAW, MANY, Records, pay

MONEY = ("PaymentInstruction", "BenefitHours", "AdvanceReconciliation")
UNSHRUNK = settings(deadline=None, max_examples=500, phases=[Phase.generate], database=None)
LONG_AFTER = 1000 * 24 * HOUR  # more than 24 months and all days of a history
TOO_LATE = ("Timesheet", "TravelClaim", "TrainingClaim", "SickLeaveClaim")  # what is held for a closed month
PATIENT = ("CourseListing", "PaymentOutcome")  # reference data; about a payment, not a month


def money(records: Records) -> list[Any]:
    return [records.get(kind, []) for kind in MONEY]


@st.composite
def visited(draw: Any) -> History:
    """A history in which nobody lives in and some days of every timesheet have visits, fitting or not."""
    history = draw(histories(kinds=("Timesheet", "ProviderAssignment", "HoursException")))
    facts = [one.model_copy(update={"live_in": False} if hasattr(one, "live_in") else {}) for one in history.facts]
    numbers = count(1)
    for sheet in [one for one in facts if one.KIND == "Timesheet"]:
        for day in draw(st.sets(st.integers(0, len(sheet.minutes_worked) - 1), max_size=4)):
            facts.append(_visit(sheet, day, next(numbers), draw(st.sampled_from((None, -60, 60, 480, 1500)))))
    return history._replace(facts=tuple(facts))


def _visit(sheet: Any, day: int, number: int, minutes: int | None) -> Fact:
    """A visit on a day of a timesheet; ``minutes`` None: nobody checked out."""
    check_in = midnight(sheet.period_start + day) + 8 * HOUR
    fields = {
        name: getattr(sheet, name) for name in ("source", "recorded_at", "provider_id", "recipient_id", "program")
    }
    return EvvVisit(
        **fields,
        event_id=f"visit-{number}",
        document_id=f"visit-{number}",
        revision=1,
        withdrawn=False,
        check_in_at=check_in,
        check_out_at=None if minutes is None else check_in + minutes * HOUR // 60,
        check_in_place="HOME",
        check_out_place="COMMUNITY",
        method="MANUAL",
    )


def visits_change(history: History, law: Law) -> bool:
    """Is anything about money said otherwise without the visits?"""
    without = [fact for fact in history.facts if fact.KIND != "EvvVisit"]
    said = replay_plain(history.facts, law, history.until).records
    return money(said) != money(replay_plain(without, law, history.until).records)


@MANY
@given(visited())
def test_no_visit_changes_a_californian_cent(history: History) -> None:
    assert not visits_change(history, LAW)


def test_visits_would_change_pay_where_a_policy_holds_it() -> None:
    """So that the test above can fail."""
    holding = {"values": [{"from": date(2021, 1, 1), "value": "hold", "grade": "statute", "citation": "nowhere"}]}
    law = LAW.amended({"hold": {"evv": {"policy": {"IHSS": holding}}}})
    find(visited(), lambda history: visits_change(history, law), settings=UNSHRUNK)


def closed_money(records: Records, cut_off: int) -> list[Any]:
    """What was said about money of months that close before a cut-off."""
    return [
        [one for one in records.get(kind, []) if closing_cut_off(month_of(one[day]), 24) < cut_off]
        for kind, day in zip(MONEY, ("period_start", "service_month", "service_month"), strict=True)
    ]


def too_late(fact: Fact, history: History, withdrawn: bool) -> Fact:
    """Another revision of a fact, recorded long after: more hours claimed, none authorized, or all taken back."""
    recorded = history.until + LONG_AFTER
    changed: dict[str, Any] = {"revision": fact.revision + 100, "withdrawn": withdrawn, "recorded_at": recorded}
    if fact.KIND == "Timesheet":
        changed |= {"minutes_worked": [480 for _ in fact.minutes_worked], "recipient_approved_at": recorded}
    if fact.KIND == "ServiceAuthorization":
        changed |= {"monthly_minutes": 0, "county": "43"}
    return fact.model_copy(update=changed | {"event_id": f"late-{fact.event_id}", "admitted_cut_off": None})


@MANY
@given(histories(), st.booleans())
def test_what_comes_for_closed_months_is_held_and_changes_nothing(history: History, withdrawn: bool) -> None:
    late = [too_late(fact, history, withdrawn) for fact in history.facts if fact.KIND not in PATIENT]
    until = cut_off_after(history.until + LONG_AFTER)
    as_decided, found = pay(history, until).records, replay_plain([*history.facts, *late], LAW, until).records
    assert closed_money(found, until) == closed_money(as_decided, until)
    held = {one["document_id"] for one in found.get("Finding", []) if one["code"] == "FILING_LIMIT"}
    expected = {one.document_id for one in late if one.KIND in TOO_LATE}
    assert held <= expected and (withdrawn or all(one.document_id in held for one in late if one.KIND == "Timesheet"))
