"""One key of one stage, pay run by pay run, from stored bytes: the plain-function twin of `restate_unbounded`.

`rules.restatement.restate` decides a whole history at once. This opens the stored bytes, decides the cut-offs that are
due, and stores the bytes again; both call `rules.restatement.step` and give the same conclusions.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from fold.closing import forget, recalled
from fold.key_memory import NEVER, Waiting, opened, packed, remembered, sealed
from fold.news import News
from fold.remembered import Remembered
from fold.rows import Row, arrival
from fold.shard import Shard
from fold.stages import CONCLUSIONS, STAGES, Catalog
from rules.documents import Arrival
from rules.law import Law
from rules.restatement import CaseFile, Change, step
from schemas import FACTS
from schemas.envelope import Fact

_CUT_OFF = 1  # its place in a row
NOWHERE = -1
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
        case = case_file(self.stage, key, memory, self.law, self.catalog)
        new_facts: list[Row] = []
        changes = step(case, memory, _filed(memory, fresh, new_facts), cut_off, self.law)
        forget(memory, cut_off, self.law)
        return FoldedKey(changes, packed(memory), memory.due(self.law) or NEVER, new_facts)


def case_file(stage: str, key: str, memory: Remembered, law: Law, catalog: Catalog) -> CaseFile:
    """The case file of a key as it was left, made again from the rows that are remembered."""
    case = STAGES[stage](key, law, catalog)
    for row in memory.rows:
        case.admit(arrival(row))
    return case


def _taken(waiting: Waiting, cut_off: int) -> list[Row]:
    """The rows that are due, each once, in the order of recording; they wait no more."""
    rows = {raw: _decode_row(raw) for raw in waiting.rows}
    waiting.rows = [raw for raw, row in rows.items() if row[_CUT_OFF] > cut_off]
    waiting.arrivals_due = min((rows[raw][_CUT_OFF] for raw in waiting.rows), default=NEVER)
    return sorted((row for row in rows.values() if row[_CUT_OFF] <= cut_off), key=lambda row: row[1:])


def _filed(memory: Remembered, fresh: Iterable[Row], new_facts: list[Row]) -> Iterator[Arrival]:
    """What arrived, for the case file. It is remembered if it says something new, and a fact is then noted among
    ``new_facts``."""
    news = News(lambda fact: _revisions(memory.rows, fact))
    for fresh_row in fresh:
        for row in recalled(fresh_row, memory):
            arrived = arrival(row)
            yield arrived
            if row[-1] not in FACTS:
                _file_conclusion(memory.rows, row)
            elif news.is_new(arrived.content):
                memory.rows.append(row)
                if row is fresh_row:
                    new_facts.append(row)


def _file_conclusion(rows: list[Row], row: Row) -> None:
    """It takes the place of the one before, unless it is said once."""
    *_, event_id, body, kind = row
    struct = CONCLUSIONS[kind]
    if struct.state_number is None:
        return
    places = [place for place, other in enumerate(rows) if (other[-1], other[-3]) == (kind, event_id)]
    if body and places:
        rows[places[0]] = row
    elif body or not struct.leaves_nothing:
        rows.append(row)
    else:
        places.insert(0, NOWHERE)
    for place in reversed(places[1:]):
        del rows[place]


def _revisions(rows: list[Row], fact: Fact) -> Iterator[Fact]:
    name = fact.document_id.encode()
    for row in rows:
        if row[-1] == fact.KIND and name in row[-2]:
            other = arrival(row).content
            if other.document_id == fact.document_id:
                yield other
