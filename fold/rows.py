"""Compact rows between steps: what Beam carries instead of objects.

A row is one arrival for one key of one stage; a block is many rows of one shard in a single msgpack bytes value,
since the cost of Beam is per element. Rows of facts carry validated field values in the order of the model, rows of
conclusions the Struct.
"""

import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from fold.stages import CONCLUSIONS
from rules.documents import Arrival
from schemas import FACTS
from schemas.course_listing import CourseListing
from schemas.envelope import Fact, Part
from schemas.service_authorization import Service
from schemas.travel_claim import Trip

Keyed = tuple[str, bytes]

Row = tuple[str, int, int, str, str, bytes, str]  # key, cut-off, recorded_at, source, event_id, body, kind
ROWS_IN_BLOCK = 4096
BYTES_IN_BLOCK = 4 << 20  # at most, but for a row that alone is larger

_encode = msgspec.msgpack.Encoder().encode
_decode_block = msgspec.msgpack.Decoder(list[Row]).decode
_decode_values = msgspec.msgpack.Decoder(list[Any]).decode
_NAMES = {kind: tuple(model.model_fields) for kind, model in FACTS.items()}
_NESTED: dict[str, tuple[str, type[Part]]] = {  # fields that are models themselves
    "ServiceAuthorization": ("services", Service), "TravelClaim": ("trips", Trip),
}  # fmt: skip
_CONCLUSIONS = {name: msgspec.msgpack.Decoder(struct).decode for name, struct in CONCLUSIONS.items()}


def fact_body(fact: Fact) -> bytes:
    """The fact's field values, in the order of its model."""
    values = fact.model_dump() if fact.KIND in _NESTED else fact.__dict__
    return _encode(list(values.values()))


def fact_row(key: str, cut_off: int, fact: Fact, body: bytes) -> Row:
    """A fact on its way to one key."""
    return key, cut_off, fact.recorded_at, fact.source, fact.event_id, body, fact.KIND


def conclusion_row(key: str, cut_off: int, id: str, kind: str, conclusion: msgspec.Struct | None) -> Row:
    """A conclusion on its way to the next stage; None: it vanished."""
    return key, cut_off, 0, "", id, b"" if conclusion is None else _encode(conclusion), kind


def arrival(row: Row) -> Arrival:
    """The row as the case file sees it."""
    _, cut_off, recorded_at, source, event_id, body, kind = row
    decode = _CONCLUSIONS.get(kind)
    if decode is None:
        return Arrival(cut_off, recorded_at, source, event_id, body, kind, _trusted(kind, _decode_values(body)))
    return Arrival(cut_off, recorded_at, source, event_id, body, kind, decode(body) if body else None)


def _trusted(kind: str, values: list[Any]) -> Fact:
    """The model of values that were validated at the door, without asking again."""
    model, names = FACTS[kind], _NAMES[kind]
    if len(values) < len(names):
        values = values + _added_since(kind, len(values))
    fields = dict(zip(names, values, strict=True))
    if kind in _NESTED:
        name, part = _NESTED[kind]
        fields[name] = [part.model_construct(**each) for each in fields[name]]
    fact = model.__new__(model)
    object.__setattr__(fact, "__dict__", fields)
    return fact


def _added_since(kind: str, known: int) -> list[object]:
    """Defaults of the fields that a kind has gained since a row was written: they stand last. Raises ValueError for one
    that has none."""
    later = list(FACTS[kind].model_fields.values())[known:]
    if any(field.is_required() for field in later):
        raise ValueError(f"{known} values are no {kind}")
    return [field.get_default(call_default_factory=True) for field in later]


def shard_of(key: str, shards: int) -> int:
    """The shard of a key: the same on every machine and every day."""
    return zlib.crc32(key.encode()) % shards


class Dealer:
    """Deals rows to stages and shards, and hands them out in blocks."""

    def __init__(self, shards: int) -> None:
        self.shards = shards
        self.hands: dict[tuple[str, int], list[Row]] = defaultdict(list)

    def deal(self, stage: str, row: Row) -> None:
        """Give a row to the stage and shard of its key."""
        self.hands[stage, shard_of(row[0], self.shards)].append(row)

    def full_blocks(self) -> Iterator[tuple[str, tuple[int, bytes]]]:
        """(stage, (shard, block)) of the hands that are full."""
        for hand, rows in self.hands.items():
            if len(rows) >= ROWS_IN_BLOCK:
                yield from _blocks(hand, rows)
                rows.clear()

    def blocks(self) -> Iterator[tuple[str, tuple[int, bytes]]]:
        """(stage, (shard, block)) of all that is left."""
        for hand, rows in sorted(self.hands.items()):
            if rows:
                yield from _blocks(hand, rows)
        self.hands.clear()


def _blocks(hand: tuple[str, int], rows: list[Row]) -> Iterator[tuple[str, tuple[int, bytes]]]:
    """Rows as one block, or several where that would be too large for the way between steps."""
    block = _encode(rows)
    if len(block) <= BYTES_IN_BLOCK or len(rows) == 1:
        yield hand[0], (hand[1], block)
        return
    middle = len(rows) // (1 + 1)
    for half in (rows[:middle], rows[middle:]):
        yield from _blocks(hand, half)


def rows_of(blocks: Iterable[bytes]) -> Iterator[Row]:
    """All rows of blocks."""
    for block in blocks:
        yield from _decode_block(block)


def catalog_of(bodies: Iterable[bytes]) -> dict[str, list[CourseListing]]:
    """CourseListings by course, in the order of recording, from their bodies in any order."""
    listings: dict[str, list[CourseListing]] = defaultdict(list)
    for body in sorted(set(bodies)):
        listing = _trusted("CourseListing", _decode_values(body))
        assert isinstance(listing, CourseListing)
        listings[listing.course_id].append(listing)
    for of_course in listings.values():
        of_course.sort(key=lambda listing: (listing.recorded_at, listing.source, listing.event_id))
    return dict(listings)
