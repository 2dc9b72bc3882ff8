"""An index of a folder of facts by person: which blocks of which files hold facts about whom.

With it one payment is explained without reading everything. It is made while a replay reads (`Door`), a part for each
file; merged into one file of buckets. A live job makes one for each
pay run. Keys are ``P/<provider>`` and ``R/<recipient>``; places are bytes at which blocks begin. The same folder gives
the same bytes. An index begins with what it is and the SHA-256 of the rest.
"""

import hashlib
import struct
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import IO, Any, NamedTuple

import msgspec

from fold.rows import shard_of
from schemas import private
from schemas.envelope import Crossing
from schemas.ids import payee_of, provider_key, recipient_key

INDEX = "facts.index"
OF_JOURNAL = "places"  # folder of a journal: an index for each pay run
FOR_ALL = "*"  # key of what everybody's pay may need: reference data
MAGIC = b"ihss.facts.index.2\n"
DIGEST = hashlib.sha256().digest_size
LENGTH = struct.Struct(">Q")
BUCKETS = 256


class FileSeen(msgspec.Struct, array_like=True):
    """A file as it was read: name below the folder, bytes, SHA-256."""

    name: str
    size: int
    sha256: bytes


class IndexPart(msgspec.Struct, array_like=True):
    """Of one file: blocks by key."""

    file: FileSeen
    blocks: dict[str, list[int]]


class _Head(msgspec.Struct, array_like=True):
    shards: int
    files: list[FileSeen]
    ends: list[int]  # of the buckets, in bytes after the head


class BlockPlace(NamedTuple):
    """A block of a file, by its first byte."""

    name: str
    offset: int


def keys_of(kind: str, fields: Mapping[str, Any]) -> list[str]:
    """The people a fact is about, as keys, from its kind and its fields, which nobody may have looked at yet."""
    if kind == "CourseListing":
        return [FOR_ALL]
    if kind == "PaymentOutcome":
        named = payee_of(str(fields["instruction_id"]))
        provider, recipient = named.provider_id, recipient_key(named.recipient_id or "")
        return [recipient] if provider is None else [provider_key(provider), recipient]
    trips = (trip if isinstance(trip, dict) else vars(trip) for trip in fields.get("trips") or () if trip is not None)
    recipients = [fields.get("recipient_id"), *(trip["to_recipient_id"] for trip in trips)]
    providers = [] if (provider_id := fields.get("provider_id")) is None else [provider_key(provider_id)]
    return [*providers, *dict.fromkeys(recipient_key(each) for each in recipients if each is not None)]


class Places:
    """Blocks of one file by key, noted while it is read."""

    def __init__(self) -> None:
        self.blocks: dict[str, list[int]] = defaultdict(list)

    def note(self, fact: Crossing, offset: int) -> None:
        """A fact lies in the block that begins at ``offset``; blocks come in order."""
        self.note_keys(keys_of(fact.KIND, vars(fact)), offset)

    def note_keys(self, keys: Iterable[str], offset: int) -> None:
        """Something about these people lies in the block."""
        for key in keys:
            blocks = self.blocks[key]
            if not blocks or blocks[-1] != offset:
                blocks.append(offset)

    def part(self, folder: Path, name: str) -> IndexPart:
        """What was noted of a file."""
        return IndexPart(file_seen(folder, name), dict(self.blocks))

    def write_part(self, parts: Path, folder: Path, name: str) -> Path:
        """Write what was noted of a file; writing it twice does no harm."""
        part = self.part(folder, name)
        path = parts / f"{hashlib.sha256(name.encode()).hexdigest()}.part"
        return private.written(path, msgspec.msgpack.encode(part))


def file_seen(folder: Path, name: str) -> FileSeen:
    """A file as it is now."""
    with (folder / name).open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").digest()
    return FileSeen(name, (folder / name).stat().st_size, digest)


def write_index(parts: Path, path: Path, shards: int) -> None:
    """Merge parts that were written into an index. ``shards``: over how many the replay dealt settlements."""
    private.written(
        path,
        packed((msgspec.msgpack.decode(each.read_bytes(), type=IndexPart) for each in parts.glob("*.part")), shards),
    )


def packed(parts: Iterable[IndexPart], shards: int) -> bytes:
    """An index of the parts."""
    merged = sorted(parts, key=lambda part: part.file.name)
    buckets: list[dict[str, list[list[int]]]] = [defaultdict(list) for _ in range(BUCKETS)]
    for number, part in enumerate(merged):
        for key, offsets in part.blocks.items():
            buckets[shard_of(key, BUCKETS)][key].append([number, *offsets])
    encoded = [msgspec.msgpack.encode(bucket, order="sorted") for bucket in buckets]
    head = msgspec.msgpack.encode(_Head(shards, [part.file for part in merged], [*accumulate(map(len, encoded))]))
    rest = b"".join((LENGTH.pack(len(head)), head, *encoded))
    return MAGIC + hashlib.sha256(rest).digest() + rest


def index_at(path: Path) -> "Index | None":
    """The index at a path; None if there is none that can be believed."""
    try:
        return Index(path) if path.is_file() else None
    except (ValueError, EOFError):
        return None


def indexes_of(journal: Path) -> list["Index"]:
    """Those that a journal has of its closed pay runs, as far as they can be believed."""
    found = (index_at(path) for path in sorted((journal / OF_JOURNAL).glob("*.index")))
    return [index for index in found if index is not None]


class Index:
    """An index as it was left. Raises ValueError for a file that is none, or not as it was written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with path.open("rb") as stream:
            if stream.read(len(MAGIC)) != MAGIC:
                raise ValueError("no index of facts")
            check = stream.read(DIGEST)
            if hashlib.file_digest(stream, "sha256").digest() != check:
                raise ValueError("not an index of facts as it was written")
            stream.seek(len(MAGIC) + DIGEST)
            length = int.from_bytes(stream.read(LENGTH.size))
            self._start = stream.tell() + length
            self._head = msgspec.msgpack.decode(stream.read(length), type=_Head)

    @property
    def shards(self) -> int:
        """Over how many files a kind of record was dealt by settlement."""
        return self._head.shards

    @cached_property
    def files(self) -> dict[str, FileSeen]:
        """Files that were read, by name."""
        return {file.name: file for file in self._head.files}

    def everybody(self) -> Iterator[str]:
        """Keys of all whom a fact is about, and FOR_ALL; all of it is read."""
        with self.path.open("rb") as stream:
            for number in range(BUCKETS):
                yield from self._bucket(stream, number)

    def places(self, keys: Iterable[str]) -> Iterator[BlockPlace]:
        """Blocks that hold facts about any of the keys; some may come twice."""
        with self.path.open("rb") as stream:
            for key in keys:
                for number, *offsets in self._bucket(stream, shard_of(key, BUCKETS)).get(key, ()):
                    yield from (BlockPlace(self._head.files[number].name, offset) for offset in offsets)

    def _bucket(self, stream: IO[bytes], number: int) -> dict[str, list[list[int]]]:
        begin = self._head.ends[number - 1] if number else 0
        stream.seek(self._start + begin)
        return msgspec.msgpack.decode(stream.read(self._head.ends[number] - begin))  # type: ignore[no-any-return]

    def unchanged(self, folder: Path, name: str) -> bool:
        """Is a file of the folder still what was read? It is if it has its size and was last touched before the index
        was made (a date can be set back, the time of that cannot), or its content."""
        seen = self.files.get(name)
        if seen is None:
            return False
        now = (folder / name).stat()
        if now.st_size != seen.size:
            return False
        touched = max(now.st_mtime_ns, now.st_ctime_ns)
        return touched < self.path.stat().st_mtime_ns or file_seen(folder, name) == seen
