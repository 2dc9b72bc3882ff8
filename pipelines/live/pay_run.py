"""A pay run: what is new in the journal is folded, stage by stage, onto the memory, and becomes letters.

The same functions as `pipelines.plain`, one cut-off at a time. Rejections come first, the PayRun last.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
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
from pipelines.live.engine import AUTO, SHARDS, Blocks, FoldAsked
from pipelines.live.memory import CountyMemory, Told
from pipelines.live.outbox import ORDER, Letter, identity, letter_id, letter_of
from rules.law import Law
from rules.periods import business_day_of, iso
from schemas.avro import PREFIX, decode_message
from schemas.envelope import RepeatedRecord
from schemas.finding import Finding
from schemas.ids import message_id
from schemas.journal import Entry
from schemas.rejection import Rejection


class RunLetters(NamedTuple):
    """What a pay run came to. ``states``, ``told``, ``listings``: what to remember; ``engine``: what folded it."""

    letters: list[Letter]
    tally: Tally
    states: list[State]
    told: Told
    listings: list[bytes]
    engine: str


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
        door, size, seen = Door(SHARDS, None), 0, []
        for entry in entries:
            size += len(entry.raw)
            seen.append(_read(door, entry))
        known = sorted({*self.memory.listings(), *door.catalog})
        engine = engine_for(self.choice, size, self.memory.due_count(cut_off))
        with rare_collections():
            folded = engine.fold(FoldAsked(cut_off, _dealt(door), known), self.memory)
        tally, records = door.tally, folded.records
        before = self.memory.told()
        if before is not None and before.first_claim is not None:
            tally.claim_seen(before.first_claim)
        tally.merge(folded.tally)
        self._say_owed(records, tally, cut_off)
        records["Rejection"] = [replace(each, seen_at=at) for at, rejected in seen for each in rejected]
        told = self._close(records, tally, cut_off)
        return RunLetters([*_letters(records, cut_off)], tally, folded.states, told, known, engine.name)

    def _close(self, records: Records, tally: Tally, cut_off: int) -> Told:
        """Say the PayRun, unless nothing claims pay yet."""
        run, before = tally.run(cut_off), self.memory.told()
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


def _dealt(door: Door) -> Blocks:
    blocks: Blocks = defaultdict(list)
    for stage, (number, block) in door.dealer.blocks():
        blocks[stage, number].append(block)
    return blocks


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
