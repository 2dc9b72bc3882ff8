"""What is counted on the way is what there is in the end, however often it was decided in between."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fold.door import Door
from fold.rows import catalog_of
from fold.shard import Shard
from fold.stages import STAGES
from fold.tally import MINUTES, hours
from pipelines.plain import ONE_SHARD
from rules.law import Law
from tests.dense_histories import dense_history
from tests.paid import door_of, replay_plain, replay_stepwise
from tests.test_properties import HARDER

LAW = Law.load()
SOME = settings(deadline=None, max_examples=15 * HARDER, suppress_health_check=list(HealthCheck))


def minutes_of_statements(door: Door, until: int) -> dict[str, int]:
    """Claimed, held, cut and denied of the last decision on each statement."""
    dealt = [*door.dealer.blocks()]
    rows, found = {stage: [block for to, (_, block) in dealt if to == stage] for stage in STAGES}, {}
    for stage in STAGES:
        shard = Shard(stage, LAW, catalog_of(door.catalog), until, ONE_SHARD).fold(rows[stage])
        found |= shard.hours
        for to, (_, block) in shard.dealer.blocks():
            rows[to].append(block)
    sums = [sum(each) for each in zip(*found.values(), strict=True)] if found else [0] * len(MINUTES)
    return dict(zip(MINUTES, sums, strict=True))


@given(seed=st.integers(0, 1 << 30))
@SOME
def test_minutes_add_up_to_those_of_the_statements_as_they_are_in_the_end(seed: int) -> None:
    history = dense_history(seed)
    facts, until = history.facts, history.until
    found = minutes_of_statements(door_of(facts, until), until)
    for replay in (replay_plain, replay_stepwise):
        said = hours(replay(facts, LAW, until).tally)
        assert {name: said[name] for name in MINUTES} == found
        assert min(said.values()) >= 0
