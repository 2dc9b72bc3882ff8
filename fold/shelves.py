"""Which rows of a key lie by service month, so that a waking brings out the months that it touches and no others.

What a month is decided from is its own rows, those of the month before at most (`reach`), and standing rows: terms,
accounts, claims that belong to no month. Where nothing is said here, all of a key is brought out.
"""

import zlib
from collections.abc import Callable, Iterable
from typing import Any

from fold.remembered import MARK
from fold.stages import CONCLUSIONS
from rules.conclusion import METHOD, PRICE, SETTLE, Conclusion
from rules.documents import Arrival
from rules.periods import month_of, previous_month
from rules.restatement import LIFETIME, STANDING, Unit, is_watch
from rules.visits import days_of
from schemas.ids import day_of, statement_of

VISIT = "EvvVisit"
_CHECKSUM = 4  # bytes


def _of_period(fact: Any) -> set[int]:
    return {month_of(fact.period_start)}


def _of_days(visit: Any) -> set[int]:
    days = days_of(visit)
    return {month_of(days[0]), month_of(days[-1])} if days else set()


def _of_statement(outcome: Any) -> set[int]:
    day = day_of(statement_of(outcome.instruction_id))
    return set() if day is None else {month_of(day)}


_BY_MONTH: dict[str, Callable[[Any], set[int]]] = {
    "Timesheet": _of_period, "TravelClaim": _of_period, VISIT: _of_days,
}  # fmt: skip
"""Facts that lie by month, and the months that one names; of conclusions their class says it."""
_LOOKS_AT: dict[tuple[str, str], Callable[[Any], set[int]]] = {
    (PRICE, "PaymentOutcome"): lambda outcome: set(),
    (SETTLE, "PaymentOutcome"): _of_statement,
}
"""Standing facts that are filed without a look at all months, and the months that are looked at."""


def months_named(arrival: Arrival) -> set[int] | None:
    """The months under which an arrival may lie; None: it is one that stands beside all months."""
    if arrival.kind in CONCLUSIONS:
        month = CONCLUSIONS[arrival.kind].month_in(arrival.event_id)
        return None if month is None else {month}
    named = _BY_MONTH.get(arrival.kind)
    return None if named is None else named(arrival.content)


def looked_at(stage: str, arrival: Arrival) -> Iterable[int] | None:
    """The months that must be known to file an arrival; None: all. The provider's side mostly knows by the month before
    whom the provider is paid by."""
    months = months_named(arrival)
    if months is None:
        looks_at = _LOOKS_AT.get((stage, arrival.kind))
        return None if looks_at is None else looks_at(arrival.content)
    return sorted({*months, *map(previous_month, months)}) if stage == PRICE else sorted(months)


def reach(stage: str, unit: Unit) -> Iterable[int] | None:
    """The months whose rows a decision reads; None: all. What adds up over a lifetime reads conclusions alone
    (`read_by_others`), and what stands in a settlement reads standing rows."""
    if unit == STANDING:
        return () if stage in (SETTLE, METHOD) else None
    if unit == LIFETIME:
        return ()
    month = month_of(unit.month)
    return (previous_month(month), month) if stage == PRICE and not is_watch(unit) else (month,)


def read_by_others(said: Conclusion, month: int) -> bool:
    """Do other units read it? What they do stays when its month closes, while all others go on."""
    return said.when_closed(month, month.__ge__) is not None


def mark(visit: Any) -> bytes:
    """A short digest of a visit's number: whoever else has it may be another."""
    return zlib.crc32(visit.document_id.encode()).to_bytes(_CHECKSUM)[:MARK]
