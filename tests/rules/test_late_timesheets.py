"""Timesheets that came for a closed month: what the county is told (TIME-6)."""

from datetime import date, datetime

import pytest

from rules.law import Law
from rules.periods import cut_off_of, epoch_day
from tests.case_files import case
from tests.paid import replay_plain

PAID = {"kind": "Timesheet", "id": "T1", "period": date(2024, 1, 1), "days": {"8": "8:00"}}


@pytest.mark.parametrize(
    ("days", "sentence"),
    [
        ("12:00", "4:00 on late.1.T1 came after their service month had closed"),
        ("8:00", "A change of late.1.T1 that asks for no more minutes came after its service month had closed"),
        ("4:00", "A change of late.1.T1 that asks for no more minutes came after its service month had closed"),
    ],
)
def test_the_sentence_says_whether_more_minutes_are_asked_for(days: str, sentence: str) -> None:
    late = datetime.fromisoformat("2026-02-03T10:00:00")
    changed = PAID | {"revision": 2, "days": {"8": days, "9": "0:00"}, "recorded": late}
    facts = case("late", 1, {"sentence": "", "law": [], "expect": {}, "facts": [PAID, changed]}).facts
    said = replay_plain(facts, Law.load(), cut_off_of(epoch_day(date(2026, 2, 5)))).records["Finding"]
    (message,) = [each["message"] for each in said if each["code"] == "FILING_LIMIT"]
    assert message.startswith(sentence)


def test_a_conflict_is_told_where_it_came_first() -> None:
    """One that was told of a month before it closed is that month's; a change that comes too late adds none."""
    conflict = PAID | {"days": {"8": "7:00"}, "recorded": datetime.fromisoformat("2024-01-20T10:00:00")}
    late = PAID | {"revision": 2, "days": {"8": "9:00"}, "recorded": datetime.fromisoformat("2026-02-03T10:00:00")}
    again = late | {"days": {"8": "10:00"}, "recorded": datetime.fromisoformat("2026-02-04T10:00:00")}
    for facts, told in (([PAID, conflict, late], 1), ([PAID, conflict, late, again], 2)):
        case_of = case("late", 1, {"sentence": "", "law": [], "expect": {}, "facts": facts})
        said = replay_plain(case_of.facts, Law.load(), cut_off_of(epoch_day(date(2026, 2, 6)))).records["Finding"]
        assert [each["code"] for each in said].count("CONFLICTING_REVISION") == told
