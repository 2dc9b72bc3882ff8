"""The engine of a large pay run: a Beam pipeline on the DirectRunner (its FnApiRunner, by name), two worker processes.

    Shards -> for each stage: Dealt (new facts) + conclusions of earlier stages -> GroupByShard -> FoldKept

Each shard writes its result to a file; the job reads all of them when the pipeline is done. If a worker dies, the whole
pay run fails, nothing is stored, and the next start decides it again.
"""

import errno
import logging
import os
import signal
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import apache_beam as beam
import msgspec
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

from fold.record_files import unpacked
from fold.rows import catalog_of
from fold.shard import Records, Shard
from fold.stages import STAGES
from fold.tally import Tally
from pipelines.live.believed import NotAsRemembered, State
from pipelines.live.engine import BEAM, SHARDS, UNFINISHED, FoldAsked, FoldedRun, fold_keys
from pipelines.live.memory import CountyMemory, read_beside
from pipelines.worker_life import workers_of_ours
from pipelines.worker_log import worker_log
from rules.law import Law
from schemas import private

OPTIONS = ["--direct_num_workers=2", "--default_sdk_harness_log_level=ERROR"]
LISTINGS, DEALT, CAME_TO, NOT_AS_REMEMBERED = "listings", "dealt", "came-to", "not-as-remembered"


class ShardFold(msgspec.Struct):
    """What a shard came to, on its way back to the job."""

    records: dict[str, bytes]  # by kind, packed
    tally: Tally
    states: list[State]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(ShardFold).decode


class BeamEngine:
    """In two worker processes; deciding again, by stage, is what they share."""

    name = BEAM

    def fold(self, asked: FoldAsked, memory: CountyMemory) -> FoldedRun:
        """All stages, one after the other. Raises RuntimeError when a worker fails, OSError when the disk is full,
        NotAsRemembered."""
        with tempfile.TemporaryDirectory(dir=memory.path.parent, prefix=UNFINISHED) as name:
            folder = Path(name)
            private.written(folder / LISTINGS, _encode(asked.listings))
            for (stage, number), blocks in asked.blocks.items():
                private.written(folder / f"{DEALT}-{stage}-{number}", _encode(blocks))
            with _undisturbed(), _worker_log(), _pipeline() as pipeline:
                build(pipeline, FoldPlace(name, str(memory.path)), memory.law, asked.cut_off)
            return gathered(folder)


@contextmanager
def _worker_log() -> Iterator[None]:
    """Not on the journal's disk: workers that cannot say that it is full wait for ever."""
    with tempfile.TemporaryDirectory() as elsewhere, worker_log(Path(elsewhere) / "workers.log"):
        yield


def _pipeline() -> beam.Pipeline:
    logging.getLogger("apache_beam").setLevel(logging.ERROR)
    return beam.Pipeline(FnApiRunner(workers_of_ours()), PipelineOptions(OPTIONS))


class FoldPlace(NamedTuple):
    """Where workers find things: the folder of this fold, and the job's memory."""

    folder: str
    memory: str


def build(pipeline: beam.Pipeline, place: FoldPlace, law: Law, cut_off: int) -> None:
    """The pipeline of a pay run."""
    numbers = pipeline | "Shards" >> beam.Create(range(SHARDS))
    said: dict[str, list[beam.PCollection]] = defaultdict(list)
    for stage in STAGES:
        dealt = numbers | f"Dealt to {stage}" >> beam.FlatMap(dealt_to, place, stage)
        fold = beam.ParDo(FoldKept(stage, place, law, cut_off)).with_outputs(*STAGES)
        folded = (
            [dealt, *said[stage]]
            | f"To {stage}" >> beam.Flatten()
            | f"By shard to {stage}" >> beam.GroupByKey()
            | f"Fold {stage}" >> fold
        )
        for later in STAGES:
            said[later].append(folded[later])


def dealt_to(number: int, place: FoldPlace, stage: str) -> Iterator[tuple[int, bytes]]:
    """Blocks that the door dealt to a shard, and one of nothing: a shard may have keys that are due by themselves."""
    yield number, _encode([])
    path = Path(place.folder) / f"{DEALT}-{stage}-{number}"
    if path.exists():
        yield from ((number, block) for block in msgspec.msgpack.decode(path.read_bytes(), type=list[bytes]))


class FoldKept(beam.DoFn):
    """(shard, blocks) onto what is remembered of its keys: blocks of later stages by tag; the rest into a file, which
    is missing if it could not be written, or the memory is not to be believed."""

    def __init__(self, stage: str, place: FoldPlace, law: Law, cut_off: int) -> None:
        self.stage, self.place, self.law, self.cut_off = stage, place, law, cut_off

    def process(self, element: tuple[int, Iterable[bytes]]) -> Iterator[Any]:
        number, blocks = element
        folder = Path(self.place.folder)
        catalog = catalog_of(msgspec.msgpack.decode((folder / LISTINGS).read_bytes(), type=list[bytes]))
        shard = Shard(self.stage, self.law, catalog, self.cut_off, SHARDS)
        try:
            with read_beside(Path(self.place.memory)) as reader:
                states = fold_keys(shard, number, blocks, reader)
        except NotAsRemembered:
            private.written(folder / NOT_AS_REMEMBERED, b"")
            return
        path = folder / f"{CAME_TO}-{self.stage}-{number}"
        unfinished = path.with_suffix(".unfinished")
        try:
            private.written(unfinished, _encode(ShardFold(_packed(shard.records), shard.tally, states)))
        except OSError:  # the job misses the file, and says so
            return
        unfinished.replace(path)
        for stage, block in shard.dealer.blocks():
            yield beam.pvalue.TaggedOutput(stage, block)


def _packed(records: Records) -> dict[str, bytes]:
    return {kind: _encode(of_kind) for kind, of_kind in records.items()}


def gathered(folder: Path) -> FoldedRun:
    """What all shards came to. Raises OSError if one could not say it, NotAsRemembered."""
    if (folder / NOT_AS_REMEMBERED).exists():
        raise NotAsRemembered
    whole = FoldedRun(defaultdict(list), Tally(), [])
    for stage in STAGES:
        for number in range(SHARDS):
            path = folder / f"{CAME_TO}-{stage}-{number}"
            if not path.exists():
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            one = _decode(path.read_bytes())
            for kind, said in one.records.items():
                whole.records[kind] += unpacked(kind, said)
            whole.tally.merge(one.tally)
            whole.states.extend(one.states)
    return whole


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Ctrl-C and SIGTERM, which reach workers too, wait until the pay run is folded: the job ends after its round."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
