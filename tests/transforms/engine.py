"""The whole payroll through Beam's stateful path, on the runners that run here: facts in, records by kind out."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import uuid4

import apache_beam as beam
import msgspec
from apache_beam.io.gcp.pubsub import PubsubMessage
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions
from apache_beam.runners.direct.direct_runner import BundleBasedDirectRunner
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.testing.test_stream import TestStream
from apache_beam.transforms.window import TimestampedValue
from apache_beam.utils.timestamp import Timestamp

from bench import state_cache
from fold.rows import fact_body
from pipelines.payroll import build
from pipelines.topic_edges import Beginning, admitted, begun, decoded, is_unsaid
from rules.law import Law
from schemas import FACTS
from schemas.avro import encode_message
from schemas.envelope import Fact
from transforms.admit_facts import OpenDoors
from transforms.decode_messages import DecodeMessages, Subscription
from transforms.restate_unbounded import Unbounded

SAID: dict[str, list[tuple[str, bytes]]] = defaultdict(list)  # by run: what the last step got, in this very process
DOORS = 2
ANY = "any"  # the subscription that brings messages of all kinds
Records = dict[str, list[dict[str, Any]]]


class Published(NamedTuple):
    """A message and when it was published."""

    at: int
    message: PubsubMessage


class Came(NamedTuple):
    """Edges that read messages of any source and keep what is said in ``SAID``."""

    source: beam.PTransform
    catalog: list[bytes]
    until: int | None
    name: str
    beginning: Beginning | None = None  # None: doors open with their first fact
    doors: int = DOORS

    def decode(self) -> beam.PTransform:
        return _Decode(self)

    def fold(self, facts: Mapping[str, beam.PCollection], law: Law) -> Unbounded:
        return Unbounded(law, self.catalog, self.until)

    def encode(self) -> beam.PTransform:
        after = self.beginning.after if self.beginning else None
        return _Keep(self.name, after)


class _Decode(beam.PTransform):
    def __init__(self, edges: Came) -> None:
        super().__init__()
        self.edges = edges

    def expand(self, pipeline: beam.Pipeline) -> Any:
        messages = pipeline | "Come" >> self.edges.source
        doors, until, beginning = self.edges.doors, self.edges.until, self.edges.beginning
        decode = DecodeMessages(Subscription(None, ANY), doors)  # type: ignore[arg-type]
        read = messages | "Read" >> _Read(decode)
        if beginning is None:
            return admitted(read.facts, [read], until)
        if beginning.journal is None:  # the old direct runner knows no side inputs on streams
            opened = pipeline | "OpenDoors" >> OpenDoors(beginning.opens, doors)
            return admitted((read.facts, opened) | "ToDoors" >> beam.Flatten(), [read], until, beginning.after)
        return begun(pipeline, [read], dict.fromkeys(FACTS, ANY), beginning, until, doors)


class _Read(beam.PTransform):
    def __init__(self, decode: beam.DoFn) -> None:
        super().__init__()
        self.decode = decode

    def expand(self, messages: beam.PCollection) -> Any:
        return decoded(messages, self.decode)


class _Keep(beam.PTransform):
    """What leaves as a message is kept as the record that it was."""

    def __init__(self, name: str, after: int | None) -> None:
        super().__init__()
        self.name, self.after = name, after

    def expand(self, records: beam.PCollection) -> Any:
        return records | "Unsaid" >> beam.Filter(is_unsaid, self.after) | "Keep" >> beam.Map(_keep, self.name)


def _keep(element: tuple[str, bytes], name: str) -> None:
    SAID[name].append(element)


def published(facts: Iterable[Fact]) -> list[Published]:
    """Facts as messages, each published when it was recorded, or in time for the pay run it is admitted to; course
    listings are no messages."""
    return [
        Published(published_at(fact), PubsubMessage(encode_message(fact), {}, message_id=str(number)))
        for number, fact in enumerate(facts)
        if fact.KIND != "CourseListing"
    ]


def published_at(fact: Fact) -> int:
    return fact.recorded_at if fact.admitted_cut_off is None else fact.admitted_cut_off - 1


def catalog_in(facts: Iterable[Fact]) -> list[bytes]:
    return [fact_body(fact) for fact in facts if fact.KIND == "CourseListing"]


def at_once(messages: Sequence[Published]) -> beam.PTransform:
    """All of them as bounded input."""
    return beam.Create([TimestampedValue(m.message, seconds(m.at)) for m in messages]) | "Timed" >> beam.Map(_as_is)


def _as_is(message: Any) -> Any:
    return message


def seconds(instant: int) -> Timestamp:
    return Timestamp(micros=instant * 1000)


def step_by_step(messages: Sequence[Published], watermarks: Sequence[int]) -> TestStream:
    """Messages as they are published, the watermark going from instant to instant, then to infinity."""
    stream, coming = TestStream().advance_watermark_to(0), sorted(messages, key=lambda m: m.at)
    for watermark in watermarks:
        batch = [m for m in coming if m.at < watermark]
        coming = coming[len(batch) :]
        if batch:
            stream.add_elements([TimestampedValue(m.message, seconds(m.at)) for m in batch])
        stream.advance_watermark_to(seconds(watermark))
    return stream.advance_watermark_to_infinity()


def pay(
    source: beam.PTransform, law: Law, catalog: list[bytes], until: int | None, streams: bool = False, **more: Any
) -> Records:
    """Records by kind, in no order. ``more``: how the job begins, on how many doors."""
    name = uuid4().hex
    state_cache.off()
    options = PipelineOptions([])
    options.view_as(StandardOptions).streaming = streams
    runner = BundleBasedDirectRunner() if streams else FnApiRunner()
    with beam.Pipeline(runner, options) as pipeline:
        build(pipeline, Came(source, catalog, until, name, **more), law)
    records: Records = defaultdict(list)
    for kind, packed in SAID.pop(name, []):
        records[kind].append(msgspec.msgpack.decode(packed))
    return dict(records)
