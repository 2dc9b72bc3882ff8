"""What Beam's state, timers and watermarks do wrong, or to those who expect too much (DESIGN.md, RECIPES.md).

TestStream runs on the old direct runner, which holds no watermark for timers: it is advanced one moment at a time.
"""

from collections.abc import Sequence
from itertools import pairwise
from zlib import crc32

import apache_beam as beam
import msgspec
import pytest
from apache_beam.io.gcp.pubsub import PubsubMessage
from apache_beam.testing.test_stream import TestStream as Stream
from apache_beam.transforms.userstate import get_dofn_specs
from apache_beam.transforms.window import TimestampedValue

from fold.admissions import Admissions, as_told
from fold.door import Door
from fold.key import CutOffMissed, KeyFold
from fold.rows import Row, fact_body, fact_row
from fold.stages import STAGES, routes
from rules.conclusion import AUTHORIZE
from rules.periods import cut_off_after, cut_offs, epoch_day, midnight
from schemas import FACTS
from schemas.avro import encode_message, validate
from schemas.envelope import Fact
from tests.fold.test_key import LAW, bodies
from tests.paid import fold_door, replay_plain
from tests.pipelines.live.test_scenario import WINDOWS, scenario
from tests.transforms.engine import Published, at_once, catalog_in, pay, published, published_at, seconds, step_by_step
from transforms.admit_facts import AdmitFacts
from transforms.close_run_unbounded import CloseRuns, SumRuns
from transforms.moments import _ORDER
from transforms.restate_unbounded import FOLDS

pytestmark = pytest.mark.engines

DAY = 24 * 3_600_000
BEGINS = midnight(epoch_day(WINDOWS["work"]))
FIRST, UNTIL = cut_off_after(BEGINS + 42 * DAY), cut_off_after(BEGINS + 53 * DAY)


def few_runs(every: int = 5) -> list[Fact]:
    """Some cases of the live job's scenario; what came before the first of eight pay runs is seen by that one."""
    facts = [fact for fact in scenario("work") if crc32(case_of(fact).encode()) % every == 0]
    seen = [f if f.KIND == "CourseListing" else f.model_copy(update={"admitted_cut_off": run_of(f)}) for f in facts]
    return [fact for fact in seen if published_at(fact) < UNTIL]


def case_of(fact: Fact) -> str:
    """File and place, with which every id of a case begins."""
    return ".".join(fact.document_id.split(".")[:2])


def run_of(fact: Fact) -> int:
    return max(FIRST, cut_off_after(fact.recorded_at))


def moments(first: int, last: int) -> list[int]:
    """Each moment at which a step wakes."""
    return [cut_off + milli for cut_off in cut_offs(first, last) for milli in range(len(_ORDER) + 1)]


@pytest.mark.timeout(600)
def test_a_stream_says_what_the_bounded_path_says() -> None:
    facts = few_runs()
    source = step_by_step(published(facts), moments(FIRST, UNTIL))
    found = pay(source, LAW, catalog_in(facts), UNTIL, streams=True)
    expected = replay_plain(facts, LAW, UNTIL)
    assert bodies(expected._replace(records=found)) == bodies(expected)
    assert len(found["PaymentInstruction"]) > 8 and len(found["PayRun"]) == len(cut_offs(FIRST, UNTIL))


def test_no_two_steps_share_the_name_of_a_timer() -> None:
    """Callbacks went to the wrong stage where they did."""
    steps: list[beam.DoFn] = [AdmitFacts(None), SumRuns(), CloseRuns(LAW, None)]
    steps += [fold(LAW, [], None) for fold in FOLDS.values()]
    names = [spec.name for step in steps for spec in get_dofn_specs(step)[1]]
    assert len(names) == len(set(names)) == len(steps)
    assert {f"ts-{stage}-wake" for stage in STAGES} <= set(names)


def rows_for(stage: str, facts: Sequence[Fact]) -> dict[str, list[Row]]:
    rows: dict[str, list[Row]] = {}
    for fact in facts:
        for to, key in routes(fact):
            if to == stage:
                rows.setdefault(key, []).append(fact_row(key, run_of(fact), fact, fact_body(fact)))
    return rows


def test_a_timer_that_fires_late_finds_all_that_was_due() -> None:
    """A watermark that jumps: whatever fired, each cut-off is decided, in its order, as if nothing had jumped."""
    fold = KeyFold(AUTHORIZE, LAW, {}, UNTIL)
    several = 0
    for key, rows in rows_for(AUTHORIZE, few_runs()).items():
        late, state = None, None
        for row in rows:
            late, due = fold.arrive(late, msgspec.msgpack.encode(row))
        state, stepwise = late, []
        while due is not None:
            state, due, said = fold.wake(key, state, due)
            stepwise += said
        late, due, jumped = fold.wake(key, late, UNTIL + 400 * DAY)
        assert due is None and late == state
        assert [shard.records for shard in jumped] == [shard.records for shard in stepwise]
        assert fold.wake(key, late, UNTIL + 400 * DAY) == (late, None, []), "fired twice"
        several += len(jumped) > 1
    assert several > 5


def test_the_end_of_input_does_not_fire_the_future() -> None:
    """``until``: reviews and pay runs that lie after it are not decided, whatever fires."""
    facts, early = few_runs(), cut_offs(FIRST, UNTIL)[3]
    found = pay(at_once(published(facts)), LAW, catalog_in(facts), early)
    assert max(record["cut_off"] for said in found.values() for record in said) == early
    expected = replay_plain(facts, LAW, early)
    assert bodies(expected._replace(records=found)) == bodies(expected)


def test_a_row_for_a_cut_off_that_was_decided_is_loud() -> None:
    """A runner whose watermark overtakes the stage before: better no pay run than a wrong one."""
    fold = KeyFold(AUTHORIZE, LAW, {}, None)
    key, rows = max(rows_for(AUTHORIZE, few_runs()).items(), key=lambda each: len({row[1] for row in each[1]}))
    rows.sort(key=lambda row: -row[1])
    assert rows[0][1] > rows[-1][1]
    state, due = fold.arrive(None, msgspec.msgpack.encode(rows[0]))
    state, *_ = fold.wake(key, state, due or 0)
    state, _ = fold.arrive(state, msgspec.msgpack.encode(rows[-1]))
    with pytest.raises(CutOffMissed):
        fold.wake(key, state, UNTIL)


@pytest.mark.timeout(600)
def test_a_fact_for_a_closed_pay_run_goes_to_the_next_and_says_so() -> None:
    """The watermark went ahead of a publish time; a replay that obeys the Admissions pays the same."""
    facts = few_runs(every=20)
    runs = cut_offs(FIRST, UNTIL)
    late = [fact for fact in facts if fact.KIND == "Timesheet" and run_of(fact) != runs[-1]][::2]
    assert late
    messages, came_late = published(fact for fact in facts if fact not in late), published(late)
    stream = Stream().advance_watermark_to(0)
    for before, run in pairwise((BEGINS, *runs)):
        coming = [m for m in messages if before <= m.at < run] + [m for m in came_late if cut_off_after(m.at) == before]
        if coming:
            stream.add_elements([timed(m) for m in coming])
        for milli in range(len(_ORDER) + 1):
            stream.advance_watermark_to(seconds(run + milli))
    found = pay(stream.advance_watermark_to_infinity(), LAW, catalog_in(facts), UNTIL, streams=True)
    admissions = [validate("Admission", record) for record in found.pop("Admission")]
    assert {each.event_id for each in admissions} == {fact.event_id for fact in late}
    door = Door(1, UNTIL, admissions=Admissions([as_told(each) for each in admissions]))
    for fact in facts:
        door.admit(fact)
    expected = fold_door(door, LAW)
    assert bodies(expected._replace(records=found)) == bodies(expected)


def timed(message: Published) -> TimestampedValue:
    return TimestampedValue(message.message, seconds(message.at))


def test_bad_messages_become_rejections_and_good_ones_are_paid() -> None:
    facts = few_runs(every=20)
    messages = published(facts)
    good = encode_message(next(fact for fact in facts if fact.KIND == "Timesheet"))
    early = facts[0].model_copy(update={"recorded_at": FIRST + DAY})
    bad = {"UNREADABLE": b"no avro", "UNKNOWN_SCHEMA": good[:2] + bytes(8), "INVALID": encode_message(early)}
    poison = [Published(FIRST - 1, PubsubMessage(raw, {}, message_id=reason)) for reason, raw in bad.items()]
    found = pay(at_once([*messages, *poison]), LAW, catalog_in(facts), UNTIL)
    rejections = {record["reason"]: record for record in found.pop("Rejection")}
    assert {reason: each["raw"] for reason, each in rejections.items()} == bad
    assert {each["seen_at"] for each in rejections.values()} == {FIRST - 1}
    assert {each["origin"] for each in rejections.values()} == {f"any/{reason}" for reason in bad}
    expected = replay_plain(facts, LAW, UNTIL)
    assert bodies(expected._replace(records=found)) == bodies(expected)


def test_all_kinds_take_the_stateful_path() -> None:
    assert {fact.KIND for name in WINDOWS for fact in scenario(name)} == set(FACTS)
