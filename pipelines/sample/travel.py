"""A provider with two recipients: the way between them."""

from pipelines.sample.facts import fact
from pipelines.sample.homes import Carer
from pipelines.sample.papers import Desk
from pipelines.sample.shelf import Record
from pipelines.sample.window import moment
from rules import periods

CLAIMED_RATE = 0.8
OVER_LIMIT = (215, 216)  # there and back: 7:11 in one day


def claim_travel(desk: Desk, carer: Carer) -> None:
    """Files the travel claims between this home and the one before, for the provider they share."""
    other = carer.other
    if other is None or carer.live_in:
        return
    for period, minutes in carer.worked.items():
        elsewhere = other.worked.get(period)
        if elsewhere is None:
            continue
        here = {period + day for day, worked in enumerate(minutes) if worked}
        there = {period + day for day, worked in enumerate(elsewhere) if worked}
        trips = _trips(desk, carer, other, sorted(here & there), sorted(here - there))
        if trips and (desk.rng.random() < CLAIMED_RATE or desk.home.situation):
            _file(desk, carer, period, trips)


def _trip(day: int, to: Carer, minutes: int) -> Record:
    return {"service_date": day, "to_recipient_id": to.recipient_id, "program": "IHSS", "minutes": minutes}


def _trips(desk: Desk, carer: Carer, other: Carer, both: list[int], alone: list[int]) -> list[Record]:
    name, shown = desk.home.name, desk.home.shown
    to = carer if carer.slot > other.slot else other
    if name == "travel_over_limit" and both and not shown:
        return [_trip(both[0], other, OVER_LIMIT[0]), _trip(both[0], carer, OVER_LIMIT[1])]
    if name == "travel_without_two_recipients" and alone and not shown and other.other is None:
        return [_trip(alone[0], carer, 25)]
    return [_trip(day, to, desk.rng.randrange(8, 45)) for day in both]


def _file(desk: Desk, carer: Carer, period: int, trips: list[Record]) -> None:
    at = moment(periods.period_end(period) + desk.rng.randrange(1, 7), desk.rng)
    document = f"TC{desk.home.number:06d}-{period - desk.window.first:04d}"
    fields = {"provider_id": carer.provider_id, "period_start": period, "trips": trips}
    claim = desk.put("TravelClaim", fact("esp", document, at, fields))
    if desk.home.name.startswith("travel_") and not desk.home.shown:
        desk.home.shown = True
        desk.plant([claim])
