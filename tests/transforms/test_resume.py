"""A streaming job that was lost begins again from its journal, and nobody is paid twice or not at all (issue 8)."""

import os
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import pytest
from apache_beam.io.gcp.pubsub import PubsubMessage
from apache_beam.testing.test_stream import TestStream as Stream
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fold.admissions import Admissions, as_told
from fold.admitted import DOORS
from fold.door import Door
from pipelines.topic_edges import Beginning, EncodeMessages, message_of
from rules.law import Law
from rules.periods import cut_off_after, cut_offs
from schemas.admission import Admission
from schemas.avro import validate
from schemas.cloud_journal import topic_of
from schemas.envelope import Fact, Record
from tests.fold.test_key import LAW, SOON, bodies
from tests.histories import History
from tests.paid import fold_door, replay_plain
from tests.pipelines.test_cloud_journal import message, written
from tests.transforms.engine import ANY, Published, Records, at_once, catalog_in, pay, published, published_at, seconds
from tests.transforms.test_parity import many
from tests.transforms.test_traps import BEGINS, DAY, FIRST, UNTIL, few_runs, run_of, timed
from transforms.admit_facts import JournalTooShort
from transforms.moments import _ORDER
from transforms.read_journal import JournalDamaged

pytestmark = pytest.mark.engines

RUNS = cut_offs(FIRST, UNTIL)
LAST = 4  # number of the last pay run that the first job said whole
HARDER = int(os.environ.get("HARDER", "1"))
FEW = settings(
    deadline=None,
    max_examples=2 * HARDER,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)


def letters(records: Records) -> dict[tuple[str, str], list[bytes]]:
    """All messages by kind and ce-id, without rejections of other subscriptions."""
    found: dict[tuple[str, str], list[bytes]] = {}
    for kind, said in records.items():
        for record in said:
            letter = message_of(validate(kind, record))
            found.setdefault((kind, letter.attributes["ce-id"]), []).append(letter.data)
    return found


def kept(folder: Path, came: Iterable[tuple[Record, int]], torn: Sequence[Published] = ()) -> str:
    """The journal's folder, filled as the subscriptions of all topics do; some messages twice."""
    messages = [message(record, at, number, plain=number % 3 == 0) for number, (record, at) in enumerate(came)]
    subscription = f"projects/p/subscriptions/{topic_of('Timesheet')}.journal"
    for each in torn:
        values = {"subscription_name": subscription, "message_id": each.message.message_id, "attributes": {}}
        messages.append(values | {"publish_time": each.at * 1000, "data": each.message.data})
    messages += Random(1).sample(messages, len(messages) // 10)
    Random(2).shuffle(messages)
    for number, first in enumerate(range(0, len(messages), 60)):
        written(folder / f"{number % 3}" / f"{number}.avro", messages[first : first + 60])
    return str(folder)


def resumed(
    came: Sequence[Published], facts: Sequence[Fact], journal: str, after: int, until: int, law: Law
) -> Records:
    """What a job says that begins from the journal while Pub/Sub sends ``came``."""
    return pay(at_once(came), law, catalog_in(facts), until, beginning=Beginning(FIRST, journal, after))


def holds(old: Records, new: Records, whole: Records) -> None:
    """Together they say all, no instruction, finding or pay run twice, and byte for byte."""
    said, again, expected = letters(old), letters(new), letters(whole)
    assert said and again and not said.keys() & again.keys()
    assert said | again == expected
    assert all(len(each) == 1 for each in expected.values())


def before(records: Records, cut_off: int) -> Records:
    """What was said up to a pay run."""
    known = {kind: said for kind, said in records.items() if kind != "Rejection"}
    return {kind: [each for each in said if each["cut_off"] <= cut_off] for kind, said in known.items()}


@pytest.mark.timeout(600)
def test_two_jobs_say_what_one_says(tmp_path: Path) -> None:
    """The first dies in the middle of a day. What was published until then is in the journal, and the last day of it
    comes again, as does one that cannot be read; the rest comes for the first time."""
    facts, last = few_runs(), RUNS[LAST]
    dies = last + DAY // 3
    torn = Published(dies - 1, PubsubMessage(b"no avro", {}, message_id="torn"))
    messages = [*published(facts), torn]
    whole = pay(at_once(messages), LAW, catalog_in(facts), UNTIL)
    old = pay(at_once([each for each in messages if each.at < last]), LAW, catalog_in(facts), last)
    came = [(fact, published_at(fact)) for fact in facts if published_at(fact) < dies]
    journal = kept(tmp_path, came, [torn])
    new = resumed([each for each in messages if each.at > dies - DAY], facts, journal, last, UNTIL, LAW)
    rejected, whole_rejected = new.pop("Rejection"), whole.pop("Rejection")
    assert {repr(each) for each in rejected} == {repr(each) for each in whole_rejected}
    assert rejected[0]["origin"] == f"{ANY}/torn"
    holds(old, new, whole)
    assert old["PaymentInstruction"] and new["PaymentInstruction"]
    assert len(new["PayRun"]) == len(RUNS) - LAST - 1 and "Admission" not in new


@pytest.mark.timeout(600)
def test_a_rejection_of_a_pay_run_that_was_said_is_said_no_more(tmp_path: Path) -> None:
    facts = few_runs(every=20)
    torn = Published(RUNS[2] - 1, PubsubMessage(b"no avro", {}, message_id="torn"))
    journal = kept(tmp_path, [(fact, published_at(fact)) for fact in facts], [torn])
    assert "Rejection" not in resumed([torn], facts, journal, RUNS[2], UNTIL, LAW)
    assert len(resumed([torn], facts, journal, RUNS[1], UNTIL, LAW)["Rejection"]) >= 1


@pytest.mark.timeout(600)
def test_what_came_late_stays_late(tmp_path: Path) -> None:
    """The journal's Admissions move the journal's facts and those that come again: not into a pay run that was said."""
    facts = [fact for fact in few_runs() if fact.KIND != "CourseListing"]
    last = RUNS[LAST]
    late = [fact for fact in facts if run_of(fact) == last and fact.KIND == "Timesheet"]
    assert late
    told = [admission(fact, run_of(fact), RUNS[LAST + 2]) for fact in late]
    door = Door(1, UNTIL, admissions=Admissions([as_told(each) for each in told]))
    for fact in facts:
        door.admit(fact)
    whole = fold_door(door, LAW).records
    came: list[tuple[Record, int]] = [(fact, published_at(fact)) for fact in facts]
    journal = kept(tmp_path, [*came, *((each, each.arrived_at) for each in told)])
    new = resumed(published(late), facts, journal, last, UNTIL, LAW)
    whole.pop("Rejection")
    holds(before(whole, last), new, whole)
    in_time = replay_plain(facts, LAW, UNTIL).records
    assert letters(before(whole, last)) != letters(before(in_time, last)), "to be late mattered"


def admission(fact: Fact, missed: int, took: int) -> Admission:
    named: dict[str, Any] = {"source": fact.source, "event_id": fact.event_id, "kind": fact.KIND}
    return Admission(**named, arrived_at=published_at(fact), cut_off=missed, admitted_cut_off=took)


@pytest.mark.timeout(900)
@FEW
@given(many(number=3), st.sampled_from((LAW, SOON)), st.integers(0, 2**32))
def test_any_history_can_be_taken_up_again(history: History, law: Law, seed: int) -> None:
    random = Random(seed)
    facts = list(history.facts)
    whole = replay_plain(facts, law, history.until).records
    whole.pop("Rejection")
    first = min(cut_off_after(published_at(fact)) for fact in facts)
    last = random.choice(cut_offs(first, history.until))
    came = [(fact, published_at(fact)) for fact in facts if fact.KIND != "CourseListing"]
    messages = published(facts)
    with TemporaryDirectory() as folder:
        dies = last + random.choice((1, DAY // 2))
        journal = kept(Path(folder), [each for each in came if each[1] < dies])
        again = [each for each in messages if each.at >= dies or random.random() < 0.2]
        new = pay(at_once(again), law, catalog_in(facts), history.until, beginning=Beginning(first, journal, last))
    said, expected = letters(new), letters(whole)
    old = letters(before(whole, last))
    assert not old.keys() & said.keys() and old | said == expected


def test_a_damaged_journal_is_nothing_to_begin_from(tmp_path: Path) -> None:
    facts = few_runs(every=20)
    journal = kept(tmp_path, [(fact, published_at(fact)) for fact in facts])
    path = tmp_path / "0" / "0.avro"
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(JournalDamaged, match=r"0\.avro: UNREADABLE"):
        resumed([], facts, journal, RUNS[1], UNTIL, LAW)


# --- doors ------------------------------------------------------------------------------------------------------------


def stream_of(came: dict[int, list[Published]]) -> Any:
    """Messages by the cut-off after which the stream brings them, whenever they were published."""
    stream = Stream().advance_watermark_to(0)
    for earlier, run in pairwise((BEGINS, *RUNS)):
        if came.get(earlier):
            stream.add_elements([timed(each) for each in came[earlier]])
        for milli in range(len(_ORDER) + 1):
            stream.advance_watermark_to(seconds(run + milli))
    return stream.advance_watermark_to_infinity()


def by_run(facts: Sequence[Fact]) -> dict[int, list[Published]]:
    came: dict[int, list[Published]] = {}
    for earlier, run in pairwise((BEGINS, *RUNS)):
        came[earlier] = published([fact for fact in facts if run_of(fact) == run])
    return came


@pytest.mark.timeout(600)
def test_a_copy_that_comes_late_is_no_late_fact() -> None:
    """Else a replay that obeys would move the one that was in time."""
    facts = few_runs(every=20)
    came = by_run(facts)
    copies = [each for each in published(facts) if cut_off_after(each.at) == RUNS[0]]
    came[RUNS[2]] += copies
    assert len(copies) > 10
    found = pay(stream_of(came), LAW, catalog_in(facts), UNTIL, streams=True)
    assert "Admission" not in found
    expected = replay_plain(facts, LAW, UNTIL)
    assert bodies(expected._replace(records=found)) == bodies(expected)


@pytest.mark.timeout(600)
def test_the_first_fact_of_a_door_does_not_pay_into_a_closed_run() -> None:
    """A door for each document: whatever is late is the first that its door sees."""
    facts = few_runs(every=20)
    late = [fact for fact in facts if fact.KIND == "Timesheet" and RUNS[0] < run_of(fact) < RUNS[-2]][:1]
    came = by_run([fact for fact in facts if fact not in late])
    missed = run_of(late[0])
    came[RUNS[RUNS.index(missed) + 1]] += published(late)
    opened = Beginning(FIRST)
    found = pay(stream_of(came), LAW, catalog_in(facts), UNTIL, streams=True, beginning=opened, doors=DOORS * 4)
    (said,) = [validate("Admission", record) for record in found.pop("Admission")]
    assert (said.event_id, said.cut_off) == (late[0].event_id, missed)  # type: ignore[attr-defined]
    door = Door(1, UNTIL, admissions=Admissions([as_told(said)]))  # type: ignore[arg-type]
    for fact in facts:
        door.admit(fact)
    expected = fold_door(door, LAW)
    assert bodies(expected._replace(records=found)) == bodies(expected)


@pytest.mark.timeout(600)
def test_a_fact_that_the_journal_lacked_stops_the_job() -> None:
    """It may have been paid in a pay run that was said: to pay it in the next would be twice."""
    facts = few_runs(every=20)
    late = [fact for fact in facts if fact.KIND == "Timesheet" and RUNS[0] < run_of(fact) < RUNS[-2]][:1]
    came = by_run([fact for fact in facts if fact not in late])
    missed = run_of(late[0])
    came[RUNS[RUNS.index(missed) + 1]] += published(late)
    begins = Beginning(FIRST, None, missed)
    with pytest.raises(JournalTooShort, match="Timesheet"):
        pay(stream_of(came), LAW, catalog_in(facts), UNTIL, streams=True, beginning=begins)
    begins = Beginning(FIRST, None, RUNS[RUNS.index(missed) - 1])
    assert "Admission" in pay(stream_of(came), LAW, catalog_in(facts), UNTIL, streams=True, beginning=begins)


def test_messages_of_pay_runs_that_were_said_are_not_sent() -> None:
    record = replay_plain(few_runs(every=20), LAW, UNTIL).records["PayRun"][0]
    element = "PayRun", msgspec.msgpack.encode(record)
    assert [*EncodeMessages(record["cut_off"]).process(element)] == []
    assert len([*EncodeMessages(record["cut_off"] - 1).process(element)]) == 1
