"""Baseline and variants over a folder of facts, in one run on all cores: facts are read once, each stage folds its
shards, and of each shard only what a variant can touch is decided again.

Nothing is written but blocks on their way; what comes back is sums and what moved. `compare` is the one comparison of
its kind: the command ``what-if``, previews and pages ask it.
"""

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from fold.admissions import Admissions, Told, admissions_in
from fold.beat import Beat, parts_of_file
from fold.collections import rare_collections
from fold.rows import Dealer, catalog_of, fact_body, fact_row, rows_of
from fold.stages import STAGES, routes
from fold.tally import merged
from pipelines import cores
from pipelines.blocks import put, taken, waiting
from pipelines.cores import here
from pipelines.files_below import files_below
from pipelines.importing.text_facts import FolderDoor
from pipelines.replay import WORTH_PROCESSES, shards_of, watched
from pipelines.what_if.deciding import ShardOfVariants, StageAsked, by_key
from pipelines.what_if.moves import Moves
from pipelines.what_if.sums import WhatIfSums
from pipelines.what_if.variant import Touch, Variant
from pipelines.work import Work
from rules.law import Law
from schemas import private
from schemas.envelope import Fact

GONE, MORE = "-", "+"  # rows that a variant takes away, and adds


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


class FactRefused(ValueError):
    """A fact cannot be as a variant would have it; the message says which kind and field, and why."""


class _Asked(NamedTuple):
    """What each process knows before its first task."""

    work: Work
    law: Law
    variants: list[Variant]
    by_person: bool

    @property
    def blocks(self) -> Path:
        """The folder of blocks on their way."""
        return self.work.out


class _FoldTask(NamedTuple):
    stage: str
    number: int
    catalog: list[bytes]
    until: int


class _Folded(NamedTuple):
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
    size = sum((events / name).stat().st_size for name in names)
    private.folder(scratch)
    work = Work(events, names, scratch, shards_of(size), Beat(str(scratch / "beat")), until)
    number = processes or (1 if size < WORTH_PROCESSES else os.cpu_count() or 1)
    try:
        with watched(scratch / "beat", work, beat):
            return _compared(_Asked(work, law, list(variants), by_person), number)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _compared(asked: _Asked, processes: int) -> Comparison:
    work = asked.work
    with cores.processes(asked, processes) as each:
        told = [one for of_file in each(_told, work.names) for one in of_file]
        read = each(_read, [(number, name, told) for number, name in enumerate(work.names)])
        catalog = [body for _, bodies in read for body in bodies]
        tally = merged([one for one, _ in read])
        until = work.until or tally.latest_cut_off
        whole, keys = _Folded(0, WhatIfSums(), [ComparedVariant(WhatIfSums(), Moves()) for _ in asked.variants]), {}
        for stage in STAGES:
            tasks = [_FoldTask(stage, number, catalog, until) for number in _waiting(asked, stage)]
            folded = each(_fold, tasks)
            keys[stage] = sum(one.keys for one in folded)
            for one in folded:
                _merge(whole, one)
    for variant in whole.variants:
        variant.sums.merge(whole.baseline)
    return Comparison(whole.baseline, whole.variants, until, keys, sum(tally.used.values()), tally.inputs)


def _merge(whole: _Folded, one: _Folded) -> None:
    whole.baseline.merge(one.baseline)
    for own, other in zip(whole.variants, one.variants, strict=True):
        own.sums.merge(other.sums)
        own.moves.merge(other.moves)


# --- tasks ------------------------------------------------------------------------------------------------------------


class _VariantsDoor(FolderDoor):
    """The door of a folder of facts; each variant's own facts are dealt beside those that are."""

    def __init__(self, work: Work, variants: list[Variant], told: list[Told]) -> None:
        super().__init__(work.shards, work.until, None, Admissions(told))
        self.variants = [(number, each) for number, each in enumerate(variants) if each.facts]

    def deal(self, fact: Fact, cut_off: int) -> None:
        """As it is, and where a variant has it otherwise, that it is gone and what comes in its place."""
        super().deal(fact, cut_off)
        for number, variant in self.variants:
            try:
                other = variant.fact(fact)
            except ValidationError as refused:
                first = refused.errors()[0]
                field = ".".join(map(str, first["loc"])) or "it"
                raise FactRefused(f"a {fact.KIND} cannot be so: {field}: {first['msg']}") from None
            if other is not fact:
                self._deal_to(f"{GONE}{number}", fact, cut_off)
                self._deal_to(f"{MORE}{number}", other, cut_off)

    def _deal_to(self, variant: str, fact: Fact, cut_off: int) -> None:
        body = fact_body(fact)
        for stage, key in routes(fact):
            self.dealer.deal(f"{stage}{variant}", fact_row(key, cut_off, fact, body))


def _told(name: str) -> list[Told]:
    """What a file tells of admissions."""
    return [*admissions_in(here().work.events / name)]


def _read(task: tuple[int, str, list[Told]]) -> tuple[bytes, list[bytes]]:
    """A file to blocks: its tally, and bodies of course listings."""
    number, name, told = task
    asked: _Asked = here()
    work = asked.work
    door = _VariantsDoor(work, asked.variants, told)
    with rare_collections():
        for _ in door.read_file(work.events / name, name):
            put(asked.blocks, f"read-{number}", door.dealer.full_blocks())
    put(asked.blocks, f"read-{number}", door.dealer.blocks())
    work.beat("read", parts_of_file((work.events / name).stat().st_size))
    return door.tally.packed(), door.catalog


def _fold(task: _FoldTask) -> _Folded:
    """A shard of a stage: sums, and blocks of later stages."""
    asked: _Asked = here()
    stage, number = task.stage, task.number
    rows = by_key(rows_of(taken(asked.blocks, stage, number)))
    arriving = [
        tuple(by_key(rows_of(taken(asked.blocks, f"{stage}{sign}{each}", number))) for sign in (GONE, MORE))
        for each in range(len(asked.variants))
    ]
    deciding = StageAsked(stage, catalog_of(task.catalog), task.until, asked.by_person)
    shard = ShardOfVariants(deciding, Touch(asked.law, asked.variants), asked.variants)
    keys = sorted({*rows, *(key for _, more in arriving for key in more)})
    with rare_collections():
        for done, key in enumerate(keys, 1):
            shard.decide(key, rows.get(key, []), [(gone.get(key, []), more.get(key, [])) for gone, more in arriving])
            asked.work.beat.of_shard(stage, done, len(keys))
    put(asked.blocks, f"{stage}-{number}", _blocks(shard, asked.work.shards))
    compared = [ComparedVariant(*each) for each in zip(shard.sums, shard.moves, strict=True)]
    return _Folded(len(rows), shard.baseline, compared)


def _blocks(shard: ShardOfVariants, shards: int) -> Iterator[tuple[str, tuple[int, bytes]]]:
    dealer = Dealer(shards)
    for stage, row in shard.rows:
        dealer.deal(stage, row)
    for number, changed in enumerate(shard.changed):
        for sign, rows in ((GONE, changed.gone), (MORE, changed.more)):
            for stage, row in rows.elements():
                dealer.deal(f"{stage}{sign}{number}", row)
    return dealer.blocks()


def _waiting(asked: _Asked, stage: str) -> list[int]:
    """Shards that something waits for, of the baseline or of a variant."""
    signs = ["", *(f"{sign}{number}" for number in range(len(asked.variants)) for sign in (GONE, MORE))]
    return sorted({number for sign in signs for number in waiting(asked.blocks, f"{stage}{sign}")})
