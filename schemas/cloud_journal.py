"""The journal that a Cloud Storage subscription keeps: every message as Pub/Sub had it, with the time it was published.

The schema is Google's ("Create Cloud Storage subscriptions", Avro with metadata): what else a message has, such as an
ordering key, stands among its attributes. Arrival is the publish time, in milliseconds since 1970-01-01 UTC below.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import IO, NamedTuple

from schemas import KINDS
from schemas.avro import MARKER, decode_message, fingerprint_of
from schemas.container import Container
from schemas.envelope import Crossing, Fact
from schemas.ids import origin_of_message
from schemas.physical import Unreadable, published, reader_of
from schemas.resolution import Json, declared
from schemas.types import END_MILLIS, FIRST_MILLIS, Fields

NAMESPACE = "com.google.pubsub"
SCHEMA = {
    "type": "record",
    "namespace": NAMESPACE,
    "name": "PubsubMessageWithMetadata",
    "fields": [
        {"name": "subscription_name", "type": "string"},
        {"name": "message_id", "type": "string"},
        {"name": "publish_time", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {"name": "attributes", "type": {"type": "map", "values": "string"}},
        {"name": "data", "type": "bytes"},
    ],
}
ENCODING = "googclient_schemaencoding"  # Pub/Sub's own attribute of messages that were held to a schema
TYPE = "ce-type"
MICROS_IN_MILLI = 1000
EARLY_MILLIS = 10 * 60_000  # a fact may be recorded by a clock that goes before Pub/Sub's by so much (CONTRACT.md)
RECORDED_LATER = "Recorded later than it arrived."
HEAD = 4096  # bytes in which a container file names its record


class Delivery(NamedTuple):
    """One message. ``kind``: what its topic or its attributes say it is, None if they do not."""

    origin: str
    arrived_at: int
    kind: str | None
    attributes: dict[str, str]
    body: bytes

    @property
    def messages(self) -> list[bytes]:
        """As single-object messages: one, or of a plain Avro body one for each published version of its kind, the
        current first. Raises Unreadable."""
        encoding = self.attributes.get(ENCODING)
        if encoding is None:
            return [self.body]
        if encoding != "BINARY":
            raise Unreadable("UNREADABLE", "Not Avro in binary encoding.")
        if self.kind is None:
            raise Unreadable("UNKNOWN_SCHEMA", "Plain Avro, and neither subscription nor ce-type names its kind.")
        return [MARKER + mark + self.body for mark in _versions(self.kind)]


def is_cloud_journal(stream: IO[bytes]) -> bool:
    """Does the stream begin as a Cloud Storage subscription writes it? It is left at its start."""
    begins = stream.read(HEAD)
    stream.seek(0)
    return NAMESPACE.encode() in begins


class Deliveries(Container):
    """Reader of one file of the journal; raises as `Container` does."""

    @staticmethod
    def recognized(schema: Json) -> tuple[str, Json | None]:
        """Google's name of the record, and what to resolve it to."""
        ours = declared(SCHEMA)
        if schema.get("name") != ours["name"]:
            message = "Messages without their metadata: set write_metadata of the Cloud Storage subscription."
            raise Unreadable("UNKNOWN_SCHEMA", message, offset=0)
        return ours["name"], reader_of(ours, schema)

    def messages(self) -> Iterator[tuple[int, Delivery]]:
        """(position, message) in the order of the file."""
        for position, record in self:
            yield position, _delivery(record)

    def messages_at(self, offset: int) -> list[Delivery]:
        """Messages of the block that begins at a byte of the file, as an earlier ``block_offset`` said. Raises
        Unreadable."""
        return [_delivery(record) for record in self.block_at(offset)]


def message_in(delivery: Delivery) -> bytes:
    """The single-object message: of a plain Avro body in the version that can be read, the current first, which it is
    too if none can. Raises Unreadable."""
    current, *earlier = delivery.messages
    for message in (current, *earlier) if earlier else ():
        with suppress(Unreadable):
            decode_message(message, delivery.kind)
            return message
    return current


def record_of(delivery: Delivery) -> Crossing:
    """The record that a message holds. Raises Unreadable."""
    return decode_message(message_in(delivery), delivery.kind)


def arrived(record: Crossing, arrived_at: int) -> Fact:
    """The record as a fact that arrived at an instant. Raises Unreadable: no fact, recorded later than it came, or it
    came at no time of ours."""
    if not isinstance(record, Fact):
        raise Unreadable("UNKNOWN_SCHEMA", f"{record.KIND} is not a kind of fact.")
    if not FIRST_MILLIS <= arrived_at < END_MILLIS:
        raise Unreadable("INVALID", "It arrived at a time that cannot be.", "publish_time")
    if record.recorded_at > arrived_at + EARLY_MILLIS:
        raise Unreadable("INVALID", RECORDED_LATER, "recorded_at")
    return record


def _delivery(record: Fields) -> Delivery:
    subscription = record["subscription_name"].rpartition("/")[2]
    attributes = record["attributes"]
    kind = _KINDS.get(_topic_in(subscription)) or _KINDS.get(attributes.get(TYPE, ""))
    arrived_at = record["publish_time"] // MICROS_IN_MILLI
    return Delivery(origin_of_message(subscription, record["message_id"]), arrived_at, kind, attributes, record["data"])


def _versions(kind: str) -> list[bytes]:
    """Fingerprints of all published versions of a kind, the current one first."""
    current = fingerprint_of(kind)
    return [current, *(mark for mark, version in published().items() if version.kind == kind and mark != current)]


def _topic_in(subscription: str) -> str:
    """The topic whose name a subscription's begins with: ``ihss.v1.evv-visit`` of ``ihss.v1.evv-visit.journal``."""
    return ".".join(subscription.split(".")[:3])


def topic_of(kind: str) -> str:
    """The topic of a kind: ``ihss.v1.`` and the kind in kebab case."""
    return "ihss.v1." + re.sub(r"(?<!^)(?=[A-Z])", "-", kind).lower()


_KINDS = {topic_of(kind): kind for kind in KINDS} | {f"ihss.v1.{kind}": kind for kind in KINDS}
