"""One key of one stage, pay run by pay run, from stored bytes: the plain-function twin of `restate_unbounded`.

`rules.restatement.restate` decides a whole history at once. This opens the stored bytes, decides the cut-offs that are
due, and stores the bytes again; both call `rules.restatement.step` and give the same conclusions.
"""

from collections.abc import Iterable
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
_encode = msgspec.msgpack.Encoder().encode
_decode_row = msgspec.msgpack.Decoder(Row).decode


class CutOffMissed(RuntimeError):
    """A row for a cut-off that its key has decided: the watermark went ahead of what it promises."""


class FoldedKey(NamedTuple):
    """What a key came to at a pay run: what changed, what to remember (`key_memory.packed`), the cut-off at which to
    decide it again though nothing arrives (NEVER: none), the facts that were new to it, and the cut-off after which no
    month of it is open (0: none is)."""

    changes: list[Change]
    packed: bytes
    due: int
    new_facts: list[Row]
    open_until: int


class KeyFold:
    """Folds keys of a stage. ``until``: no cut-off after it is decided (None: none is too late)."""

    def __init__(self, stage: str, law: Law, catalog: Catalog, until: int | None) -> None:
        self.stage, self.law, self.catalog, self.until = stage, law, catalog, until

    def arrive(self, state: bytes | None, row: bytes) -> tuple[bytes, int | None]:
        """The state with one more row that waits for its pay run, and when to wake the key (None: not any more)."""
        waiting = opened(state)
        waiting.rows.append(row)
        waiting.arrivals_due = min(waiting.arrivals_due, _decode_row(row)[_CUT_OFF])
        return sealed(waiting), self._wake(waiting)

    def wake(self, key: str, state: bytes | None, now: int) -> tuple[bytes | None, int | None, list[Shard]]:
        """Decide all that is due by the cut-off ``now``: the state, when to wake the key again, and what it said, by
        cut-off. Raises CutOffMissed."""
        waiting = opened(state)
        said = []
        while (due := waiting.wake) <= now and not self._is_too_late(due):
            said.append(self._decide(key, waiting, due))
        return sealed(waiting) if said else state, self._wake(waiting), said

    def _wake(self, waiting: Waiting) -> int | None:
        return None if waiting.wake == NEVER or self._is_too_late(waiting.wake) else waiting.wake

    def _is_too_late(self, cut_off: int) -> bool:
        return self.until is not None and cut_off > self.until

    def _decide(self, key: str, waiting: Waiting, cut_off: int) -> Shard:
        folded = self.decide(key, waiting.rest, _taken(waiting, cut_off), cut_off)
        look = look_after(cut_off)  # for a law that the job is updated with before then
        waiting.due = min(folded.due, look if look <= folded.open_until else NEVER)
        waiting.rest = folded.packed
        shard = Shard(self.stage, self.law, self.catalog, cut_off, 1)
        shard.count_facts(folded.new_facts)
        shard.tell(folded.changes)
        shard.finish()
        return shard

    def decide(self, key: str, known: bytes, fresh: Iterable[Row], cut_off: int) -> FoldedKey:
        """One pay run of a key, onto what is remembered of it (b"": nothing yet). ``fresh``: rows first seen by this
        pay run, each once, in the order of recording. Raises CutOffMissed."""
        memory = remembered(key, known)
        if cut_off <= memory.decided:
            raise CutOffMissed(f"{self.stage}: a row for {cut_off}, and {memory.decided} is decided")
        case = OpenedFile(self.stage, key, memory, self.law, self.catalog)
        new_facts: list[Row] = []
        changes = step(case, memory, case.filed(fresh, new_facts), cut_off, self.law)
        forget(memory, key, cut_off, self.law)
        open_until = self._open_until(memory, cut_off)
        return FoldedKey(changes, packed(memory), memory.due(self.law) or NEVER, new_facts, open_until)

    def _open_until(self, memory: Remembered, cut_off: int) -> int:
        last = max((unit.month for unit in memory.said), default=0)  # terms and lifetimes have none
        if not last:
            return 0
        month = month_of(last)
        return closing_cut_off(month, self.law.value("filing.closes_after_months", month, cut_off))


def look_after(cut_off: int) -> int:
    """The first pay run of the next month: each key with an open month wakes in it even if nothing is due, so that a
    job that was updated with a law which becomes known then decides everybody by it."""
    return _first_run_of(next_month(month_of(business_day_of(cut_off))))


def is_look(cut_off: int) -> bool:
    """Is it such a pay run?"""
    return cut_off == _first_run_of(month_of(business_day_of(cut_off)))


def _first_run_of(month: int) -> int:
    return cut_off_after(midnight(month))


def _taken(waiting: Waiting, cut_off: int) -> list[Row]:
    """The rows that are due, each once, in the order of recording; they wait no more."""
    rows = {raw: _decode_row(raw) for raw in waiting.rows}
    waiting.rows = [raw for raw, row in rows.items() if row[_CUT_OFF] > cut_off]
    waiting.arrivals_due = min((rows[raw][_CUT_OFF] for raw in waiting.rows), default=NEVER)
    return sorted((row for row in rows.values() if row[_CUT_OFF] <= cut_off), key=lambda row: row[1:])
