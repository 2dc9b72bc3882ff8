"""One key as it is, step by step, and from where on each variant has it otherwise.

A step is a pay run that matters to the key (`rules.restatement.steps`). Until one asks the law for a value that a
variant answers otherwise, or sees other rows, the variant is the baseline; from there it goes on with a copy of what
was remembered and a case file made again from what arrived.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from pipelines.what_if.following import Fork, WatchedFile
from rules.asked_law import AskedLaw, Noted
from rules.documents import Arrival
from rules.law import Law
from rules.price.other_wages import OtherWages
from rules.restatement import CLOSES, CaseFile, Change, Memory, steps

NEVER = 1 << 62  # later than any cut-off
CaseUnder = Callable[[Law], CaseFile]
"""A key's empty case file, by the law that decides it."""


class KeyAsItIs(NamedTuple):
    """What the baseline's changes are, and where each variant parts from it; None: nowhere."""

    changes: list[Change]
    forks: list[Fork | None]


class Forking:
    """Decides one key up to and including the cut-off ``until``. ``asked``: the law beside that of each variant; or,
    where all are decided by one law, that law. ``otherwise``: of each variant, the first cut-off that sees other rows
    (NEVER: none does); ``along``: may it be told from the baseline (providers alone)?"""

    def __init__(
        self, law: Law, asked: AskedLaw | None, otherwise: Sequence[int], along: Sequence[bool], until: int
    ) -> None:
        self.otherwise, self.along, self.until = otherwise, along, until
        published = [each.publications[0] for each in asked.others if each.publications] if asked else []
        self.sooner = min((*otherwise, *published), default=NEVER)  # before it, only what is asked parts a variant
        self.asked = asked and asked.for_key()
        self.noted = self.asked.noted if self.asked else Noted()
        self.law, self.as_is = self.asked or law, law
        self.others = asked.others if asked else [law for _ in otherwise]
        # Nothing but when months close is asked of the law of the steps: what it answered is known for the next key.
        self.law_of_steps = self.law if asked and CLOSES in asked.watched else law

    def as_it_is(self, case: CaseUnder, arrivals: Sequence[Arrival]) -> KeyAsItIs:
        """By the law as it is."""
        memory, changes, file = Memory(), list[Change](), case(self.law)
        forks: list[Fork | None] = [None for _ in self.otherwise]
        waiting, before = [*range(len(forks))], Memory()
        watched = WatchedFile(file) if any(self.along) else None
        for said in steps(watched or file, arrivals, self.until, self.law_of_steps, memory):
            if memory.decided >= self.sooner or len(self.noted.differing) > len(forks) - len(waiting):
                for number in self._parting(waiting, before.decided, memory.decided):
                    forks[number] = self._fork(number, len(changes), before)
                    waiting.remove(number)
            if watched is not None:
                self._go_along(forks, watched, memory)
                if not waiting:
                    watched.take_no_notes(self.as_is)
            changes += said
            if waiting:
                before = memory.copy()
        for number in self._parting(waiting, memory.decided, self.until):
            forks[number] = self._fork(number, len(changes), before)
        return KeyAsItIs(changes, forks)

    def _fork(self, number: int, said: int, before: Memory) -> Fork:
        return Fork(said, before, OtherWages(self.as_is, self.others[number]), self.along[number])

    def _go_along(self, forks: Sequence[Fork | None], watched: WatchedFile, memory: Memory) -> None:
        """A step of those variants that are told from it, as long as they see the same rows."""
        for fork, otherwise in zip(forks, self.otherwise, strict=True):
            if fork is not None and fork.goes_along:
                fork.goes_along = memory.decided < otherwise
                if fork.goes_along:
                    fork.follow(watched, memory)
        watched.made.clear()

    def _parting(self, waiting: list[int], decided: int, cut_off: int) -> list[int]:
        """Which variants are others after the pay runs since ``decided``, up to and including the cut-off?"""
        found = [number for number in waiting if self._parts(number, decided, cut_off)]
        self.noted.differing.update(found)
        return found

    def _parts(self, number: int, decided: int, cut_off: int) -> bool:
        if number in self.noted.differing or self.otherwise[number] <= cut_off:
            return True
        if self.asked is None:
            return False
        published = self.asked.others[number].publications
        news = published[bisect_right(published, decided) : bisect_right(published, cut_off)]
        return any(self.asked.would_differ(number, each) for each in news)

    def otherwise_from(self, fork: Fork, case: CaseUnder, arrivals: Sequence[Arrival]) -> Iterator[Change]:
        """What a variant says from where it is told no more, by its own law and arrivals."""
        made, memory = case(fork.laws.now), fork.memory.copy()
        for arrival in arrivals:
            if arrival.cut_off > memory.decided:
                break
            made.admit(arrival)
        for said in steps(made, arrivals, self.until, fork.laws.now, memory):
            yield from said
