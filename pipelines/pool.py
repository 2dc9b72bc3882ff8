"""The story of `pipelines.payroll` without an engine, on all cores: files are read, each stage folds its shards, pay
runs are closed.

Processes hand blocks of rows to each other in files, each written by one task and read when its stage begins, so that
nobody holds more than a shard; what comes back from a task is a tally, course listings and no record. The bytes are
those of the pipeline on Beam. If a process dies the replay fails as a whole.
"""

import gc
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

import msgspec

from fold.admissions import Admissions, Told, admissions_in
from fold.beat import parts_of_file
from fold.collections import rare_collections
from fold.pay_runs import closed
from fold.places import Places
from fold.record_files import file_name
from fold.rejections import in_order
from fold.rows import catalog_of
from fold.shard import Shard
from fold.stages import STAGES
from fold.tally import merged
from pipelines.importing.text_facts import FolderDoor
from pipelines.watch import end_with
from pipelines.work import Work
from rules.law import Law
from schemas import private
from schemas.avro import write_bodies, write_container
from schemas.rejection import Rejection

BLOCKS = "blocks"
LENGTH = 4  # bytes in front of a block
_encode = msgspec.msgpack.Encoder().encode
_decode_rejections = msgspec.msgpack.Decoder(list[Rejection]).decode


class Replay(NamedTuple):
    """What each process knows before its first task."""

    work: Work
    law: Law

    @property
    def blocks(self) -> Path:
        """The folder of blocks on their way."""
        return self.work.out / BLOCKS


class Read(NamedTuple):
    """What reading a file came to, beside blocks and rejections."""

    tally: bytes
    catalog: list[bytes]


class ShardTask(NamedTuple):
    """A shard of a stage to fold. ``catalog``: bodies of course listings; ``until``: the last cut-off to decide."""

    stage: str
    number: int
    catalog: list[bytes]
    until: int


def run(work: Work, law: Law, processes: int) -> None:
    """Records, parts of the index and the tally below ``work.out``. Raises BrokenProcessPool if a process dies, OSError
    if the disk is full."""
    replay = Replay(work, law)
    private.folder(replay.blocks)
    with _processes(replay, processes) as each:
        told = [one for of_file in each(_told, work.names) for one in of_file]
        read = each(_read, [(number, name, told) for number, name in enumerate(work.names)])
        catalog = [body for one in read for body in one.catalog]
        tallies = [one.tally for one in read]
        until = work.until or merged(tallies).latest_cut_off
        for stage in STAGES:
            tasks = [ShardTask(stage, number, catalog, until) for number in _waiting(replay, stage)]
            tallies += each(_fold, tasks)
    _write_rejections(replay)
    _close(replay, tallies, until)


Task = TypeVar("Task")
Done = TypeVar("Done")


class Each(Protocol):
    """Does all tasks of a kind and waits for the last."""

    def __call__(self, do: Callable[[Task], Done], tasks: Sequence[Task]) -> list[Done]:
        """What each came to, in order."""


_here: list[Replay] = []  # what this process works for


@contextmanager
def _processes(replay: Replay, number: int) -> Iterator[Each]:
    """A function that does all tasks of a kind and waits for the last: here, or in so many processes."""
    if number == 1:
        _here[:] = [replay]
        yield lambda do, tasks: [do(task) for task in tasks]
        return
    gc.freeze()  # what is there already is never collected, so that its pages stay shared
    context = multiprocessing.get_context("fork")  # which knows the law and every module at once
    try:
        with ProcessPoolExecutor(number, context, _begin, (replay, os.getpid())) as pool:
            yield lambda do, tasks: _all(pool, do, tasks)
    finally:
        gc.unfreeze()


def _all(pool: Executor, do: Callable[[Task], Done], tasks: Sequence[Task]) -> list[Done]:
    with ExitStack() as unless_done:
        unless_done.callback(_end_all)  # of an interrupted replay nobody reads what they would still write
        found = list(pool.map(do, tasks))
        unless_done.pop_all()
    return found


def _end_all() -> None:
    for worker in multiprocessing.active_children():
        worker.kill()


def _begin(replay: Replay, parent: int) -> None:
    end_with(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever began this one ends it
    _here[:] = [replay]


# --- tasks ------------------------------------------------------------------------------------------------------------


def _told(name: str) -> list[Told]:
    """What a file tells of admissions."""
    return [*admissions_in(_here[0].work.events / name)]


def _read(task: tuple[int, str, list[Told]]) -> Read:
    """A file to blocks, rejections and a part of the index."""
    number, name, told = task
    replay = _here[0]
    work = replay.work
    door = FolderDoor(work.shards, work.until, Places(), Admissions(told))
    with rare_collections():
        for _ in door.read_file(work.events / name, name):
            _put(replay, f"read-{number}", door.dealer.full_blocks())
    _put(replay, f"read-{number}", door.dealer.blocks())
    if door.rejections:
        private.written(replay.blocks / f"rejections-{number}", _encode(door.rejections))
    assert door.places is not None
    door.places.write_part(work.out, work.events, name)
    work.beat("read", parts_of_file((work.events / name).stat().st_size))
    return Read(door.tally.packed(), door.catalog)


def _fold(task: ShardTask) -> bytes:
    """A shard to records and to blocks of later stages; the tally."""
    replay, (stage, number, catalog, until) = _here[0], task
    shard = Shard(stage, replay.law, catalog_of(catalog), until, replay.work.shards)
    shard.fold(_taken(replay, stage, number), replay.work.beat)
    _put(replay, f"{stage}-{number}", shard.dealer.blocks())
    for kind, bodies in shard.bodies.items():
        write_bodies(replay.work.out / file_name(kind, stage, number), kind, bodies)
    return shard.tally.packed()


def _write_rejections(replay: Replay) -> None:
    """Of all files, in one."""
    said = [_decode_rejections(path.read_bytes()) for path in replay.blocks.glob("rejections-*")]
    rejections = in_order([one for of_file in said for one in of_file])
    write_container(replay.work.out / file_name("Rejection", "read", 0), "Rejection", rejections)


def _close(replay: Replay, tallies: list[bytes], until: int) -> None:
    """The pay runs, and the tally of the whole."""
    tallies.reverse()
    runs, tally = closed((tallies.pop() for _ in range(len(tallies))), replay.law, until)  # each goes as it is added
    write_container(replay.work.out / file_name("PayRun", "close", 0), "PayRun", runs)
    private.written(replay.work.tally, tally.packed())
    replay.work.beat("close")


# --- blocks on their way ----------------------------------------------------------------------------------------------


def _put(replay: Replay, task: str, blocks: Iterable[tuple[str, tuple[int, bytes]]]) -> None:
    """Append blocks to the task's own files, one for each stage and shard."""
    for stage, (number, block) in blocks:
        with private.appended(replay.blocks / f"{stage}.{number}.{task}") as stream:
            stream.write(len(block).to_bytes(LENGTH) + block)


def _taken(replay: Replay, stage: str, number: int) -> Iterator[bytes]:
    """Blocks for a shard of a stage; they go as they are read. Raises EOFError for a file that is cut short."""
    for path in sorted(replay.blocks.glob(f"{stage}.{number}.*")):
        with path.open("rb") as stream:
            while length := stream.read(LENGTH):
                block = stream.read(int.from_bytes(length))
                if len(block) < int.from_bytes(length):
                    raise EOFError(f"blocks of {stage} {number} are cut short")
                yield block
        path.unlink()


def _waiting(replay: Replay, stage: str) -> list[int]:
    """Shards that something waits for."""
    return sorted({int(path.name.split(".")[1]) for path in replay.blocks.glob(f"{stage}.*")})
