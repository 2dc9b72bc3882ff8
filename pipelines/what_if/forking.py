"""One key as it is, step by step, and from where on each variant has it otherwise.

A step is a pay run that matters to the key (`rules.restatement.steps`). Until one asks the law for a value that a
variant answers otherwise, or sees other rows, the variant is the baseline; from there it goes on with a copy of what
was remembered and a case file made again from what arrived.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from rules.asked_law import AskedLaw, Noted
from rules.documents import Arrival
from rules.law import Law
from rules.restatement import CLOSES, CaseFile, Change, Memory, steps

NEVER = 1 << 62  # later than any cut-off
CaseUnder = Callable[[Law], CaseFile]
"""A key's empty case file, by the law that decides it."""


class Fork(NamedTuple):
    """Where a variant parts from the baseline: what was remembered, and how many changes were said, by then."""

    memory: Memory
    said: int


class KeyAsItIs(NamedTuple):
    """What the baseline's changes are, and where each variant parts from it; None: nowhere."""

    changes: list[Change]
    forks: list[Fork | None]


class Forking:
    """Decides one key up to and including the cut-off ``until``. ``asked``: the law beside that of each variant; or,
    where all are decided by one law, that law. ``otherwise``: of each variant, the first cut-off that sees other rows
    (NEVER: none does)."""

    def __init__(self, law: Law, asked: AskedLaw | None, otherwise: Sequence[int], until: int) -> None:
        self.otherwise, self.until = otherwise, until
        published = [each.publications[0] for each in asked.others if each.publications] if asked else []
        self.sooner = min((*otherwise, *published), default=NEVER)  # before it, only what is asked parts a variant
        self.asked = asked and asked.for_key()
        self.noted = self.asked.noted if self.asked else Noted()
        self.law = self.asked or law
        # Nothing but when months close is asked of the law of the steps: what it answered is known for the next key.
        self.law_of_steps = self.law if asked and CLOSES in asked.watched else law

    def as_it_is(self, case: CaseUnder, arrivals: Sequence[Arrival]) -> KeyAsItIs:
        """By the law as it is."""
        memory, changes = Memory(), list[Change]()
        forks: list[Fork | None] = [None for _ in self.otherwise]
        waiting, before = [*range(len(forks))], Fork(Memory(), 0)
        for said in steps(case(self.law), arrivals, self.until, self.law_of_steps, memory):
            if memory.decided >= self.sooner or len(self.noted.differing) > len(forks) - len(waiting):
                for number in self._parting(waiting, before.memory.decided, memory.decided):
                    forks[number] = before
                    waiting.remove(number)
            changes += said
            if waiting:
                before = Fork(memory.copy(), len(changes))
        for number in self._parting(waiting, memory.decided, self.until):
            forks[number] = before
        return KeyAsItIs(changes, forks)

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

    def otherwise_from(self, fork: Fork, law: Law, case: CaseUnder, arrivals: Sequence[Arrival]) -> Iterator[Change]:
        """What a variant says from where it parts, by its own law and arrivals."""
        made, memory = case(law), fork.memory.copy()
        for arrival in arrivals:
            if arrival.cut_off > memory.decided:
                break
            made.admit(arrival)
        for said in steps(made, arrivals, self.until, law, memory):
            yield from said
