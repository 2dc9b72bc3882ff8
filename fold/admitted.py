"""A decoded fact on its way to the step that knows which pay runs are closed (`transforms.admit_facts`)."""

import hashlib
from functools import cache
from typing import Any

import msgspec
from msgspec.structs import replace

from fold.door import Door
from fold.rows import Keyed, arrival, fact_body, shard_of
from rules.periods import cut_off_after
from schemas import FACTS
from schemas.avro import Unreadable
from schemas.cloud_journal import Delivery
from schemas.envelope import Fact
from schemas.rejection import Rejection

DOORS = 16  # keys that facts are dealt to; few, for each counts the pay runs
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
    def fact(self) -> Fact:
        """The fact."""
        fact: Fact = arrival(("", self.cut_off, 0, "", "", self.body, self.kind)).content
        return fact

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


def admitted_in(element: Keyed) -> Admitted:
    """The fact on its way to a door."""
    return _decode_admitted(element[1])


def keyed(fact: Fact, arrived_at: int, doors: int = DOORS) -> Keyed:
    """A fact that knows its pay run, on the way to a door."""
    cut_off = fact.admitted_cut_off or cut_off_after(fact.recorded_at)
    door = f"{shard_of(fact.document_id, doors):02d}"
    return door, Admitted(cut_off, arrived_at, fact.KIND, fact_body(fact)).packed()


def rejection(delivery: Delivery, wrong: Unreadable) -> Rejection:
    """The Rejection of a message, seen when it was published."""
    door = Door(1, None)
    door.reject(delivery.body, delivery.origin, wrong)
    return replace(door.rejections[0], seen_at=delivery.arrived_at)
