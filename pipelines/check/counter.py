"""The counter at which events are looked at before they are sent: what the door would refuse is refused here alike."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from fold.door import Door, admission
from pipelines.files_below import FACTS, TEXTS, files_below, named_endings, named_files, unread
from pipelines.importing.text_facts import TextFact, admitted, facts_in, facts_of_lines
from pipelines.misuse import Misuse, readable
from schemas.admission import Admission
from schemas.avro import Container
from schemas.cloud_journal import Delivery, arrived
from schemas.envelope import Crossing, Fact
from schemas.ids import origin_in
from schemas.journal import Entry
from schemas.types import Fields

STANDARD_INPUT = Path("-")
AVRO = b"Obj\x01"
BEGINNING = 64  # bytes in which a text begins
MARKS_AND_SPACE = b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"
EVENTS_BETWEEN_BEATS = 1024


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
        self.late: list[Admission] = []  # what is said of facts that came late
        self.bad_lines: set[str] = set()  # where events of a text are that were rejected: what follows them is used
        self._origin = ""
        self._journalled = False

    def read(self, path: Path) -> Iterator[None]:
        """Read a file of any kind, the text of a pipe; yields now and then."""
        self._journalled = False
        if not path.is_file():
            with path.open("rb") as stream:
                yield from self.read_lines(stream, str(path))
            return
        if _is_text(path):
            yield from self._read_told(facts_in(path), str(path))
            return
        yield from self.read_file(path, str(path))

    def read_lines(self, lines: Iterable[bytes], name: str) -> Iterator[None]:
        """Read a text of JSON. Raises Misuse where it is Avro: a pipe cannot be read twice."""
        yield from self._read_told(facts_of_lines(_no_avro(lines, name)), name)

    def _read_told(self, facts: Iterable[TextFact], name: str) -> Iterator[None]:
        for number, told in enumerate(facts):
            self._origin = origin_in(name, told.place)
            if not admitted(self, told, self._origin) and not told.is_rest:
                self.bad_lines.add(self._origin)
            if not number % EVENTS_BETWEEN_BEATS:
                yield

    def read_record(self, container: Container, record: Fields, origin: str) -> None:
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

    def take(self, record: Crossing, block: int = 0) -> None:
        """A trusted record."""
        super().take(record, block)
        if isinstance(record, Admission):
            self.late.append(record)

    def admit(self, fact: Fact, block: int = 0) -> None:
        """Keep a fact that can be used. Raises Unreadable for one that the door or the live job would refuse."""
        if not self._journalled:
            arrived(fact, self.now)
        if fact.KIND != "CourseListing":
            self.tally.latest_cut_off = max(self.tally.latest_cut_off, admission(fact))
        self.tally.count(self.tally.used, fact.KIND)
        self.placed.append(Placed(self._origin, fact))


def _is_text(path: Path) -> bool:
    """Whether a file is JSON, by its name or by how it begins; what is neither JSON nor Avro is refused as Avro."""
    with path.open("rb") as stream:
        begins = stream.read(BEGINNING)
    if begins.startswith(AVRO):
        return False
    return path.suffix in TEXTS or begins.lstrip(MARKS_AND_SPACE)[:1] in (b"{", b"[")


def _no_avro(lines: Iterable[bytes], name: str) -> Iterator[bytes]:
    for number, line in enumerate(lines):
        if not number and line.startswith(AVRO):
            raise Misuse(f"{name} is Avro, not lines of JSON: write it to a file and name that")
        yield line


class Named(NamedTuple):
    """``files``: what paths name, themselves and all below folders; ``ignored``: sentences on what is not read."""

    files: list[Path]
    ignored: list[str]


def files_of(named: Iterable[Path]) -> Named:
    """The files that paths name: themselves, all below a folder, all of a journal. Raises Misuse."""
    found = [_files_of(each) for each in named]
    files = dict.fromkeys(path for each in found for path in each.files)
    return Named(list(files), [words for each in found for words in each.ignored])


def _files_of(named: Path) -> Named:
    if named.is_dir():
        return _below(named)
    if named != STANDARD_INPUT and not named.exists():
        raise Misuse(
            f"{named} is not there: name a file of events, a folder of them, a journal, or - for lines of JSON"
        )
    return Named([_readable(named)], [])


def _below(folder: Path) -> Named:
    below = files_below(folder)
    if not below.files:
        others = f" but {named_files(below.ignored)}" if below.ignored else ""
        raise Misuse(f"{folder} holds no {named_endings(FACTS)}{others}: name the folder or file of the events")
    words = unread(below)
    return Named([_readable(folder / name) for name in below.files], [words] if words else [])


def _readable(path: Path) -> Path:
    if path != STANDARD_INPUT:
        readable(path, "")
    return path


def read_all(counter: Counter, files: list[Path], lines: Iterable[bytes], beat: Callable[[int, int], None]) -> None:
    """Read all files; ``lines`` are those of ``-``. ``beat(files done, files)``."""
    for done, path in enumerate(files, 1):
        source = counter.read_lines(lines, "-") if path == STANDARD_INPUT else counter.read(path)
        for _ in source:
            beat(done - 1, len(files))
        beat(done, len(files))
