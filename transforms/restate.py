"""Restate: for every key and every cut-off, decide again and emit what changed.

Bounded input: blocks are grouped by shard, and each key is folded over its cut-offs.
Unbounded input: `transforms.restate_unbounded`.
"""

from collections.abc import Iterable
from typing import Any, ClassVar, NamedTuple, Protocol

import apache_beam as beam

from fold.beat import Beat
from fold.publications import ToldLaw, obeying_told
from fold.rows import catalog_of
from fold.shard import Shard
from fold.stages import STAGES
from fold.tally_parts import parts
from rules.law import Law
from transforms.close_run import CloseRunBounded
from transforms.write_records import RecordFolder


class Fold(Protocol):
    """How the stages fold and pay runs are closed."""

    def restate(self, stage: str) -> beam.PTransform:
        """Arrivals of a stage to arrivals of later stages (by tag), records (tag ``records``), a tally (``tally``)."""

    def close(self) -> beam.PTransform:
        """Tallies to PayRun records (tag ``records``)."""


class Restate(beam.PTransform):
    """Arrivals of ``stage`` to the conclusions that changed."""

    stage: ClassVar[str]

    def __init__(self, fold: Fold) -> None:
        super().__init__()
        self.fold = fold

    def expand(self, arrivals: beam.PCollection) -> Any:
        return arrivals | self.fold.restate(self.stage)


class Bounded(NamedTuple):
    """Each shard is folded as a whole, when all of it has come. ``published`` (what changes the law), ``until`` and
    ``catalog`` are side inputs; records are written to ``out``."""

    law: Law
    published: Any
    until: Any
    catalog: Any
    shards: int
    beat: Beat
    out: RecordFolder

    @property
    def beside(self) -> tuple[Any, ...]:
        """What each shard is told."""
        return self.published, self.until, self.catalog

    def restate(self, stage: str) -> beam.PTransform:
        """Blocks in, blocks out."""
        return RestateBounded(stage, self)

    def close(self) -> beam.PTransform:
        """Also the tally of the whole (tag ``tally``)."""
        return CloseRunBounded(self.law, self.published, self.until, self.beat, self.out)


class RestateBounded(beam.PTransform):
    """Blocks of a stage to blocks of later stages (by tag), names of files of records (tag ``records``) and parts of a
    tally (tag ``tally``)."""

    def __init__(self, stage: str, how: Bounded) -> None:
        super().__init__()
        self.stage, self.how = stage, how

    def expand(self, blocks: beam.PCollection) -> Any:
        fold = FoldShard(self.stage, self.how.law, self.how.shards, self.how.beat, self.how.out)
        tags = [stage for stage in STAGES if stage != self.stage]
        return (
            blocks
            | "GroupByShard" >> beam.GroupByKey()
            | "Fold" >> beam.ParDo(fold, *self.how.beside).with_outputs(*tags, "records", "tally")
        )


class FoldShard(beam.DoFn):
    """(shard, blocks) to what its keys conclude. ``records`` are names of files, written by now."""

    def __init__(self, stage: str, law: Law, shards: int, beat: Beat, out: RecordFolder) -> None:
        self.stage, self.law, self.shards, self.beat, self.out = stage, law, shards, beat, out

    def process(
        self, element: tuple[int, Iterable[bytes]], published: list[ToldLaw], until: int, catalog: list[bytes]
    ) -> Iterable[Any]:
        number, blocks = element
        law = obeying_told(self.law, published)
        shard = Shard(self.stage, law, catalog_of(catalog), until, self.shards).fold(blocks, self.beat)
        for stage, block in shard.dealer.blocks():
            yield beam.pvalue.TaggedOutput(stage, block)
        for kind, bodies in shard.bodies.items():
            yield beam.pvalue.TaggedOutput("records", self.out.put(kind, self.stage, number, bodies))
        for part in parts(shard.tally):
            yield beam.pvalue.TaggedOutput("tally", part)
