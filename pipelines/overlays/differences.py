"""Where one law answers otherwise than another: spans of days of a parameter, with both values."""

from collections.abc import Iterator
from typing import NamedTuple

from rules.asked_law import read_of
from rules.law import Law
from rules.parameters import LawEntry, Parameter
from rules.periods import business_day_of, hhmm, iso
from schemas.types import FIRST_DAY, LAST_DAY

SPELLED = {"mills_per_hour": 1000, "cents": 100, "per_100000": 1000}
"""How many of a unit are one of what people write: dollars, per cent."""


class LawSpan(NamedTuple):
    """Days ``first`` to ``last`` on which a parameter's value is another one; ``last`` None: and ever after. An entry
    is None where nothing is in force."""

    name: str
    first: int
    last: int | None
    before: LawEntry | None
    after: LawEntry | None


def law_spans(before: Law, after: Law) -> list[LawSpan]:
    """All that ``after`` answers otherwise once everything is published, by name and day."""
    names = (name for name, each in after.parameters.items() if each != before.parameters.get(name))
    return [span for name in sorted(names) for span in _spans(name, before.parameters[name], after.parameters[name])]


def _spans(name: str, before: Parameter, after: Parameter) -> Iterator[LawSpan]:
    found: list[LawSpan] = []
    days = steps(before, after)
    for first, following in zip(days, [*days[1:], None], strict=True):
        one, other = before.on(first, None), after.on(first, None)
        if _value(one) == _value(other):
            continue
        last = None if following is None else following - 1
        joined = found and found[-1].last == first - 1 and _same(found[-1], one, other)
        span = LawSpan(name, found.pop().first if joined else first, last, one, other)
        found.append(span)
    return iter(found)


def steps(*parameters: Parameter) -> list[int]:
    """Days on which a value of any of them may begin or end, sorted, the first that a record may name among them."""
    entries = [entry for each in parameters for entry in each.entries]
    begins = {max(entry.from_day, FIRST_DAY) for entry in entries}
    ends = {entry.until + 1 for entry in entries if entry.until is not None and entry.until < LAST_DAY}
    return sorted({FIRST_DAY, *begins, *ends})


def days_differing(before: Law, after: Law) -> dict[str, list[range]]:
    """Days on which ``after`` answers otherwise to some pay run, whatever it knows, by parameter."""
    names = (name for name, each in after.parameters.items() if each != before.parameters.get(name))
    found = {name: [*_ranges(before.parameters[name], after.parameters[name])] for name in sorted(names)}
    return {name: ranges for name, ranges in found.items() if ranges}


def _ranges(before: Parameter, after: Parameter) -> Iterator[range]:
    known = {entry.known_from for each in (before, after) for entry in each.entries}
    days = steps(before, after)
    for first, following in zip(days, [*days[1:], LAST_DAY + 1], strict=True):
        if any(read_of(before.on(first, at)) != read_of(after.on(first, at)) for at in (None, 0, *known)):
            yield range(first, following)


Decided = tuple[str, int]
"""A parameter, and the first day on which something of it is otherwise."""


def decided_otherwise(before: Law, after: Law, cut_off: int) -> list[Decided]:
    """What ``after`` answers the pay run otherwise than ``before``, on days up to it: by parameter, the first day."""
    found = []
    for name, each in sorted(after.parameters.items()):
        if (was := before.parameters.get(name)) == each or was is None:
            continue
        worked = (day for day in steps(was, each) if day <= business_day_of(cut_off))
        other = (day for day in worked if read_of(was.on(day, cut_off)) != read_of(each.on(day, cut_off)))
        found += [(name, day) for day in [*other][:1]]
    return found


def _same(span: LawSpan, one: LawEntry | None, other: LawEntry | None) -> bool:
    return (_value(span.before), _value(span.after)) == (_value(one), _value(other))


def _value(entry: LawEntry | None) -> object:
    return None if entry is None else entry.value


def spelled(parameter: Parameter, value: object) -> str:
    """A value as people write it: ``16.65`` dollars an hour, ``66:00`` hours, ``6.2 %``, a date, words."""
    if value is None:
        return "none"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    if isinstance(value, bool) or not isinstance(value, int):
        return str(value).lower()
    unit = parameter.unit
    if unit in SPELLED:
        return _decimal(value, SPELLED[unit]) + (" %" if unit == "per_100000" else "")
    return hhmm(value) if unit == "minutes" else iso(value) if unit == "day" else str(value)


def _decimal(value: int, one: int) -> str:
    """With two places at least, and no more than it needs."""
    whole, rest = divmod(value, one)
    places = str(rest).zfill(len(str(one)) - 1).rstrip("0")
    return f"{whole}.{places.ljust(2, '0')}"
