"""What an engine with worker processes and its workers tell each other of a pay run: through files of one folder.

The job puts down what the door dealt and all listings; each task leaves what its shard came to; the job gathers that
when all are done. Nothing is stored before, so a fold that is killed at any moment is decided again from the start.
"""

import errno
import os
import signal
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from fold.record_files import unpacked
from fold.rows import catalog_of
from fold.shard import Records, Shard
from fold.stages import STAGES
from fold.tally import Tally
from pipelines.live.believed import NotAsRemembered, State
from pipelines.live.engine import SHARDS, UNFINISHED, FoldAsked, FoldedRun, fold_keys
from pipelines.live.memory import CountyMemory, read_beside
from rules.law import Law
from schemas import private

LISTINGS, DEALT, CAME_TO, NOT_AS_REMEMBERED = "listings", "dealt", "came-to", "not-as-remembered"


class ShardFold(msgspec.Struct):
    """What a shard came to, on its way back to the job."""

    records: dict[str, bytes]  # by kind, packed
    tally: Tally
    states: list[State]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(ShardFold).decode
_decode_bodies = msgspec.msgpack.Decoder(list[bytes]).decode


class FoldPlace(NamedTuple):
    """Where workers find things: the folder of this fold, and the job's memory."""

    folder: str
    memory: str


@contextmanager
def put_down(asked: FoldAsked, memory: CountyMemory) -> Iterator[FoldPlace]:
    """A folder with what is asked, until the fold is over, however it ended. Raises OSError when the disk is full."""
    with tempfile.TemporaryDirectory(dir=memory.path.parent, prefix=UNFINISHED) as name:
        private.written(Path(name) / LISTINGS, _encode(asked.listings))
        for (stage, number), blocks in asked.blocks.items():
            private.written(Path(name) / f"{DEALT}-{stage}-{number}", _encode(blocks))
        with undisturbed():
            yield FoldPlace(name, str(memory.path))


def dealt_to(number: int, place: FoldPlace, stage: str) -> list[bytes]:
    """Blocks that the door dealt to a shard."""
    path = Path(place.folder) / f"{DEALT}-{stage}-{number}"
    return _decode_bodies(path.read_bytes()) if path.exists() else []


class ShardAsked(NamedTuple):
    """A shard of a stage to fold at a pay run."""

    stage: str
    number: int
    law: Law
    cut_off: int


def fold_shard(place: FoldPlace, asked: ShardAsked, blocks: Iterable[bytes]) -> Shard:
    """A shard folded onto what is remembered of its keys; what it came to lies in a file. Raises NotAsRemembered, and
    OSError if it could not be written."""
    folder = Path(place.folder)
    catalog = catalog_of(_decode_bodies((folder / LISTINGS).read_bytes()))
    shard = Shard(asked.stage, asked.law, catalog, asked.cut_off, SHARDS)
    with read_beside(Path(place.memory)) as reader:
        states = fold_keys(shard, asked.number, blocks, reader)
    path = _came_to(folder, asked.stage, asked.number)
    unfinished = path.with_suffix(".unfinished")
    private.written(unfinished, _encode(ShardFold(_packed(shard.records), shard.tally, states)))
    unfinished.replace(path)
    return shard


def disbelieve(place: FoldPlace) -> None:
    """Say that the memory is not what was put into it, where an error of a worker would not reach the job."""
    private.written(Path(place.folder) / NOT_AS_REMEMBERED, b"")


def _packed(records: Records) -> dict[str, bytes]:
    return {kind: _encode(of_kind) for kind, of_kind in records.items()}


def _came_to(folder: Path, stage: str, number: int) -> Path:
    return folder / f"{CAME_TO}-{stage}-{number}"


def gathered(place: FoldPlace) -> FoldedRun:
    """What all shards came to. Raises OSError if one could not say it, NotAsRemembered."""
    if (Path(place.folder) / NOT_AS_REMEMBERED).exists():
        raise NotAsRemembered
    whole = FoldedRun(defaultdict(list), Tally(), [])
    for stage in STAGES:
        for number in range(SHARDS):
            path = _came_to(Path(place.folder), stage, number)
            if not path.exists():
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            one = _decode(path.read_bytes())
            for kind, said in one.records.items():
                whole.records[kind] += unpacked(kind, said)
            whole.tally.merge(one.tally)
            whole.states.extend(one.states)
    return whole


@contextmanager
def undisturbed() -> Iterator[None]:
    """Ctrl-C and SIGTERM, which reach workers too, wait until the pay run is folded: the job ends after its round."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
