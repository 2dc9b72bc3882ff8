"""What once broke, or was tried hard to break: absurd numbers of revisions, odd dates, people with everybody."""

import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from rules.law import Law
from rules.periods import epoch_day, period_days
from schemas.avro import validate
from schemas.evv_visit import LONGEST_DAYS
from tests.case_files import PACIFIC, Case, case
from tests.paid import replay_plain

LAW = Law.load()
JANUARY_2026 = epoch_day(date(2026, 1, 1))


def told(*facts: dict[str, Any]) -> Case:
    """Facts in the shorthand of the cases, with standing terms for everybody they name."""
    return case("break", 1, {"sentence": "", "law": [], "expect": {}, "facts": list(facts)})


def records(case: Case, law: Law = LAW) -> dict[str, list[dict[str, Any]]]:
    """The same whatever the order; each keeps the contract."""
    found = replay_plain(case.facts, law, case.cut_off).records
    facts = list(case.facts)
    Random(1).shuffle(facts)
    assert replay_plain(facts, law, case.cut_off).records == found
    for kind, said in found.items():
        for record in said:
            validate(kind, record)
    return found


def sheet(day: str, **fields: Any) -> dict[str, Any]:
    """A timesheet of the pay period that starts on a day, eight hours on each day."""
    start = date.fromisoformat(day)
    worked = {"minutes_worked": [480] * period_days(epoch_day(start))}
    return {"kind": "Timesheet", "id": "T1", "period": start} | worked | fields


def calls(work: Callable[[], object]) -> int:
    """How many functions are called in it: the same on any machine, where seconds are not."""
    count = 0

    def profile(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def test_a_tax_that_is_not_known_yet_holds_the_documents_it_concerns() -> None:
    known_later = tuple(entry for entry in LAW.parameters["tax.SDI"].entries if entry.from_day > JANUARY_2026)
    without = Law({**LAW.parameters, "tax.SDI": replace(LAW.parameters["tax.SDI"], entries=known_later)})
    said = records(told(sheet("2026-01-01")), without)
    (finding,) = said["Finding"]
    assert (finding["code"], finding["document_id"]) == ("NOT_IN_FORCE", "break.1.T1")
    assert "PaymentInstruction" not in said or not said["PaymentInstruction"]


def test_a_statement_worth_nothing_needs_no_tax_rate() -> None:
    said = records(told(sheet("2015-12-01", minutes_worked=[0] * 15)))
    assert not said.get("Finding")


def test_a_number_that_is_sent_again_thousands_of_times_costs_as_much_each_time() -> None:
    random, cost = Random(2), {}
    facts = [sheet("2026-01-01", minutes_worked=[random.randrange(480) for _ in range(15)]) for _ in range(2000)]
    for count in (500, 2000):
        case = told(*facts[:count])
        found: list[Any] = []
        cost[count] = calls(lambda: found.append(replay_plain(case.facts, LAW, case.cut_off).records))  # noqa: B023
        [conflict] = found[0]["Finding"]
        assert (conflict["code"], conflict["count"]) == ("CONFLICTING_REVISION", count - 1)
    assert cost[2000] < 4.4 * cost[500]


def test_a_conflict_about_a_visit_over_midnight_is_said_once() -> None:
    visit = {
        "kind": "EvvVisit",
        "id": "V1",
        "in": datetime(2026, 1, 5, 22, tzinfo=PACIFIC),
        "recorded_at": datetime(2026, 1, 7, 12, tzinfo=PACIFIC),
    }
    until = [visit | {"out": datetime(2026, 1, 6, hour, tzinfo=PACIFIC)} for hour in (2, 3)]
    said = records(told(sheet("2026-01-01"), *until))
    conflicts = [finding for finding in said["Finding"] if finding["code"] == "CONFLICTING_REVISION"]
    assert [finding["document_id"] for finding in conflicts] == ["break.1.V1"]


def test_a_conflict_about_a_visit_without_times_is_said() -> None:
    visit = {"kind": "EvvVisit", "id": "V1", "recorded_at": datetime(2026, 1, 7, 12, tzinfo=PACIFIC)}
    said = records(told(sheet("2026-01-01"), visit, visit | {"method": "MANUAL"}))
    assert [finding["code"] for finding in said["Finding"]] == ["CONFLICTING_REVISION"]


def test_no_visit_costs_more_than_a_month_of_days() -> None:
    check_in, cost = datetime(2026, 1, 5, 22, tzinfo=PACIFIC), {}
    for days in (1, LONGEST_DAYS):
        visit = {"kind": "EvvVisit", "in": check_in, "out": check_in + timedelta(days)}
        case = told(sheet("2026-01-01"), visit | {"recorded_at": check_in + timedelta(2)})
        found: list[Any] = []
        cost[days] = calls(lambda: found.append(replay_plain(case.facts, LAW, case.cut_off).records))  # noqa: B023
        assert found[0]["PaymentInstruction"]
    assert cost[LONGEST_DAYS] < 2 * cost[1], cost
