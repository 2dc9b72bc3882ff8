"""A file of facts read block by block, whichever of three it is: a container, a journal's segment, a cloud's journal.

What an index of places is made from (`fold.places`), and how a block that it names is read again.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cached_property
from typing import IO, Any

from fold.door import Door
from fold.places import BlockPlace, keys_of
from schemas.avro import Container, Unreadable, decode_fields
from schemas.cloud_journal import Deliveries, is_cloud_journal, record_of
from schemas.envelope import Crossing
from schemas.journal import Entry, is_segment, segment_block_at, segment_blocks


class FactFile:
    """One file of facts, read block by block."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream
        self.is_segment, self.of_cloud = is_segment(stream), is_cloud_journal(stream)

    @cached_property
    def container(self) -> Container:
        """The file as a container. Raises Unreadable."""
        return Container(self.stream)

    @cached_property
    def deliveries(self) -> Deliveries:
        """The file as a journal that the cloud kept. Raises Unreadable."""
        return Deliveries(self.stream)

    def places(self) -> dict[str, list[int]]:
        """Blocks by key, as far as the file can be read: a replay uses the whole blocks before a damage."""
        found: dict[str, list[int]] = defaultdict(list)
        with suppress(Unreadable):
            for offset, keys in self._keys_by_block():
                for key in keys:
                    if found[key][-1:] != [offset]:
                        found[key].append(offset)
        return found

    def _keys_by_block(self) -> Iterator[tuple[int, list[str]]]:
        if self.is_segment:
            for offset, entries in segment_blocks(self.stream):
                yield from ((offset, _keys_of_entry(entry)) for entry in entries)
        elif self.of_cloud:
            yield from (
                (self.deliveries.block_offset, _keys_of(record_of, each)) for _, each in self.deliveries.messages()
            )
        else:
            yield from ((self.container.block_offset, keys_of(self.container.kind, each)) for _, each in self.container)

    def admit(self, place: BlockPlace, asked: Callable[[list[str]], bool], door: Door) -> None:
        """What a block says about those asked for goes through the door."""
        if self.is_segment:
            for entry in segment_block_at(self.stream, place.offset):
                if asked(_keys_of_entry(entry)):
                    door.read_entry(entry)
        elif self.of_cloud:
            for delivery in self.deliveries.messages_at(place.offset):
                if asked(_keys_of(record_of, delivery)):
                    door.read_delivery(delivery)
        else:
            for record in self.container.block_at(place.offset):
                if asked(keys_of(self.container.kind, record)):
                    door.read_record(self.container, record, place.name)


def _keys_of_entry(entry: Entry) -> list[str]:
    """Of a fact, which was validated before it became an entry."""
    try:
        return keys_of(*decode_fields(entry.raw)) if entry.reason is None else []
    except Unreadable:
        return []


def _keys_of(read: Callable[[Any], Crossing], raw: Any) -> list[str]:
    """Nobody's, if it cannot be read."""
    try:
        record = read(raw)
    except Unreadable:
        return []
    return keys_of(record.KIND, vars(record))


def places_in(stream: IO[bytes]) -> dict[str, list[int]]:
    """Blocks of a file of facts by key."""
    return FactFile(stream).places()
