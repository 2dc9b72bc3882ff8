"""The story of `pipelines.payroll` without an engine, as tasks that anybody may do: files are read, each stage folds
its shards, pay runs are closed.

Tasks hand blocks of rows to each other in files (`pipelines.blocks`), so that nobody holds more than a shard; what
comes back from a task is names and a tally. A stage begins when all tasks of the one before are done. Done twice, a
task leaves the same files. The bytes are those of the pipeline on Beam. Who does them: processes of this machine
(`pipelines.pool`), or a cluster (`pipelines.cluster`).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

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
from pipelines.blocks import BlockFile, OutgoingBlocks, taken
from pipelines.importing.text_facts import FolderDoor
from pipelines.processes import Each
from pipelines.work import Work
from rules.law import Law
from schemas import private
from schemas.avro import write_bodies, write_container
from schemas.rejection import Rejection

BLOCKS = "blocks"
BYTES_IN_TASK = 1 << 20
TOLD, CATALOG, REJECTED = "told", "catalog", "rejections"  # what files tell of admissions; course listings; rejections
_encode = msgspec.msgpack.Encoder().encode
_decode_rejections = msgspec.msgpack.Decoder(list[Rejection]).decode
_decode_told = msgspec.msgpack.Decoder(list[Told]).decode
_decode_bodies = msgspec.msgpack.Decoder(list[bytes]).decode


class Replay(NamedTuple):
    """What each process knows before its first task."""

    work: Work
    law: Law

    @property
    def blocks(self) -> Path:
        """The folder of blocks on their way."""
        return self.work.out / BLOCKS


class Came(NamedTuple):
    """What a task came to: blocks for later stages, a tally, and names below the output folder."""

    blocks: list[BlockFile]
    tally: bytes
    names: list[str]


class FilesTask(NamedTuple):
    """Files of facts to read, the group with this number."""

    number: int
    names: list[str]


class ShardTask(NamedTuple):
    """A shard of a stage to fold. ``until``: the last cut-off to decide."""

    stage: str
    number: int
    blocks: list[BlockFile]
    until: int


Fewer = Callable[[list[bytes]], list[bytes]]


def pay(replay: Replay, each: Each[Replay], fewer: Fewer = lambda tallies: tallies) -> list[str]:
    """All of it, on whatever does the tasks; the names of what they left below the output folder. ``fewer``: adds
    tallies up before they are kept."""
    private.folder(replay.blocks)
    files = [FilesTask(*group) for group in enumerate(groups_of(replay.work))]
    _gathered(replay, TOLD, each(_told, files))
    came = each(_read, files)
    _gathered(replay, CATALOG, [f"{CATALOG}-{number}" for number, _ in files])
    tallies, names = fewer([one.tally for one in came]), [name for one in came for name in one.names]
    until = replay.work.until or merged(tallies).latest_cut_off
    waiting: dict[str, dict[int, list[BlockFile]]] = {stage: defaultdict(list) for stage in STAGES}
    for stage in STAGES:
        _deal(waiting, came)
        tasks = [ShardTask(stage, number, blocks, until) for number, blocks in sorted(waiting[stage].items())]
        came = each(_fold, tasks)
        _drop(replay, tasks)
        tallies += fewer([one.tally for one in came])
        names += [name for one in came for name in one.names]
    _write_rejections(replay, len(files))
    _close(replay, fewer(tallies), until)
    return names


def groups_of(work: Work) -> Iterator[list[str]]:
    """Names of files for one task each: small ones together, for each task leaves a file for each shard."""
    group, size = [], 0
    for name in work.names:
        group.append(name)
        size += (work.events / name).stat().st_size
        if size >= BYTES_IN_TASK:
            yield group
            group, size = [], 0
    if group:
        yield group


def _deal(waiting: dict[str, dict[int, list[BlockFile]]], came: Iterable[Came]) -> None:
    for one in came:
        for file in one.blocks:
            waiting[file.stage][file.shard].append(file)


def _drop(replay: Replay, tasks: Iterable[ShardTask]) -> None:
    """Blocks that nobody will read again."""
    for task in tasks:
        for file in task.blocks:
            (replay.blocks / file.name).unlink()


def _gathered(replay: Replay, kind: str, names: Iterable[str]) -> None:
    """Lists of many files as one."""
    lists = [msgspec.msgpack.decode((replay.blocks / name).read_bytes()) for name in names]
    private.written(replay.blocks / kind, _encode([one for of_file in lists for one in of_file]))


# --- tasks ------------------------------------------------------------------------------------------------------------


def _told(replay: Replay, task: FilesTask) -> str:
    """What files tell of admissions."""
    told = [one for name in task.names for one in admissions_in(replay.work.events / name)]
    return private.written(replay.blocks / f"{TOLD}-{task.number}", _encode(told)).name


def _read(replay: Replay, task: FilesTask) -> Came:
    """Files to blocks, rejections, course listings and parts of the index."""
    told = Admissions(_decode_told((replay.blocks / TOLD).read_bytes()))
    outgoing = OutgoingBlocks(replay.blocks, f"read-{task.number}")
    doors = [_read_file(replay, name, told, outgoing) for name in task.names]
    rejections = [one for door, _ in doors for one in door.rejections]
    listings = [one for door, _ in doors for one in door.catalog]
    private.written(replay.blocks / f"{REJECTED}-{task.number}", _encode(rejections))
    private.written(replay.blocks / f"{CATALOG}-{task.number}", _encode(listings))
    tally = merged(door.tally.packed() for door, _ in doors)
    return Came(outgoing.done(), tally.packed(), [part for _, part in doors])


def _read_file(replay: Replay, name: str, told: Admissions, outgoing: OutgoingBlocks) -> tuple[FolderDoor, str]:
    """The door that took a file in, and the name of the file's part of the index."""
    work, door = replay.work, FolderDoor(replay.work.shards, replay.work.until, places := Places(), told)
    with rare_collections():
        for _ in door.read_file(work.events / name, name):
            outgoing.put(door.dealer.full_blocks())
    outgoing.put(door.dealer.blocks())
    part = places.write_part(work.out, work.events, name)
    work.beat("read", parts_of_file((work.events / name).stat().st_size))
    return door, part.name


def _fold(replay: Replay, task: ShardTask) -> Came:
    """A shard to records and to blocks of later stages."""
    catalog = catalog_of(_decode_bodies((replay.blocks / CATALOG).read_bytes()))
    shard = Shard(task.stage, replay.law, catalog, task.until, replay.work.shards)
    shard.fold(taken(replay.blocks, task.blocks), replay.work.beat)
    outgoing = OutgoingBlocks(replay.blocks, f"{task.stage}-{task.number}")
    outgoing.put(shard.dealer.blocks())
    names = {kind: file_name(kind, task.stage, task.number) for kind in shard.bodies}
    for kind, bodies in shard.bodies.items():
        write_bodies(replay.work.out / names[kind], kind, bodies)
    return Came(outgoing.done(), shard.tally.packed(), [*names.values()])


def _write_rejections(replay: Replay, groups: int) -> None:
    """Of all files, in one."""
    files = [replay.blocks / f"{REJECTED}-{number}" for number in range(groups)]
    rejections = in_order([one for path in files for one in _decode_rejections(path.read_bytes())])
    write_container(replay.work.out / file_name("Rejection", "read", 0), "Rejection", rejections)


def _close(replay: Replay, tallies: list[bytes], until: int) -> None:
    """The pay runs, and the tally of the whole."""
    tallies.reverse()
    runs, tally = closed((tallies.pop() for _ in range(len(tallies))), replay.law, until)  # each goes as it is added
    write_container(replay.work.out / file_name("PayRun", "close", 0), "PayRun", runs)
    private.written(replay.work.tally, tally.packed())
    replay.work.beat("close")
