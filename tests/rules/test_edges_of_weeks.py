"""More edges that no worked case stands on: a week across two months, its premium, what is known for another while,
the day on which a leave year begins."""

from datetime import date
from types import SimpleNamespace

from rules.carried import ending_by
from rules.kept import Stint, Tail
from rules.law import Law
from rules.overtime import weighted_premium
from rules.periods import cut_off_of
from rules.price.filed import Filed
from rules.price.leave_claims import Leave, _may_be_granted
from rules.price.limits import Limits
from rules.worked import handed_on
from tests.rules.test_edges import AS_WRITTEN, day, worked

LAW = Law.load()
MAY = day(2026, 5, 1)


@AS_WRITTEN
def test_a_month_that_none_was_before_begins_with_nothing_used() -> None:
    """LIMIT-3: of a workweek across the line all before it counts, and where there is nothing, nothing."""
    across, within = (SimpleNamespace(first=first) for first in (MAY - 5, MAY))
    tail = Tail([handed_on(worked(MAY - 1, 300)), handed_on(worked(MAY - 1, 20, earning="TRAVEL"))], 45)
    for before, used in ((None, 0), (tail, 345)):
        limits = Limits(MAY, Filed({}), before, LAW, cut_off_of(day(2026, 5, 15)))
        assert (limits._used_before(across), limits._used_before(within)) == (used, 0)  # type: ignore[arg-type]


def test_the_premium_of_a_week_goes_to_its_lines_in_their_order_whoever_worked_first() -> None:
    """OT-4, MONEY-1: ties of the largest remainder go to the first line."""
    found = [
        {line.recipient_id: cents for line, cents, _ in weighted_premium(week, LAW)}
        for first, second in (("R1", "R2"), ("R2", "R1"))
        for week in [[worked(MAY + 3, 61, recipient_id=each, overtime_minutes=3) for each in (first, second)]]
    ]
    assert found[0] == found[1] and found[0]["R1"] == found[0]["R2"] + 1


def test_what_is_known_for_another_while_ends_with_its_last_value() -> None:
    """WAGE-2: a raise that is known already goes on from what is known today; what is carried today ends nowhere."""
    values = [
        {"from": date(2040, 1, 1), "until": date(2040, 6, 30), "value": 20_000},
        {"from": date(2040, 7, 1), "until": date(2040, 12, 31), "value": 21_000},
    ]
    law = LAW.amended({"x.toml": {"wage": {"17": {"values": values}}}})
    for on, last, ends in (
        (day(2040, 3, 1), day(2040, 6, 30), None),
        (day(2040, 3, 1), day(2040, 12, 30), None),
        (day(2040, 3, 1), day(2040, 12, 31), day(2040, 12, 31)),
        (day(2040, 8, 1), day(2041, 1, 31), day(2040, 12, 31)),
        (day(2041, 1, 1), day(2041, 1, 31), None),
    ):
        assert next((each.last for each in ending_by(law, on, last) if each.name == "wage.17"), None) == ends


def test_what_may_be_granted_is_of_a_leave_year_that_has_not_begun() -> None:
    """SICK-3, SICK-6: on 1 July the grant of that year is known."""
    earned = Stint(MAY, 6_000, MAY - 90, MAY - 30)
    for today, day_of_leave, may in (
        (day(2026, 6, 30), day(2026, 7, 1), True),
        (day(2026, 7, 1), day(2026, 7, 2), False),
        (day(2026, 7, 1), day(2027, 7, 1), True),
    ):
        assert _may_be_granted(earned, day_of_leave, Leave([earned], [], {}, today, LAW)) == may
        assert not _may_be_granted(Stint(MAY, 60), day_of_leave, Leave([earned], [], {}, today, LAW))
