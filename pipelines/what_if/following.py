"""A variant that goes with the baseline step by step, where its law differs in wages alone.

What the baseline decides it decides too, at the same pay runs, and says the same but for money; so nothing is admitted,
ordered or limited a second time (`rules.price.other_wages`). At the first step that cannot be told from the baseline's
it is left, as if it had not begun, to be decided from the facts.
"""

from collections.abc import Mapping

from rules.law import Law
from rules.price.case import ProviderFile
from rules.price.other_wages import MadeDecision, OtherWages, at_other_wages
from rules.restatement import Before, CaseFile, Change, Concluded, Decision, Memory, Unit, changes, each_once


class WatchedFile:
    """A provider's file, and what it decided of late."""

    def __init__(self, file: CaseFile) -> None:
        assert isinstance(file, ProviderFile), "nobody else is told from the baseline"
        self.file, self.admit, self.followers = file, file.admit, file.followers
        self.made: list[MadeDecision] = []

    def take_no_notes(self, law: Law) -> None:
        """Nobody is left who waits for what the law is asked: ask ``law`` itself."""
        self.file.law = law

    def decide(self, unit: Unit, before: Before, cut_off: int) -> Decision:
        """As the file does."""
        decision = self.file.decide(unit, before, cut_off)
        self.made.append(MadeDecision(unit, decision, decision.trace))
        return decision


class Fork:
    """Where a variant parts from the baseline, which had ``said`` so many changes.

    ``goes_along``: it is told from the baseline still. ``changes``: what it said while it was; ``memory``: what it
    remembered at the end of that.
    """

    def __init__(self, said: int, memory: Memory, laws: OtherWages, goes_along: bool) -> None:
        self.said, self.memory, self.laws, self.goes_along = said, memory.copy(), laws, goes_along
        self.changes: list[Change] = []

    def follow(self, watched: WatchedFile, memory: Memory) -> None:
        """Go along with a step of the baseline, which now remembers ``memory``; or else part for good."""
        found, said = list[Change](), self.memory.said
        before = {made.unit: said.get(made.unit) for made in watched.made}
        for made in watched.made:
            other = at_other_wages(watched.file, made, self.laws, said, memory.decided)
            if other is None:
                self._part_at(before)
                return
            found += changes(said[made.unit], other, memory.decided)
            said[made.unit] = other.conclusions
        self.changes += found if len(watched.made) == 1 else each_once(found)
        self.memory.decided, self.memory.reviews = memory.decided, memory.reviews.copy()

    def _part_at(self, before: Mapping[Unit, Concluded | None]) -> None:
        """As if the step had not begun."""
        self.goes_along = False
        known = {unit: said for unit, said in before.items() if said is not None}
        for unit in before:
            self.memory.said.pop(unit, None)
        self.memory.said.update(known)
