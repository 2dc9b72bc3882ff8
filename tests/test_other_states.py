"""EVV policies of other states as overlays (examples/other_states): the same timesheet and visit, by each law."""

from datetime import date, datetime, time
from pathlib import Path

import pytest

from rules.law import Law
from tests.case_files import case
from tests.paid import replay_plain

STATES = Path(__file__).parents[1] / "examples" / "other_states"


@pytest.mark.parametrize(
    ("state", "year", "paid_minutes", "outcome"),
    [
        ("texas", 2026, 360, "DENIED"), ("pennsylvania", 2026, 360, "DENIED"), (None, 2026, 480, "NOTED"),
    ],
)  # fmt: skip
def test_what_a_state_pays_of_eight_hours_of_which_six_were_seen(
    state: str | None, year: int, paid_minutes: int, outcome: str | None
) -> None:
    law = Law.load(STATES / state) if state else Law.load()
    day = date(year, 2, 3)
    midday = datetime.combine(day, time(12))
    facts = [
        {"kind": "ProviderAssignment", "live_in": False},
        {"kind": "Timesheet", "id": "T1", "period": date(year, 2, 1), "days": {"3": "8:00"}},
        {"kind": "EvvVisit", "id": "V1", "in": midday.replace(hour=9), "out": midday.replace(hour=15)},
    ]
    asked = case("other", 1, {"sentence": f"{state} {day}", "law": ["EVV-4"], "facts": facts, "expect": {}})

    records = replay_plain(asked.facts, law, asked.cut_off).records

    assert [each["paid_minutes"] for each in records["PaymentInstruction"]] == [paid_minutes]
    found = {each["outcome"] for each in records["Finding"] if each["code"] == "HOURS_EXCEED_VISITS"}
    assert found == (set() if outcome is None else {outcome})
