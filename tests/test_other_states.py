"""Rules of other states as overlays (examples/other_states): the same timesheets and visits, by each law."""

from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest

from rules.law import Law
from tests.case_files import case
from tests.paid import replay_plain

STATES = Path(__file__).parents[1] / "examples" / "other_states"
Records = dict[str, list[dict[str, Any]]]


def law_of(state: str | None) -> Law:
    return Law.load(STATES / state) if state else Law.load()


def said(state: str | None, facts: list[dict[str, Any]], **more: Any) -> Records:
    """What a state's law says of facts. In Los Angeles, whose wages are known since 2016."""
    about = {"sentence": f"By the law of {state}.", "law": ["EVV-4"], "facts": facts, "expect": {}}
    asked = case("other", 1, about | more)
    return dict(replay_plain(asked.facts, law_of(state), asked.cut_off).records)


@pytest.mark.parametrize(
    ("state", "day", "paid_minutes", "outcome"),
    [
        (None, date(2026, 2, 3), 480, "NOTED"), (None, date(2020, 2, 3), 480, None),
        ("texas", date(2020, 9, 3), 480, None), ("texas", date(2020, 11, 3), 360, "DENIED"),
        ("texas", date(2026, 2, 3), 360, "DENIED"),
        ("pennsylvania", date(2019, 12, 3), 480, None), ("pennsylvania", date(2020, 2, 3), 480, "WARNING"),
        ("pennsylvania", date(2021, 2, 3), 360, "DENIED"),
        ("ohio", date(2020, 12, 3), 480, None), ("ohio", date(2025, 12, 3), 480, "WARNING"),
        ("ohio", date(2026, 2, 3), 360, "DENIED"),
    ],
)  # fmt: skip
def test_what_a_state_pays_of_eight_hours_of_which_six_were_seen(
    state: str | None, day: date, paid_minutes: int, outcome: str | None
) -> None:
    midday = datetime.combine(day, time(12))
    facts = [
        {"kind": "ServiceAuthorization", "county": "19"},
        {"kind": "ProviderAssignment", "live_in": False},
        {"kind": "Timesheet", "id": "T1", "period": day.replace(day=1), "days": {str(day.day): "8:00"}},
        {"kind": "EvvVisit", "id": "V1", "in": midday.replace(hour=9), "out": midday.replace(hour=15)},
    ]

    records = said(state, facts)

    assert [each["paid_minutes"] for each in records["PaymentInstruction"]] == [paid_minutes]
    found = {each["outcome"] for each in records.get("Finding", ()) if each["code"] == "HOURS_EXCEED_VISITS"}
    assert found == (set() if outcome is None else {outcome})


@pytest.mark.parametrize(("state", "violation"), [(None, False), ("washington", True)])
def test_what_a_state_says_of_forty_five_hours_for_two_people(state: str | None, violation: bool) -> None:
    """All is paid in both (LIMIT-2); a violation only where forty is the limit."""
    facts: list[dict[str, Any]] = []
    for recipient, hours in (("R1", "5:00"), ("R2", "4:00")):
        facts += [
            {"kind": "ServiceAuthorization", "recipient": recipient, "county": "19", "monthly": "140:00"},
            {"kind": "ProviderAssignment", "recipient": recipient},
            {
                "kind": "Timesheet", "id": recipient, "recipient": recipient, "period": date(2026, 2, 1),
                "days": {str(day): hours for day in range(9, 14)},
            },
        ]  # fmt: skip

    records = said(state, facts, until=date(2026, 3, 5))

    last = {each["statement_id"]: each for each in records["PaymentInstruction"]}
    assert sum(each["paid_minutes"] for each in last.values()) == 45 * 60
    lines = [line for each in records["PaymentInstruction"] for line in each["lines"]]
    assert sum(line["minutes"] for line in lines if line["earning"] == "OVERTIME_PREMIUM") == 5 * 60
    codes = {each["code"] for each in records.get("Finding", ()) if each["outcome"] == "VIOLATION"}
    assert codes == ({"V3"} if violation else set())
