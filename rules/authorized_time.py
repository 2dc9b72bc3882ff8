"""Who uses the recipient's month: minutes beyond the assigned and the authorized hours are cut, in the order of places.

Authority: HOURS-4, HOURS-5, HOURS-6 (WIC 12303.4; order within a document: assumption). In force: always.
Does not cover: how large the month is (`authorizations`), minutes denied or held before (they use up nothing).
"""

from collections.abc import Iterator, Mapping, Sequence

from rules.conclusions import Stamp


class Use:
    """A timesheet that uses a month: remaining ``minutes`` by day (lowered here), its places and the claimed
    minutes that fill them, and what was cut, by day of the period."""

    __slots__ = ("claimed", "document_id", "minutes", "over_assigned", "over_authorized", "places", "provider_id")

    def __init__(
        self, provider_id: str, document_id: str, minutes: list[int], places: list[tuple[Stamp, int]],
        claimed: list[int],
    ) -> None:  # fmt: skip
        self.provider_id, self.document_id = provider_id, document_id
        self.minutes, self.places, self.claimed = minutes, places, claimed
        self.over_assigned: dict[int, int] = {}
        self.over_authorized: dict[int, int] = {}


def cut_to_month(uses: Sequence[Use], authorized_minutes: int, assigned_minutes: Mapping[str, int | None]) -> None:
    """Lower ``minutes`` of each use to what the month and the provider's own hours leave (None: no own limit)."""
    if _fits(uses, authorized_minutes, assigned_minutes):
        return
    left = authorized_minutes
    own_left = dict(assigned_minutes)
    for use, day, minutes in in_order_of_use(uses):
        own = own_left.get(use.provider_id)
        paid = min(minutes, left if own is None else min(own, left))
        # The own hours are asked first where they run out first.
        over = use.over_assigned if own is not None and own <= left else use.over_authorized
        over[day] = over.get(day, 0) + minutes - paid
        left -= paid
        if own is not None:
            own_left[use.provider_id] = own - paid
        use.minutes[day] -= minutes - paid


def _fits(uses: Sequence[Use], authorized_minutes: int, assigned_minutes: Mapping[str, int | None]) -> bool:
    """The common case: nobody claimed too much."""
    total = 0
    by_provider: dict[str, int] = {}
    for use in uses:
        minutes = sum(use.minutes)
        total += minutes
        by_provider[use.provider_id] = by_provider.get(use.provider_id, 0) + minutes
    if total > authorized_minutes:
        return False
    limits = ((minutes, assigned_minutes.get(provider)) for provider, minutes in by_provider.items())
    return all(limit is None or minutes <= limit for minutes, limit in limits)


def in_order_of_use(uses: Sequence[Use]) -> list[tuple[Use, int, int]]:
    """(use, day of the period, minutes), by the stamp of the place, document id, then day."""
    filled = [
        (stamp, use.document_id, number, day, minutes, use)
        for number, use in enumerate(uses)
        for stamp, day, minutes in fill_places(use.places, use.claimed, use.minutes)
    ]
    filled.sort(key=lambda entry: entry[:-1])
    return [(use, day, minutes) for *_, day, minutes, use in filled]


def fill_places(
    places: Sequence[tuple[Stamp, int]], claimed: Sequence[int], left: Sequence[int]
) -> Iterator[tuple[Stamp, int, int]]:
    """(stamp, day, minutes) of the minutes ``left`` of a document, by day.

    What it ``claimed`` fills its places by day, oldest place first; minutes that a rule took away leave their places
    empty, of a day the newest first, so that a minute denied never lends its place to one added later.
    """
    rooms = iter(places)
    stamp, room = next(rooms, ((0, 0), 0))
    for day, (wanted, stay) in enumerate(zip(claimed, left, strict=True)):
        while wanted > 0:
            while room == 0:
                stamp, room = next(rooms)
            placed = min(wanted, room)
            if stay > 0:
                yield stamp, day, min(placed, stay)
            wanted, room, stay = wanted - placed, room - placed, stay - placed
