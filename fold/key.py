"""One key of one stage, pay run by pay run, from stored bytes: the plain-function twin of `restate_unbounded`.

`rules.restatement.restate` decides a whole history at once. This opens the stored bytes, decides the cut-offs that are
due, and stores the bytes again; both call `rules.restatement.step` and give the same conclusions.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import chain
from operator import itemgetter
from typing import NamedTuple

import msgspec

from fold.closing import forget
from fold.key_memory import NEVER, Waiting, opened, packed, remembered, sealed
from fold.opening import OpenedFile
from fold.remembered import Remembered
from fold.rows import Row
from fold.shard import Shard
from fold.stages import Catalog
from rules.law import Law
from rules.periods import business_day_of, closing_cut_off, cut_off_after, midnight, month_of, next_month
from rules.restatement import Change, step

_CUT_OFF = 1  # its place in a row
_cut_off_of_row = itemgetter(_CUT_OFF)
_decode_row = msgspec.msgpack.Decoder(Row).decode


class CutOffMissed(RuntimeError):
    """A row for a cut-off that its key has decided: the watermark went ahead of what it promises."""


class FoldedKey(NamedTuple):
    """What a key came to at a pay run: what changed, what to remember (`key_memory.packed`), the cut-off at which to
    decide it again though nothing arrives (NEVER: none), the facts that were new to it, and the cut-offs after which
    its first open month and its last are closed (NEVER, 0: none is open)."""

    changes: list[Change]
    packed: bytes
    due: int
    new_facts: list[Row]
    closes: int
    open_until: int


class KeyFold:
    """Folds keys of a stage. ``until``: no cut-off after it is decided (None: none is too late)."""

    def __init__(self, stage: str, law: Law, catalog: Catalog, until: int | None) -> None:
        self.stage, self.law, self.catalog, self.until = stage, law, catalog, until

    def arrive(self, state: bytes | None, row: bytes) -> tuple[bytes, int | None]:
        """The state with one more row that waits for its pay run, and when to wake the key (None: not any more)."""
        waiting = opened(state)
        waiting.rows.setdefault(_decode_row(row)[_CUT_OFF], []).append(row)
        return sealed(waiting), self._wake(waiting)

    def wake(self, key: str, state: bytes | None, now: int) -> tuple[bytes | None, int | None, list[Shard]]:
        """Decide all that is due by the cut-off ``now``: the state, when to wake the key again, and what it said, by
        cut-off. Raises CutOffMissed."""
        waiting = opened(state)
        woken, said = False, []
        while (due := waiting.wake) <= now and not self._is_too_late(due):
            woken = True
            if due == waiting.must or self._has_something_to_do(waiting, due):
                said.append(self._decide(key, waiting, due))
            self._look_later(waiting, due)
        return sealed(waiting) if woken else state, self._wake(waiting), said

    def _has_something_to_do(self, waiting: Waiting, look: int) -> bool:
        """Is there law that became known since the key was decided, or a month to forget?"""
        published = self.law.publications
        return look > waiting.idle or bisect_right(published, waiting.decided) < bisect_right(published, look)

    def _look_later(self, waiting: Waiting, cut_off: int) -> None:
        look = look_after(cut_off)
        waiting.look = look if look <= waiting.open_until else NEVER

    def _wake(self, waiting: Waiting) -> int | None:
        return None if waiting.wake == NEVER or self._is_too_late(waiting.wake) else waiting.wake

    def _is_too_late(self, cut_off: int) -> bool:
        return self.until is not None and cut_off > self.until

    def _decide(self, key: str, waiting: Waiting, cut_off: int) -> Shard:
        folded = self.decide(key, waiting.rest, _taken(waiting, cut_off), cut_off)
        waiting.due, waiting.decided, waiting.rest = folded.due, cut_off, folded.packed
        waiting.idle, waiting.open_until = folded.closes, folded.open_until
        shard = Shard(self.stage, self.law, self.catalog, cut_off, 1)
        shard.count_facts(folded.new_facts)
        shard.tell(folded.changes)
        shard.finish()
        return shard

    def decide(self, key: str, known: bytes, fresh: Iterable[Row], cut_off: int) -> FoldedKey:
        """One pay run of a key, onto what is remembered of it (b"": nothing yet). ``fresh``: rows first seen by this
        pay run, each once, in the order of recording. Raises CutOffMissed."""
        memory = remembered(key, known)
        opened = _OpenedKey(self, key, memory)
        opened.step(fresh, cut_off)
        return self._folded(opened)

    def decide_all(self, key: str, known: bytes, fresh: Sequence[Row], until: int) -> FoldedKey | None:
        """All pay runs up to ``until`` that decide something of a key, opened once; None: none does. ``fresh``: rows
        first seen by them, by cut-off, else as above. Raises CutOffMissed."""
        memory, place = remembered(key, known), 0
        opened = _OpenedKey(self, key, memory)
        while True:
            coming = fresh[place][1] if place < len(fresh) else NEVER
            if (cut_off := min(coming, memory.due(self.law) or NEVER)) > until:
                break
            begin, place = place, bisect_right(fresh, cut_off, lo=place, key=_cut_off_of_row)
            opened.step(fresh[begin:place], cut_off)
        return self._folded(opened) if opened.steps else None

    def _folded(self, opened: "_OpenedKey") -> FoldedKey:
        memory = opened.memory
        due, closes = memory.due(self.law) or NEVER, self._closing(memory, memory.decided)
        return FoldedKey(opened.changes, packed(memory), due, opened.new_facts, *closes)

    def _closing(self, memory: Remembered, cut_off: int) -> tuple[int, int]:
        opened = [unit.month for unit in memory.said if unit.month > memory.closed]  # terms and lifetimes have none
        return (self._closes(min(opened), cut_off), self._closes(max(opened), cut_off)) if opened else (NEVER, 0)

    def _closes(self, day: int, cut_off: int) -> int:
        month = month_of(day)
        return closing_cut_off(month, self.law.value("filing.closes_after_months", month, cut_off))


class _OpenedKey:
    """A key between two pay runs that is not put away yet; what it said in them."""

    def __init__(self, fold: KeyFold, key: str, memory: Remembered) -> None:
        self.fold, self.key, self.memory, self.steps = fold, key, memory, 0
        self.changes: list[Change] = []
        self.new_facts: list[Row] = []
        self._case: OpenedFile | None = None

    def step(self, fresh: Iterable[Row], cut_off: int) -> None:
        """One pay run. Raises CutOffMissed."""
        fold, memory = self.fold, self.memory
        if cut_off <= memory.decided:
            raise CutOffMissed(f"{fold.stage}: a row for {cut_off}, and {memory.decided} is decided")
        case = self._case or OpenedFile(fold.stage, self.key, memory, fold.law, fold.catalog)
        self.changes += step(case, memory, case.filed(fresh, self.new_facts), cut_off, fold.law)
        self.steps, closed = self.steps + 1, memory.closed
        forget(memory, self.key, cut_off, fold.law)
        self._case = case if memory.closed == closed else None  # a case file knows what was just forgotten


@lru_cache(maxsize=64)
def look_after(cut_off: int) -> int:
    """The first pay run of the next month: each key with an open month wakes in it even if nothing is due, so that a
    job that was updated with a law which becomes known then decides everybody by it. Else it is not opened."""
    return _first_run_of(next_month(month_of(business_day_of(cut_off))))


def is_look(cut_off: int) -> bool:
    """Is it such a pay run?"""
    return cut_off == _first_run_of(month_of(business_day_of(cut_off)))


def _first_run_of(month: int) -> int:
    return cut_off_after(midnight(month))


def _taken(waiting: Waiting, cut_off: int) -> list[Row]:
    """The rows that are due, each once, in the order of recording; they wait no more."""
    due = [waiting.rows.pop(run) for run in [*waiting.rows] if run <= cut_off]
    return sorted(map(_decode_row, {*chain.from_iterable(due)}), key=lambda row: row[1:])
