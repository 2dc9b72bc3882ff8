"""What is counted on the way is what there is in the end, however often it was decided in between."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fold.tally import MINUTES, hours
from rules.law import Law
from tests.dense_histories import dense_history
from tests.paid import door_of, hours_by_statement, replay_plain, replay_stepwise
from tests.test_properties import HARDER

LAW = Law.load()
SOME = settings(deadline=None, max_examples=15 * HARDER, suppress_health_check=list(HealthCheck))


@given(seed=st.integers(0, 1 << 30))
@SOME
def test_minutes_add_up_to_those_of_the_statements_as_they_are_in_the_end(seed: int) -> None:
    history = dense_history(seed)
    facts, until = history.facts, history.until
    by_statement = hours_by_statement(door_of(facts, until), LAW, until)
    found = {name: sum(minutes[place] for minutes in by_statement.values()) for place, name in enumerate(MINUTES)}
    for replay in (replay_plain, replay_stepwise):
        said = hours(replay(facts, LAW, until).tally)
        assert {name: said[name] for name in MINUTES} == found
        assert min(said.values()) >= 0
