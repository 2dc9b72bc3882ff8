"""A pay run: what is new in the journal is folded, stage by stage, onto the memory, and becomes letters.

The same functions as `pipelines.plain`, one cut-off at a time. Rejections come first, the PayRun last.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import attrgetter
from typing import NamedTuple

from msgspec.structs import replace

from fold.collections import rare_collections
from fold.content import note_content
from fold.door import Door
from fold.pay_runs import FIRST, Chain, pay_run
from fold.shard import Records
from fold.tally import Tally
from pipelines.live.believed import State
from pipelines.live.choice_of_engine import engine_for
from pipelines.live.engine import AUTO, SHARDS, FoldAsked
from pipelines.live.memory import CountyMemory, Told
from pipelines.live.outbox import ORDER, Letter, identity, letter_id, letter_of
from rules.law import Law
from rules.periods import business_day_of, iso
from schemas.avro import PREFIX, decode_message
from schemas.envelope import OutgoingRecord, RepeatedRecord
from schemas.finding import Finding
from schemas.ids import message_id
from schemas.journal import Entry
from schemas.rejection import Rejection

_cut_off: Callable[[OutgoingRecord], int] = attrgetter("cut_off")


class RunLetters(NamedTuple):
    """What a pay run came to. ``states``, ``told``, ``listings``: what to remember; ``engine``: what folded it."""

    letters: list[Letter]
    tally: Tally
    states: list[State]
    told: Told
    listings: list[bytes]
    engine: str


class RunEntries(NamedTuple):
    """A pay run's entries as the door let them in. ``size``: bytes; ``seen``: of each entry, when it came and its
    rejection, if it is one."""

    cut_off: int
    door: Door
    size: int
    seen: list[tuple[int, list[Rejection]]]


def read_run(cut_off: int, entries: Iterable[Entry]) -> RunEntries:
    """A pay run's entries, let in."""
    door, size, seen = Door(SHARDS, None), 0, []
    for entry in entries:
        size += len(entry.raw)
        seen.append(_read(door, entry))
    return RunEntries(cut_off, door, size, seen)


class PayRuns:
    """Folds one pay run after the other. ``choice``: which engine, or how to choose."""

    def __init__(self, memory: CountyMemory, choice: str = AUTO) -> None:
        self.memory, self.choice = memory, choice

    @property
    def law(self) -> Law:
        """As of now: a change of law may have been published since the job began."""
        return self.memory.law

    def fold(self, cut_off: int, entries: Iterable[Entry]) -> RunLetters:
        """Decide a pay run from its entries; it is remembered when ``remember`` says so."""
        return self.fold_all([read_run(cut_off, entries)])[0]

    def fold_all(self, runs: Sequence[RunEntries]) -> list[RunLetters]:
        """The same of pay runs that follow each other, all at once: a key that several of them decide is opened once.
        The last has what to remember of all. Raises ValueError: a course listing came with another than the first."""
        if any(each.door.catalog for each in runs[1:]):
            raise ValueError("a course listing would be known before it arrived")
        tally, blocks = Tally(), defaultdict[tuple[str, int], list[bytes]](list)
        for each in runs:
            tally.merge(each.door.tally)
            for stage, (number, block) in each.door.dealer.blocks():
                blocks[stage, number].append(block)
        last, before = runs[-1].cut_off, self.memory.told()
        known = sorted({*self.memory.listings(), *runs[0].door.catalog})
        engine = engine_for(self.choice, sum(each.size for each in runs), self.memory.due_count(last))
        with rare_collections():
            folded = engine.fold(FoldAsked(last, blocks, known), self.memory)
        if before is not None and before.first_claim is not None:
            tally.claim_seen(before.first_claim)
        tally.merge(folded.tally)
        by_run, found = _by_run(folded.records), list[RunLetters]()
        for each in runs:
            records, cut_off = by_run[each.cut_off], each.cut_off
            if each is runs[0]:
                self._say_owed(records, tally, cut_off)
            records["Rejection"] = [replace(one, seen_at=at) for at, rejected in each.seen for one in rejected]
            before = self._close(records, tally, cut_off, before)
            found.append(RunLetters([*_letters(records, cut_off)], tally, [], before, known, engine.name))
        return [*found[:-1], found[-1]._replace(states=folded.states)]

    def _close(self, records: Records, tally: Tally, cut_off: int, before: Told | None) -> Told:
        """Say the PayRun that follows ``before``, unless nothing claims pay yet."""
        run = tally.run(cut_off)
        chain = FIRST if before is None else Chain(before.previous, before.facts)
        if tally.first_claim is None or tally.first_claim > cut_off:
            return Told(cut_off, tally.first_claim, chain.facts + run.facts, chain.previous)
        note_content(tally, records)
        record, chain = pay_run(cut_off, run, self.law, chain)
        records["PayRun"] = [record]
        return Told(cut_off, tally.first_claim, chain.facts, chain.previous)

    def remember(self, run: RunLetters, said: Iterable[Letter] | None = None) -> None:
        """The run is decided: the next one builds on it. ``said``: its letters, if it was said in other words."""
        self.memory.put(run.states)
        self.memory.commit(run.told if said is None else told_as_said(run.told, said), run.listings)

    def _say_owed(self, records: Records, tally: Tally, cut_off: int) -> None:
        """Records by which a changed past is put right (`as_said`), unless this pay run makes them anew."""
        for body in self.memory.owed():
            owed = decode_message(body)
            assert isinstance(owed, RepeatedRecord), "only what is said again is owed"
            if identity(owed) not in map(identity, records[owed.KIND]):
                records[owed.KIND].append(replace(owed, cut_off=cut_off))
                tally.run(cut_off).findings += isinstance(owed, Finding)


def told_as_said(told: Told, said: Iterable[Letter]) -> Told:
    """The PayRun that the next one names as the one before it is that which was really sent."""
    marks = [hashlib.sha256(letter.body[PREFIX:]).hexdigest() for letter in said if letter.kind == "PayRun"]
    return told._replace(previous=marks[-1]) if marks else told


def _read(door: Door, entry: Entry) -> tuple[int, list[Rejection]]:
    """Let an entry in; when it came, and the rejection if it is one."""
    before = len(door.rejections)
    door.read_entry(entry)
    return entry.arrived_at, door.rejections[before:]


def _by_run(records: Records) -> dict[int, Records]:
    by_run: dict[int, Records] = defaultdict(lambda: defaultdict(list))
    for kind, of_kind in records.items():
        for record in of_kind:
            by_run[_cut_off(record)][kind].append(record)
    return by_run


def _letters(records: Records, cut_off: int) -> Iterable[Letter]:
    """Kind by kind, by id, then content: the same list whichever engine folded."""
    run = iso(business_day_of(cut_off))
    for kind in ORDER:
        yield from _numbered(sorted(letter_of(record, letter_id(record, run)) for record in records.get(kind, [])))


def _numbered(letters: Iterable[Letter]) -> Iterator[Letter]:
    """Each with an id of its own: a message that cannot be used, and came twice before one cut-off, was seen at two
    instants, which are two rejections."""
    seen: Counter[str] = Counter()
    for letter in letters:
        seen[letter.id] += 1
        times = seen[letter.id]
        yield letter if times == 1 else letter._replace(id=message_id(letter.id, str(times)))
