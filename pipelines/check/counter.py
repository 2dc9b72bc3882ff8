"""The counter at which events are looked at before they are sent: what the door would refuse is refused here alike."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from pipelines.check.json_lines import fact_of_line
from pipelines.misuse import Misuse, readable
from schemas import ARRIVALS
from schemas.avro import Container, Unreadable
from schemas.cloud_journal import Delivery, arrived
from schemas.envelope import Fact, Record
from schemas.journal import FOLDER as SEGMENTS
from schemas.journal import Entry, is_journal
from transforms.door import Door, admission

SUFFIXES = (".avro", ".jsonl", ".ndjson")
STANDARD_INPUT = Path("-")
AVRO = b"Obj\x01"
LINES_BETWEEN_BEATS = 1024


class Placed(NamedTuple):
    """A fact that can be used, and where it stands: file and position."""

    origin: str
    fact: Fact


class Counter(Door):
    """Reads as the door does, but keeps facts as they are. ``now``: no event may be recorded much later."""

    def __init__(self, now: int) -> None:
        super().__init__(shards=1, until=None)
        self.now = now
        self.placed: list[Placed] = []
        self.late: list[Record] = []  # what is said of facts that came late
        self.bad_lines: set[str] = set()  # where lines stand that were rejected: what follows such a line is used
        self._origin = ""
        self._journalled = False

    def read(self, path: Path) -> Iterator[None]:
        """Read a file of any kind, lines of a pipe; yields now and then."""
        self._journalled = False
        if not path.is_file():
            with path.open("rb") as stream:
                yield from self.read_lines(stream, str(path))
            return
        with path.open("rb") as stream:
            begins = stream.read(len(AVRO))
        if begins != AVRO and (path.suffix in SUFFIXES[1:] or begins.lstrip()[:1] == b"{"):
            with path.open("rb") as stream:
                yield from self.read_lines(stream, str(path))
            return
        yield from self.read_file(path, str(path))

    def read_lines(self, lines: Iterable[bytes], name: str) -> Iterator[None]:
        """Read one event a line; empty lines are none. Raises Misuse where it is Avro: a pipe cannot be read twice."""
        for number, line in enumerate(lines, 1):
            if number == 1 and line.startswith(AVRO):
                raise Misuse(f"{name} is Avro, not lines of JSON: write it to a file and name that")
            if line.strip():
                self._read_line(line.rstrip(b"\r\n"), f"{name}:{number}")
            if not number % LINES_BETWEEN_BEATS:
                yield

    def _read_line(self, line: bytes, origin: str) -> None:
        self._origin = origin
        self.tally.inputs += 1
        try:
            self.admit(fact_of_line(line))
        except Unreadable as wrong:
            self.reject(line, origin, wrong)
            self.bad_lines.add(origin)

    def read_record(self, container: Container, record: dict[str, Any], origin: str) -> None:
        """One record of a container, and where it stands."""
        self._origin = origin
        super().read_record(container, record, origin)

    def read_entry(self, entry: Entry, block: int = 0) -> None:
        """One entry of a journal: it has arrived already."""
        self._origin, self._journalled = entry.origin, True
        super().read_entry(entry, block)

    def read_delivery(self, delivery: Delivery, block: int = 0) -> None:
        """One message of a journal that the cloud kept: it has arrived already."""
        self._origin, self._journalled = delivery.origin, True
        super().read_delivery(delivery, block)

    def take(self, record: Record, block: int = 0) -> None:
        """A trusted record."""
        super().take(record, block)
        if record.KIND in ARRIVALS:
            self.late.append(record)

    def admit(self, fact: Fact, block: int = 0) -> None:
        """Keep a fact that can be used. Raises Unreadable for one that the door or the live job would refuse."""
        if not self._journalled:
            arrived(fact, self.now)
        if fact.KIND != "CourseListing":
            self.tally.latest_cut_off = max(self.tally.latest_cut_off, admission(fact))
        self.tally.count(self.tally.used, fact.KIND)
        self.placed.append(Placed(self._origin, fact))


def files_of(named: Iterable[Path]) -> list[Path]:
    """The files that paths name: themselves, all below a folder, all of a journal. Raises Misuse."""
    return list(dict.fromkeys(path for each in named for path in _files_of(each)))


def _files_of(named: Path) -> list[Path]:
    if named == STANDARD_INPUT or (named.exists() and not named.is_dir()):
        found = [named]
    elif named.is_dir():
        below = named / SEGMENTS if is_journal(named) else named
        found = sorted(path for path in below.rglob("*") if path.suffix in SUFFIXES and path.is_file())
        if not found:
            raise Misuse(f"{named} holds no *.avro, *.jsonl or *.ndjson: name the folder or file of the events")
    else:
        raise Misuse(
            f"{named} is not there: name a file of events, a folder of them, a journal, or - for lines of JSON"
        )
    for path in found:
        if path != STANDARD_INPUT:
            readable(path, "")
    return found


def read_all(counter: Counter, files: list[Path], lines: Iterable[bytes], beat: Callable[[int, int], None]) -> None:
    """Read all files; ``lines`` are those of ``-``. ``beat(files done, files)``."""
    for done, path in enumerate(files, 1):
        source = counter.read_lines(lines, "-") if path == STANDARD_INPUT else counter.read(path)
        for _ in source:
            beat(done - 1, len(files))
        beat(done, len(files))
