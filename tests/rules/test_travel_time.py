"""Travel between recipients: LAW TRAVEL-1 to TRAVEL-3."""

from datetime import date
from typing import Any

from rules.conclusions import AssignmentTerm, AuthorizationTerm, HandedOn
from rules.documents import Arrival, Document
from rules.law import Law
from rules.periods import cut_off_after, epoch_day
from rules.to_provider import Engagement
from rules.travel_time import (
    Problem,
    TripsAsked,
    assigned_on,
    destination,
    price_trips,
    trips,
    weekly_minutes,
    without_two_recipients,
)
from rules.worked import Worked, handed_on
from schemas.travel_claim import TravelClaim, Trip

LAW = Law.load()


def day(text: str) -> int:
    return epoch_day(date.fromisoformat(text))


PERIOD = day("2026-01-01")
IHSS = AuthorizationTerm(PERIOD, PERIOD + 9, "43", 6000, [], "ServiceAuthorization/A1/1")
WPCS = AuthorizationTerm(PERIOD, None, "17", 6000, [], "ServiceAuthorization/A2/1")
ENGAGEMENT = Engagement("P1", "R2", {"IHSS": [IHSS], "WPCS": [WPCS]}, {})


def claim(*revisions: dict[str, Any]) -> Document[TravelClaim]:
    document: Document[TravelClaim] = Document()
    for place, fields in enumerate(revisions, 1):
        said = {"revision": place, "withdrawn": False, "trips": [trip()], **fields}
        fact = TravelClaim(
            event_id=f"e{place}", source="esp", recorded_at=place,
            document_id="C1", provider_id="P1", period_start=PERIOD, **said,
        )  # fmt: skip
        document.file(Arrival(cut_off_after(place), place, fact.source, fact.event_id, b"", fact.KIND, fact))
    return document


def trip(minutes: int = 30, to: str = "R2", on: int = PERIOD, program: str = "IHSS") -> Trip:
    return Trip(service_date=on, to_recipient_id=to, program=program, minutes=minutes)


def price(
    document: Document[TravelClaim],
    term: AuthorizationTerm | None = IHSS,
    enrolled: bool = True,
    assigned: bool = True,
) -> Any:
    asked = TripsAsked(
        lambda _: enrolled, lambda _: assigned, lambda _: term, lambda county, on: (20_440, None, "", ())
    )
    return price_trips(document, asked, LAW)


def test_the_trips_programs_authorization_names_the_county_else_the_others() -> None:
    assert destination(ENGAGEMENT, "IHSS", PERIOD + 9) is IHSS
    assert destination(ENGAGEMENT, "WPCS", PERIOD) is WPCS
    assert destination(ENGAGEMENT, "IHSS", PERIOD + 10) is WPCS
    assert destination(ENGAGEMENT, "WPCS", PERIOD - 1) is None
    assert destination(None, "IHSS", PERIOD) is None


def test_the_highest_revision_claims_and_a_withdrawn_one_claims_nothing() -> None:
    assert [each.minutes for each in trips(claim({}, {"trips": [trip(45)]}))] == [45]
    assert trips(claim({}, {"withdrawn": True})) == []
    assert trips(claim({"trips": [trip(0)]})) == []


def test_travel_is_first_payable_with_its_first_revision_that_claims() -> None:
    assert claim({}, {}).first_standing[1] == 1
    assert claim({"revision": 2, "withdrawn": True}, {"revision": 3}).first_standing[1] == 2


def test_a_trip_becomes_minutes_of_the_county_travelled_to() -> None:
    priced = price(claim({}))
    first = cut_off_after(1), 1
    travel = HandedOn(PERIOD, "TRAVEL", first, first, "C1", "TravelClaim/C1/1", "R2", "IHSS", "43", 20_440, 30)
    assert [*map(handed_on, priced.worked)] == [travel]
    assert priced.references == {("R2", "ServiceAuthorization/A1/1")} and priced.refused == {}


def test_who_was_not_enrolled_is_told_so_first() -> None:
    assert price(claim({}), term=None, enrolled=False).refused == {Problem("PROVIDER_NOT_ENROLLED"): 30}


def test_who_is_not_assigned_is_held_before_the_wage() -> None:
    priced = price(claim({}), term=None, assigned=False)
    assert priced.refused == {Problem("TRAVEL_WITHOUT_TWO_RECIPIENTS", "", "R2"): 30} and priced.worked == []


def test_minutes_without_a_county_are_added_up_by_problem() -> None:
    priced = price(claim({"trips": [trip(30), trip(12)]}), term=None)
    assert priced.refused == {Problem("NOT_IN_FORCE", "authorization of the recipient travelled to"): 42}
    assert priced.worked == []


def test_travel_is_paid_from_february_2016() -> None:
    assert weekly_minutes(day("2016-01-31"), LAW) is None
    assert weekly_minutes(day("2016-02-01"), LAW) == 7 * 60


def worked(recipient: str, on: int = PERIOD, minutes: int = 60, earning: str = "SERVICE") -> Worked:
    return Worked(on, earning, (0, 0), (0, 0), "T1", "Timesheet/T1/1", recipient, "IHSS", "43", 20_440, minutes)


def held(*service: Worked, to: str = "R2") -> bool:
    return bool(list(without_two_recipients([worked(to, earning="TRAVEL")], service)))


def test_travel_needs_two_recipients_one_of_them_travelled_to() -> None:
    assert not held(worked("R1"), worked("R2"))
    assert held(worked("R2"))
    assert held(worked("R1"))
    assert held(worked("R1"), worked("R3"))
    assert held(worked("R1"), worked("R2", minutes=0))
    assert held(worked("R1", PERIOD + 1), worked("R2"))
    assert held()


def test_an_assignment_holds_on_its_first_and_last_day_and_no_other() -> None:
    """TRAVEL-3, in either program."""
    term = AssignmentTerm(PERIOD, PERIOD + 2, None, "NON_RELATIVE", False, "ProviderAssignment/A1/1")
    for program in ("IHSS", "WPCS"):
        engagement = Engagement("P1", "R1", [], {program: [term]})
        assert [assigned_on(engagement, PERIOD + each) for each in (-1, 0, 1, 2, 3)] == [False, True, True, True, False]
