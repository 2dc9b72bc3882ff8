"""A subscription that is gone, or may not be pulled, ends the job with its reason; the last answer of each is counted.

Left out where the server is not built (`make server`, which needs Go).
"""

import sys
import threading
import time
from collections.abc import Iterator

import pytest
from google.api_core.exceptions import PermissionDenied

from deploy.local import server
from pipelines.live.collector import SourceEnded
from pipelines.live.crash import crash_without_people
from pipelines.live.pubsub import TopicsIn, subscriber
from pipelines.live.topics import subscription_to, topics_of_facts
from pipelines.misuse import Misuse

pytestmark = pytest.mark.drill

SOMEBODY = "P17"
BUILT = server.CACHE / "pstest"
NAME = subscription_to(topics_of_facts()["Timesheet"])


@pytest.fixture
def running() -> Iterator[str]:
    """The path of a subscription of a server that runs."""
    if not BUILT.exists():
        pytest.skip("the Pub/Sub server is not built: make server (needs Go)")
    with server.serving(BUILT):
        yield f"projects/{server.PROJECT}/subscriptions/{NAME}"


def ends(source: TopicsIn) -> str:
    """What it ends with."""
    while True:
        try:
            list(source.batches())
        except SourceEnded as reason:
            source.close()
            return str(reason)
        time.sleep(0.05)


def test_a_subscription_that_is_deleted_ends_the_job(running: str) -> None:
    source = TopicsIn(server.PROJECT)
    while NAME not in source.heard():
        list(source.batches())
        time.sleep(0.05)
    subscriber().delete_subscription(subscription=running)
    assert f"{running} is not there: make it" in ends(source)


def test_a_subscription_that_is_not_there_is_said_at_once(running: str) -> None:
    subscriber().delete_subscription(subscription=running)
    with pytest.raises(Misuse, match="is not there: make it"):
        TopicsIn(server.PROJECT)


def test_a_permission_that_is_lost_ends_the_job(running: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object, **__: object) -> None:
        raise PermissionDenied("no")

    monkeypatch.setattr("google.cloud.pubsub_v1.SubscriberClient.pull", denied)
    assert "may not be pulled by this account" in ends(TopicsIn(server.PROJECT))


def test_a_bug_in_a_pull_ends_the_job_and_names_nobody(
    running: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def wrong(*_: object, **__: object) -> None:
        raise ZeroDivisionError(SOMEBODY)

    monkeypatch.setattr("threading.excepthook", threading.excepthook)
    monkeypatch.setattr("sys.excepthook", sys.excepthook)
    crash_without_people()
    monkeypatch.setattr("google.cloud.pubsub_v1.SubscriberClient.pull", wrong)
    assert "its error is above" in ends(TopicsIn(server.PROJECT))
    told = capsys.readouterr().err
    assert "ZeroDivisionError" in told and SOMEBODY not in told
