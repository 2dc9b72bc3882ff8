"""DecodeEvents on unbounded input, the first half: messages to facts by door (`admit_facts`), and rejections."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import apache_beam as beam
import msgspec

from fold.admitted import DOORS, keyed, rejection
from fold.door import fact_delivered
from schemas.avro import Unreadable
from schemas.cloud_journal import Delivery, record_of
from schemas.ids import origin_of_message
from transforms.moments import instant

_encode = msgspec.msgpack.Encoder().encode


class Subscription(NamedTuple):
    """Where messages of a kind come from."""

    kind: str
    name: str


class DecodeMessages(beam.DoFn):
    """Messages of one subscription to (door, fact) and rejections (tag ``records``)."""

    def __init__(self, subscription: Subscription, doors: int = DOORS) -> None:
        self.subscription, self.doors = subscription, doors

    def process(self, message: Any, published: Any = beam.DoFn.TimestampParam) -> Iterator[Any]:
        kind, name = self.subscription
        origin = origin_of_message(name, message.message_id)
        delivery = Delivery(origin, instant(published), kind, dict(message.attributes or {}), message.data)
        yield from decoded_delivery(delivery, self.doors)


def decoded_delivery(delivery: Delivery, doors: int) -> Iterator[Any]:
    """A message as (door, fact), or its rejection (tag ``records``)."""
    try:
        yield keyed(fact_delivered(record_of(delivery), delivery.arrived_at), delivery.arrived_at, doors)
    except Unreadable as wrong:
        yield beam.pvalue.TaggedOutput("records", ("Rejection", _encode(rejection(delivery, wrong))))
