"""Messages that name the schema they were written by, on a real Pub/Sub server: read by it, or refused by field."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import grpc
import pytest
from google.api_core.exceptions import NotFound, ServiceUnavailable
from google.cloud import pubsub_v1
from google.pubsub_v1.services.schema_service.transports.grpc import SchemaServiceGrpcTransport
from google.pubsub_v1.types import Schema

from deploy.local import server
from pipelines.live.collector import Message
from pipelines.live.pubsub import ENCODING, TopicsIn, message_of
from pipelines.live.topic_schemas import NAME, REVISION, TopicSchemas, writer_of
from pipelines.live.topics import topics_of_facts
from schemas.avro import Unreadable, decode_message, encode, fingerprint_of, validate
from tests.schemas.samples import SAMPLES
from tests.schemas.writers import Json, encoded, published

BUILT = server.CACHE / "pstest"
TIMESHEET = validate("Timesheet", SAMPLES["Timesheet"])
NAMED = {ENCODING: "BINARY", NAME: "projects/p/schemas/s", REVISION: "a1"}


def avro(definition: Json) -> Schema:
    return Schema(type_=Schema.Type.AVRO, definition=json.dumps(definition))


def local_time() -> Json:
    theirs = published("Timesheet")
    theirs["fields"][2]["type"]["logicalType"] = "local-timestamp-millis"
    return theirs


def evolved() -> Json:
    theirs = published("Timesheet")
    theirs["fields"].insert(1, {"name": "weather", "type": "string"})
    return theirs | {"name": "Sheet", "namespace": "county"}


class Keeper:
    """Stands in for Pub/Sub's schemas: by name and revision, and what it was asked."""

    def __init__(self, *answers: Any) -> None:
        self.answers, self.asked = list(answers), []

    def get_schema(self, name: str, retry: None, timeout: float) -> Schema:
        self.asked.append(name)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


NOON = datetime(2026, 1, 20, 20, tzinfo=UTC)


def schemas_that(*answers: Any, attributes: dict[str, str] = NAMED) -> tuple[TopicSchemas, Keeper]:
    schemas, keeper = TopicSchemas(), Keeper(*answers)
    schemas.__dict__["_client"] = keeper
    schemas.learn("Timesheet", [attributes] * 3)
    return schemas, keeper


def taken(body: bytes, schemas: TopicSchemas, attributes: dict[str, str] = NAMED) -> Message:
    message = SimpleNamespace(data=body, attributes=attributes, message_id="7", publish_time=NOON)
    return message_of(SimpleNamespace(message=message), "Timesheet", "projects/p/subscriptions/s", schemas)


def test_local_time_is_refused_by_its_field() -> None:
    """The bytes are the same: only the schema tells."""
    schemas, keeper = schemas_that(avro(local_time()))
    message = taken(encode(TIMESHEET), schemas)
    assert message.wrong is not None and message.raw == encode(TIMESHEET)
    assert (message.wrong.reason, message.wrong.field) == ("UNKNOWN_SCHEMA", "recorded_at")
    assert keeper.asked == ["projects/p/schemas/s@a1"], "once, however many messages name it"


def test_another_layout_that_resolves_is_read_whatever_its_record_is_called() -> None:
    schemas, _ = schemas_that(avro(evolved()))
    message = taken(encoded(evolved(), SAMPLES["Timesheet"] | {"weather": "fog"}), schemas)
    assert message.wrong is None and decode_message(message.raw, "Timesheet") == TIMESHEET
    wrong = taken(encoded(evolved(), SAMPLES["Timesheet"] | {"weather": "fog", "revision": 0}), schemas)
    assert wrong.wrong is not None and (wrong.wrong.reason, wrong.wrong.field) == ("INVALID", "revision")


def test_our_own_schema_is_our_own_bytes() -> None:
    schemas, _ = schemas_that(avro(published("Timesheet")))
    message = taken(encode(TIMESHEET), schemas)
    assert message.raw == b"\xc3\x01" + fingerprint_of("Timesheet") + encode(TIMESHEET)


def test_a_schema_that_may_not_be_seen_leaves_the_published_versions() -> None:
    unnamed = {ENCODING: "BINARY"}
    for schemas in (schemas_that(NotFound("gone"))[0], TopicSchemas(), schemas_that(attributes=unnamed)[0]):
        assert decode_message(taken(encode(TIMESHEET), schemas).raw) == TIMESHEET


def test_while_pub_sub_does_not_answer_nothing_is_known() -> None:
    with pytest.raises(ServiceUnavailable):
        schemas_that(ServiceUnavailable("later"))


@pytest.mark.parametrize(
    ("schema", "reason", "field"),
    [
        (Schema(type_=Schema.Type.PROTOCOL_BUFFER, definition="message A {}"), "UNKNOWN_SCHEMA", None),
        (Schema(type_=Schema.Type.AVRO, definition="no JSON"), "UNREADABLE", None),
        (avro("string"), "UNKNOWN_SCHEMA", None),
        (avro({"type": "record", "name": "A", "fields": []}), "UNKNOWN_SCHEMA", "event_id"),
    ],
)
def test_what_is_no_schema_of_ours(schema: Schema, reason: str, field: str | None) -> None:
    with pytest.raises(Unreadable) as refused:
        writer_of("Timesheet", schema)
    assert (refused.value.reason, refused.value.field) == (reason, field)


# --- a real server ----------------------------------------------------------------------------------------------------


@pytest.fixture
def running() -> Iterator[None]:
    if not BUILT.exists():
        pytest.skip("the Pub/Sub server is not built: make server (needs Go)")
    with server.serving(BUILT):
        yield


def test_a_real_server_is_asked(running: None) -> None:
    host = os.environ["PUBSUB_EMULATOR_HOST"]
    transport = SchemaServiceGrpcTransport(host=host, channel=grpc.insecure_channel(host))
    keeper = pubsub_v1.SchemaServiceClient(transport=transport)
    made = keeper.create_schema(
        parent=f"projects/{server.PROJECT}", schema=avro(local_time()), schema_id="local-timesheet"
    )
    publisher = pubsub_v1.PublisherClient()
    topic = publisher.topic_path(server.PROJECT, topics_of_facts()["Timesheet"])
    attributes = {ENCODING: "BINARY", NAME: made.name, REVISION: made.revision_id}
    publisher.publish(topic, encode(TIMESHEET), **attributes).result(timeout=20)
    publisher.publish(topic, encode(TIMESHEET), **{ENCODING: "BINARY"}).result(timeout=20)
    messages = pulled(TopicsIn(server.PROJECT), 2)
    wrong = [message.wrong.field for message in messages if message.wrong]
    assert wrong == ["recorded_at"] and len(messages) == 2


def pulled(source: TopicsIn, count: int) -> list[Message]:
    found: list[Message] = []
    while len(found) < count:
        found += [message for batch in source.batches() for message in batch.messages]
        time.sleep(0.05)
    source.close()
    return found
