"""No history of valid facts makes a stage raise, whatever its days are and whichever value of the law is missing."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.law import Law
from rules.periods import add_months, civil_date, cut_off_of, epoch_day, next_business_day, period_days, workweek_of
from schemas import FACTS
from schemas.envelope import Fact
from schemas.payment_outcome import PaymentOutcome
from schemas.types import FIRST_DAY
from tests.case_files import case
from tests.histories import HOUR, WATCHED, History, histories
from tests.paid import Outcome, replay_plain
from tests.pipelines.explain.explain_world import explained, lay, paid_in, pay
from tests.test_properties import MANY, accounted

LAW = Law.load()
DAYS_IN_MONTH = 31
EVER = {"from": date(1900, 1, 1)}


def _values(*values: dict[str, Any]) -> dict[str, Any]:
    return {"values": list(values)}


# Values begin and end within a week, a pay period and a month, some known only later, some never.
ODD = LAW.amended({"odd.toml": {
    "minimum_wage": _values(EVER | {"until": date(2015, 12, 31), "value": 2}),
    "wage": {
        "01": _values(
            EVER | {"until": date(1900, 1, 20), "value": 20_000},
            {"from": date(2026, 12, 29), "until": date(2027, 1, 5), "published": date(2027, 1, 12), "value": 22_000},
        ),
        "43": _values(EVER | {"until": date(1950, 7, 8), "value": 10}, {"from": date(2015, 12, 30), "value": 11_000}),
        "58": _values({"from": date(2021, 12, 31), "until": date(2022, 1, 1), "value": 15_000}),
    },
    "tax": {"SDI": _values(EVER | {"until": date(1950, 12, 31), "value": 1_000})},
    "overtime": {
        "weekly_threshold_minutes": _values(
            EVER | {"until": date(1950, 7, 5), "value": 2_400},
            {"from": date(2016, 2, 1), "until": date(2026, 12, 30), "value": 2_400},
        ),
        "method": _values({"from": date(2026, 12, 31), "value": "weighted_average"}),
    },
    "travel": {"weekly_minutes": _values(
        EVER | {"until": date(1950, 7, 4), "value": 60},
        {"from": date(2016, 2, 1), "until": date(2026, 12, 30), "value": 60},
    )},
    "violation": {"judged_from": _values(EVER | {"value": date(1900, 1, 1)})},
    "evv": {
        "check_in_from": _values(EVER | {"value": date(1900, 1, 1)}),
        "overlap_from": _values(EVER | {"value": date(1900, 1, 1)}),
        "policy": {"IHSS": _values(
            EVER | {"until": date(1950, 7, 5), "value": "hold"},
            {"from": date(2021, 1, 1), "until": date(2026, 12, 30), "value": "deny"},
        )},
    },
    "training": {
        "channels": _values(EVER | {"until": date(2023, 7, 5), "value": ["ESP"]}),
        "first_class_day": _values(EVER | {"until": date(2023, 12, 31), "value": date(1900, 1, 1)}),
        "last_class_day": _values(EVER | {"value": date(2199, 12, 31)}),
        "last_claim_day": _values(EVER | {"value": date(2199, 12, 31)}),
    },
    "incentive": {"cents": {"TRAINING": _values(EVER | {"until": date(2023, 12, 31), "value": 50_000})}},
    "benefit": {"months": {"43": _values(EVER | {"until": date(2026, 12, 31), "value": 2})}},
    "share_of_cost": {"benefit_level_cents": {"couple": _values(EVER | {"until": date(1900, 2, 1), "value": 100})}},
}})  # fmt: skip

YEARS = (1900, 1901, 1950, 1999, *range(2015, 2031), 2099, 2150, 2198)
MONTHS = [date(year, month, 1) for year in YEARS for month in (1, 6, 12)] + [date(2199, 6, 1)]
COUNTIES = ("01", "43", "58", "19")


def everything(first: date, county: str) -> tuple[Fact, ...]:
    """Every kind of fact in two months that follow one another, so much of it that limits are reached."""
    return case("day", 1, {"sentence": "", "law": [], "facts": [*_facts(first, county)], "expect": {}}).facts


def _facts(first: date, county: str) -> Iterator[dict[str, Any]]:
    month = epoch_day(first)
    following = civil_date(add_months(month, 1))
    known = {"recorded": first}
    for recipient, advance in (("R1", "ARREARS"), ("R2", "ADVANCE")):
        terms = {"recipient": recipient, "from": first, "county": county, "pay_mode": advance, **known}
        needs = {"training_needs": ["COMPLEX_PHYSICAL_CARE_NEEDS"]}
        yield {"kind": "ServiceAuthorization", "id": f"A-{recipient}", **terms, **needs}
        yield {"kind": "ServiceAuthorization", "id": f"W-{recipient}", "program": "WPCS", **terms}
        for provider in ("P1", "P2"):
            pair = {"provider": provider, "recipient": recipient, "from": first, **known}
            for program in ("IHSS", "WPCS"):
                yield {
                    "kind": "ProviderAssignment",
                    "id": f"{provider}{program}",
                    "program": program,
                    **pair,
                    "live_in": False,
                }
        couple = {"couple": recipient == "R2", "category": "NONE", "unearned": "3000.00", "from": first}
        yield {"kind": "IncomeAssessment", "recipient": recipient, **couple, **known}
    for provider, exemption in (("P1", "NONE"), ("P2", "EXEMPTION_WPCS")):
        yield {
            "kind": "ProviderEnrollment",
            "provider": provider,
            "county": county,
            "from": first,
            "exemption": exemption,
            **known,
        }
    yield {"kind": "CourseListing", "pathway": "COMPLEX_PHYSICAL_CARE_NEEDS", "from": first, **known}
    for start in (first, first.replace(day=16), following):
        yield from _claims(start)
    yield from _beside(first, following)


def _claims(period: date) -> Iterator[dict[str, Any]]:
    """Time, visits and travel of a pay period, and a correction."""
    later = period + timedelta(days=20)
    for provider in ("P1", "P2"):
        for recipient in ("R1", "R2"):
            about = {"provider": provider, "recipient": recipient}
            sheet = {"kind": "Timesheet", "id": f"T-{provider}{recipient}", "period": period, **about}
            worked = "10:00" if provider[1:] == recipient[1:] else "2:00"  # so that a month's end is not cut
            days = {str(day): worked for day in _days(period)}
            yield sheet | {"days": days, "recorded": later}
            yield sheet | {"every_day": "9:00", "revision": 2, "recorded": later + timedelta(days=20)}
            noon = period + timedelta(days=1)
            yield {
                "kind": "EvvVisit", "id": f"V-{provider}{recipient}-{period}", **about, "recorded": later,
                "check_in_at": noon, "check_out_at": noon + timedelta(days=1),
            }  # fmt: skip
        yield {
            "kind": "TravelClaim", "id": f"C-{provider}-{period}", "provider": provider, "period": period,
            "trips": [{"to": "R2", "date": period + timedelta(days=day), "minutes": "3:00"} for day in range(5)],
            "recorded": later,
        }  # fmt: skip
    yield {"kind": "Timesheet", "id": "TW", "program": "WPCS", "period": period, "every_day": "2:00", "recorded": later}


def _days(period: date) -> Iterator[int]:
    """The first four and the last five days of a pay period."""
    days = period_days(epoch_day(period))
    return (period.day + index for index in range(days) if index < 4 or index >= days - 5)


def _beside(first: date, following: date) -> Iterator[dict[str, Any]]:
    """Training, incentives, sick leave, exceptions, decisions, and payments that came back."""
    recorded = {"recorded": following}
    for number in range(3):
        held = {"date": first + timedelta(days=number * 10), "minutes": "10:00", "course": "C1", **recorded}
        yield {"kind": "TrainingAttendance", "id": f"N{number}", **held}
        yield {"kind": "TrainingClaim", "id": f"L{number}", "recipient": "R1", **held}
    for number, incentive in enumerate(("TRAINING", "ONE_MONTH_ASSIGNMENT", "SIX_MONTH_ASSIGNMENT")):
        claim = {"kind": "IncentiveClaim", "incentive": incentive, "pathway": "COMPLEX_PHYSICAL_CARE_NEEDS"}
        yield claim | {"id": f"I{number}", **recorded}
        ill = {"date": first + timedelta(days=number), "minutes": "1:00", **recorded}
        yield {"kind": "SickLeaveClaim", "id": f"S{number}", **ill}
    sunday = civil_date(workweek_of(epoch_day(first) + 9))
    yield {"kind": "HoursException", "workweek_start": sunday, "extra": 60, **recorded}
    yield {"kind": "ViolationDecision", "workweek_start": sunday, "decision": "OVERTURNED", **recorded}


def paid(facts: Sequence[Fact], first: int, law: Law) -> Outcome:
    return replay_plain(facts, law, end(first))


def end(first: int) -> int:
    """The cut-off until which the pay runs of two months are looked at."""
    return cut_off_of(next_business_day(first + 2 * DAYS_IN_MONTH + WATCHED))


def returned(outcome: Outcome) -> list[Fact]:
    """Every payment came back a week later."""
    week = 7 * 24 * HOUR
    return [
        PaymentOutcome(
            event_id=f"o{number}", source="bank", recorded_at=made["cut_off"] + week, document_id=f"o{number}",
            revision=1, withdrawn=False, instruction_id=made["instruction_id"], outcome="RETURNED",
        )
        for number, made in enumerate(outcome.records.get("PaymentInstruction", []))
    ]  # fmt: skip


@pytest.mark.parametrize("law", [LAW, ODD], ids=["law", "odd"])
@pytest.mark.parametrize("first", MONTHS, ids=str)
def test_every_kind_of_fact_on_any_day(first: date, law: Law) -> None:
    facts = everything(first, COUNTIES[MONTHS.index(first) % len(COUNTIES)])
    outcome = paid(facts, epoch_day(first), law)
    assert {fact.KIND for fact in facts} == set(FACTS) - {"PaymentOutcome"}
    assert accounted(outcome) == len(facts)
    paid([*facts, *returned(outcome)], epoch_day(first), law)


def test_something_is_paid_wherever_there_is_a_wage() -> None:
    """Else the sweep would show nothing: also in the first week of all, which begins before any day there is."""
    facts = everything(date(1900, 1, 1), "01")
    earned = {
        line["earning"] for made in paid(facts, FIRST_DAY, ODD).records["PaymentInstruction"] for line in made["lines"]
    }
    assert earned >= {"SERVICE", "OVERTIME_PREMIUM", "TRAVEL", "TRAINING", "ADVANCE"}
    assert not paid(facts, FIRST_DAY, LAW).records.get("PaymentInstruction")
    made = paid(everything(date(2199, 6, 1), "01"), epoch_day(date(2199, 6, 1)), LAW).records["PaymentInstruction"]
    assert all("wage.carried_forward" in each["assumptions"] for each in made if each["gross_cents"] > 0)


ANY_TIME = tuple((year, month, 2, county) for year in YEARS[:-1] for month in (2, 7, 11) for county in COUNTIES)


@MANY
@given(histories(windows=ANY_TIME), st.sampled_from((LAW, ODD)))
def test_no_history_makes_a_stage_raise(history: History, law: Law) -> None:
    assert accounted(replay_plain(history.facts, law, history.until)) == len(history.facts)


@pytest.mark.parametrize(
    ("first", "law"),
    [(date(1950, 6, 1), ODD), (date(2015, 12, 1), ODD), (date(2026, 12, 1), LAW), (date(2026, 12, 1), ODD)],
)
def test_whatever_is_paid_can_be_explained(tmp_path: Path, first: date, law: Law) -> None:
    facts = everything(first, "43")
    events, out = lay(facts, tmp_path / "facts"), pay(facts, tmp_path / "paid", law, end(epoch_day(first)))
    made = paid_in(out)
    assert len(made) > 10
    for instruction in made[::4]:
        answer = explained(instruction["instruction_id"], events, out, law)
        assert answer.statements, instruction["instruction_id"]
