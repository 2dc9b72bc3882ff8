"""The unbounded path without an engine: keys wake one after the other, stage by stage, from bytes of state."""

from collections import defaultdict
from collections.abc import Iterable
from random import Random
from typing import Any

import msgspec

from pipelines.plain import Outcome
from rules.law import Law
from schemas.envelope import Fact
from transforms.close_run import pay_runs
from transforms.door import Door
from transforms.key_fold import KeyFold
from transforms.rows import Row, catalog_of
from transforms.stages import STAGES

ORDER = list(STAGES)
Place = tuple[str, str]  # stage, key


class Steps:
    """All keys of all stages, with their state and when they wake."""

    def __init__(self, facts: Iterable[Fact], law: Law, until: int, seed: int = 0) -> None:
        self.door, self.law, self.until, self.random = Door(1, until), law, until, Random(seed)
        for fact in facts:
            self.door.tally.inputs += 1
            self.door.admit(fact)
        catalog = catalog_of(self.door.catalog)
        self.folds = {stage: KeyFold(stage, law, catalog, until) for stage in STAGES}
        self.state: dict[Place, bytes] = {}
        self.wakes: dict[Place, int | None] = {}
        self.records: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.sizes: list[tuple[int, str, str, int]] = []
        self.rows: dict[int, list[tuple[str, Row]]] = defaultdict(list)
        for (stage, _), rows in self.door.dealer.hands.items():
            for row in rows:
                self.rows[row[1]].append((stage, row))

    def arrive(self, stage: str, row: Row) -> None:
        place = stage, row[0]
        state, self.wakes[place] = self.folds[stage].arrive(self.state.get(place), msgspec.msgpack.encode(row))
        self.state[place] = state

    def run(self) -> "Steps":
        """Cut-off by cut-off, stage by stage, keys in any order; facts come before their cut-off, in any order."""
        coming = sorted(self.rows)
        while True:
            now = min([wake for wake in self.wakes.values() if wake is not None] + coming[:1], default=None)
            if now is None:
                return self
            if coming and now == coming[0]:
                for stage, row in self._shuffled(self.rows[coming.pop(0)]):
                    self.arrive(stage, row)
            for stage in ORDER:
                for place in self._shuffled([p for p, wake in self.wakes.items() if p[0] == stage and wake == now]):
                    self._wake(place, now)

    def _wake(self, place: Place, now: int) -> None:
        stage, key = place
        state, self.wakes[place], shards = self.folds[stage].wake(key, self.state[place], now)
        self.state[place] = state or b""
        self.sizes.append((now, stage, key, len(self.state[place])))
        for shard in shards:
            self.door.tally.merge(shard.tally)
            for kind, said in shard.records.items():
                self.records[kind] += said
            for (to, _), rows in shard.dealer.hands.items():
                for row in rows:
                    self.arrive(to, row)

    def _shuffled(self, things: list[Any]) -> list[Any]:
        return self.random.sample(things, len(things))


def replay_stepwise(facts: Iterable[Fact], law: Law, until: int, seed: int = 0) -> Outcome:
    """What `pipelines.plain.replay_plain` says, said step by step."""
    steps = Steps(facts, law, until, seed).run()
    records = dict(steps.records)
    records["PayRun"] = pay_runs(steps.door.tally, law, until)
    records["Rejection"] = steps.door.rejections
    return Outcome(records, steps.door.tally, until)
