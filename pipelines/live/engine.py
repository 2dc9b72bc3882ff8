"""What decides a pay run: this process alone, processes on all cores (`pool_engine`) or Beam (`beam_engine`).

An engine reads the memory and returns the conclusions and the new memory; the job stores all of it at once. All
engines give the same letters, byte for byte.
"""

import shutil
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple, Protocol

from fold.key import KeyFold
from fold.rows import Row, catalog_of, rows_of, shard_of
from fold.shard import Records, Shard
from fold.stages import STAGES
from fold.tally import Tally
from pipelines.live.believed import State
from pipelines.live.memory import CountyMemory, MemoryReader

SHARDS = 8  # into which the door deals
AUTO, PLAIN, POOL, BEAM = "auto", "plain", "pool", "beam"
UNFINISHED = ".fold-"  # begins the names of folders in the journal that an engine works in
Blocks = dict[tuple[str, int], list[bytes]]  # (stage, shard) -> blocks of rows


class FoldAsked(NamedTuple):
    """What to fold: all pay runs after the last that is remembered up to a cut-off, what the door let in for them,
    course listings (all that are known)."""

    cut_off: int
    blocks: Blocks
    listings: list[bytes]


class FoldedRun(NamedTuple):
    """What a fold came to; ``states`` has one row for each key that was decided again."""

    records: Records
    tally: Tally
    states: list[State]


class PayRunEngine(Protocol):
    """Folds what is new onto what is remembered."""

    name: str

    def fold(self, asked: FoldAsked, memory: CountyMemory) -> FoldedRun:
        """All stages, one after the other."""


class PlainEngine:
    """In this process, one key after the other."""

    name = PLAIN

    def fold(self, asked: FoldAsked, memory: CountyMemory) -> FoldedRun:
        """All stages, one after the other."""
        catalog = catalog_of(asked.listings)
        blocks: dict[str, list[bytes]] = defaultdict(list)
        for (stage, _), dealt in asked.blocks.items():
            blocks[stage] += dealt
        whole = FoldedRun(defaultdict(list), Tally(), [])
        for stage in STAGES:
            shard = Shard(stage, memory.law, catalog, asked.cut_off, 1)
            add(whole, shard, fold_keys(shard, 0, blocks[stage], memory.reader))
            for later, (_, block) in shard.dealer.blocks():
                blocks[later].append(block)
        return whole


def fold_keys(shard: Shard, number: int, blocks: Iterable[bytes], reader: MemoryReader) -> list[State]:
    """Decide the keys of a shard that something arrived for, and those that are due, at all pay runs that are asked;
    what to remember of them in the end."""
    rows: dict[str, list[Row]] = defaultdict(list)
    for row in rows_of(blocks):
        rows[row[0]].append(row)
    due = reader.due(shard.stage, shard.until, shard.law.publications)
    keys = sorted({*rows, *(key for key in due if shard_of(key, shard.dealer.shards) == number)})
    fold, states = KeyFold(shard.stage, shard.law, shard.catalog, None), []
    for key, known in reader.all_packed(shard.stage, keys):
        folded = fold.decide_all(key, known, shard.once(rows[key]), shard.until)
        if folded is None:  # one that new law has nothing to say to
            continue
        shard.count_facts(folded.new_facts)
        shard.tell(folded.changes)
        states.append(State(shard.stage, key, folded.due, folded.packed))
    return states


def add(whole: FoldedRun, shard: Shard, states: list[State]) -> None:
    """Add what a shard came to."""
    for kind, said in shard.records.items():
        whole.records[kind] += said
    whole.tally.merge(shard.tally)
    whole.states.extend(states)


def sweep(journal: Path) -> None:
    """Remove what folds left that were killed: it is about people, and nobody reads it again."""
    for left in journal.glob(f"{UNFINISHED}*"):
        shutil.rmtree(left)
