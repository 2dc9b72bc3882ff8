"""Pub/Sub as a source: facts are pulled, and acknowledged once they are in the journal.

A broken connection is opened again, and what was not acknowledged comes again. A subscription that can never be pulled
again ends the job.
"""

import itertools
import os
import queue
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import NamedTuple

import grpc
from google.api_core.exceptions import (
    DeadlineExceeded,
    GoogleAPICallError,
    NotFound,
    PermissionDenied,
    RetryError,
    ServiceUnavailable,
    Unauthenticated,
)
from google.cloud import pubsub_v1
from google.pubsub_v1.services.subscriber.transports.grpc import SubscriberGrpcTransport

from pipelines.live.collector import Batch, Message, SourceEnded
from pipelines.live.topic_schemas import TopicSchemas
from pipelines.live.topics import subscription_to, topics_of_facts
from pipelines.misuse import Misuse
from rules.periods import MILLIS_IN_SECOND
from schemas.avro import Unreadable
from schemas.cloud_journal import ENCODING, Delivery
from schemas.ids import origin_of_message

AT_ONCE = 1000  # messages in a pull, letters between two confirmations
PULLS_AHEAD = 8  # pulled and not yet in the journal: few, so that their deadlines do not pass
SECONDS_OF_PULL, SECONDS_OF_ANSWER, SECONDS_TO_RECOVER = 5.0, 20.0, 1.0
BROKEN = (GoogleAPICallError, RetryError)
FOR_GOOD = (NotFound, PermissionDenied, Unauthenticated)
NOT_REACHED = (ServiceUnavailable, DeadlineExceeded, RetryError)
CONSUME = "pubsub.subscriptions.consume"
NANOS_IN_MILLI = 1_000_000


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


def _machine() -> int:
    return time.time_ns() // NANOS_IN_MILLI


class TopicsIn:
    """Facts from the payroll's subscriptions to all topics of facts. ``client``: of Pub/Sub; ``machine``: a clock that
    says when it answered (epoch milliseconds)."""

    def __init__(
        self, project: str, client: pubsub_v1.SubscriberClient | None = None, machine: Callable[[], int] = _machine
    ) -> None:
        self._client, self._machine = client or subscriber(), machine
        self._pulled: queue.Queue[_Pulled] = queue.Queue(PULLS_AHEAD)
        self._over = threading.Event()
        self._waiting: dict[int, int] = {}  # what is pulled and not acknowledged: its number -> oldest publish time
        self._numbers = itertools.count()
        self._schemas = TopicSchemas()
        self._heard: dict[str, int] = {}
        self._failed: dict[str, str] = {}  # subscriptions that will bring nothing more, and why
        paths = {
            self._client.subscription_path(project, subscription_to(topic)): kind
            for kind, topic in topics_of_facts().items()
        }
        all(map(self._answers, paths))  # the first that does not: pulling goes on trying
        self._pulling = self._begin(paths)

    def _begin(self, paths: dict[str, str]) -> dict[str, threading.Thread]:
        """A thread that pulls for each subscription, by its path; ``paths``: kinds by path."""
        pulling = {
            path: threading.Thread(target=self._pull, args=(path, kind), daemon=True) for path, kind in paths.items()
        }
        for thread in pulling.values():
            thread.start()
        return pulling

    def batches(self) -> Iterator[Batch]:
        """What has been pulled until now, as one batch; none if nothing was. Raises SourceEnded."""
        for path, thread in self._pulling.items():
            if not thread.is_alive():
                raise SourceEnded(f"{path} {self._failed.get(path, 'is pulled no more: its error is above')}")
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
            yield Batch(messages, lambda: self._acknowledge(pulled), lambda: self._leave(pulled))

    def oldest(self) -> int | None:
        """Since when the oldest of what is pulled waits (its publish time, epoch milliseconds); None: none does."""
        return min(list(self._waiting.values()), default=None)

    def heard(self) -> dict[str, int]:
        """When each subscription last answered, though it were with nothing; by its own name."""
        return {path.rpartition("/")[2]: at for path, at in sorted(self._heard.items())}

    def settling(self) -> bool:
        """Nothing: a message is whole."""
        return False

    def ignored(self, until: int) -> dict[str, int]:
        """Nothing: whatever comes is taken, or rejected."""
        return {}

    def close(self) -> None:
        """Pull no more."""
        self._over.set()

    def _answers(self, subscription: str) -> bool:
        """Does Pub/Sub answer at all? See that the subscription is there and may be pulled. Raises Misuse."""
        asked = {"resource": subscription, "permissions": [CONSUME]}
        try:
            self._client.get_subscription(subscription=subscription, timeout=SECONDS_OF_ANSWER, retry=None)
            allowed = self._client.test_iam_permissions(request=asked, timeout=SECONDS_OF_ANSWER, retry=None)
        except NotFound as broken:
            raise Misuse(f"{subscription} {_why(broken)}") from None
        except NOT_REACHED:
            return False
        except BROKEN:  # we may not ask: pulling will tell
            return True
        if CONSUME not in allowed.permissions:
            raise Misuse(f"{subscription} {_why(None)}")
        return True

    def _pull(self, subscription: str, kind: str) -> None:
        while not self._over.is_set() and self._pull_once(subscription, kind):
            pass

    def _pull_once(self, subscription: str, kind: str) -> bool:
        """Ask once; False: it will bring nothing more."""
        request = {"subscription": subscription, "max_messages": AT_ONCE}
        try:
            response = self._client.pull(request=request, timeout=SECONDS_OF_PULL, retry=None)
            attributes = (received.message.attributes for received in response.received_messages)
            self._schemas.learn(kind, (each for each in attributes if ENCODING in each))
        except FOR_GOOD as broken:
            self._failed[subscription] = _why(broken)
            return False
        except BROKEN as broken:  # what was pulled and is not acknowledged comes again
            code = getattr(broken, "grpc_status_code", None)
            if code is not None and code.name != "DEADLINE_EXCEEDED":
                self._over.wait(SECONDS_TO_RECOVER)
            else:
                self._heard[subscription] = self._machine()  # nothing came in all that time
            return True
        self._heard[subscription] = self._machine()
        if response.received_messages:
            self._pulled.put(self._noted(subscription, kind, list(response.received_messages)))
        return True

    def _noted(self, subscription: str, kind: str, messages: list[pubsub_v1.types.ReceivedMessage]) -> _Pulled:
        pulled = _Pulled(next(self._numbers), subscription, kind, messages)
        self._waiting[pulled.number] = min(_published(each) for each in messages)
        return pulled

    def _leave(self, pulled: list[_Pulled]) -> None:
        """It comes again, when its deadline has passed."""
        for each in pulled:
            del self._waiting[each.number]

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
        self._leave(pulled)


def _why(broken: Exception | None) -> str:
    """Why a subscription will bring nothing more, and what to do."""
    if isinstance(broken, NotFound):
        return "is not there: make it (deploy/terraform does), or name its project"
    return "may not be pulled by this account: ask for roles/pubsub.subscriber on it"


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
        return Message((schemas or TopicSchemas()).message_in(delivery), origin, kind, None, _published(received))
    except Unreadable as wrong:
        return Message(raw, origin, kind, wrong, _published(received))
