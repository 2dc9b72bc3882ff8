"""Pay runs decided before this start: folded again where the memory lacks them, and compared with what was sent.

Up to the last accepted pay run (`accepted`) what was sent stands, whatever this code and law would have decided.
"""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, NoReturn

from pipelines.live.accepted import accepted, fault
from pipelines.live.as_said import InstructedLedger, unsaid
from pipelines.live.journal import Journal
from pipelines.live.last_sent import LastSent
from pipelines.live.memory import CountyMemory, Told
from pipelines.live.outbox import Letter, Outbox, letter_of
from pipelines.live.pay_run import PayRuns, RunEntries, RunLetters, read_run, told_as_said
from rules.periods import business_day_of, cut_offs, iso
from schemas.avro import fields_of

WORDS = {"message", "next_step", "rule", "authority", "documents", "assumptions", "law_version"}
SUMS = {"content_sha256", "previous_sha256", "facts"}  # of words too, and PayRuns of before have none


RUNS_AT_ONCE, BYTES_AT_ONCE = 32, 4 << 20  # pay runs that are folded at once, and of their entries


class OtherHistory(ValueError):
    """Code and law decide a pay run otherwise than it was said: nothing may be paid on top of it."""


class Otherwise(NamedTuple):
    """What an accepted past was said otherwise: statements that are decided again; conclusions said again and taken
    back, at the next pay run."""

    statements: int
    said_again: int
    taken_back: int


class Past:
    """The pay runs of a journal up to the last that was decided. Raises OtherHistory."""

    def __init__(
        self,
        journal: Journal,
        outbox: Outbox,
        memory: CountyMemory,
        pay_runs: PayRuns,
        beat: Callable[[str, int, int], None],
    ) -> None:
        self.journal, self.outbox, self.memory, self.pay_runs = journal, outbox, memory, pay_runs
        self.beat = beat
        self.otherwise = Otherwise(0, 0, 0)
        self.agreed = 0  # up to this cut-off all was folded from the start, before any was accepted, and is as said
        self._accept(journal.folder)

    def _accept(self, folder: Path) -> None:
        if broken := fault(folder):
            raise OtherHistory(broken)
        self.until = max((each.until for each in accepted(folder)), default=0)
        self.ledger, self.last_sent = InstructedLedger(self.memory, self.pay_runs.law, self.until), LastSent()

    def accept(self) -> None:
        """The journal has one more acceptance: make again what is remembered, by it."""
        self.memory.forget()
        self._accept(self.journal.folder)

    def remember(self, first: int, last: int, open_run: int) -> None:
        """Fold again what was decided and is not remembered. ``first``, ``last``: cut-offs; ``open_run``: the first
        that is not decided."""
        told = self.memory.told()
        if told is not None and (told.cut_off >= open_run or told.cut_off < self.until or not self._is_of(told)):
            self.memory.forget()  # it came from a backup, or was left in the middle of an accepted past
            told = None
        missing, done = list(cut_offs(first if told is None else told.cut_off + 1, last)), 0
        runs = (read_run(each, self.journal.entries(each)) for each in missing)
        for some in some_at_once(runs, lambda cut_off: self.agreed < cut_off <= self.until):
            self.beat("Remembering pay runs", done, len(missing))
            self._remember(self.pay_runs.fold_all(some), told is None and not self.until)
            done += len(some)
        self.beat("", 0, 0)

    def _remember(self, runs: list[RunLetters], from_the_start: bool) -> None:
        for run in runs:
            cut_off = run.told.cut_off
            said = self.outbox.letters(cut_off)
            if said is not None and self.agreed < cut_off <= self.until:
                self._remember_as_said(run, said)
                continue
            if said is None or (run.letters != said and _what_counts(run.letters) != _what_counts(said)):
                self._refuse(cut_off)
            if cut_off <= self.until:
                self.last_sent.add(run, said)
            if from_the_start:
                self.agreed = cut_off
            if run is runs[-1]:
                self.pay_runs.remember(run, said)

    def _is_of(self, told: Told) -> bool:
        """Is what is remembered of these pay runs, and not of some that were restored over?"""
        said = self.outbox.letters(told.cut_off)
        return said is not None and told_as_said(told, said) == told

    def _remember_as_said(self, run: RunLetters, said: list[Letter]) -> None:
        self.last_sent.add(run, said)
        run = self.ledger.kept_to(run, said)
        if run.told.cut_off < self.until:
            self.pay_runs.remember(run, said)
            return
        again, back = self.last_sent.to_say_again(), self.last_sent.to_take_back()
        self.memory.put(run.states)
        if again:
            self.memory.put(unsaid(self.memory.states(), run, again, self.pay_runs.law))
        owed = [letter_of(record, "").body for record in back]
        self.memory.commit(told_as_said(run.told, said), run.listings, owed)
        self.otherwise = Otherwise(len(self.ledger.statements), len(again), len(back))

    def _refuse(self, cut_off: int) -> NoReturn:
        self.memory.forget()
        raise OtherHistory(
            f"this code and law decide pay run {iso(business_day_of(cut_off))} otherwise than it was said: go back to"
            " those that said it, or see 'A bad deploy' in docs/operations.md"
        )


def some_at_once(runs: Iterable[RunEntries], is_apart: Callable[[int], bool]) -> Iterator[list[RunEntries]]:
    """As many as are folded at once: course listings are not known before they arrive, and where an accepted past may
    have been said otherwise (``is_apart``) each builds on what was said in the one before."""
    some: list[RunEntries] = []
    for run in runs:
        full = len(some) == RUNS_AT_ONCE or sum(each.size for each in [*some, run]) > BYTES_AT_ONCE
        if some and (full or run.door.catalog or is_apart(some[-1].cut_off) or is_apart(run.cut_off)):
            yield some
            some = []
        some.append(run)
    if some:
        yield some


def _what_counts(letters: Iterable[Letter]) -> list[tuple[str, str]]:
    """All that was said but its words, and which law and documents it rests on: one cent that went to another
    statement is another history though all totals agree."""
    return sorted((letter.id, _without_words(letter)) for letter in letters)


def _without_words(letter: Letter) -> str:
    if letter.kind == "Rejection":
        return ""
    fields = {name: value for name, value in fields_of(letter.record).items() if name not in WORDS | SUMS}
    for line in fields.get("lines", ()):
        del line["rule"]
    return repr(sorted(fields.items()))
