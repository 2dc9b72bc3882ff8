"""Pub/Sub as an edge: facts are pulled, and acknowledged once they are in the journal; what is said is published.

Sockets may break and servers stop: what was not acknowledged comes again, what was not confirmed is sent again.
"""

import itertools
import os
import queue
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import NamedTuple

import grpc
from google.api_core.exceptions import GoogleAPICallError, NotFound, PermissionDenied, RetryError
from google.cloud import pubsub_v1
from google.pubsub_v1.services.subscriber.transports.grpc import SubscriberGrpcTransport

from pipelines.live.clock import day_of
from pipelines.live.collector import Batch, Message
from pipelines.live.outbox import Letter, NotSent
from pipelines.live.topic_schemas import TopicSchemas
from pipelines.live.topics import subscription_to, topics_of_conclusions, topics_of_facts
from pipelines.misuse import Misuse
from rules.periods import MILLIS_IN_SECOND, cut_off_of
from schemas.avro import PREFIX, Unreadable
from schemas.cloud_journal import ENCODING, Delivery
from schemas.ids import origin_of_message

AT_ONCE = 1000  # messages in a pull, letters between two confirmations
PULLS_AHEAD = 8  # pulled and not yet in the journal: few, so that their deadlines do not pass
SECONDS_OF_PULL, SECONDS_OF_ANSWER, SECONDS_TO_RECOVER = 5.0, 20.0, 1.0
BROKEN = (GoogleAPICallError, RetryError)


class _Pulled(NamedTuple):
    number: int
    subscription: str
    kind: str
    messages: list[pubsub_v1.types.ReceivedMessage]


def subscriber() -> pubsub_v1.SubscriberClient:
    """A client that takes messages as large as Pub/Sub does; by itself it takes 4 MiB from a server that stands in."""
    host = os.environ.get("PUBSUB_EMULATOR_HOST")
    if host is None:
        return pubsub_v1.SubscriberClient()
    channel = grpc.insecure_channel(host, options=[("grpc.max_receive_message_length", -1)])
    return pubsub_v1.SubscriberClient(transport=SubscriberGrpcTransport(host=host, channel=channel))


class TopicsIn:
    """Facts from the payroll's subscriptions to all topics of facts."""

    def __init__(self, project: str) -> None:
        self._client = subscriber()
        self._pulled: queue.Queue[_Pulled] = queue.Queue(PULLS_AHEAD)
        self._over = threading.Event()
        self._waiting: dict[int, int] = {}  # what is pulled and not acknowledged: its number -> oldest publish time
        self._numbers = itertools.count()
        self._schemas = TopicSchemas()
        for kind, topic in topics_of_facts().items():
            path = self._client.subscription_path(project, subscription_to(topic))
            threading.Thread(target=self._pull, args=(path, kind), daemon=True).start()

    def batches(self) -> Iterator[Batch]:
        """What has been pulled until now, as one batch; none if nothing was."""
        pulled: list[_Pulled] = []
        while len(pulled) < PULLS_AHEAD:
            try:
                pulled.append(self._pulled.get_nowait())
            except queue.Empty:
                break
        if pulled:
            messages = [
                message_of(one, each.kind, each.subscription, self._schemas) for each in pulled for one in each.messages
            ]
            yield Batch(messages, lambda: self._acknowledge(pulled))

    def oldest(self) -> int | None:
        """Since when the oldest of what is pulled waits (its publish time, epoch milliseconds); None: none does."""
        return min(list(self._waiting.values()), default=None)

    def settling(self) -> bool:
        """Nothing: a message is whole."""
        return False

    def ignored(self, until: int) -> dict[str, int]:
        """Nothing: whatever comes is taken, or rejected."""
        return {}

    def close(self) -> None:
        """Pull no more."""
        self._over.set()

    def _pull(self, subscription: str, kind: str) -> None:
        request = {"subscription": subscription, "max_messages": AT_ONCE}
        while not self._over.is_set():
            try:
                response = self._client.pull(request=request, timeout=SECONDS_OF_PULL, retry=None)
                attributes = (received.message.attributes for received in response.received_messages)
                self._schemas.learn(kind, (each for each in attributes if ENCODING in each))
            except BROKEN as broken:  # what was pulled and is not acknowledged comes again
                code = getattr(broken, "grpc_status_code", None)
                if code is not None and code.name != "DEADLINE_EXCEEDED":
                    self._over.wait(SECONDS_TO_RECOVER)
                continue
            if response.received_messages:
                self._pulled.put(self._noted(subscription, kind, list(response.received_messages)))

    def _noted(self, subscription: str, kind: str, messages: list[pubsub_v1.types.ReceivedMessage]) -> _Pulled:
        pulled = _Pulled(next(self._numbers), subscription, kind, messages)
        self._waiting[pulled.number] = min(_published(each) for each in messages)
        return pulled

    def _acknowledge(self, pulled: list[_Pulled]) -> None:
        ids: dict[str, list[str]] = defaultdict(list)
        for each in pulled:
            ids[each.subscription] += [one.ack_id for one in each.messages]
        for subscription, of_one in ids.items():
            for first in range(0, len(of_one), AT_ONCE):
                request = {"subscription": subscription, "ack_ids": of_one[first : first + AT_ONCE]}
                try:
                    self._client.acknowledge(request=request, timeout=SECONDS_OF_ANSWER)
                except BROKEN:
                    continue  # they come again, and are then in the journal twice, which changes nothing
        for each in pulled:
            del self._waiting[each.number]


def _published(received: pubsub_v1.types.ReceivedMessage) -> int:
    return int(received.message.publish_time.timestamp() * MILLIS_IN_SECOND)


def message_of(
    received: pubsub_v1.types.ReceivedMessage, kind: str, subscription: str, schemas: TopicSchemas | None = None
) -> Message:
    """The message as the collector takes it: a plain Avro body gets the head of a single-object message."""
    raw, attributes = received.message.data, dict(received.message.attributes)
    origin = origin_of_message(subscription, received.message.message_id)
    try:
        delivery = Delivery(origin, 0, kind, attributes, raw)
        return Message((schemas or TopicSchemas()).message_in(delivery), origin, kind)
    except Unreadable as wrong:
        return Message(raw, origin, kind, wrong)


class TopicsOut:
    """Records to the topics of conclusions, with the attributes of CloudEvents. Raises Misuse.

    A topic that holds messages to a schema takes plain Avro, for a schema knows no head of a single object; any other
    takes single-object messages.
    """

    def __init__(self, project: str) -> None:
        self._client = pubsub_v1.PublisherClient()
        self._topics = {kind: self._client.topic_path(project, name) for kind, name in topics_of_conclusions().items()}
        self._has_schema: dict[str, bool] = {}
        with suppress(NotSent):  # asked again before anything is sent
            self._ask()

    def send(self, run: str, letters: list[Letter], first: int, confirm: Callable[[int], None]) -> None:
        """Publish; the PayRun when all before it has arrived. Raises NotSent."""
        self._ask()
        time = datetime.fromtimestamp(cut_off_of(day_of(run)) / MILLIS_IN_SECOND, UTC).isoformat()
        while first < len(letters):
            last = min(first + AT_ONCE, _end_of_part(letters, first))
            futures = [self._publish(letter, time) for letter in letters[first:last]]
            try:
                for future in futures:
                    future.result(timeout=SECONDS_OF_ANSWER)
            except (*BROKEN, TimeoutError) as broken:
                raise NotSent(type(broken).__name__) from None
            confirm(last)
            first = last

    def close(self) -> None:
        """Let go of connections."""
        self._client.stop()

    def _ask(self) -> None:
        """Ask each topic, once, whether it has a schema."""
        for kind in self._topics.keys() - self._has_schema.keys():
            path = self._topics[kind]
            try:
                topic = self._client.get_topic(topic=path, retry=None, timeout=SECONDS_OF_ANSWER)
            except NotFound:
                raise Misuse(f"There is no topic {path}: make it (deploy/terraform does) or name its project") from None
            except PermissionDenied:
                raise Misuse(f"You may not look at {path}: ask for roles/pubsub.viewer on it") from None
            except BROKEN as broken:
                raise NotSent(type(broken).__name__) from None
            self._has_schema[kind] = bool(topic.schema_settings.schema)

    def _publish(self, letter: Letter, time: str) -> pubsub_v1.publisher.futures.Future:
        body = letter.body[PREFIX:] if self._has_schema[letter.kind] else letter.body
        return self._client.publish(self._topics[letter.kind], body, **attributes(letter.kind, letter.id, time))


def attributes(kind: str, id: str, time: str, source: str = "ihss-payroll") -> dict[str, str]:
    """CloudEvents 1.0 attributes of a message."""
    named = {"specversion": "1.0", "id": id, "source": source, "type": f"ihss.v1.{kind}", "time": time}
    return {f"ce-{name}": value for name, value in named.items()}


def _end_of_part(letters: list[Letter], first: int) -> int:
    """PayRuns go alone."""
    if letters[first].kind == "PayRun":
        return first + 1
    return next((place for place in range(first, len(letters)) if letters[place].kind == "PayRun"), len(letters))
