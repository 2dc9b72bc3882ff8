"""The engine of a large pay run: a Beam pipeline on the DirectRunner (its FnApiRunner, by name), two worker processes.

    Shards -> for each stage: Dealt (new facts) + conclusions of earlier stages -> GroupByShard -> FoldKept

Each shard writes its result to a file; the job reads all of them when the pipeline is done. If a worker dies, the whole
pay run fails, nothing is stored, and the next start decides it again.
"""

import logging
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apache_beam as beam
import msgspec
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

from fold.stages import STAGES
from pipelines.live.believed import NotAsRemembered
from pipelines.live.engine import BEAM, SHARDS, FoldAsked, FoldedRun
from pipelines.live.memory import CountyMemory
from pipelines.live.shard_files import FoldPlace, ShardAsked, dealt_to, disbelieve, fold_shard, gathered, put_down
from pipelines.worker_life import workers_of_ours
from pipelines.worker_log import worker_log
from rules.law import Law

OPTIONS = ["--direct_num_workers=2", "--default_sdk_harness_log_level=ERROR"]
NO_ROWS = msgspec.msgpack.encode([])


class BeamEngine:
    """In two worker processes; deciding again, by stage, is what they share."""

    name = BEAM

    def fold(self, asked: FoldAsked, memory: CountyMemory) -> FoldedRun:
        """All stages, one after the other. Raises RuntimeError when a worker fails, OSError when the disk is full,
        NotAsRemembered."""
        with put_down(asked, memory) as place:
            with _worker_log(), _pipeline() as pipeline:
                build(pipeline, place, memory.law, asked.cut_off)
            return gathered(place)


@contextmanager
def _worker_log() -> Iterator[None]:
    """Not on the journal's disk: workers that cannot say that it is full wait for ever."""
    with tempfile.TemporaryDirectory() as elsewhere, worker_log(Path(elsewhere) / "workers.log"):
        yield


def _pipeline() -> beam.Pipeline:
    logging.getLogger("apache_beam").setLevel(logging.ERROR)
    return beam.Pipeline(FnApiRunner(workers_of_ours()), PipelineOptions(OPTIONS))


def build(pipeline: beam.Pipeline, place: FoldPlace, law: Law, cut_off: int) -> None:
    """The pipeline of a pay run."""
    numbers = pipeline | "Shards" >> beam.Create(range(SHARDS))
    said: dict[str, list[beam.PCollection]] = defaultdict(list)
    for stage in STAGES:
        dealt = numbers | f"Dealt to {stage}" >> beam.FlatMap(blocks_to, place, stage)
        fold = beam.ParDo(FoldKept(stage, place, law, cut_off)).with_outputs(*STAGES)
        folded = (
            [dealt, *said[stage]]
            | f"To {stage}" >> beam.Flatten()
            | f"By shard to {stage}" >> beam.GroupByKey()
            | f"Fold {stage}" >> fold
        )
        for later in STAGES:
            said[later].append(folded[later])


def blocks_to(number: int, place: FoldPlace, stage: str) -> Iterator[tuple[int, bytes]]:
    """Blocks that the door dealt to a shard, and one of nothing: a shard may have keys that are due by themselves."""
    yield number, NO_ROWS
    for block in dealt_to(number, place, stage):
        yield number, block


class FoldKept(beam.DoFn):
    """(shard, blocks) onto what is remembered of its keys: blocks of later stages by tag; the rest into a file, which
    is missing if it could not be written, or the memory is not to be believed."""

    def __init__(self, stage: str, place: FoldPlace, law: Law, cut_off: int) -> None:
        self.stage, self.place, self.law, self.cut_off = stage, place, law, cut_off

    def process(self, element: tuple[int, Iterable[bytes]]) -> Iterator[Any]:
        number, blocks = element
        try:
            shard = fold_shard(self.place, ShardAsked(self.stage, number, self.law, self.cut_off), blocks)
        except NotAsRemembered:
            disbelieve(self.place)
            return
        except OSError:  # the job misses the file, and says so
            return
        for stage, block in shard.dealer.blocks():
            yield beam.pvalue.TaggedOutput(stage, block)
