"""One parameter's dated values: which holds on a day, and how the last one goes on where the next is not known yet.

Authority: LAW.md, the head (effective and published dates, grades), WAGE-2 (after its last known day a value is carried
forward until the next begins, as an assumption that is shown: wages, minimum wage, SDI, benefit levels).
In force: always. Does not cover: what may stand in a file (parameters/__init__.py), nor which pay run asks (law.py).

A value from 1900-01-01, the first day that a record may name, has no beginning. Units: day and cut-off ``int``.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from schemas.types import FIRST_DAY, LAST_DAY

Grade = Literal["statute", "regulation", "instruction", "secondary", "derived", "assumption"]
CARRIED = "WAGE-2"


@dataclass(frozen=True, slots=True)
class LawEntry:
    """One value with its dates: in force from ``from_day`` to ``until`` (inclusive; None: until the next is named),
    known to cut-offs from ``known_from`` on (None: to all).

    ``carried_from``: the named value that goes on here though its last known day is over (WAGE-2), else None.
    """

    value: Any
    from_day: int
    until: int | None
    published: int | None
    known_from: int | None
    grade: Grade
    citation: str
    law: str
    carried_from: "LawEntry | None" = None

    @property
    def order(self) -> tuple[int, int]:
        """The last in this order wins; of one name and source no two are equal."""
        return self.from_day, -1 if self.published is None else self.published

    def known(self, at: int | None) -> bool:
        """Whether a pay run knows it (None: everything is known)."""
        return at is None or self.known_from is None or self.known_from <= at

    def begun(self, day: int) -> bool:
        """Whether it begins on the day or before."""
        return self.from_day <= day or self.from_day <= FIRST_DAY

    def holds(self, day: int, known_at: int | None) -> bool:
        """Whether it covers the day and is known at the cut-off."""
        return self.known(known_at) and self.begun(day) and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class Parameter:
    """All values of one name, in order. ``carried_by``: the assumption by which the last known value goes on, "" where
    none does; ``optional``: the rules know what to do on a day without any."""

    law: str
    unit: str
    choices: tuple[str | bool, ...]
    entries: tuple[LawEntry, ...]
    carried_by: str = ""
    optional: bool = False

    def on(self, day: int, known_at: int | None) -> LawEntry | None:
        """The value in force on a day as known at a cut-off, a carried one where the last is over; None: there is
        none."""
        return self._named(day, known_at) or (self._carried(day, known_at) if self.carried_by else None)

    def _named(self, day: int, known_at: int | None) -> LawEntry | None:
        return next((entry for entry in reversed(self.entries) if entry.holds(day, known_at)), None)

    def _carried(self, day: int, known_at: int | None) -> LawEntry | None:
        """WAGE-2: that of the last known day goes on until the next one begins."""
        known = [entry for entry in self.entries if entry.known(known_at)]
        last = max((entry.until for entry in known if entry.until is not None and entry.until < day), default=None)
        named = None if last is None else self._named(last, known_at)
        if last is None or named is None:
            return None
        following = min((entry.from_day for entry in known if not entry.begun(day)), default=None)
        until = None if following is None else following - 1
        return replace(named, from_day=last + 1, until=until, grade="assumption", law=CARRIED, carried_from=named)

    def missing(self) -> int | None:
        """The first day that records may name on which the rules would miss a value that was always known, if any."""
        if self.optional or self.carried_by:
            return None
        day = FIRST_DAY
        for entry in self._always_known():
            if not entry.begun(day):
                return day
            if entry.until is None:
                return None
            day = max(day, entry.until + 1)
        return day if day <= LAST_DAY else None

    def _always_known(self) -> Iterator[LawEntry]:
        return (entry for entry in self.entries if entry.known_from is None)
