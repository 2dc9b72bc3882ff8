"""A folder's facts as messages through Beam's stateful path, on FnApiRunner: ``python -m bench.state_on_beam FOLDER``

The whole streaming story but for Pub/Sub itself. The runner runs one bundle after the other and keeps state in this
very process; its state cache is off, for it spends half the time on asking how large a value is.
"""

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import apache_beam as beam
from apache_beam.io.gcp.pubsub import PubsubMessage
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.transforms.window import TimestampedValue
from apache_beam.utils.timestamp import Timestamp

from fold.rows import fact_body
from pipelines.payroll import build
from pipelines.topic_edges import EncodeMessages, admitted, decoded
from rules.law import Law
from rules.periods import cut_off_after
from schemas import CONCLUSIONS, FACTS
from schemas.avro import Container, Unreadable, encode_message, validate
from transforms.decode_messages import DecodeMessages, Subscription
from transforms.restate_unbounded import Unbounded


class Messages(NamedTuple):
    """Edges: messages that are all there, records that are encoded and dropped."""

    messages: list[tuple[int, bytes]]
    catalog: list[bytes]
    until: int

    def decode(self) -> beam.PTransform:
        """Facts by stage."""
        return _Decode(self)

    def fold(self, facts: Mapping[str, beam.PCollection], law: Law) -> Unbounded:
        """Key by key."""
        return Unbounded(law, self.catalog, self.until)

    def encode(self) -> beam.PTransform:
        """Messages that nobody reads."""
        return beam.ParDo(EncodeMessages()).with_outputs(*CONCLUSIONS, "Admission")


class _Decode(beam.PTransform):
    def __init__(self, edges: Messages) -> None:
        super().__init__()
        self.edges = edges

    def expand(self, pipeline: beam.Pipeline) -> Any:
        messages = pipeline | beam.Create(self.edges.messages) | beam.Map(_published)
        read = decoded(messages, DecodeMessages(Subscription("", "bench")))
        return admitted(read.facts, [read], self.edges.until)


def _published(message: tuple[int, bytes]) -> Any:
    at, body = message
    return TimestampedValue(PubsubMessage(body, {}, message_id=""), Timestamp(micros=at * 1000))


def facts_in(folder: Path) -> Iterator[Any]:
    """All facts of a folder that can be read."""
    for path in sorted(folder.rglob("*.avro")):
        with path.open("rb") as stream, suppress(Unreadable):
            container = Container(stream)
            for _, record in container if container.kind in FACTS else ():
                with suppress(Unreadable):
                    yield validate(container.kind, record)


def main(folder: Path) -> None:
    """Print how many facts a second."""
    facts = list(facts_in(folder))
    messages = [(fact.recorded_at, encode_message(fact)) for fact in facts if fact.KIND != "CourseListing"]
    catalog = [fact_body(fact) for fact in facts if fact.KIND == "CourseListing"]
    until = max(cut_off_after(at) for at, _ in messages)
    began = time.perf_counter()
    with beam.Pipeline(FnApiRunner(), PipelineOptions(["--max_cache_memory_usage_mb=0"])) as pipeline:
        build(pipeline, Messages(messages, catalog, until), Law.load())
    seconds = time.perf_counter() - began
    print(f"{len(messages)} facts in {seconds:.1f} s: {len(messages) / seconds:.0f} a second")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
