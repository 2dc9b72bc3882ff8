"""What once broke, or was tried hard to break: absurd numbers of revisions, odd dates, people with everybody."""

import time
from dataclasses import replace
from datetime import date, datetime
from random import Random
from typing import Any

from rules.law import Law
from rules.periods import epoch_day, period_days
from schemas.avro import validate
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


def test_a_sender_that_repeats_a_number_thousands_of_times_costs_no_more_than_seconds() -> None:
    random = Random(2)
    facts = [sheet("2026-01-01", minutes_worked=[random.randrange(480) for _ in range(15)]) for _ in range(3000)]
    case = told(*facts)
    started = time.monotonic()
    found = replay_plain(case.facts, LAW, case.cut_off).records
    assert time.monotonic() - started < 5
    (conflict,) = found["Finding"]
    assert (conflict["code"], conflict["count"]) == ("CONFLICTING_REVISION", 2999)


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


def test_a_check_out_in_the_wrong_century_costs_seconds() -> None:
    visit = {
        "kind": "EvvVisit",
        "in": datetime(2026, 1, 5, 22, tzinfo=PACIFIC),
        "out": datetime(2126, 1, 6, 2, tzinfo=PACIFIC),
        "recorded_at": datetime(2026, 1, 7, 12, tzinfo=PACIFIC),
    }
    case = told(sheet("2026-01-01"), visit)
    started = time.monotonic()
    assert replay_plain(case.facts, LAW, case.cut_off).records["PaymentInstruction"]
    assert time.monotonic() - started < 10
