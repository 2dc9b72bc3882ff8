"""What the live job of one machine says to topics: plain Avro where a schema is set, single-object where none is."""

import json
import os
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from google.api_core.exceptions import PermissionDenied, ServiceUnavailable
from google.cloud import pubsub_v1
from google.pubsub_v1 import SchemaServiceClient
from google.pubsub_v1.services.schema_service.transports import SchemaServiceGrpcTransport

from deploy.local import server
from pipelines.live.outbox import Letter, NotSent, letter_of
from pipelines.live.publishing import TopicsOut
from pipelines.live.topics import subscription_to, topics_of_conclusions
from pipelines.misuse import Misuse
from schemas.avro import MARKER, decode_message, decode_plain, fields_of, schema_path, validate
from tests.schemas.samples import SAMPLES

BUILT = server.CACHE / "pstest"
RUN = "2026-01-20"
KINDS = ("Finding", "PaymentInstruction", "PayRun")


@pytest.fixture
def serving() -> Iterator[None]:
    if not BUILT.exists():
        pytest.skip("the Pub/Sub server is not built: make server (needs Go)")
    with server.serving(BUILT):
        yield


def hold_to_schema(kind: str) -> None:
    """Make a kind's topic anew as Terraform does, and its subscription."""

    channel = grpc.insecure_channel(os.environ["PUBSUB_EMULATOR_HOST"])
    schemas = SchemaServiceClient(transport=SchemaServiceGrpcTransport(channel=channel))
    definition = json.dumps(json.loads(schema_path(kind).read_text()))
    made = schemas.create_schema(
        parent=f"projects/{server.PROJECT}", schema={"type_": "AVRO", "definition": definition}, schema_id=f"s-{kind}"
    )
    publisher, subscriber = pubsub_v1.PublisherClient(), pubsub_v1.SubscriberClient()
    name = topics_of_conclusions()[kind]
    topic = publisher.topic_path(server.PROJECT, name)
    subscription = subscriber.subscription_path(server.PROJECT, subscription_to(name))
    subscriber.delete_subscription(subscription=subscription)
    publisher.delete_topic(topic=topic)
    settings = {"schema": made.name, "encoding": "BINARY"}
    publisher.create_topic(request={"name": topic, "schema_settings": settings})
    subscriber.create_subscription(request={"name": subscription, "topic": topic})


def pulled(kind: str) -> Any:
    client = pubsub_v1.SubscriberClient()
    path = client.subscription_path(server.PROJECT, subscription_to(topics_of_conclusions()[kind]))
    (one,) = client.pull(subscription=path, max_messages=5, timeout=20).received_messages
    return one.message


def letters() -> list[Letter]:
    return [letter_of(validate(kind, SAMPLES[kind]), f"id of {kind}") for kind in KINDS]


@pytest.mark.parametrize("held", [(), KINDS, ("Finding",)], ids=["no schema", "schemas", "one schema"])
def test_each_topic_gets_the_encoding_that_it_takes(serving: None, held: tuple[str, ...]) -> None:
    for kind in held:
        hold_to_schema(kind)
    confirmed: list[int] = []
    out = TopicsOut(server.PROJECT)
    out.send(RUN, letters(), 0, confirmed.append)
    out.close()
    assert confirmed[-1] == len(KINDS)
    for kind in KINDS:
        message = pulled(kind)
        read = decode_plain(kind, message.data) if kind in held else decode_message(message.data, kind)
        assert fields_of(read) == SAMPLES[kind]
        assert message.data.startswith(MARKER) == (kind not in held)
        assert message.attributes["ce-id"] == f"id of {kind}"


def test_a_topic_that_is_not_there_is_said_before_the_first_pay_run(serving: None) -> None:
    client = pubsub_v1.PublisherClient()
    client.delete_topic(topic=client.topic_path(server.PROJECT, "ihss.v1.pay-run"))
    with pytest.raises(Misuse, match=r"no topic .*/ihss\.v1\.pay-run: make it"):
        TopicsOut(server.PROJECT)


class Publisher:
    """Stands in for Pub/Sub's client where a server cannot be made to answer so."""

    answers: list[Exception]

    def topic_path(self, project: str, name: str) -> str:
        return f"{project}/{name}"

    def get_topic(self, **_: Any) -> Any:
        raise self.answers.pop(0)


def test_who_may_not_look_is_told_which_right_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    Publisher.answers = [PermissionDenied("no")]
    monkeypatch.setattr(pubsub_v1, "PublisherClient", Publisher)
    with pytest.raises(Misuse, match=r"roles/pubsub\.viewer"):
        TopicsOut("p")


def test_a_server_that_is_down_stops_no_start_and_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    Publisher.answers = [ServiceUnavailable("down"), ServiceUnavailable("still down")]
    monkeypatch.setattr(pubsub_v1, "PublisherClient", Publisher)
    out = TopicsOut("p")
    with pytest.raises(NotSent, match="ServiceUnavailable"):
        out.send(RUN, letters(), 0, lambda arrived: None)
    assert not Publisher.answers
