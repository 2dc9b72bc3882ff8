"""DecodeEvents on unbounded input, the first half: messages to facts on the way to a door, and rejections."""

import hashlib
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import apache_beam as beam
import msgspec

from rules.periods import cut_off_after
from schemas import FACTS
from schemas.avro import Unreadable
from schemas.cloud_journal import Delivery, record_of
from schemas.envelope import Fact
from transforms.door import Door, fact_delivered
from transforms.keyed import Keyed
from transforms.moments import instant
from transforms.rows import arrival, fact_body, shard_of

DOORS = 64  # keys that facts are dealt to; few, for each counts the pay runs
MARK = 8  # bytes by which a door knows an event again
_encode = msgspec.msgpack.Encoder().encode
_decode_values = msgspec.msgpack.Decoder(list[Any]).decode


class Admitted(msgspec.Struct, array_like=True):
    """A fact before the door: the pay run that sees it first if that is still open, and its validated values."""

    cut_off: int
    arrived_at: int
    kind: str
    body: bytes

    def packed(self) -> bytes:
        """Bytes for the way between steps."""
        return _encode(self)

    @property
    def fact(self) -> Any:
        """The fact."""
        return arrival(("", self.cut_off, 0, "", "", self.body, self.kind)).content

    def moved(self, cut_off: int) -> "Admitted":
        """The same fact, first seen by another pay run."""
        return Admitted(cut_off, self.arrived_at, self.kind, self._body(cut_off))

    @property
    def mark(self) -> bytes:
        """A digest of the event: the same however often and whenever it comes."""
        return hashlib.blake2b(self.kind.encode() + self._body(None), digest_size=MARK).digest()

    def _body(self, cut_off: int | None) -> bytes:
        values = _decode_values(self.body)
        values[_place_of_cut_off(self.kind)] = cut_off
        return _encode(values)


@cache
def _place_of_cut_off(kind: str) -> int:
    return list(FACTS[kind].model_fields).index("admitted_cut_off")


_decode_admitted = msgspec.msgpack.Decoder(Admitted).decode


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
        origin = f"{name}/{message.message_id}"
        delivery = Delivery(origin, instant(published), kind, dict(message.attributes or {}), message.data)
        yield from decoded_delivery(delivery, self.doors)


def decoded_delivery(delivery: Delivery, doors: int) -> Iterator[Any]:
    """A message as (door, fact), or its rejection (tag ``records``)."""
    try:
        yield keyed(fact_delivered(record_of(delivery), delivery.arrived_at), delivery.arrived_at, doors)
    except Unreadable as wrong:
        yield beam.pvalue.TaggedOutput("records", ("Rejection", _encode(rejection(delivery, wrong))))


def admitted_in(element: Keyed) -> Admitted:
    """The fact on its way to a door."""
    return _decode_admitted(element[1])


def keyed(fact: Fact, arrived_at: int, doors: int = DOORS) -> Keyed:
    """A fact that knows its pay run, on the way to a door."""
    cut_off = fact.admitted_cut_off or cut_off_after(fact.recorded_at)
    door = f"{shard_of(fact.document_id, doors):02d}"
    return door, Admitted(cut_off, arrived_at, fact.KIND, fact_body(fact)).packed()


def rejection(delivery: Delivery, wrong: Unreadable) -> dict[str, Any]:
    """The Rejection of a message, seen when it was published."""
    door = Door(1, None)
    door.reject(delivery.body, delivery.origin, wrong)
    return door.rejections[0] | {"seen_at": delivery.arrived_at}
