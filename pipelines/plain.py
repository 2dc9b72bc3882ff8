"""The story of `payroll.build` without an engine: one process, one core, the same rules and the same records.

For properties over many small histories, and as the floor that the benchmark measures Beam against.
"""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from fold.admissions import Admissions, admissions_in, as_told
from fold.collections import rare_collections
from fold.content import Bodies
from fold.door import Door
from fold.pay_runs import pay_runs
from fold.publications import law_of_folder
from fold.rows import catalog_of
from fold.shard import Records, Shard
from fold.stages import STAGES
from fold.tally import Tally
from pipelines.importing.text_facts import FolderDoor
from rules.law import Law
from schemas.admission import Admission
from schemas.envelope import Record

ONE_SHARD = 1


class Outcome(NamedTuple):
    """Records by kind, in canonical order, what was counted, and records as plain Avro (but for rejections and pay
    runs)."""

    records: Records
    tally: Tally
    until: int
    bodies: Bodies


def replay_plain(facts: Iterable[Record], law: Law, until: int | None = None) -> Outcome:
    """Pay facts that are models already; Admissions among them are obeyed. ``until``: the last cut-off to decide (an
    instant)."""
    facts = list(facts)
    told = [as_told(fact) for fact in facts if isinstance(fact, Admission)]
    door = Door(ONE_SHARD, until, admissions=Admissions(told))
    for fact in facts:
        door.tally.inputs += 1
        door.take(fact)
    return fold_door(door, law)


def replay_folder(events: Path, names: Iterable[str], law: Law, until: int | None = None) -> Outcome:
    """Pay a folder of container files."""
    names = list(names)
    law = law_of_folder(law, [events / name for name in names])
    told = [each for name in names for each in admissions_in(events / name)]
    door = FolderDoor(ONE_SHARD, until, admissions=Admissions(told))
    with rare_collections():
        for name in names:
            for _ in door.read_file(events / name, name):
                pass
    return fold_door(door, law)


def fold_door(door: Door, law: Law) -> Outcome:
    """Fold what came through the door, stage by stage."""
    until = door.until or door.tally.latest_cut_off
    catalog = catalog_of(door.catalog)
    tally = door.tally
    blocks: dict[str, list[bytes]] = defaultdict(list)
    records: Records = defaultdict(list)
    bodies: Bodies = defaultdict(list)
    records["Rejection"] = [*door.rejections]
    _take(blocks, door.dealer.blocks())
    for stage in STAGES:
        shard = Shard(stage, law, catalog, until, ONE_SHARD).fold(blocks.pop(stage, []))
        _take(blocks, shard.dealer.blocks())
        tally.merge(shard.tally)
        for kind, said in shard.records.items():
            records[kind] += said
        for kind, plain in shard.bodies.items():
            bodies[kind] += plain
    records["PayRun"] = [*pay_runs(tally, law, until)]
    return Outcome(dict(records), tally, until, bodies)


def _take(blocks: dict[str, list[bytes]], dealt: Iterable[tuple[str, tuple[int, bytes]]]) -> None:
    for stage, (_, block) in dealt:
        blocks[stage].append(block)
