"""The facts that decide a payment, and no others: found by the index of a replay or a live job, or by reading all.

What decides a recipient's payments: the recipient's facts, those of its providers, and those of their other recipients.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import cached_property
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import IO, Any, NamedTuple

from fold.admissions import Admissions, Told, admissions_in
from fold.door import Door, fact_of
from fold.places import FOR_ALL, Index, Place, indexes_of, keys_of
from fold.rows import Row, arrival, catalog_of, rows_of
from fold.stages import Catalog
from pipelines.explain.paid import Refusal
from pipelines.files_below import files_below
from schemas.avro import Container, Unreadable
from schemas.cloud_journal import Deliveries, is_cloud_journal, record_of
from schemas.envelope import Record
from schemas.journal import Entry, is_segment, segment_block_at, segment_blocks

ONE_SHARD = 1
Rows = dict[tuple[str, str], list[Row]]  # stage and key -> facts


class Concerned(NamedTuple):
    """Facts that decide something: rows by stage and key, the catalog, and the recipients and providers about whom all
    facts are here."""

    rows: Rows
    catalog: Catalog
    recipients: list[str]
    providers: list[str]


class Folder:
    """A folder of facts with the index of its replay, if any, or those that a journal has of itself; ``read_wholly``:
    files that no index knows."""

    def __init__(self, events: Path, index: Index | None) -> None:
        self.events = events
        self.indexes = [*([index] if index else ()), *indexes_of(events)]
        self.names = files_below(events).files
        self._known: dict[str, Index] = {}  # by name of a file that is as it was
        for each in self.indexes:
            named = each.files.keys() & {*self.names} - self._known.keys()
            self._known |= {name: each for name in named if each.unchanged(events, name)}
        self.read_wholly = [name for name in self.names if name not in self._known]

    def blocks(self, keys: Iterable[str]) -> list[Place]:
        """Blocks that hold facts about any of the keys, each once."""
        keys = list(keys)
        found = {at for each in self.indexes for at in each.places(keys) if self._known.get(at.name) is each}
        found |= {Place(name, at) for name in self.read_wholly for key in keys for at in self._noted[name].get(key, ())}
        return sorted(found)

    def admissions(self) -> Iterator[Told]:
        """Facts that came late to their pay run, all of them: they name events, not people."""
        return (told for name in self.names for told in admissions_in(self.events / name))

    @cached_property
    def _noted(self) -> dict[str, dict[str, list[int]]]:
        """Blocks by key of the files that must be read wholly."""
        return {name: self._places(name) for name in self.read_wholly}

    def admit(self, places: Iterable[Place], asked: Callable[[list[str]], bool], door: Door) -> None:
        """What blocks say about those asked for goes through the door."""
        for name, of_file in groupby(places, key=attrgetter("name")):
            with (self.events / name).open("rb") as stream:
                file = _File(stream)
                for place in of_file:
                    file.admit(place, asked, door)

    def _places(self, name: str) -> dict[str, list[int]]:
        with (self.events / name).open("rb") as stream:
            return places_in(stream)


class _File:
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

    def admit(self, place: Place, asked: Callable[[list[str]], bool], door: Door) -> None:
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
    return _keys_of(fact_of, entry) if entry.reason is None else []


def _keys_of(read: Callable[[Any], Record], raw: Any) -> list[str]:
    """Nobody's, if it cannot be read."""
    try:
        record = read(raw)
    except Unreadable:
        return []
    return keys_of(record.KIND, vars(record))


def places_in(stream: IO[bytes]) -> dict[str, list[int]]:
    """Blocks of a file of facts by key."""
    return _File(stream).places()


class Facts:
    """Facts read so far, by whom they are about."""

    def __init__(self, folder: Folder, until: int | None) -> None:
        self.folder = folder
        self.door = Door(ONE_SHARD, until, admissions=Admissions(folder.admissions()))
        self.had: set[str] = set()
        self.rows: Rows = defaultdict(list)
        self.met: dict[str, set[str]] = defaultdict(set)  # who is named together with whom
        self.read([FOR_ALL])

    def read(self, keys: Iterable[str]) -> None:
        """Read all facts about these people."""
        wanted = set(keys) - self.had

        def asked(keys: Iterable[str]) -> bool:
            return not wanted.isdisjoint(keys) and self.had.isdisjoint(keys)

        self.folder.admit(self.folder.blocks(sorted(wanted)), asked, self.door)
        self.had |= wanted
        for stage, (_, block) in self.door.dealer.blocks():
            for row in rows_of([block]):
                self.rows[stage, row[0]].append(row)
                fact = arrival(row).content
                keys = keys_of(fact.KIND, vars(fact))
                for key in keys:
                    self.met[key].update(keys)

    def _met(self, side: str, key: str) -> set[str]:
        """Keys of one side that facts about a person name."""
        return {other for other in self.met.get(key, ()) if other.startswith(side)}

    def recipients_of(self, provider: str) -> list[str]:
        """Recipients that facts about a provider name."""
        return sorted(_ids(self._met("R/", f"P/{provider}")))

    def concerned(self, recipients: Iterable[str], providers: Iterable[str]) -> Concerned:
        """The facts that decide what these recipients' providers, and these providers, are paid. Raises Refusal."""
        payers = {f"R/{recipient}" for recipient in recipients}
        paid = {f"P/{provider}" for provider in providers}
        self.read(payers | paid)
        if not all(key in self.met for key in payers | paid):
            raise Refusal(f"no fact names this person below {self.folder.events}: check the id")
        payers |= {key for each in paid for key in self._met("R/", each)}
        self.read(payers)
        paid |= {key for each in payers for key in self._met("P/", each)}
        self.read(paid)
        worked_for = payers | {key for each in paid for key in self._met("R/", each)}
        self.read(worked_for)
        return Concerned(self.rows, catalog_of(self.door.catalog), sorted(_ids(worked_for)), sorted(_ids(paid)))


def _ids(keys: Iterable[str]) -> list[str]:
    return [key.partition("/")[-1] for key in keys]
