"""Baseline and variants over a folder of facts, in one run on all cores: facts are read once, each stage folds its
shards, and of each shard only what a variant can touch is decided again.

Nothing is written but blocks on their way; what comes back is sums and what moved. `compare` is the one comparison of
its kind: the command ``what-if``, previews and pages ask it.
"""

import os
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from fold.admissions import Told, admissions_in
from fold.beat import Beat, parts_of_file
from fold.collections import rare_collections
from fold.rows import Dealer, Row, catalog_of, rows_of
from fold.stages import STAGES
from fold.tally import Tally, merged
from pipelines.blocks import BlockFile, OutgoingBlocks, taken
from pipelines.files_below import files_below
from pipelines.processes import processes as on_cores
from pipelines.replay import WORTH_PROCESSES, Watched, shards_of
from pipelines.tasks import FilesTask, groups_of
from pipelines.what_if.deciding import ShardOfVariants, StageAsked, by_key
from pipelines.what_if.door import GONE, MORE, VariantsDoor
from pipelines.what_if.moves import Moves
from pipelines.what_if.sums import WhatIfSums
from pipelines.what_if.variant import Touch, Variant
from pipelines.work import Work
from rules.law import Law
from schemas import private

DIGITS = "0123456789"


class ComparedVariant(NamedTuple):
    """What a variant would have paid: ``sums`` all of it, ``moves`` what comes and goes."""

    sums: WhatIfSums
    moves: Moves


class Comparison(NamedTuple):
    """``baseline``: what the law and facts pay as they are; ``variants``: in their order; ``until``: the last cut-off
    decided; ``keys``: how many keys there are, by stage; ``used``, ``inputs``: facts that were used, and all that was
    read."""

    baseline: WhatIfSums
    variants: list[ComparedVariant]
    until: int
    keys: dict[str, int]
    used: int
    inputs: int


class _Asked(NamedTuple):
    """What each process knows before its first task."""

    work: Work
    law: Law
    variants: list[Variant]
    by_person: bool


class _VariantsTask(NamedTuple):
    """A shard of a stage to fold. ``blocks``: by sign and number of the variant, "" of the baseline."""

    stage: str
    number: int
    blocks: dict[str, list[BlockFile]]
    catalog: list[bytes]
    until: int


class _Seen(NamedTuple):
    """What reading files came to."""

    blocks: list[BlockFile]
    tally: bytes
    catalog: list[bytes]


class _Folded(NamedTuple):
    blocks: list[BlockFile]
    keys: int
    baseline: WhatIfSums
    variants: list[ComparedVariant]


def compare(
    events: Path,
    law: Law,
    variants: Sequence[Variant],
    scratch: Path,
    until: int | None = None,
    beat: Callable[[str, int, int], None] = lambda stage, done, total: None,
    processes: int | None = None,
    by_person: bool = False,
) -> Comparison:
    """Decide all facts below ``events`` by ``law``, and again what each variant touches, up to the cut-off ``until``
    (None: the latest that facts name). ``scratch``: a folder that is made for this, and gone afterwards.
    ``by_person``: also sums by person and pay period, which take memory. Raises FactRefused."""
    names = files_below(events).files
    sizes = [(events / name).stat().st_size for name in names]
    size = sum(sizes)
    private.folder(scratch)
    work = Work(events, names, scratch, shards_of(size), Beat(str(scratch / "beat")), until)
    number = processes or (1 if size < WORTH_PROCESSES else os.cpu_count() or 1)
    try:
        with Watched(scratch / "beat", sizes, work.shards, beat):
            return _compared(_Asked(work, law, list(variants), by_person), number)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _compared(asked: _Asked, processes: int) -> Comparison:
    work = asked.work
    with on_cores(asked, processes) as each:
        files = [FilesTask(*group) for group in enumerate(groups_of(work))]
        told = [one for of_files in each(_told, files) for one in of_files]
        seen = each(_read, [(files_task, told) for files_task in files])
        catalog, tally = [body for one in seen for body in one.catalog], merged([one.tally for one in seen])
        until, waiting = work.until or tally.latest_cut_off, _Waiting()
        waiting.deal(file for one in seen for file in one.blocks)
        whole = _Folded([], 0, WhatIfSums(), [ComparedVariant(WhatIfSums(), Moves()) for _ in asked.variants])
        keys = {}
        for stage in STAGES:
            folded = each(_fold, [_VariantsTask(*task, catalog, until) for task in waiting.of(stage)])
            waiting.deal(file for one in folded for file in one.blocks)
            keys[stage] = sum(one.keys for one in folded)
            for one in folded:
                _merge(whole, one)
    for variant in whole.variants:
        variant.sums.merge(whole.baseline)
    return Comparison(whole.baseline, whole.variants, until, keys, sum(tally.used.values()), tally.inputs)


class _Waiting:
    """Blocks by stage and shard, of the baseline and of what variants take away and add."""

    def __init__(self) -> None:
        self.blocks: dict[str, dict[int, dict[str, list[BlockFile]]]] = defaultdict(lambda: defaultdict(dict))

    def deal(self, files: Iterable[BlockFile]) -> None:
        """Files that a task left."""
        for file in files:
            stage = file.stage.rstrip(DIGITS).rstrip(GONE + MORE)
            sign = file.stage.removeprefix(stage)
            self.blocks[stage][file.shard].setdefault(sign, []).append(file)

    def of(self, stage: str) -> list[tuple[str, int, dict[str, list[BlockFile]]]]:
        """What waits for a stage, shard by shard."""
        return [(stage, shard, blocks) for shard, blocks in sorted(self.blocks.pop(stage, {}).items())]


def _merge(whole: _Folded, one: _Folded) -> None:
    whole.baseline.merge(one.baseline)
    for own, other in zip(whole.variants, one.variants, strict=True):
        own.sums.merge(other.sums)
        own.moves.merge(other.moves)


# --- tasks ------------------------------------------------------------------------------------------------------------


def _told(asked: _Asked, task: FilesTask) -> list[Told]:
    """What files tell of admissions."""
    return [one for name in task.names for one in admissions_in(asked.work.events / name)]


def _read(asked: _Asked, task: tuple[FilesTask, list[Told]]) -> _Seen:
    """Files to blocks: their tally, and bodies of course listings."""
    files, told = task
    work, tally, listings = asked.work, Tally(), list[bytes]()
    outgoing = OutgoingBlocks(work.out, f"read-{files.number}")
    for name in files.names:
        door = VariantsDoor(work, asked.variants, told)
        with rare_collections():
            for _ in door.read_file(work.events / name, name):
                outgoing.put(door.dealer.full_blocks())
        outgoing.put(door.dealer.blocks())
        work.beat("read", parts_of_file((work.events / name).stat().st_size))
        tally.merge(door.tally)
        listings += door.catalog
    return _Seen(outgoing.done(), tally.packed(), listings)


def _fold(asked: _Asked, task: _VariantsTask) -> _Folded:
    """A shard of a stage: sums, and blocks of later stages."""
    rows = _rows(asked, task, "")
    arriving = [
        (_rows(asked, task, f"{GONE}{number}"), _rows(asked, task, f"{MORE}{number}"))
        for number in range(len(asked.variants))
    ]
    deciding = StageAsked(task.stage, catalog_of(task.catalog), task.until, asked.by_person)
    shard = ShardOfVariants(deciding, Touch(asked.law, asked.variants), asked.variants)
    keys = sorted({*rows, *(key for _, more in arriving for key in more)})
    with rare_collections():
        for done, key in enumerate(keys, 1):
            shard.decide(key, rows.get(key, []), [(gone.get(key, []), more.get(key, [])) for gone, more in arriving])
            asked.work.beat.of_shard(task.stage, done, len(keys))
    outgoing = OutgoingBlocks(asked.work.out, f"{task.stage}-{task.number}")
    outgoing.put(_blocks(shard, asked.work.shards))
    compared = [ComparedVariant(*each) for each in zip(shard.sums, shard.moves, strict=True)]
    return _Folded(outgoing.done(), len(rows), shard.baseline, compared)


def _rows(asked: _Asked, task: _VariantsTask, sign: str) -> dict[str, list[Row]]:
    return by_key(rows_of(taken(asked.work.out, task.blocks.get(sign, ()))))


def _blocks(shard: ShardOfVariants, shards: int) -> Iterator[tuple[str, tuple[int, bytes]]]:
    dealer = Dealer(shards)
    for stage, row in shard.rows:
        dealer.deal(stage, row)
    for number, changed in enumerate(shard.changed):
        for sign, rows in ((GONE, changed.gone), (MORE, changed.more)):
            for stage, row in rows.elements():
                dealer.deal(f"{stage}{sign}{number}", row)
    return dealer.blocks()
