"""The schemas that Pub/Sub holds a topic's messages to: a plain Avro body is read with the schema it was written with.

Each message names its schema and revision; Pub/Sub is asked for each once. Where that is not allowed (it takes
roles/pubsub.viewer) or the schema is gone, the published versions are tried.
"""

import os
from collections.abc import Iterable, Mapping
from functools import cached_property

import grpc
from google.api_core.exceptions import InvalidArgument, MethodNotImplemented, NotFound, PermissionDenied
from google.cloud import pubsub_v1
from google.pubsub_v1.services.schema_service.transports.grpc import SchemaServiceGrpcTransport
from google.pubsub_v1.types import Schema

from schemas.avro import Unreadable, decode_as, encode_message
from schemas.cloud_journal import ENCODING, Delivery, message_in
from schemas.physical import Published, declared_schema, reader_of, written_schema

NAME, REVISION = "googclient_schemaname", "googclient_schemarevisionid"  # Pub/Sub's own attributes, as ENCODING is
SECONDS_OF_ANSWER = 20.0
NOT_TO_BE_HAD = (NotFound, PermissionDenied, InvalidArgument, MethodNotImplemented)  # and not later either
Named = tuple[str, str, str]  # kind, name, revision


class TopicSchemas:
    """What messages were written by, as far as it is known. Raises GoogleAPICallError while Pub/Sub does not answer."""

    def __init__(self) -> None:
        self._known: dict[Named, Published | Unreadable | None] = {}

    def learn(self, kind: str, messages: Iterable[Mapping[str, str]]) -> None:
        """Ask for the schemas that messages name in their attributes and that are not known yet."""
        for named in {_named(kind, attributes) for attributes in messages} - self._known.keys():
            self._known[named] = self._asked(named)

    def message_in(self, delivery: Delivery) -> bytes:
        """The message as a single object of a published version. Raises Unreadable: what no version of ours can say
        is refused here, and so is a schema that does not resolve."""
        writer = self._known.get(_named(delivery.kind or "", delivery.attributes))
        if isinstance(writer, Unreadable):
            raise writer
        if writer is None or writer.reader is None or delivery.attributes.get(ENCODING) != "BINARY":
            return message_in(delivery)
        return encode_message(decode_as(writer, delivery.body))

    @cached_property
    def _client(self) -> pubsub_v1.SchemaServiceClient:
        host = os.environ.get("PUBSUB_EMULATOR_HOST")
        if host is None:
            return pubsub_v1.SchemaServiceClient()
        return pubsub_v1.SchemaServiceClient(
            transport=SchemaServiceGrpcTransport(host=host, channel=grpc.insecure_channel(host))
        )

    def _asked(self, named: Named) -> Published | Unreadable | None:
        kind, name, revision = named
        if not name:
            return None
        try:
            full = f"{name}@{revision}" if revision else name
            found = self._client.get_schema(name=full, retry=None, timeout=SECONDS_OF_ANSWER)
        except NOT_TO_BE_HAD:
            return None
        try:
            return writer_of(kind, found)
        except Unreadable as wrong:
            return wrong


def writer_of(kind: str, schema: Schema) -> Published:
    """What the messages of a topic were written by. Raises Unreadable that names the first field that does not fit."""
    if schema.type_ != Schema.Type.AVRO:
        raise Unreadable("UNKNOWN_SCHEMA", "The topic's schema is not Avro.")
    layout, as_declared = written_schema(schema.definition)
    return Published(kind, layout, reader_of(declared_schema(kind), as_declared, nulls=True))


def _named(kind: str, attributes: Mapping[str, str]) -> Named:
    return kind, attributes.get(NAME, ""), attributes.get(REVISION, "")
