"""The graph that `launch` sends to Dataflow is executed, not only translated: its messages are the plain fold's.

Only Pub/Sub's two ends are others (tests/pipelines/executed.py); every step between is the one that is launched.
"""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest
from apache_beam.io.gcp.pubsub import PubsubMessage
from apache_beam.runners.portability.fn_api_runner import worker_handlers

from pipelines.live.topics import subscription_to, topics_of_arrivals, topics_of_conclusions, topics_of_facts
from pipelines.topic_edges import message_of
from rules.law import Law
from rules.periods import business_day_of, cut_off_after, iso
from schemas import FACTS
from schemas.avro import encode, validate, write_container
from schemas.cloud_journal import ENCODING
from schemas.envelope import Fact
from tests.paid import replay_plain
from tests.pipelines.executed import SENT, executed
from tests.pipelines.live.test_scenario import WINDOWS, scenario
from tests.transforms.engine import Published

pytestmark = pytest.mark.engines

DAY = 24 * 3_600_000
LAW = Law.load()
LISTING = "CourseListing"
TORN = b"no timesheet"


def arriving(facts: Sequence[Fact]) -> list[tuple[Fact, int]]:
    """Each fact with when it is published: mostly at once, some days later, one in six twice."""
    random = Random(15)
    came = []
    for fact in facts:
        for _ in range(random.choice((1, 1, 1, 1, 1, 2))):
            came.append((fact, fact.recorded_at + random.choice((0, 0, 0, 1, 3, 8)) * DAY))
    random.shuffle(came)
    return came


def messages_of(came: Sequence[tuple[Fact, int]]) -> dict[str, list[Published]]:
    """By subscription, as a topic with a schema gives them: plain Avro, marked so by the service."""
    brings: dict[str, list[Published]] = defaultdict(list)
    for number, (fact, at) in enumerate(came):
        message = PubsubMessage(encode(fact), {"ce-id": fact.event_id, ENCODING: "BINARY"}, message_id=str(number))
        brings[subscription_to(topics_of_facts()[fact.KIND])].append(Published(at, message))
    return brings


def stamped(came: Sequence[tuple[Fact, int]]) -> list[Fact]:
    """Each fact once, as a folder would hold it: with the first pay run that saw it."""
    first: dict[tuple[str, str, str], Fact] = {}
    for fact, at in sorted(came, key=lambda each: each[1]):
        admitted = fact.model_copy(update={"admitted_cut_off": cut_off_after(max(fact.recorded_at, at))})
        first.setdefault((fact.KIND, fact.source, fact.event_id), admitted)
    return list(first.values())


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Embedded workers have a state cache whatever the options say: it asks the size of each value, at length."""
    monkeypatch.setattr(worker_handlers, "STATE_CACHE_SIZE_MB", 0)


@pytest.mark.timeout(600)
def test_the_graph_that_is_launched_says_what_the_plain_fold_says(quick: None, tmp_path: Path) -> None:
    """The fixed scenarios of all kinds of facts: every message of every topic, byte for byte, and each once."""
    facts = [fact for name in WINDOWS for fact in scenario(name)]
    listings = [fact for fact in facts if fact.KIND == LISTING]
    assert {fact.KIND for fact in facts} == set(FACTS)
    came = arriving([fact for fact in facts if fact.KIND != LISTING])
    until = max(cut_off_after(max(fact.recorded_at, at)) for fact, at in came)
    expected: dict[str, list[tuple[str, bytes]]] = defaultdict(list)
    topics = topics_of_conclusions() | topics_of_arrivals()
    for kind, records in replay_plain([*listings, *stamped(came)], LAW, until).records.items():
        for message in (message_of(validate(kind, record)) for record in records):
            expected[topics[kind]].append((repr(sorted(message.attributes.items())), message.data))
    write_container(tmp_path / "catalog.avro", LISTING, [fact.model_dump() for fact in listings])
    brings = messages_of(came)
    brings["ihss.v1.timesheet.payroll"].append(Published(came[0][1], PubsubMessage(TORN, {}, message_id="torn")))
    read, written = executed(brings, f"--catalog={tmp_path / 'catalog.avro'}", f"--until={iso(business_day_of(until))}")
    assert read == sorted(subscription_to(topic) for kind, topic in topics_of_facts().items() if kind != LISTING)
    assert written == sorted(topics.values())
    ((_, rejection),) = SENT.pop(topics["Rejection"])
    assert TORN in rejection
    assert {topic: sorted(each) for topic, each in SENT.items()} == {
        topic: sorted(each) for topic, each in expected.items() if each
    }
    assert len(SENT[topics["PaymentInstruction"]]) > 60 and len(SENT) >= 5
