"""What travel between recipients is claimed, at which wage, and which of it may be paid.

Authority: TRAVEL-1 to TRAVEL-3 (WIC 12300.4(f)); WHO-1 and WAGE-1 apply to travel too; TIME-3 (revisions; no approval).
In force: from 2016-02-01 (``travel.weekly_minutes``); travel of days before is held, not in force. Does not cover: V4
(`violations`); the route itself, of which no event tells.

Where no authorization of the recipient travelled to is known on the day there is no county and so no wage: the minutes
are held (NOT_IN_FORCE; assumption ``travel.without_authorization``).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from rules.conclusions import AuthorizationTerm, Engagement, Stamp, Worked
from rules.documents import Document
from rules.law import Law, NotInForce
from schemas.travel_claim import TravelClaim, Trip

OTHER = {"IHSS": "WPCS", "WPCS": "IHSS"}
Problem = tuple[str, str]  # code of the finding, what is missing
Rate = tuple[int, str | None, str, tuple[str, ...]]  # mills; or code of the finding, what is missing; assumptions
Wage = Callable[[str, int], Rate]


class PricedTrips(NamedTuple):
    """What is left of one travel claim, what was refused by problem, and the authorizations that named the county."""

    worked: list[Worked]
    refused: dict[Problem, int]
    references: set[tuple[str, str]]  # recipient, kind/document_id/revision


def first_payable(document: Document[TravelClaim]) -> Stamp:
    """When the earliest standing revision was recorded that claims something; travel needs no approval."""
    claims = [recorded.stamp for recorded in document.revisions.values() if not recorded.fact.withdrawn]
    return min(claims, default=document.first.stamp)


def trips(document: Document[TravelClaim]) -> list[Trip]:
    """The trips that a claim stands for: those of its highest revision, none of a withdrawn one."""
    return [] if document.current.withdrawn else [trip for trip in document.current.trips if trip.minutes]


def destination(engagement: Engagement | None, program: str, day: int) -> AuthorizationTerm | None:
    """TRAVEL-2: the authorization that names the county: of the trip's program, else of the other."""
    for name in (program, OTHER[program]) if engagement else ():
        for term in engagement.authorizations.get(name, ()) if engagement else ():
            if term.first <= day and (term.last is None or day <= term.last):
                return term
    return None


def price_trips(
    document: Document[TravelClaim],
    destination_of: Callable[[Trip], AuthorizationTerm | None],
    enrolled: Callable[[int], bool],
    wage: Wage,
    law: Law,
) -> PricedTrips:
    """Ask of each trip whether the provider was enrolled and what the county travelled to pays."""
    priced = PricedTrips([], {}, set())
    payable = first_payable(document)
    for trip in trips(document):
        term = destination_of(trip)
        rate, code, missing, assumed = _rate(trip, term, enrolled, wage, law)
        if code is not None:
            priced.refused[code, missing] = priced.refused.get((code, missing), 0) + trip.minutes
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


def _rate(trip: Trip, term: AuthorizationTerm | None, enrolled: Callable[[int], bool], wage: Wage, law: Law) -> Rate:
    day = trip.service_date
    if not enrolled(day):
        return 0, "PROVIDER_NOT_ENROLLED", "", ()
    if weekly_minutes(day, law) is None:
        return 0, "NOT_IN_FORCE", "pay for travel", ()
    if term is None:
        return 0, "NOT_IN_FORCE", "authorization of the recipient travelled to", ()
    return wage(term.county, day)


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
