"""The engine of a large pay run: processes on all cores, which pass blocks of rows to each other in files.

They are started anew, not forked: the job holds a database open and may have threads of Pub/Sub, neither of which
outlives a fork. If one dies the pay run fails, nothing is stored, and the next start decides it again. Without the job
they end.
"""

import os
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

from fold.stages import STAGES
from pipelines.blocks import BlockFile, OutgoingBlocks, taken
from pipelines.live.engine import POOL, SHARDS, FoldAsked, FoldedRun
from pipelines.live.memory import CountyMemory
from pipelines.live.shard_files import FoldPlace, ShardAsked, dealt_to, fold_shard, gathered, put_down
from pipelines.processes import SPAWN, processes
from rules.law import Law


class PoolFold(NamedTuple):
    """What each process knows before its first task."""

    place: FoldPlace
    law: Law
    cut_off: int


class KeptShard(NamedTuple):
    """A shard of a stage to fold; ``blocks``: what shards of earlier stages say to it."""

    stage: str
    number: int
    blocks: list[BlockFile]


class PoolEngine:
    """In as many processes as there are cores, at most one a shard."""

    name = POOL

    def fold(self, asked: FoldAsked, memory: CountyMemory) -> FoldedRun:
        """All stages, one after the other. Raises RuntimeError when a process dies, OSError when the disk is full,
        NotAsRemembered."""
        said: dict[tuple[str, int], list[BlockFile]] = defaultdict(list)
        with put_down(asked, memory) as place:
            work = PoolFold(place, memory.law, asked.cut_off)
            with processes(work, min(SHARDS, os.cpu_count() or 1), SPAWN) as each:
                for stage in STAGES:
                    shards = [KeptShard(stage, number, said[stage, number]) for number in range(SHARDS)]
                    for left in each(_fold, shards):
                        for file in left:
                            said[file.stage, file.shard].append(file)
            return gathered(place)


def _fold(work: PoolFold, shard: KeptShard) -> list[BlockFile]:
    """What a shard says to later stages."""
    folder = Path(work.place.folder)
    blocks = [*dealt_to(shard.number, work.place, shard.stage), *taken(folder, shard.blocks)]
    asked = ShardAsked(shard.stage, shard.number, work.law, work.cut_off)
    outgoing = OutgoingBlocks(folder, f"{shard.stage}-{shard.number}")
    outgoing.put(fold_shard(work.place, asked, blocks).dealer.blocks())
    return outgoing.done()
