"""The stories without an engine, their records as dicts of physical values: as tests compare, change and write them."""

from collections.abc import Iterable, Mapping
from typing import Any

from fold.door import Door
from fold.rows import catalog_of
from fold.shard import Shard
from fold.stages import STAGES
from pipelines import plain, stepwise
from pipelines.plain import Outcome
from rules.law import Law
from schemas.avro import fields_of
from schemas.envelope import Fact, OutgoingRecord

__all__ = [
    "Outcome", "as_dicts", "door_of", "fold_door", "hours_by_statement", "replay_folder", "replay_plain",
    "replay_stepwise",
]  # fmt: skip


def as_dicts(records: Mapping[str, Iterable[OutgoingRecord]]) -> dict[str, list[dict[str, Any]]]:
    """Records by kind."""
    return {kind: [fields_of(record) for record in of_kind] for kind, of_kind in records.items()}


def door_of(facts: Iterable[Fact], until: int) -> Door:
    """A door through which facts came, one by one; of one shard."""
    door = Door(plain.ONE_SHARD, until)
    for fact in facts:
        door.tally.inputs += 1
        door.admit(fact)
    return door


def hours_by_statement(door: Door, law: Law, until: int) -> dict[str, list[int]]:
    """Claimed, held, cut and denied minutes of each statement by the last decision on it."""
    rows: dict[str, list[bytes]] = {stage: [] for stage in STAGES}
    dealt, found = [*door.dealer.blocks()], dict[str, list[int]]()
    for stage in STAGES:
        for to, (_, block) in dealt:
            rows[to].append(block)
        shard = Shard(stage, law, catalog_of(door.catalog), until, plain.ONE_SHARD).fold(rows[stage])
        dealt, found = [*shard.dealer.blocks()], found | shard.hours
    return found


def _in_dicts(outcome: Outcome) -> Any:
    return outcome._replace(records=as_dicts(outcome.records))  # type: ignore[arg-type]


def replay_plain(*arguments: Any, **named: Any) -> Any:
    return _in_dicts(plain.replay_plain(*arguments, **named))


def replay_folder(*arguments: Any, **named: Any) -> Any:
    return _in_dicts(plain.replay_folder(*arguments, **named))


def fold_door(*arguments: Any, **named: Any) -> Any:
    return _in_dicts(plain.fold_door(*arguments, **named))


def replay_stepwise(*arguments: Any, **named: Any) -> Any:
    return _in_dicts(stepwise.replay_stepwise(*arguments, **named))
