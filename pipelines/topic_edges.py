"""Topics as edges: facts come from Pub/Sub subscriptions and never end, records go to Pub/Sub topics (CONTRACT.md, "On
the wire"). Event time is publish time. A message sent again changes nothing: ``id_label`` spares its way only, and only
an attribute that no two events of any source share may be one (``ce-id`` is not).
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, NamedTuple

import apache_beam as beam
import msgspec
from apache_beam.io.gcp.pubsub import PubsubMessage, ReadFromPubSub, WriteToPubSub

from fold.admitted import DOORS
from fold.rows import Keyed
from fold.stages import STAGES
from pipelines.live.outbox import letter_id
from pipelines.live.publishing import attributes
from pipelines.live.topics import subscription_to, topics_of_arrivals, topics_of_conclusions, topics_of_facts
from rules.law import Law
from rules.periods import MILLIS_IN_SECOND, business_day_of, cut_off_after, iso
from schemas.admission import Admission
from schemas.avro import encode, validate
from schemas.envelope import OutgoingRecord
from schemas.ids import message_id
from schemas.rejection import Rejection
from transforms.admit_facts import AdmitFacts, OpenDoors
from transforms.decode_messages import DecodeMessages, Subscription
from transforms.keyed import typed
from transforms.read_journal import ObeyAdmissions, ReadJournal
from transforms.restate_unbounded import Unbounded

REFERENCE = "CourseListing"  # known when the job is launched: a change of it is a new deployment
_decode = msgspec.msgpack.Decoder().decode
Going = OutgoingRecord | Admission
_cut_off: Callable[[Going], int] = attrgetter("cut_off")


class Beginning(NamedTuple):
    """How a job begins. ``opens``: a cut-off before the first message, from which its doors wait. ``journal``: folder
    of the past to read first, ``after``: the last cut-off of which all was said (None, None: there is no past)."""

    opens: int
    journal: str | None = None
    after: int | None = None


AT_FIRST = Beginning(0)  # doors that wait from 1970 on are right, and slow


class Topics(NamedTuple):
    """``subscriptions`` by kind of fact and ``topics`` by kind of record, full paths. ``catalog``: bodies of
    CourseListings. ``until``: the last cut-off to decide (None: no end). ``id_label``: the attribute that tells a
    message sent again (None: there is none)."""

    subscriptions: dict[str, str]
    topics: dict[str, str]
    catalog: list[bytes]
    beginning: Beginning
    until: int | None = None
    id_label: str | None = None

    def decode(self) -> beam.PTransform:
        """Rows by stage."""
        return _Decode(self)

    def fold(self, decoded: Mapping[str, beam.PCollection], law: Law) -> Unbounded:
        """Key by key, as cut-offs pass."""
        return Unbounded(law, self.catalog, self.until)

    def encode(self) -> beam.PTransform:
        """Messages, one topic a kind."""
        return _Encode(self.topics, self.beginning.after)


def topics_of(
    project: str,
    catalog: list[bytes],
    beginning: Beginning = AT_FIRST,
    until: int | None = None,
    id_label: str | None = None,
) -> Topics:
    """The subscriptions and topics of pipelines/live/topics.toml in a project."""
    facts = {kind: topic for kind, topic in topics_of_facts().items() if kind != REFERENCE}
    named = {kind: subscription_to(topic) for kind, topic in facts.items()}
    subscriptions = {kind: f"projects/{project}/subscriptions/{name}" for kind, name in named.items()}
    records = topics_of_conclusions() | topics_of_arrivals()
    topics = {kind: f"projects/{project}/topics/{topic}" for kind, topic in records.items()}
    return Topics(subscriptions, topics, catalog, beginning, until, id_label)


class _Decode(beam.PTransform):
    def __init__(self, topics: Topics) -> None:
        super().__init__()
        self.topics = topics

    def expand(self, pipeline: beam.Pipeline) -> Any:
        read = [
            pipeline | f"Read{kind}" >> _ReadSubscription(kind, path, self.topics.id_label)
            for kind, path in sorted(self.topics.subscriptions.items())
        ]
        return begun(pipeline, read, _own_names(self.topics.subscriptions), self.topics.beginning, self.topics.until)


def _own_names(subscriptions: dict[str, str]) -> dict[str, str]:
    return {kind: path.rpartition("/")[2] for kind, path in subscriptions.items()}


class _ReadSubscription(beam.PTransform):
    """One subscription to facts and rejections."""

    def __init__(self, kind: str, path: str, id_label: str | None) -> None:
        super().__init__()
        self.kind, self.path, self.id_label = kind, path, id_label

    def expand(self, pipeline: beam.Pipeline) -> Any:
        decode = DecodeMessages(Subscription(self.kind, self.path.rpartition("/")[2]))
        pull = ReadFromPubSub(subscription=self.path, id_label=self.id_label, with_attributes=True)
        messages = pipeline | "Pull" >> pull
        return decoded(messages, decode)


def decoded(messages: beam.PCollection, decode: beam.DoFn) -> beam.pvalue.DoOutputsTuple:
    """Messages to facts for a door (tag ``facts``) and rejections (tag ``records``)."""
    return typed(messages | "Decode" >> beam.ParDo(decode).with_outputs("records", main="facts"), "facts")


def begun(
    pipeline: beam.Pipeline,
    read: list[beam.pvalue.DoOutputsTuple],
    names: Mapping[str, str],
    beginning: Beginning,
    until: int | None,
    doors: int = DOORS,
) -> dict[str, beam.PCollection]:
    """What was read of all subscriptions and of the journal, by whom it is for. ``names``: the subscriptions' own.

    All steps are there without a journal too: a job that began from one can be updated in place like any other.
    """
    past = pipeline | "ReadJournal" >> ReadJournal(beginning.journal, names, doors)
    facts = [each.facts for each in (*read, past)] | "Facts" >> beam.Flatten()
    obey = beam.ParDo(ObeyAdmissions(), beam.pvalue.AsIter(past.told)).with_output_types(Keyed)
    opened = pipeline | "OpenDoors" >> OpenDoors(beginning.opens, doors)
    known = (facts | "Obey" >> obey, opened) | "ToDoors" >> beam.Flatten()
    return admitted(known, [*read, past], until, beginning.after)


def admitted(
    facts: beam.PCollection, read: list[beam.pvalue.DoOutputsTuple], until: int | None, after: int | None = None
) -> dict[str, beam.PCollection]:
    """Facts through their doors, and all that is to be told of what was read, by whom it is for."""
    tags = (*STAGES, "tally")
    admit = typed(facts | "Admit" >> beam.ParDo(AdmitFacts(until, after)).with_outputs(*tags, "records"), *tags)
    records = [*(each.records for each in read), admit.records] | "Told" >> beam.Flatten()
    return {tag: admit[tag] for tag in tags} | {"records": records}


class _Encode(beam.PTransform):
    def __init__(self, topics: dict[str, str], after: int | None) -> None:
        super().__init__()
        self.topics, self.after = topics, after

    def expand(self, records: beam.PCollection) -> None:
        kinds = sorted(self.topics)
        messages = records | "Encode" >> beam.ParDo(EncodeMessages(self.after)).with_outputs(*kinds)
        for kind in kinds:
            messages[kind] | f"Write{kind}" >> WriteToPubSub(self.topics[kind], with_attributes=True)


class EncodeMessages(beam.DoFn):
    """(kind, record) to messages, by kind. ``after``: nothing is said of pay runs up to this cut-off, of which all has
    been said."""

    def __init__(self, after: int | None = None) -> None:
        self.after = after

    def process(self, element: tuple[str, bytes]) -> Iterator[Any]:
        if is_unsaid(element, self.after):
            kind, packed = element
            yield beam.pvalue.TaggedOutput(kind, message_of(record_in(kind, packed)))


def is_unsaid(element: tuple[str, bytes], after: int | None) -> bool:
    """Is a record of a pay run after the last one of which all was said (None: nothing was)?"""
    kind, packed = element
    return after is None or _said_at(record_in(kind, packed)) > after


def record_in(kind: str, packed: bytes) -> Going:
    """A record on its way out. Raises Unreadable for one that nobody could read."""
    record = validate(kind, _decode(packed))
    assert isinstance(record, Going), "no fact goes out"
    return record


def _said_at(record: Going) -> int:
    """The cut-off of the pay run that says a record; of an Admission, the one that takes the fact."""
    if isinstance(record, Rejection):
        return cut_off_after(_seen_at(record))
    return record.admitted_cut_off if isinstance(record, Admission) else _cut_off(record)


def _seen_at(rejection: Rejection) -> int:
    assert rejection.seen_at is not None, "who rejects a message knows when it came"
    return rejection.seen_at


def message_of(record: Going) -> PubsubMessage:
    """A record as its message: the same record has the same ``ce-id``, whoever says it again.

    Plain Avro: the topics of the cloud hold every message to their schema, which knows no head of a single object.
    """
    instant = _seen_at(record) if isinstance(record, Rejection) else _cut_off(record)
    if isinstance(record, Admission):
        id = message_id(record.KIND, record.source, record.event_id, str(record.cut_off))
    else:
        id = letter_id(record, iso(business_day_of(_said_at(record))))
    time = datetime.fromtimestamp(instant / MILLIS_IN_SECOND, UTC).isoformat()
    return PubsubMessage(encode(record), attributes(record.KIND, id, time))
