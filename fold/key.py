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
from fold.rows import Row
from fold.shard import Shard
from fold.stages import Catalog
from rules.law import Law
from rules.restatement import Change, step

_CUT_OFF = 1  # its place in a row
_encode = msgspec.msgpack.Encoder().encode
_decode_row = msgspec.msgpack.Decoder(Row).decode


class CutOffMissed(RuntimeError):
    """A row for a cut-off that its key has decided: the watermark went ahead of what it promises."""


class FoldedKey(NamedTuple):
    """What a key came to at a pay run: what changed, what to remember (`key_memory.packed`), the cut-off at which to
    decide it again though nothing arrives (NEVER: none), and the facts that were new to it."""

    changes: list[Change]
    packed: bytes
    due: int
    new_facts: list[Row]


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
        waiting.due, waiting.rest = folded.due, folded.packed
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
        return FoldedKey(changes, packed(memory), memory.due(self.law) or NEVER, new_facts)


def _taken(waiting: Waiting, cut_off: int) -> list[Row]:
    """The rows that are due, each once, in the order of recording; they wait no more."""
    rows = {raw: _decode_row(raw) for raw in waiting.rows}
    waiting.rows = [raw for raw, row in rows.items() if row[_CUT_OFF] > cut_off]
    waiting.arrivals_due = min((rows[raw][_CUT_OFF] for raw in waiting.rows), default=NEVER)
    return sorted((row for row in rows.values() if row[_CUT_OFF] <= cut_off), key=lambda row: row[1:])
