"""Pub/Sub as its client knows it, for the job's own code on both sides: a pull that brings nothing, something twice or
an error; acknowledgements that arrive in part; publishing that fails and arrived, or did not. No threads, no waits."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from datetime import UTC, datetime
from random import Random
from threading import Thread
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from google.api_core.exceptions import DeadlineExceeded, GoogleAPICallError, ServiceUnavailable

from pipelines.live.collector import Batch
from pipelines.live.outbox import Letter
from pipelines.live.publishing import TopicsOut
from pipelines.live.pubsub import CONSUME, TopicsIn
from pipelines.live.topics import subscription_to, topics_of_facts
from rules.periods import business_day_of, iso
from tests.simulation.transport import MINUTE, MOST, Consumer, Published, Topic

if TYPE_CHECKING:
    from pipelines.live.job import Job

LEASE = 10 * MINUTE  # for so long a message that was pulled is not delivered again
KINDS = {subscription_to(topic): kind for kind, topic in topics_of_facts().items()}


class Stepped(TopicsIn):
    """Pulls when it is asked for batches, in an order of the seed's, and not in threads."""

    def __init__(self, cloud: "CloudTopic") -> None:
        self.cloud = cloud
        super().__init__("simulated", cloud, cloud.now)
        self._over.set()  # nobody waits for a server to recover

    def _begin(self, paths: dict[str, str]) -> dict[str, Thread]:
        self.paths = paths
        return {}

    def batches(self) -> Iterator[Batch]:
        for _ in range(self.cloud.random.randint(1, 3) if self.cloud.faulty else 20):
            paths = list(self.paths)
            self.cloud.random.shuffle(paths)
            for path in paths:
                if not self._pulled.full():
                    self._pull_once(path, self.paths[path])
            yield from super().batches()


class CloudTopic(Topic):
    """The subscriptions to all topics of facts, as a client of Pub/Sub reaches them."""

    def __init__(self, random: Random, now: Callable[[], int]) -> None:
        super().__init__(random, now)
        self.leased: dict[str, int] = {}
        self.times = 0

    def source(self, job: "Job") -> TopicsIn:
        self.leased = {}  # deadlines pass while a job begins
        return Stepped(self)

    def subscription_path(self, project: str, name: str) -> str:
        return f"projects/{project}/subscriptions/{name}"

    def get_subscription(self, **asked: Any) -> None:
        self._may_fail(ServiceUnavailable("no answer"), 0.1)

    def test_iam_permissions(self, **asked: Any) -> SimpleNamespace:
        return SimpleNamespace(permissions=[CONSUME])

    def pull(self, request: dict[str, Any], **asked: Any) -> SimpleNamespace:
        self._may_fail(ServiceUnavailable("no answer"), 0.05)
        kind = KINDS[request["subscription"].rpartition("/")[2]]
        there = [each for each in self.due() if each.kind == kind and self._delivers(each)]
        self.random.shuffle(there)
        there = there[: self.random.randint(1, MOST)]
        if self.faulty:
            there += [each for each in there if self.random.random() < 0.1]
        if not there:
            raise DeadlineExceeded("nothing came")
        self.leased.update({each.id: self.now() + LEASE for each in there})
        self._may_fail(DeadlineExceeded("what was pulled was lost on its way"), 0.05)
        return SimpleNamespace(received_messages=[self._received(each) for each in there])

    def _delivers(self, message: Published) -> bool:
        if not self.faulty:
            return self.leased.get(message.id, 0) <= self.now()
        return self.random.random() < (0.9 if self.leased.get(message.id, 0) <= self.now() else 0.03)

    def _received(self, message: Published) -> SimpleNamespace:
        self.times += 1
        at = datetime.fromtimestamp(min(message.at, self.now()) / 1000, UTC)
        said = SimpleNamespace(data=message.raw, attributes={}, message_id=message.id, publish_time=at)
        return SimpleNamespace(ack_id=f"{message.id}/{self.times}", message=said)

    def acknowledge(self, request: dict[str, Any], **asked: Any) -> None:
        self._may_fail(ServiceUnavailable("it did not hear"), 0.05)
        for each in request["ack_ids"]:
            if not self.faulty or self.random.random() < 0.95:
                self.hear(each.partition("/")[0])
        self._may_fail(DeadlineExceeded("it heard, and its answer was lost"), 0.05)

    def _may_fail(self, how: GoogleAPICallError, often: float) -> None:
        if self.faulty and self.random.random() < often:
            raise how


class CloudConsumer(Consumer):
    """The topics of conclusions, as a client reaches them, and who reads them."""

    def sink(self) -> TopicsOut:
        """As a job knows it that just began."""
        return TopicsOut("simulated", self)

    def topic_path(self, project: str, name: str) -> str:
        return f"projects/{project}/topics/{name}"

    def get_topic(self, **asked: Any) -> SimpleNamespace:
        if self.faulty and self.random.random() < 0.02:
            raise ServiceUnavailable("no answer")
        return SimpleNamespace(schema_settings=SimpleNamespace(schema=""))

    def publish(self, topic: str, body: bytes, **attributes: str) -> "Future[str]":
        """What fails may have arrived all the same."""
        fails = self.faulty and self.random.random() < 0.003
        if not fails or self.random.random() < 0.5:
            run = iso(business_day_of(round(datetime.fromisoformat(attributes["ce-time"]).timestamp() * 1000)))
            self.arrive(run, Letter(attributes["ce-type"].rpartition(".")[2], attributes["ce-id"], body))
        done: Future[str] = Future()
        if fails:
            done.set_exception(self.random.choice((ServiceUnavailable("no answer"), TimeoutError())))
        else:
            done.set_result(attributes["ce-id"])
        return done

    def stop(self) -> None:
        """Nothing to let go."""
