"""What travel between recipients is claimed, at which wage, and which of it may be paid.

Authority: TRAVEL-1 to TRAVEL-3 (WIC 12300.4(f)); WHO-1 and WAGE-1 apply to travel too; TIME-3 (revisions; no approval).
In force: from 2016-02-01 (``travel.weekly_minutes``); travel of days before is held, not in force. Does not cover: V4
(`violations`); the route itself, of which no event tells.

A trip to a recipient to whom the provider is not assigned is held before anything is priced (TRAVEL-3). Where no
authorization of that recipient is known on the day there is no county and so no wage: the minutes are held
(NOT_IN_FORCE; assumption ``travel.without_authorization``).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from rules.conclusions import AuthorizationTerm
from rules.documents import Document
from rules.law import Law, NotInForce
from rules.to_provider import Engagement
from rules.worked import Worked
from schemas.travel_claim import TravelClaim, Trip

OTHER = {"IHSS": "WPCS", "WPCS": "IHSS"}
WITHOUT_TWO = "TRAVEL_WITHOUT_TWO_RECIPIENTS"


Rate = tuple[int, str | None, str, tuple[str, ...]]  # mills; or code of the finding, what is missing; assumptions


class Problem(NamedTuple):
    """Why minutes get no rate: code of the finding, what is missing in words, and whom it is about, if it is."""

    code: str
    missing: str = ""
    recipient_id: str | None = None


class TripsAsked(NamedTuple):
    """What is asked of each trip: was the provider enrolled that day, and assigned to the recipient travelled to; which
    authorization names the county; what does the county pay (mills, or code of a finding and what is missing)?"""

    enrolled: Callable[[int], bool]
    assigned: Callable[[Trip], bool]
    destination: Callable[[Trip], AuthorizationTerm | None]
    wage: Callable[[str, int], Rate]


class PricedTrips(NamedTuple):
    """What is left of one travel claim, what was refused by problem, and the authorizations that named the county."""

    worked: list[Worked]
    refused: dict[Problem, int]
    references: set[tuple[str, str]]  # recipient, kind/document_id/revision


def trips(document: Document[TravelClaim]) -> list[Trip]:
    """The trips that a claim stands for: those of its highest revision, none of a withdrawn one."""
    return [] if document.current.withdrawn else [trip for trip in document.current.trips if trip.minutes]


def claimed_minutes(claim: TravelClaim) -> int:
    """Minutes of all its trips."""
    return sum(trip.minutes for trip in claim.trips)


def destination(engagement: Engagement | None, program: str, day: int) -> AuthorizationTerm | None:
    """TRAVEL-2: the authorization that names the county: of the trip's program, else of the other."""
    for name in (program, OTHER[program]) if engagement else ():
        for term in engagement.authorizations.get(name, ()) if engagement else ():
            if term.first <= day and (term.last is None or day <= term.last):
                return term
    return None


def assigned_on(engagement: Engagement, day: int) -> bool:
    """Is the provider assigned to the recipient on the day, in either program?"""
    terms = (term for of_program in engagement.assignments.values() for term in of_program)
    return any(term.first <= day and (term.last is None or day <= term.last) for term in terms)


def price_trips(document: Document[TravelClaim], asked: TripsAsked, law: Law) -> PricedTrips:
    """What the county travelled to pays for each trip, or why nothing is paid for it."""
    priced = PricedTrips([], {}, set())
    payable = document.first_standing
    for trip in trips(document):
        term = asked.destination(trip)
        rate, problem, assumed = _rate(trip, term, asked, law)
        if problem is not None:
            priced.refused[problem] = priced.refused.get(problem, 0) + trip.minutes
        elif term is not None:
            priced.references.add((trip.to_recipient_id, term.reference))
            priced.worked.append(
                Worked(
                    trip.service_date,
                    "TRAVEL",
                    payable,
                    document.first.stamp,
                    document.current.document_id,
                    document.reference,
                    trip.to_recipient_id,
                    trip.program,
                    term.county,
                    rate,
                    trip.minutes,
                    0,
                    assumed,
                )
            )
    return priced


def _rate(
    trip: Trip, term: AuthorizationTerm | None, asked: TripsAsked, law: Law
) -> tuple[int, Problem | None, tuple[str, ...]]:
    """Mills an hour and what they stand on, or the first rule that refuses: WHO-1, TRAVEL-3 (not assigned), WAGE-1."""
    day = trip.service_date
    if not asked.enrolled(day):
        return 0, Problem("PROVIDER_NOT_ENROLLED"), ()
    if not asked.assigned(trip):
        return 0, Problem(WITHOUT_TWO, recipient_id=trip.to_recipient_id), ()
    if weekly_minutes(day, law) is None:
        return 0, Problem("NOT_IN_FORCE", "pay for travel"), ()
    if term is None:
        return 0, Problem("NOT_IN_FORCE", "authorization of the recipient travelled to"), ()
    rate, code, missing, assumed = asked.wage(term.county, day)
    return rate, None if code is None else Problem(code, missing), assumed


def weekly_minutes(day: int, law: Law) -> int | None:
    """TRAVEL-1: how much travel of a workweek can be paid; None before the law."""
    try:
        minutes: int = law.value("travel.weekly_minutes", day)
    except NotInForce:
        return None
    return minutes


def without_two_recipients(travel: Iterable[Worked], service: Iterable[Worked]) -> Iterator[Worked]:
    """TRAVEL-3: trips of days with payable service for fewer than two recipients, or to one without any that day."""
    served: dict[int, set[str | None]] = defaultdict(set)
    for each in service:
        if each.minutes:
            served[each.day].add(each.recipient_id)
    for trip in travel:
        recipients = served[trip.day]
        if trip.recipient_id not in recipients or recipients == {trip.recipient_id}:
            yield trip
