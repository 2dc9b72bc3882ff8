"""A change of law that a pay run was the first to know (WAGE-2; published on a journal, or late in its own files), as
it concerns one statement: so that a payment says why it is another than the one before."""

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from rules.law import Law, LawEntry
from rules.periods import business_day_of

WAGE = "wage."


class ToldLawChange(NamedTuple):
    """``citation``: what it rests on, as it was published; ``begins``: its first day; ``published``: the business day
    of the pay run that is the first to obey it."""

    citation: str
    begins: int
    published: int


def law_changes(law: Law | None, cut_off: int, days: range, counties: Iterable[str]) -> list[ToldLawChange]:
    """What a pay run is the first to know of the law of these days, wages only of the counties paid for; nothing where
    the law is not known (None)."""
    if law is None:
        return []
    wages = {f"{WAGE}{county}" for county in counties}
    found = [
        ToldLawChange(entry.citation, entry.from_day, business_day_of(cut_off))
        for name, entries in _first_known(law, cut_off)
        if name in wages or not name.startswith(WAGE)
        for entry in entries
        if any(_obeyed(law, name, entry, day, cut_off) for day in days)
    ]
    return sorted(set(found), key=lambda each: (each.begins, each.citation))


@lru_cache(maxsize=2)
def _first_known(law: Law, cut_off: int) -> list[tuple[str, list[LawEntry]]]:
    """By parameter: asked of each statement of a pay run."""
    found = ((name, [e for e in each.entries if e.known_from == cut_off]) for name, each in law.parameters.items())
    return [(name, entries) for name, entries in found if entries]


def _obeyed(law: Law, name: str, entry: LawEntry, day: int, cut_off: int) -> bool:
    """Does a day's value come from it, and was it another before? What is carried forward from it is of it too."""
    parameter = law.parameters[name]
    now, before = parameter.on(day, cut_off), parameter.on(day, cut_off - 1)
    return now is not None and entry in (now, now.carried_from) and (before is None or before.value != now.value)
