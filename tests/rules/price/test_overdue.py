"""Pay that is overdue (RUN-1), where no case of the law reaches: a tax rate that settlement waits for."""

from datetime import date
from types import SimpleNamespace
from typing import Any

from rules.findings import RuleFinding
from rules.law import Law
from rules.periods import business_day_of, cut_off_of, epoch_day, iso, midnight
from rules.price.overdue import _leave_payable
from tests.case_files import case
from tests.fold.test_key import bodies
from tests.paid import replay_plain, replay_stepwise
from tests.rules.test_edges import AS_WRITTEN

SINCE_2015 = {"values": [{"from": date(2015, 1, 1), "value": 12000, "grade": "assumption", "citation": "a test"}]}
SHEET = {"kind": "Timesheet", "id": "T1", "period": date(2015, 12, 1), "days": {"1": "4:00"}}


def test_what_waits_for_a_tax_rate_is_overdue_until_a_payment_year_that_has_one() -> None:
    """No rate of SDI is known for 2015. Recorded on Wednesday 16 December: 17, 18, 21, 22, 23, 24, 28, 29, 30, 31."""
    law = Law.load().amended({"x.toml": {"wage": {"43": SINCE_2015}, "minimum_wage": SINCE_2015}})
    facts = case("overdue", 1, {"sentence": "", "law": [], "expect": {}, "facts": [SHEET]}).facts
    until = cut_off_of(epoch_day(date(2016, 1, 6)))
    paid = replay_plain(facts, law, until)
    said = [
        (iso(business_day_of(each["cut_off"])), each["code"], each["minutes"], each["cleared"])
        for each in paid.records["Finding"]
    ]
    assert sorted(said) == [
        ("2015-12-16", "NOT_IN_FORCE", 240, False),
        ("2015-12-31", "PAY_OVERDUE", 240, False),
        ("2016-01-04", "NOT_IN_FORCE", 240, True),
        ("2016-01-04", "PAY_OVERDUE", 240, True),
    ]
    ids = {each["finding_id"].partition(":COUNTY:")[2] for each in paid.records["Finding"]}
    assert ids == {"overdue.1.P1:overdue.1.R1:-:IHSS:Timesheet/overdue.1.T1/2015-12-01:-:-:-:-"}
    assert [iso(each["run_date"]) for each in paid.records["PaymentInstruction"]] == ["2016-01-04"]
    assert bodies(replay_stepwise(facts, law, until)) == bodies(paid)


@AS_WRITTEN
def test_sick_leave_can_first_be_paid_when_it_was_claimed_and_its_day_is_over() -> None:
    """Ten business days count from then, whether the claim is held or was too late."""
    day = epoch_day(date(2026, 5, 6))
    finding = RuleFinding(
        "NOT_IN_FORCE", "HELD", "COUNTY", recipient_id="R1", program="IHSS", document_id="S1", service_date=day
    )
    for recorded_at, first in ((midnight(day - 9), midnight(day + 1)), (midnight(day + 9), midnight(day + 9))):
        claims = {("R1", "IHSS", day, "S1"): SimpleNamespace(first_standing=(7, recorded_at))}
        for late, in_time in ((claims, {}), ({}, claims)):
            filed: Any = SimpleNamespace(late_leave=SimpleNamespace(documents=late), leave_claims=in_time)
            assert _leave_payable(finding, filed) == (7, first)
