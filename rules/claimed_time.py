"""What a timesheet claims: the approved revision that stands, what waits, and its places in the order of use.

Authority: TIME-1 to TIME-4, HOURS-6 (MPP 30-769; "first processed" is practice, the order within a document an
assumption). In force: always. Does not cover: whether the claimed minutes may be paid.
"""

from collections.abc import Sequence
from typing import NamedTuple

from rules.conclusions import Stamp
from rules.documents import Document
from rules.periods import civil_day
from schemas.timesheet import Timesheet


class Claim(NamedTuple):
    """One timesheet as of a cut-off.

    ``minutes`` by day of the period go on to the next rules; claimed = sum(minutes) + awaiting + early. ``places``:
    (stamp, minutes), oldest first. ``payable``: when the document first became payable, None if never.
    """

    standing: Timesheet
    minutes: list[int]
    awaiting: int
    early: int
    places: list[tuple[Stamp, int]]
    payable: Stamp | None
    by_day: list[int]  # all that is claimed, payable or not
    approved: list[int]  # of these, by the approved revision that stands

    @property
    def claimed(self) -> int:
        """All minutes that the document claims, payable or not."""
        return sum(self.minutes) + self.awaiting + self.early

    def awaiting_by_day(self) -> dict[int, int]:
        """Minutes that wait for approval, by day of the period (TIME-2)."""
        return _more(self.by_day, self.approved) if self.awaiting else {}

    def early_by_day(self) -> dict[int, int]:
        """Minutes claimed before they were worked, by day of the period (TIME-4)."""
        return _more(self.approved, self.minutes) if self.early else {}


def _more(whole: Sequence[int], part: Sequence[int]) -> dict[int, int]:
    pairs = zip(whole, part, strict=True)
    return {index: minutes - less for index, (minutes, less) in enumerate(pairs) if minutes != less}


def claim(document: Document[Timesheet]) -> Claim:
    """What the document claims (TIME-2, TIME-3)."""
    places, payable = places_in_order(document)
    current = document.current
    standing = _approved(document)
    nothing = [0] * len(current.minutes_worked)
    if current.withdrawn:
        return Claim(current, nothing, 0, 0, places, payable, nothing, nothing)
    if standing is None:
        claimed = current.minutes_worked
        return Claim(current, nothing, sum(claimed), 0, places, payable, claimed, nothing)
    approved = standing.minutes_worked
    by_day = approved
    if standing is not current:
        by_day = [max(pair) for pair in zip(current.minutes_worked, approved, strict=True)]
    minutes = worked_before_approval(standing)
    awaiting = sum(by_day) - sum(approved)
    return Claim(standing, minutes, awaiting, sum(approved) - sum(minutes), places, payable, by_day, approved)


def worked_before_approval(timesheet: Timesheet) -> list[int]:
    """Minutes by day up to the civil date of the approval; later days were claimed before they were worked."""
    assert timesheet.recipient_approved_at is not None
    last = civil_day(timesheet.recipient_approved_at) - timesheet.period_start
    return [minutes if index <= last else 0 for index, minutes in enumerate(timesheet.minutes_worked)]


def _approved(document: Document[Timesheet]) -> Timesheet | None:
    """The highest revision that is approved, unless a higher one took the document back."""
    for number in sorted(document.revisions, reverse=True):
        timesheet = document.revisions[number].fact
        if timesheet.withdrawn:
            return None
        if timesheet.recipient_approved_at is not None:
            return timesheet
    return None


def given_up(document: Document[Timesheet], claimed: Claim) -> list[int]:
    """Minutes by day that an earlier approved revision claimed beyond what is claimed now; empty: none."""
    approved = [fact.minutes_worked for fact in document.earlier if fact.recipient_approved_at is not None]
    most = [max(of_day) for of_day in zip(*approved, strict=True)]
    minutes = [max(0, before - now) for before, now in zip(most, claimed.by_day, strict=bool(most))]
    return minutes if any(minutes) else []


def places_in_order(document: Document[Timesheet]) -> tuple[list[tuple[Stamp, int]], Stamp | None]:
    """HOURS-6: the document's places by approved revisions in the order of recording, and its first payable stamp.

    Minutes that a revision adds to the total take a new place at its stamp; minutes that it drops leave the newest
    places.
    """
    places: list[tuple[Stamp, int]] = []
    payable: Stamp | None = None
    highest = 0
    for recorded in document.revisions.values():
        timesheet = recorded.fact
        if timesheet.revision < highest or not (timesheet.withdrawn or timesheet.recipient_approved_at is not None):
            continue
        highest = timesheet.revision
        total = 0 if timesheet.withdrawn else sum(timesheet.minutes_worked)
        payable = payable or (None if timesheet.withdrawn else recorded.stamp)
        _resize(places, total, recorded.stamp)
    return places, payable


def _resize(places: list[tuple[Stamp, int]], total: int, stamp: Stamp) -> None:
    """Add what the total grew by as a new place, or take what it fell by from the newest."""
    grown = total - sum(minutes for _, minutes in places)
    if grown > 0:
        places.append((stamp, grown))
    while grown < 0:
        taken_from, minutes = places.pop()
        if minutes > -grown:
            places.append((taken_from, minutes + grown))
        grown = min(0, grown + minutes)
