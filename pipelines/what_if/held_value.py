"""Tables of law that let a value hold from a day on, in place of all that begin since: of a parameter, or a supplement
to the minimum wage."""

from collections.abc import Callable

from rules.law import Law
from rules.parameters import LawEntry
from rules.periods import civil_date
from rules.wages import MINIMUM
from schemas.types import Json

WAGE = "wage."
Value = Callable[[int], object]
"""The value that begins on a day."""


def held_from(law: Law, name: str, first: int, last: int | None, adopted: int | None, value: Value) -> Json:
    """The table of a parameter that has ``value`` from ``first`` to ``last`` (None: as long as it goes), published on
    ``adopted`` (None: always known), whatever else begins in that time."""
    own = [each for each in law.parameters[name].entries if _within(each, first, last)]
    begins = {(first, adopted), *((each.from_day, adopted) for each in own)}
    begins |= {(each.from_day, each.published) for each in own if _later(each.published, adopted)}
    if name.startswith(WAGE):
        begins |= {(each.from_day, adopted) for each in law.parameters[MINIMUM].entries if _within(each, first, last)}
    days = sorted({day for day, _ in begins})
    ends = dict(zip(days, [*(day - 1 for day in days[1:]), last], strict=True))
    values = [
        {"from": civil_date(day), "value": value(day)}
        | ({} if ends[day] is None else {"until": civil_date(ends[day] or 0)})
        | ({} if published is None else {"published": civil_date(published)})
        for day, published in sorted(begins, key=lambda each: (each[0], each[1] or 0))
    ]
    return table_of(name, values)


def table_of(name: str, values: list[Json]) -> Json:
    """``values`` under a dotted name."""
    table: Json = {"values": values}
    for part in reversed(name.split(".")):
        table = {part: table}
    return table


def _later(published: int | None, adopted: int | None) -> bool:
    """Would it win over a value of that day which was published on ``adopted``?"""
    return published is not None and (adopted is None or published > adopted)


def _within(entry: LawEntry, first: int, last: int | None) -> bool:
    return first <= entry.from_day and (last is None or entry.from_day <= last)


def over_minimum(law: Law, mills: int) -> Value:
    """The minimum wage of the day and so much more."""
    minimum = law.parameters[MINIMUM]

    def value(day: int) -> object:
        found = minimum.on(day, None)
        return None if found is None else found.value + mills

    return value
