"""The journal: append-only segments, one folder a pay run; what is in it was synced before it was acknowledged.

``JOURNAL/segments/<business day>/<start>.avro``: ``start`` counts the times a collector came up and wrote to that pay
run. Every entry has a number, 1, 2, ... over the whole journal, and a check of its own.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, NamedTuple

from fastavro.write import Writer

from pipelines.live.durable import made, sync, sync_folder
from rules.periods import business_day_of, iso
from schemas.ids import file_of
from schemas.journal import FOLDER, MARKER, SCHEMA, TAKEN, Entry, read_segment
from schemas.physical import Unreadable

ONE_BLOCK = 1 << 30  # bytes until Avro would begin another block by itself: never, a batch is a block


class Damaged(ValueError):
    """The journal is not what was written, and no torn tail explains it."""


class Cut(NamedTuple):
    """A torn tail that was cut off: nothing of it had been acknowledged."""

    segment: str
    bytes: int


class Segment:
    """One segment, open to be appended to."""

    def __init__(self, folder: Path) -> None:
        path = made(folder) / f"{len(segments(folder)) + 1:06d}.avro"
        self._stream = path.open("xb")
        sync_folder(folder)
        self._writer = Writer(self._stream, SCHEMA, sync_interval=ONE_BLOCK, sync_marker=MARKER)

    def append(self, entries: Iterable[Entry]) -> None:
        """Add a block, synced. Raises OSError when the disk is full: then nothing more may be written here."""
        for entry in entries:
            self._writer.write(entry.record())
        self._writer.flush()
        sync(self._stream)

    def close(self) -> None:
        """Append no more."""
        self._stream.close()


class Journal:
    """The journal of one job. Opening it cuts off torn tails (``cuts``); raises Damaged for any other damage."""

    def __init__(self, folder: Path) -> None:
        self.folder = made(folder)
        self.cuts = [cut for path in _latest(folder) if (cut := _without_torn_tail(path))]
        recent = [entry for path in _latest(folder) for entry in entries_of(path)]
        self.count = max((entry.number for entry in recent), default=0)
        self.unfinished = _unfinished(recent)
        self.taken = {entry.raw.hex() for entry in recent if entry.reason == TAKEN}
        self._open: dict[int, Segment] = {}

    def append(self, entries: list[Entry]) -> list[Entry]:
        """Write entries, synced when this returns, numbered in the order in which they lie."""
        by_run: dict[int, list[Entry]] = defaultdict(list)
        for entry in entries:
            by_run[entry.admitted_cut_off].append(entry)
        written: list[Entry] = []
        for cut_off, of_run in sorted(by_run.items()):  # one after the other: what a crash leaves has no gap
            numbered = [entry._replace(number=self.count + place) for place, entry in enumerate(of_run, 1)]
            self._segment(cut_off).append(numbered)
            self.count += len(numbered)
            written += numbered
        return written

    def close_run(self, cut_off: int) -> None:
        """No entry will come to this pay run any more."""
        if segment := self._open.pop(cut_off, None):
            segment.close()

    def close(self) -> None:
        """Append no more."""
        for cut_off in list(self._open):
            self.close_run(cut_off)

    def entries(self, cut_off: int) -> Iterator[Entry]:
        """What a pay run sees first, in the order of arrival."""
        for path in segments(run_folder(self.folder, cut_off)):
            yield from entries_of(path)

    def _segment(self, cut_off: int) -> Segment:
        if cut_off not in self._open:
            self._open[cut_off] = Segment(run_folder(self.folder, cut_off))
        return self._open[cut_off]


def run_folder(journal: Path, cut_off: int) -> Path:
    """Where the entries of a pay run lie."""
    return journal / FOLDER / iso(business_day_of(cut_off))


def segments(folder: Path) -> list[Path]:
    """Segments of a pay run's folder, oldest first."""
    return sorted(folder.glob("*.avro"))


def run_folders(journal: Path) -> list[Path]:
    """Folders of pay runs that have entries, oldest first."""
    return sorted(path for path in (journal / FOLDER).glob("*") if path.is_dir())


def entries_of(path: Path) -> Iterator[Entry]:
    """Entries of a segment. Raises Damaged."""
    with path.open("rb") as stream:
        try:
            yield from read_segment(stream)
        except Unreadable as damage:
            raise Damaged(f"{_name(path)} is damaged from byte {damage.offset} on: restore it from backup") from None


def _latest(journal: Path) -> list[Path]:
    """Segments among which the last entry is: a fact is at most ten minutes, so one pay run, ahead of its arrival."""
    with_entries = [folder for folder in run_folders(journal) if segments(folder)]
    return [path for folder in with_entries[-2:] for path in segments(folder)]


def _without_torn_tail(path: Path) -> Cut | None:
    """Cut off what a crash left half written: it has no end marker. Raises Damaged if what is bad was written whole."""
    with path.open("rb+") as stream:
        whole = _whole_bytes(stream)
        stream.seek(whole)
        rest = stream.read()
        if whole and not rest:
            return None
        if rest.count(MARKER) > (0 if whole else 1):  # the header has one too
            raise Damaged(f"{_name(path)} is damaged at byte {whole}: restore it from backup")
        stream.truncate(whole)
        sync(stream)
    if not whole:
        path.unlink()
        sync_folder(path.parent)
    return Cut(_name(path), len(rest))


def _whole_bytes(stream: IO[bytes]) -> int:
    """Bytes up to the end of the last whole block; 0 if there is none."""
    try:
        for _ in read_segment(stream):
            pass
    except Unreadable as damage:
        return damage.offset or 0
    return stream.tell()


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def _unfinished(entries: list[Entry]) -> dict[str, set[str]]:
    """Origins by file (the part before the last colon) of files of which the end is not in the journal."""
    of_file: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        of_file[file_of(entry.origin)].add(entry.origin)
    ended = {file_of(entry.origin) for entry in entries if entry.reason == TAKEN}
    return {file: origins for file, origins in of_file.items() if file and file not in ended}
