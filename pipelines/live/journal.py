"""The journal: append-only segments, one folder a pay run; what is in it was synced before it was acknowledged.

``JOURNAL/segments/<business day>/<start>.avro``: ``start`` counts the times a collector came up and wrote to that pay
run. Every entry has a number, 1, 2, ... over the whole journal, and a check of its own. Closed pay runs are held to
their seals (`seals`); only a pay run that is open may have a torn tail.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from fastavro.write import Writer

from fold.publications import publication_of
from pipelines.live.durable import made, sync, sync_folder
from pipelines.live.lost import last_number, missing_sentence, numbers_lost
from pipelines.live.seals import faults, rejected_in, seals, taken_in
from pipelines.live.segments import (
    Damaged,
    entries_of,
    published,
    run_folder,
    run_folders,
    segments,
    segments_after,
    without_torn_tail,
)
from schemas import private
from schemas.avro import decode_message
from schemas.envelope import Fact
from schemas.ids import file_of
from schemas.journal import LAW, MARKER, SCHEMA, TAKEN, Entry

ONE_BLOCK = 1 << 30  # bytes until Avro would begin another block by itself: never, a batch is a block


class Segment:
    """One segment, open to be appended to."""

    def __init__(self, folder: Path) -> None:
        before = [int(path.stem) for path in segments(folder) if path.stem.isdigit()]
        path = made(folder) / f"{max(before, default=0) + 1:06d}.avro"
        self._stream = private.new(path)
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
    """The journal of one job. Opening it checks what is closed, and cuts torn tails off what is open (``cuts``); raises
    Damaged for any other damage.

    ``count``: the last number given: of so many entries some may have been accepted as lost; ``taken``: files that are
    in it to their end, by SHA-256: was something of the file rejected? ``unfinished``: of
    files that are not, the origins that are there; ``moving``: the file that was taken last, and perhaps not moved
    away before the job died. ``publications``: changes of law that are in it, in order; ``newest``: the latest instant
    that a fact was recorded at.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = made(folder)
        for fault in faults(folder):
            raise Damaged(fault)
        sealed = seals(folder)
        last = sealed[-1].day if sealed else ""
        self.cuts = [cut for path in segments_after(folder, last) if (cut := without_torn_tail(path))]
        fresh = [entry for path in segments_after(folder, last) for entry in entries_of(path)]
        numbers = [entry.number for entry in fresh]
        self.count = sum(each.seal.entries for each in sealed) + len(fresh) + numbers_lost(folder, numbers)
        if (missing := max([last_number(folder), *numbers]) - self.count) > 0:
            raise Damaged(missing_sentence(missing))
        self.taken = {mark: rejected for each in sealed for mark, rejected in each.seal.taken.items()}
        latest = [entry for path in _latest(folder) for entry in entries_of(path)]
        self.taken |= taken_in(fresh, latest)
        self.unfinished = _unfinished(latest)
        self.newest = max([0, *(each.seal.newest for each in sealed), *map(_recorded_at, fresh)])
        self.moving = _last_taken(fresh)
        self._rejected = rejected_in(latest) & self.unfinished.keys()
        self.publications = published(folder)
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
        for entry in entries:
            self._note_file(entry)
        self.publications += [publication_of(entry) for entry in written if entry.reason == LAW]
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

    def _note_file(self, entry: Entry) -> None:
        """Keep what is known of files as it is in the segments."""
        file = file_of(entry.origin)
        if entry.reason == TAKEN:
            self.taken[entry.raw.hex()] = file in self._rejected
            self._rejected.discard(file)
            self.unfinished.pop(file, None)
        elif file:
            self.unfinished.setdefault(file, set()).add(entry.origin)
            if entry.is_rejection:
                self._rejected.add(file)


def _latest(journal: Path) -> list[Path]:
    """Segments that a file may lie in that was not taken to its end: a fact is at most ten minutes, so one pay run,
    ahead of its arrival."""
    with_entries = [folder for folder in run_folders(journal) if segments(folder)]
    return [path for folder in with_entries[-2:] for path in segments(folder)]


def _unfinished(entries: Iterable[Entry]) -> dict[str, set[str]]:
    """Origins by file (the part before the last colon) of files of which the end is not in the journal."""
    of_file: dict[str, set[str]] = defaultdict(set)
    ended: set[str] = set()
    for entry in entries:
        of_file[file_of(entry.origin)].add(entry.origin)
        if entry.reason == TAKEN:
            ended.add(file_of(entry.origin))
    return {file: origins for file, origins in of_file.items() if file and file not in ended}


def _last_taken(entries: list[Entry]) -> str | None:
    """The file (SHA-256) after whose end nothing came; None: something did."""
    last = max((entry for entry in entries if entry.reason == TAKEN), default=None)
    if last is None:
        return None
    later = {file_of(entry.origin) for entry in entries if entry.number > last.number}
    return None if later - {file_of(last.origin)} else last.raw.hex()


def _recorded_at(entry: Entry) -> int:
    """When the fact of an entry was recorded; 0: it is none."""
    fact = decode_message(entry.raw) if entry.reason is None else None
    return fact.recorded_at if isinstance(fact, Fact) else 0
