"""One key of one stage, taken up again where it was left: the plain-function twin of `restate_unbounded`.

`rules.restatement.restate` folds a whole history at once; this folds one cut-off after the other from bytes of state,
and says the same.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from rules.documents import same_content
from rules.law import Law
from rules.periods import cut_off_at_or_after
from rules.restatement import CaseFile, Change, Unit, decide_again
from schemas import FACTS
from transforms.closing import forget, recalled
from transforms.remembered import NEVER, Remembered, Waiting, opened, remembered, sealed
from transforms.rows import Row, arrival
from transforms.shard import Shard
from transforms.stages import STAGES, Catalog

_CUT_OFF = 1  # its place in a row
NOWHERE = -1
_LEAVES_NOTHING = {"VisitSpans", "VisitWarning", "LateTime"}  # once they vanish they are as if they had never been
_encode = msgspec.msgpack.Encoder().encode
_decode_row = msgspec.msgpack.Decoder(Row).decode


class CutOffMissed(RuntimeError):
    """A row for a cut-off that its key has decided: the watermark went ahead of what it promises."""


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
        memory = remembered(key, waiting.rest)
        if cut_off <= memory.decided:
            raise CutOffMissed(f"{self.stage}: a row for {cut_off}, and {memory.decided} is decided")
        shard = Shard(self.stage, self.law, self.catalog, cut_off, 1)
        shard.tell(self._fold(key, memory, _taken(waiting, cut_off), cut_off))
        shard.sort_records()
        forget(memory, cut_off, self.law)
        waiting.due, waiting.rest = self._review(memory), memory.packed()
        return shard

    def _fold(self, key: str, memory: Remembered, fresh: list[Row], cut_off: int) -> list[Change]:
        case = STAGES[self.stage](key, self.law, self.catalog)
        for row in memory.rows:
            case.admit(arrival(row))
        touched = {unit for unit, instant in memory.reviews.items() if instant <= cut_off}
        for unit in touched:
            del memory.reviews[unit]
        if any(memory.decided < known_from <= cut_off for known_from in self.law.publications):
            touched.update(memory.said)
        touched.update(_admitted(case, memory, fresh))
        memory.decided = cut_off
        return decide_again(case, touched, memory.said, memory.reviews, cut_off, self.law) if touched else []

    def _review(self, memory: Remembered) -> int:
        """The cut-off at which to decide again though nothing arrives: a review, or law that becomes known."""
        instants = [*memory.reviews.values()]
        if memory.said:
            instants += [each for each in self.law.publications if each > memory.decided][:1]
        return cut_off_at_or_after(min(instants)) if instants else NEVER


def _taken(waiting: Waiting, cut_off: int) -> list[Row]:
    """The rows that are due, each once, in the order of recording; they wait no more."""
    rows = {raw: _decode_row(raw) for raw in waiting.rows}
    waiting.rows = [raw for raw, row in rows.items() if row[_CUT_OFF] > cut_off]
    waiting.arrivals_due = min((rows[raw][_CUT_OFF] for raw in waiting.rows), default=NEVER)
    return sorted((row for row in rows.values() if row[_CUT_OFF] <= cut_off), key=lambda row: row[1:])


def _admitted(case: CaseFile, memory: Remembered, fresh: Iterable[Row]) -> Iterator[Unit]:
    """Units touched by what is new; it is remembered if it says something new."""
    for new in fresh:
        for row in recalled(new, memory):
            yield from case.admit(arrival(row))
            _file(memory.rows, row)


def _file(rows: list[Row], row: Row) -> None:
    """A fact goes to the end, unless it is known word for word; a conclusion takes the place of the one before."""
    *_, event_id, body, kind = row
    if kind in FACTS:
        fact = arrival(row).content
        if not any(same_content(fact, other) for other in _revisions(rows, fact)):
            rows.append(row)
        return
    places = [place for place, other in enumerate(rows) if (other[-1], other[-3]) == (kind, event_id)]
    if body and places:
        rows[places[0]] = row
    elif body or kind not in _LEAVES_NOTHING:
        rows.append(row)
    else:
        places.insert(0, NOWHERE)
    for place in reversed(places[1:]):
        del rows[place]


def _revisions(rows: list[Row], fact: Any) -> Iterator[Any]:
    name = fact.document_id.encode()
    for row in rows:
        if row[-1] == fact.KIND and name in row[-2]:
            other = arrival(row).content
            if other.document_id == fact.document_id:
                yield other
