"""Two folders of records side by side, in one pass: for each key what A says and what B says.

Within a file records are in the order of cut-off and id (fold/shard.py), so files are merged as they are read and
no more than a record of each is in memory.
"""

from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from heapq import heappop, heappush, merge
from itertools import islice
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import Any, NamedTuple

from pipelines.misuse import Misuse
from pipelines.paid_records import record_said
from schemas import CONCLUSIONS
from schemas.avro import Container, Unreadable, schema_path
from schemas.envelope import OutgoingRecord
from schemas.rejection import Rejection

KEYS = {kind: ("cut_off", *record.KEY) for kind, record in CONCLUSIONS.items()} | {"Rejection": Rejection.KEY}
"""What makes a record the same one in both folders, in the order in which the files are sorted."""

UNSORTED = ("Rejection",)  # by a live job; there are few
RECORDS_BETWEEN_LOOKS = 1024  # at how much of a file was read
Key = tuple[Any, ...]
KEY = itemgetter(0)
ANOTHER = "name a folder that replay or run wrote"


class Pair(NamedTuple):
    """One key of a kind: what A says and what B says of it; None: nothing."""

    kind: str
    key: Key
    before: OutgoingRecord | None
    after: OutgoingRecord | None


class Payroll:
    """A folder that a replay or the live job wrote. Raises Misuse where it is none."""

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise Misuse(f"{folder} is no folder: {ANOTHER}")
        self.folder = folder
        self.files = {kind: _files(folder, kind) for kind in KEYS}
        if not self.files["PayRun"]:
            raise Misuse(f"{folder} has no pay_run*.avro: {ANOTHER}")

        self.size = sum(path.stat().st_size for paths in self.files.values() for path in paths)
        self._read: dict[Path, int] = {}

    @property
    def bytes_read(self) -> int:
        """How much of ``size`` has been read."""
        return sum(self._read.values())

    def records(self, kind: str) -> Iterator[tuple[Key, OutgoingRecord]]:
        """All records of a kind by key, each key once. Raises Misuse when the folder is not one payroll."""
        last: tuple[Key, OutgoingRecord] | None = None
        for keyed in self._sorted(kind) if kind in UNSORTED else self._merged(kind):
            if last is None or keyed[0] != last[0]:
                yield keyed
            elif keyed[1] != last[1]:
                raise Misuse(f"{self.folder} says two things of one {kind}: name the folder of one replay")
            last = keyed

    def _sorted(self, kind: str) -> Iterator[tuple[Key, OutgoingRecord]]:
        yield from sorted((keyed for path in self.files[kind] for keyed in self._of_file(path, kind)), key=KEY)

    def _merged(self, kind: str) -> Iterator[tuple[Key, OutgoingRecord]]:
        """Files merged, each opened only when its first key is next: years of a live job are a file a pay run."""
        waiting = sorted(self._first_keys(kind), reverse=True)
        heads: list[tuple[Key, Path, OutgoingRecord, Iterator[tuple[Key, OutgoingRecord]]]] = []
        while waiting or heads:
            if waiting and (not heads or waiting[-1][0] <= heads[0][0]):
                _, path = waiting.pop()
                _push(heads, path, self._of_file(path, kind))
                continue
            key, path, record, rest = heappop(heads)
            yield key, record
            _push(heads, path, rest)

    def _first_keys(self, kind: str) -> Iterator[tuple[Key, Path]]:
        for path in self.files[kind]:
            with closing(self._of_file(path, kind)) as records:
                yield from ((key, path) for key, _ in islice(records, 1))

    def _of_file(self, path: Path, kind: str) -> Generator[tuple[Key, OutgoingRecord], None, None]:
        key_of, last = attrgetter(*KEYS[kind]), None
        alone = len(KEYS[kind]) == 1
        with path.open("rb") as stream:
            try:
                container = Container(stream)
                if container.kind != kind:
                    raise Misuse(f"{path} holds {container.kind}, not {kind}: {ANOTHER}")
                for number, fields in container:
                    record = record_said(CONCLUSIONS[kind], fields)
                    if not number % RECORDS_BETWEEN_LOOKS:
                        self._read[path] = stream.tell()
                    key = (key_of(record),) if alone else key_of(record)
                    if last is not None and key < last and kind not in UNSORTED:
                        raise Misuse(f"{path} is not in the order of its keys: {ANOTHER}")
                    last = key
                    yield key, record
            except Unreadable as damage:
                raise Misuse(
                    f"{path} cannot be used ({damage.reason}): copy the folder again, or replay again"
                ) from None


def _push(heads: list[Any], path: Path, records: Iterator[tuple[Key, OutgoingRecord]]) -> None:
    """What a file says next takes its place in the heap; no two keys and paths are the same, so no records compare."""
    for key, record in records:
        heappush(heads, (key, path, record, records))
        return


def _files(folder: Path, kind: str) -> list[Path]:
    return sorted(folder.glob(f"{schema_path(kind).stem}*.avro"))


def pairs(kind: str, a: Payroll, b: Payroll) -> Iterator[Pair]:
    """Every key of a kind in either folder, in order."""
    return _joined(kind, a.records(kind), b.records(kind))


def _joined(
    kind: str, a: Iterable[tuple[Key, OutgoingRecord]], b: Iterable[tuple[Key, OutgoingRecord]]
) -> Iterator[Pair]:
    sided = merge(((key, 0, said) for key, said in a), ((key, 1, said) for key, said in b), key=KEY)
    waiting: tuple[Key, int, OutgoingRecord] | None = None
    for key, side, said in sided:
        if waiting is not None and waiting[0] == key:
            yield Pair(kind, key, waiting[2], said)  # merge is stable: A comes first
            waiting = None
            continue
        if waiting is not None:
            yield _alone(kind, *waiting)
        waiting = (key, side, said)
    if waiting is not None:
        yield _alone(kind, *waiting)


def _alone(kind: str, key: Key, side: int, said: OutgoingRecord) -> Pair:
    return Pair(kind, key, None if side else said, said if side else None)
