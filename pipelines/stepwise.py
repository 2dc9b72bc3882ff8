"""The story of `payroll.build` on topics, without an engine: keys wake one after the other, from bytes of state.

What `pipelines.plain` is to the bounded path this is to the unbounded one: for properties over many small histories,
and to measure what state and waking cost without a runner.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from random import Random
from typing import Any

import msgspec

from fold.door import Door
from fold.key import KeyFold
from fold.pay_runs import pay_runs
from fold.rows import Row, catalog_of
from fold.shard import Records, Shard
from fold.stages import STAGES
from pipelines.plain import Outcome
from rules.law import Law
from schemas.envelope import Fact

Place = tuple[str, str]  # stage, key
Watch = Callable[[int, dict[Place, bytes]], None]


class Steps:
    """All keys of all stages, with their state and when they wake. ``seed``: in which order what may come in any."""

    def __init__(self, door: Door, law: Law, until: int, seed: int = 0) -> None:
        self.law, self.until, self.random, self.tally = law, until, Random(seed), door.tally
        catalog = catalog_of(door.catalog)
        self.folds = {stage: KeyFold(stage, law, catalog, until) for stage in STAGES}
        self.state: dict[Place, bytes] = {}
        self.wakes: dict[Place, int | None] = {}
        self.records: Records = defaultdict(list, {"Rejection": [*door.rejections]})
        self.coming: dict[int, list[tuple[str, Row]]] = defaultdict(list)
        for (stage, _), rows in door.dealer.hands.items():
            for row in rows:
                self.coming[row[1]].append((stage, row))

    def run(self, watch: Watch = lambda cut_off, state: None) -> Outcome:
        """Cut-off by cut-off, stage by stage; facts come before their cut-off. ``watch`` sees each cut-off's state."""
        cut_offs = sorted(self.coming)
        while (now := min([*filter(None, self.wakes.values()), *cut_offs[:1]], default=None)) is not None:
            if cut_offs and now == cut_offs[0]:
                for stage, row in self._shuffled(self.coming.pop(cut_offs.pop(0))):
                    self.arrive(stage, row)
            for stage in STAGES:
                due = [place for place, wake in self.wakes.items() if place[0] == stage and wake == now]
                for place in self._shuffled(due):
                    self.wake(place, now)
            watch(now, self.state)
        self.records["PayRun"] = [*pay_runs(self.tally, self.law, self.until)]
        return Outcome(dict(self.records), self.tally, self.until, {})

    def arrive(self, stage: str, row: Row) -> None:
        """A row for a key of a stage."""
        place, raw = (stage, row[0]), msgspec.msgpack.encode(row)
        self.state[place], self.wakes[place] = self.folds[stage].arrive(self.state.get(place), raw)

    def wake(self, place: Place, now: int) -> None:
        """Decide a key."""
        stage, key = place
        state, self.wakes[place], said = self.folds[stage].wake(key, self.state[place], now)
        self.state[place] = state or b""
        for shard in said:
            self._hear(shard)

    def _hear(self, shard: Shard) -> None:
        self.tally.merge(shard.tally)
        for kind, records in shard.records.items():
            self.records[kind] += records
        for (stage, _), rows in shard.dealer.hands.items():
            for row in rows:
                self.arrive(stage, row)

    def _shuffled(self, things: list[Any]) -> list[Any]:
        return self.random.sample(things, len(things))


def replay_stepwise(facts: Iterable[Fact], law: Law, until: int, seed: int = 0) -> Outcome:
    """What `pipelines.plain.replay_plain` says, said step by step."""
    door = Door(1, until)
    for fact in facts:
        door.tally.inputs += 1
        door.admit(fact)
    return Steps(door, law, until, seed).run()
