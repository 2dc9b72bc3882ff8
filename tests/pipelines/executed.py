"""The very pipeline that is launched, with Pub/Sub's two ends put in place of Google's: messages in, messages out.

In a module of its own, so that workers import it and do not get a copy.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import apache_beam as beam
from apache_beam.io.gcp.pubsub import PubsubMessage, ReadFromPubSub, WriteToPubSub
from apache_beam.pipeline import PTransformOverride
from apache_beam.transforms.window import TimestampedValue

from bench import state_cache
from pipelines.streaming import pipeline_of
from tests.transforms.engine import Published, seconds

RUNNER = "--runner=apache_beam.runners.portability.fn_api_runner.FnApiRunner"
SENT: dict[str, list[tuple[str, bytes]]] = {}
"""What the last job published, by topic: attributes as text, and data."""


class _Came(beam.PTransform):
    """A subscription that brings what is given, each message at the time it was published."""

    def __init__(self, messages: Sequence[Published]) -> None:
        super().__init__()
        self.messages = messages

    def expand(self, begin: Any) -> beam.PCollection:
        timed = [TimestampedValue(each.message, seconds(each.at)) for each in self.messages]
        created = begin | beam.Create(timed, reshuffle=False)
        return created | "Timed" >> beam.Map(_as_is)


class _Kept(beam.PTransform):
    """A topic that keeps what is published to it."""

    def __init__(self, topic: str) -> None:
        super().__init__()
        self.topic = topic

    def expand(self, messages: beam.PCollection) -> Any:
        return messages | beam.Map(_keep, self.topic)


class Subscriptions(PTransformOverride):
    """In place of every ReadFromPubSub. ``brings``: by subscription."""

    def __init__(self, brings: Mapping[str, Sequence[Published]]) -> None:
        self.brings, self.replaced = brings, list[str]()

    def matches(self, applied_ptransform: Any) -> bool:
        return isinstance(applied_ptransform.transform, ReadFromPubSub)

    def get_replacement_transform_for_applied_ptransform(self, applied_ptransform: Any) -> beam.PTransform:
        name = applied_ptransform.transform._source.subscription_name
        self.replaced.append(name)
        return _Came(self.brings.get(name, ()))


class Topics(PTransformOverride):
    """In place of every WriteToPubSub."""

    def __init__(self) -> None:
        self.replaced: list[str] = []

    def matches(self, applied_ptransform: Any) -> bool:
        return isinstance(applied_ptransform.transform, WriteToPubSub)

    def get_replacement_transform_for_applied_ptransform(self, applied_ptransform: Any) -> beam.PTransform:
        self.replaced.append(applied_ptransform.transform.topic_name)
        return _Kept(self.replaced[-1])


def executed(brings: Mapping[str, Sequence[Published]], *options: str) -> tuple[list[str], list[str]]:
    """Run the job to its end; subscriptions it read and topics it wrote to. What it published is in ``SENT``."""
    SENT.clear()
    state_cache.off()
    pipeline = pipeline_of([RUNNER, "--project=lab-project", *options])
    subscriptions, topics = Subscriptions(brings), Topics()
    pipeline.replace_all([subscriptions, topics])
    pipeline.run().wait_until_finish()
    return sorted(subscriptions.replaced), sorted(topics.replaced)


def _as_is(message: Any) -> Any:
    return message


def _keep(message: PubsubMessage, topic: str) -> None:
    SENT.setdefault(topic, []).append((repr(sorted(message.attributes.items())), message.data))
