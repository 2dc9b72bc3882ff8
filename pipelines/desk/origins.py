"""Where the desk's facts and records lie: a folder of facts with what was paid from it, or a journal alone.

A file, or the letters of a pay run, is read once; its ``mark`` changes when it does. Of a journal the facts of pay runs
that are not decided yet are not here: they are read when somebody asks for now.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

from fold.admissions import Admissions, admissions_in
from fold.door import admission
from pipelines.files_below import files_below
from pipelines.importing.text_facts import FolderDoor
from pipelines.live.outbox import DecidedRuns
from pipelines.live.seals import OUTBOX, SEAL, faults
from pipelines.misuse import Misuse
from pipelines.paid_records import record_said
from pipelines.report.books import Books
from pipelines.report.control import checks
from pipelines.report.records import ReportFolder
from rules.periods import business_day_of, iso
from schemas import CONCLUSIONS
from schemas.avro import Container, Unreadable, schema_path
from schemas.envelope import Fact, OutgoingRecord

FACTS_OF, SAID_OF = "facts", "said"


class SourceFile(NamedTuple):
    """``of``: FACTS_OF or SAID_OF; ``mark``: changes with it; ``size``: bytes, for progress."""

    of: str
    name: str
    mark: str
    size: int


class AdmittedFact(NamedTuple):
    """A fact and the pay run that saw it first."""

    cut_off: int
    fact: Fact


class Agreement(NamedTuple):
    """One thing that must agree, what was found, and sentences on what does not."""

    what: str
    found: str
    wrong: list[str]


class DeskOrigin(Protocol):
    """What the desk reads. ``events``: the folder of facts, or the journal; ``paid``: where records are, None: in the
    journal."""

    events: Path
    paid: Path | None

    @property
    def beside(self) -> Path:
        """What the desk's own files lie beside."""

    def files(self) -> list[SourceFile]:
        """All that is there now."""

    def records(self, name: str) -> Iterator[OutgoingRecord]:
        """Records of one file. Raises Misuse, Damaged."""

    def agreements(self) -> list[Agreement]:
        """Does it add up?"""


class PaidOrigin:
    """A folder of facts and what a replay, or a live job, paid from it."""

    paid: Path | None

    def __init__(self, events: Path, paid: Path) -> None:
        self.events, self.paid, self._folder = events, paid, paid
        ReportFolder(paid)  # raises Misuse where nothing was paid

    @property
    def beside(self) -> Path:
        """The folder of what was paid."""
        return self._folder.resolve()

    def files(self) -> list[SourceFile]:
        """Files of records by kind, then files of facts."""
        stems = (schema_path(kind).stem for kind in CONCLUSIONS)
        said = [path for stem in stems for path in sorted(self._folder.glob(f"{stem}*.avro"))]
        found = [_seen(SAID_OF, self._folder, path.name) for path in said]
        return found + [_seen(FACTS_OF, self.events, name) for name in files_below(self.events).files]

    def records(self, name: str) -> Iterator[OutgoingRecord]:
        """Records of a file of any kind."""
        path = self._folder / name
        try:
            with path.open("rb") as stream:
                container = Container(stream)
                if container.kind not in CONCLUSIONS:
                    raise Misuse(f"{path} holds {container.kind}: name the folder that a replay wrote to")
                for _, fields in container:
                    yield record_said(CONCLUSIONS[container.kind], fields)
        except Unreadable as damage:
            raise Misuse(f"{path} cannot be used ({damage.reason}): copy the folder again, or replay again") from None

    def agreements(self) -> list[Agreement]:
        """The checks of the report, over all pay runs."""
        return [Agreement(*each) for each in checks(Books(ReportFolder(self._folder), None, None))]


class JournalOrigin:
    """A journal: its letters are what was paid."""

    paid: Path | None = None

    def __init__(self, journal: Path) -> None:
        self.events = journal
        if not self._decided():
            raise Misuse(f"--journal {journal} has no pay run yet: let the job close one, such as with --close-run")

    @property
    def beside(self) -> Path:
        """The journal."""
        return self.events.resolve()

    def files(self) -> list[SourceFile]:
        """Letters of the decided pay runs, and the segments of these."""
        runs = self._decided()
        letters = [self._letters(run) for run in runs]
        days = {iso(business_day_of(run)) for run in runs}
        names = [name for name in files_below(self.events).files if Path(name).parent.name in days]
        return letters + [_seen(FACTS_OF, self.events, name) for name in names]

    def records(self, name: str) -> Iterator[OutgoingRecord]:
        """All that a pay run says. Raises Damaged."""
        return DecidedRuns(self.events).records(int(name))

    def agreements(self) -> list[Agreement]:
        """Is every closed pay run as it was sealed?"""
        wrong = [*faults(self.events)]
        what = "Every closed pay run of the journal is as it was sealed: letters and segments"
        return [Agreement(what, f"{len(self._decided()):,} pay runs", wrong)]

    def open_names(self, after: int) -> list[str]:
        """Files of facts that no decided pay run has seen. ``after``: the last decided cut-off."""
        last = iso(business_day_of(after))
        return [name for name in files_below(self.events).files if Path(name).parent.name > last]

    def _decided(self) -> list[int]:
        return sorted(DecidedRuns(self.events).decided())

    def _letters(self, cut_off: int) -> SourceFile:
        path = self.events / OUTBOX / iso(business_day_of(cut_off)) / SEAL
        return _seen(SAID_OF, path.parent, SEAL)._replace(name=str(cut_off))


def _seen(of: str, folder: Path, name: str) -> SourceFile:
    stat = (folder / name).stat()
    return SourceFile(of, name, f"{stat.st_size} {stat.st_mtime_ns} {stat.st_ctime_ns} {stat.st_ino}", stat.st_size)


class _FactReader(FolderDoor):
    """Keeps facts as they come through the door, and forgets what is refused: records tell of that."""

    def __init__(self, admissions: Admissions) -> None:
        super().__init__(1, None, admissions=admissions)
        self.read: list[AdmittedFact] = []

    def admit(self, fact: Fact, block: int = 0) -> None:
        """Keep a fact."""
        cut_off = self.admissions.obeyed(fact, admission(fact))
        self.read.append(AdmittedFact(cut_off, fact))

    def reject(self, raw: bytes, origin: str, wrong: Unreadable) -> None:
        """The payroll said so already."""


def facts_of(events: Path, names: list[str], all_names: list[str]) -> Iterator[tuple[str, AdmittedFact]]:
    """Facts of files, each with its file. ``all_names``: where it is said which came late."""
    told = (each for name in all_names for each in admissions_in(events / name))
    door = _FactReader(Admissions(told))
    for name in names:
        for _ in door.read_file(events / name, name):
            yield from ((name, each) for each in door.read)
            door.read.clear()
        yield from ((name, each) for each in door.read)
        door.read.clear()


__all__ = ["AdmittedFact", "Agreement", "DeskOrigin", "JournalOrigin", "PaidOrigin", "SourceFile", "facts_of"]
