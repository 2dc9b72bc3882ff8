"""Restate: keep ``decide(facts)`` true for every key, as of every cut-off, and emit what changed.

The only keyed state in the project. Bounded input: blocks are grouped by shard, and each key of a shard is folded
over the cut-offs that matter to it (`rules.restatement.restate`). The plain-function twin is `transforms.shard.Shard`.
"""

from collections.abc import Iterable
from typing import Any

import apache_beam as beam

from rules.law import Law
from transforms.beat import Beat
from transforms.rows import catalog_of
from transforms.shard import Shard
from transforms.stages import STAGES
from transforms.write_records import pack


class Restate(beam.PTransform):
    """Blocks of a stage to blocks of later stages (by tag), records (tag ``records``) and a tally (tag ``tally``)."""

    def __init__(self, stage: str, law: Law, until: Any, catalog: Any, shards: int, beat: Beat) -> None:
        super().__init__()
        self.stage, self.law, self.until, self.catalog = stage, law, until, catalog
        self.shards, self.beat = shards, beat

    def expand(self, blocks: beam.PCollection) -> beam.pvalue.DoOutputsTuple:
        fold = FoldShard(self.stage, self.law, self.shards, self.beat)
        tags = [stage for stage in STAGES if stage != self.stage]
        return (
            blocks
            | "GroupByShard" >> beam.GroupByKey()
            | "Fold" >> beam.ParDo(fold, self.until, self.catalog).with_outputs(*tags, "records", "tally")
        )


class FoldShard(beam.DoFn):
    """(shard, blocks) to what its keys conclude. ``records`` are (kind, stage, shard, packed records)."""

    def __init__(self, stage: str, law: Law, shards: int, beat: Beat) -> None:
        self.stage, self.law, self.shards, self.beat = stage, law, shards, beat

    def process(self, element: tuple[int, Iterable[bytes]], until: int, catalog: list[bytes]) -> Iterable[Any]:
        number, blocks = element
        shard = Shard(self.stage, self.law, catalog_of(catalog), until, self.shards).fold(blocks)
        for stage, block in shard.dealer.blocks():
            yield beam.pvalue.TaggedOutput(stage, block)
        for kind, records in shard.records.items():
            yield beam.pvalue.TaggedOutput("records", pack(kind, self.stage, number, records))
        yield beam.pvalue.TaggedOutput("tally", shard.tally.packed())
        self.beat(self.stage)
