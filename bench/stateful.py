"""The payroll on Beam's state, from messages to encoded records, in this very process, and whether it did it right.

The runner keeps state here too, one bundle after the other. What functions of a module keep is not pickled away.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from unittest.mock import patch

import apache_beam as beam
from apache_beam.io.gcp.pubsub import PubsubMessage
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.transforms.window import TimestampedValue
from apache_beam.utils.timestamp import Timestamp

from bench import state_cache
from fold.key import KeyFold
from fold.rows import fact_body
from fold.stages import AUTHORIZE, PRICE, SETTLE
from pipelines.payroll import build
from pipelines.plain import Outcome, replay_plain
from pipelines.topic_edges import REFERENCE, EncodeMessages, admitted, decoded
from rules.law import Law
from rules.periods import cut_off_after
from schemas import CONCLUSIONS
from schemas.avro import encode, encode_message
from schemas.envelope import Fact
from transforms.decode_messages import DecodeMessages, Subscription
from transforms.restate_unbounded import Unbounded

SAID: dict[str, Counter[bytes]] = defaultdict(Counter)  # by kind: what was encoded, in this very process
WOKEN: Counter[str] = Counter()  # by stage: how often a key was
BUSY = (AUTHORIZE, PRICE, SETTLE)  # of the stages, those that any county keeps awake
Message = tuple[int, bytes]


class Measured(NamedTuple):
    """What a run did and took: facts put in, wakings by stage, records, processor seconds; ``wrong``: why its figure
    does not count."""

    facts: int
    wakings: dict[str, int]
    records: int
    seconds: float
    wrong: list[str]

    @property
    def sentence(self) -> str:
        """All of it in a line."""
        woken = ", ".join(f"{stage} {number}" for stage, number in sorted(self.wakings.items()))
        rate = f"{self.facts / self.seconds:.0f} facts a processor second"
        return f"{self.facts} facts used, woken: {woken}, {self.records} records: {self.seconds:.1f} s, {rate}"


class Messages(NamedTuple):
    """Edges: messages by kind that are all there, records that are encoded and counted."""

    messages: dict[str, list[Message]]
    catalog: list[bytes]
    until: int

    def decode(self) -> beam.PTransform:
        """Facts by stage."""
        return _Decode(self)

    def fold(self, facts: Mapping[str, beam.PCollection], law: Law) -> Unbounded:
        """Key by key."""
        return Unbounded(law, self.catalog, self.until)

    def encode(self) -> beam.PTransform:
        """Messages of which the content is kept."""
        return _Encode()


class _Decode(beam.PTransform):
    def __init__(self, edges: Messages) -> None:
        super().__init__()
        self.edges = edges

    def expand(self, pipeline: beam.Pipeline) -> Any:
        read = [pipeline | f"Read{kind}" >> _Read(kind, sent) for kind, sent in self.edges.messages.items()]
        return admitted([each.facts for each in read] | beam.Flatten(), read, self.edges.until)


class _Read(beam.PTransform):
    def __init__(self, kind: str, messages: list[Message]) -> None:
        super().__init__()
        self.kind, self.messages = kind, messages

    def expand(self, pipeline: beam.Pipeline) -> Any:
        messages = pipeline | beam.Create(self.messages, reshuffle=False) | beam.Map(_published)
        return decoded(messages, DecodeMessages(Subscription(self.kind, "bench")))


class _Encode(beam.PTransform):
    def expand(self, records: beam.PCollection) -> None:
        messages = records | beam.ParDo(EncodeMessages()).with_outputs(*CONCLUSIONS, "Admission")
        for kind in CONCLUSIONS:
            messages[kind] | f"Keep{kind}" >> beam.Map(_keep, kind)


def _published(message: Message) -> Any:
    at, body = message
    return TimestampedValue(PubsubMessage(body, {}, message_id=""), Timestamp(micros=at * 1000))


def _keep(message: PubsubMessage, kind: str) -> None:
    SAID[kind][message.data] += 1


def measured(facts: Sequence[Fact], law: Law) -> Measured:
    """Pay facts on Beam, and see that it did what it should."""
    SAID.clear()
    WOKEN.clear()
    state_cache.off()
    messages = defaultdict(list)
    for fact in facts:
        messages[fact.KIND].append((fact.recorded_at, encode_message(fact)))
    catalog = [fact_body(fact) for fact in facts if fact.KIND == REFERENCE]
    messages.pop(REFERENCE, None)
    until = max(cut_off_after(at) for sent in messages.values() for at, _ in sent)
    began = time.process_time()
    counted = patch.object(KeyFold, "wake", _counted(KeyFold.wake))
    with counted, beam.Pipeline(FnApiRunner(), PipelineOptions([])) as pipeline:
        build(pipeline, Messages(dict(messages), catalog, until), law)
    seconds = time.process_time() - began
    number = sum(SAID[kind].total() for kind in CONCLUSIONS)
    wrong = [
        *_differences(replay_plain(facts, law, until)),
        *(f"{each}: no key was woken" for each in BUSY if each not in WOKEN),
    ]
    return Measured(sum(map(len, messages.values())), dict(WOKEN), number, seconds, wrong)


def _counted(wake: Callable[..., Any]) -> Callable[..., Any]:
    def counted(fold: KeyFold, *arguments: Any) -> Any:
        WOKEN[fold.stage] += 1
        return wake(fold, *arguments)

    return counted


def _differences(expected: Outcome) -> Iterator[str]:
    """Where what was said is not what the plain fold says: it takes every fact that is no fault of its own."""
    if refused := SAID["Rejection"].total():
        yield f"{refused} messages were refused"
    for kind in CONCLUSIONS:
        due = Counter(encode(one) for one in expected.records.get(kind, []))
        if due != SAID[kind]:
            yield f"{kind}: {SAID[kind].total()} said, {due.total()} due, {(due & SAID[kind]).total()} the same"
