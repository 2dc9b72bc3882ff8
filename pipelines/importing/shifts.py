"""Two ends of a shift to instants, and its minutes to civil days. Nothing is guessed: what only a duration can tell, a
duration must tell."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import product
from typing import NamedTuple

from pipelines.importing.cells import MINUTES_IN_HOUR, BadCell, Note
from pipelines.importing.instants import TWICE, instants_of
from pipelines.importing.map import RowsMap
from pipelines.importing.readings import Civil
from rules.periods import MILLIS_IN_MINUTE, civil_day, midnight

DAY = timedelta(days=1)
MINUTES_IN_DAY = 24 * 60


class Ends(NamedTuple):
    """Both ends as instants (epoch milliseconds); None where a clock was not used."""

    start: int | None
    end: int | None

    @property
    def minutes(self) -> int:
        """Whole minutes between; 0 where an end is missing or before the other."""
        return max(0, self.end - self.start) // MILLIS_IN_MINUTE if self.start and self.end else 0


def ends_of(start: Civil | None, end: Civil | None, worked: int | None, rows: RowsMap) -> Ends:
    """The instants of a shift; ``worked``: minutes that a duration says, breaks included. Raises BadCell."""
    if start is None or end is None:
        return Ends(_alone(start), _alone(end))
    inferred = False
    if start.at.tzinfo is None and end.at.tzinfo is None:
        end, inferred = _on_its_day(start, end, worked)
    pairs = list(product(_instants(start), _instants(end)))
    if len(pairs) > 1:
        pairs = [pair for pair in pairs if worked is not None and pair[1] - pair[0] == worked * MILLIS_IN_MINUTE]
    if len(pairs) != 1:
        raise _twice(start if len(_instants(start)) > 1 else end)
    ends = Ends(*pairs[0])
    if inferred and ends.minutes > rows.longest_shift_hours * MINUTES_IN_HOUR:
        hours = rows.longest_shift_hours
        raise BadCell(f"a shift of at most {hours} hours: its end was taken for the day after (longest_shift_hours)")
    return ends


def _on_its_day(start: Civil, end: Civil, worked: int | None) -> tuple[Civil, bool]:
    """The end on the day it is meant for, and whether that was inferred: after midnight where one column has the day of
    both; a day that stands beside it is never changed."""
    if start.at == end.at:
        if worked not in (0, MINUTES_IN_DAY):
            raise BadCell("an end that differs from its beginning, or a duration that says 0 or 24 hours")
        return (end, False) if worked == 0 else (end._replace(at=end.at + DAY), False)
    if end.at < start.at and start.day and start.day == end.day:
        return end._replace(at=end.at + DAY), True
    return end, False


def _alone(end: Civil | None) -> int | None:
    if end is None:
        return None
    found = _instants(end)
    if len(found) > 1:
        raise _twice(end)
    return found[0]


def _twice(end: Civil) -> BadCell:
    return BadCell(TWICE, column=end.column, cell=end.at.isoformat(" "))


def _instants(end: Civil) -> list[int]:
    try:
        return instants_of(end.at, end.zone)
    except BadCell as bad:
        raise BadCell(bad.expected, bad.reason, end.column, end.at.isoformat(" ")) from None


class ShiftPart(NamedTuple):
    """Minutes of one civil day (California)."""

    day: int
    minutes: int


def parts_of(ends: Ends, break_minutes: int, rows: RowsMap, note: Note) -> list[ShiftPart]:
    """A shift's minutes by civil day, less its break. Raises BadCell."""
    if ends.start is None or ends.end is None:
        raise BadCell("a shift with both ends: hours that are not over are not paid")
    start, end = (_whole(each, rows.seconds, note) for each in (ends.start, ends.end))
    if end <= start:
        raise BadCell("an end after its beginning")
    parts = []
    while start < end:
        day = civil_day(start)
        until = min(end, midnight(day + 1))
        parts.append(ShiftPart(day, (until - start) // MILLIS_IN_MINUTE))
        start = until
    return _less_break(parts, break_minutes, note)


def _less_break(parts: Sequence[ShiftPart], break_minutes: int, note: Note) -> list[ShiftPart]:
    """A break without times of its own comes off the longer part."""
    if break_minutes < 0:
        raise BadCell("a break not below zero")
    longest = max(range(len(parts)), key=lambda place: parts[place].minutes)
    if break_minutes and len(parts) > 1:
        note("breaks of shifts over midnight came off the longer part")
    if parts[longest].minutes < break_minutes:
        raise BadCell("a break that is shorter than the shift")
    return [
        part._replace(minutes=part.minutes - break_minutes) if place == longest else part
        for place, part in enumerate(parts)
    ]


def _whole(instant: int, seconds: str, note: Note) -> int:
    rest = instant % MILLIS_IN_MINUTE
    if not rest:
        return instant
    if seconds == "refuse":
        raise BadCell('whole minutes: say in the map what becomes of seconds (rows: seconds = "down" or "nearest")')
    note(f"seconds of times were rounded, {seconds}, by the map")
    up = seconds == "nearest" and rest * 2 >= MILLIS_IN_MINUTE
    return instant - rest + (MILLIS_IN_MINUTE if up else 0)
