"""A law that notes where others would answer otherwise, for who decides by it and asks what each of them would decide.

Authority: none of its own; what-if and previews need to know who read a value. In force: always. Does not cover: which
value is in force (`law`).
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import ClassVar

from rules.law import Law, LawEntry, NotInForce


def answer(law: Law, name: str, day: int, known_at: int | None) -> object:
    """What a rule may read of the value in force on a day, as known at a cut-off; None: none is."""
    try:
        return read_of(law.entry(name, day, known_at))
    except NotInForce:
        return None


def read_of(entry: LawEntry | None) -> object:
    """What a rule may read of an entry."""
    return None if entry is None else (entry.value, entry.grade, entry.carried_from and entry.carried_from.grade)


class Noted:
    """``asked``: parameter and day, each once, of those that others may answer otherwise; ``differing``: numbers of
    those others who answered one of them otherwise, or need not be asked any more."""

    def __init__(self) -> None:
        self.asked: set[tuple[str, int]] = set()
        self.differing: set[int] = set()
        self.keys = 0  # of which notes were taken, before this one

    def begin(self) -> None:
        """Take notes of another key."""
        self.asked.clear()
        self.differing.clear()
        self.keys += 1


REMEMBERED = ("filing.closes_after_months", "sick_leave.", "tax.")
"""How parameters begin that rules remember by law, and do not ask again for another key. Wages they ask `to_ask`."""


class AskedLaw(Law):
    """The same law, beside ``others``: one for all keys, one after the other, or, where rules would remember what must
    be noted, one for each.

    ``watched``: days on which any of the others may answer otherwise, by parameter; only of them notes are taken.
    """

    takes_notes: ClassVar[bool] = True

    def __init__(self, law: Law, others: Sequence[Law], watched: Mapping[str, Sequence[range]]) -> None:
        self._law, self.others, self.watched = law, [*others], watched
        self._parameters, self._overlaid = law._parameters, law._overlaid
        self.publications, self._published = law.publications, law._published
        self._always, self._as_known, self._then = {}, {}, {}
        self._version, self._versions = law._version, law._versions
        # Of all keys together: laws by how many publications each knew, that by cut-off, and what is noted of a day.
        self._all_known = tuple(len(each.publications) for each in (law, *others))
        self._known: dict[tuple[int, ...], AskedLaw] = {}
        self._known_by: dict[int, tuple[int, ...]] = {}
        self._noted_on: dict[tuple[tuple[str, ...], int], bool] = {}
        self._known_here: dict[tuple[int, ...], AskedLaw] = {}
        self._is_of_key, self._of_key, self._key = False, self, -1
        self.noted = Noted()

    def for_key(self) -> "AskedLaw":
        """Its twin for another key, or itself, without notes."""
        if any(name.startswith(REMEMBERED) for name in self.watched):
            return self._twin(Noted(), is_of_key=True)
        self.noted.begin()
        return self

    def _twin(self, noted: Noted, is_of_key: bool) -> "AskedLaw":
        """What is not noted both know together."""
        twin = AskedLaw(self._law, self.others, self.watched)
        twin._always, twin._known, twin.noted = self._always, self._known, noted
        twin._known_by, twin._noted_on = self._known_by, self._noted_on
        twin._is_of_key = is_of_key
        return twin

    def entry(self, name: str, day: int, known_at: int | None = None) -> LawEntry:
        """As of the law, noted. What nobody watches and never changes is not asked for again."""
        known = self._always.get((name, day))
        if known is not None:
            return known
        if self._watches(name, day):
            self._note(name, day, known_at)
            return self._law.entry(name, day, known_at)
        found = self._law.entry(name, day, known_at)
        if name not in self._published:
            self._always[name, day] = found
        return found

    def in_force(self, name: str, day: int, known_at: int | None = None) -> bool:
        """As of the law, noted."""
        if self._watches(name, day):
            self._note(name, day, known_at)
        return self._law.in_force(name, day, known_at)

    def to_ask(self, names: tuple[str, ...], day: int) -> Law:
        """The law as it is, if nothing is to be noted of these parameters on the day: what it answered one key, rules
        remember for the next. Else one that no other key asks."""
        if len(self.noted.differing) == len(self.others):
            return self._law
        noted = self._noted_on.get((names, day))
        if noted is None:
            noted = self._noted_on[names, day] = any(self._watches(name, day) for name in names)
        if not noted:
            return self._law
        if self._is_of_key:
            return self
        if self._key != self.noted.keys:
            self._of_key, self._key = self._twin(self.noted, is_of_key=True), self.noted.keys
        return self._of_key

    def _watches(self, name: str, day: int) -> bool:
        days = self.watched.get(name)
        return days is not None and any(day in each for each in days)

    def _note(self, name: str, day: int, known_at: int | None) -> None:
        noted = self.noted
        noted.asked.add((name, day))
        left = [number for number in range(len(self.others)) if number not in noted.differing]
        if left:
            own = answer(self._law, name, day, known_at)
            noted.differing.update(each for each in left if answer(self.others[each], name, day, known_at) != own)

    def would_differ(self, number: int, cut_off: int) -> bool:
        """Would one of the others answer otherwise, at a pay run, what was asked until now?"""
        other = self.others[number]
        return any(answer(other, *each, cut_off) != answer(self._law, *each, cut_off) for each in self.noted.asked)

    def as_known_at(self, cut_off: int) -> Law:
        """As of the law; what that is asked for is noted here."""
        laws = self._law, *self.others
        known = self._known_by.get(cut_off)
        if known is None:
            known = self._known_by[cut_off] = tuple(bisect_right(each.publications, cut_off) for each in laws)
        if known == self._all_known:
            return self
        found = self._known_here.get(known)
        if found is None:
            then = [each.as_known_at(cut_off) for each in laws]
            shared = self._known.get(known) or self._known.setdefault(known, AskedLaw(then[0], then[1:], self.watched))
            found = self._known_here[known] = shared._twin(self.noted, self._is_of_key)
        return found

    @property
    def version(self) -> str:
        """As of the law, which finds it once."""
        return self._law.version
