"""What the law does not know yet: which values are carried forward on a day, and which will be.

Authority: WAGE-2 (never in silence). In force: always. Does not cover: which payment a carried value touched (the
instruction's assumptions), and how it is told (`pipelines`).

Units: days and cut-offs ``int``.
"""

from collections.abc import Iterator
from typing import NamedTuple

from rules.law import Law, Parameter


class Carried(NamedTuple):
    """A parameter whose last known value goes on since a day, by an assumption's name."""

    by: str
    since: int
    name: str


class Ending(NamedTuple):
    """A parameter whose last known day is this, by the assumption that will carry it forward then."""

    by: str
    last: int
    name: str


def carried_on(law: Law, day: int, known_at: int | None = None) -> list[Carried]:
    """What is carried forward on a day, as known at a cut-off: by assumption, since when, then name."""
    found = ((name, parameter, parameter.on(day, known_at)) for name, parameter in _named_by_the_year(law))
    return sorted(
        Carried(parameter.carried_by, entry.from_day, name)
        for name, parameter, entry in found
        if entry is not None and entry.carried_from is not None
    )


def ending_by(law: Law, day: int, last: int, known_at: int | None = None) -> list[Ending]:
    """What is known on a day and will be carried forward after another: by assumption, last known day, then name."""
    parameters = _named_by_the_year(law)
    ends = ((name, parameter, _last_known(parameter, day, last, known_at)) for name, parameter in parameters)
    return sorted(Ending(parameter.carried_by, end, name) for name, parameter, end in ends if end is not None)


def _named_by_the_year(law: Law) -> Iterator[tuple[str, Parameter]]:
    return ((name, parameter) for name, parameter in law.parameters.items() if parameter.carried_by)


def _last_known(parameter: Parameter, day: int, last: int, known_at: int | None) -> int | None:
    """The last known day of what is known on a day, if that is not after ``last``."""
    entry = parameter.on(day, known_at)
    if entry is None or entry.carried_from is not None:
        return None
    while entry.until is not None and entry.until <= last:
        following = parameter.on(entry.until + 1, known_at)
        if following is None or following.carried_from is not None:
            return entry.until
        entry = following
    return None
