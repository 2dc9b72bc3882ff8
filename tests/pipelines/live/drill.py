"""A county's facts, dealt day by day to a live job with folders as edges, and the comparison with the replay."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

from pipelines.live.deciding import SentSums
from pipelines.live.folder_out import FolderOut
from pipelines.live.folders import FolderIn
from pipelines.live.job import How, Job
from pipelines.live.outbox import Sink
from pipelines.live.telling import JsonLines, Teller
from pipelines.sample.simulate import simulate
from rules.law import Law
from rules.periods import cut_off_after
from schemas import CONCLUSIONS
from schemas.avro import Container, Unreadable, write_container
from schemas.journal import FOLDER
from tests.paid import replay_folder

LAW = Law.load()
Records = dict[str, list[dict[str, Any]]]


class Day(NamedTuple):
    """All that is recorded before a cut-off and after the one before, by kind."""

    cut_off: int
    facts: Records


DAYS_BEFORE = 25  # of a small county, that a job has lived when a test begins


def county(folder: Path, recipients: int = 12, months: int = 2, seed: int = 5) -> list[Day]:
    """A small county's facts by the pay run that sees them first, from the second month of its terms on."""
    simulate(folder, "17", recipients, months, "2024-07", seed, 0.05)
    days: dict[int, Records] = defaultdict(lambda: defaultdict(list))
    first = cut_off_after(1_719_800_000_000)  # 2024-06-30: what was recorded before lies there when the job comes up
    for kind, record in records_below(folder):
        if "recorded_at" in record:
            days[max(first, cut_off_after(record["recorded_at"]))][kind].append(record)
    return [Day(cut_off, dict(facts)) for cut_off, facts in sorted(days.items())]


def records_below(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every record of the container files below a folder that can be read."""
    for path in sorted(folder.rglob("*.avro")):
        yield from records_in(path)


def records_in(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every record of a container file up to its damage."""
    with path.open("rb") as stream, suppress(Unreadable):
        container = Container(stream)
        yield from ((container.kind, record) for _, record in container)


TRUSTED = 1 << 62  # a clock that nobody doubts: days of a test have no night between them


class World:
    """A job on folders below ``root``, with a clock that a test moves."""

    def __init__(self, root: Path, begins: int) -> None:
        self.root, self.now, self.log, self.trusted = root, begins, StringIO(), TRUSTED
        self.inbox, self.journal, self.out = root / "in", root / "journal", root / "out"
        self.inbox.mkdir(parents=True, exist_ok=True)

    @property
    def edges(self) -> list[str]:
        """Where a job that is started as a command gets facts, and where it sends records; no file is waited for."""
        folders = [f"--from=folder:{self.inbox}", f"--to=folder:{self.out}", f"--journal={self.journal}"]
        return ["--settle=0", *folders]

    def job(
        self,
        sink: Sink | None = None,
        law: Law = LAW,
        after: int | None = None,
        accept: int | None = None,
        sums: SentSums | None = None,
    ) -> Job:
        self.teller = Teller(self.journal, JsonLines(self.log), lambda: self.now)
        how = How(trusted=self.trusted)
        job = Job(self.journal, law, lambda: self.now, sink or FolderOut(self.out), self.teller, how)
        job.resume(after, accept, sums)
        return job

    def source(self, job: Job) -> FolderIn:
        return FolderIn(self.inbox, job.journal)

    def land(self, day: Day) -> None:
        for kind, records in day.facts.items():
            write_container(self.inbox / f"{kind}-{day.cut_off}.avro", kind, records)

    def live(self, days: list[Day], job: Job | None = None) -> Job:
        """Take each day's facts just before its cut-off, then close the last pay run."""
        job = job or self.job()
        for day in days:
            self.now = max(self.now, day.cut_off - 1)
            self.land(day)
            job.round(self.source(job))
        self.now = days[-1].cut_off
        job.round(self.source(job))
        return job

    def said(self) -> Records:
        """What was sent, by kind, in an order of its own."""
        found: Records = {kind: [] for kind in CONCLUSIONS}
        for kind, record in records_below(self.out):
            found[kind].append(record)
        return {kind: in_order(records) for kind, records in found.items()}

    def replayed(self, until: int) -> Records:
        """What a replay of the journal says."""
        segments = self.journal / FOLDER
        names = [str(path.relative_to(self.journal)) for path in segments.rglob("*.avro")]
        records = replay_folder(self.journal, names, LAW, until).records
        return {kind: in_order(records.get(kind, [])) for kind in CONCLUSIONS}


def in_order(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Records without when and where a rejection was seen, sorted by all that is left."""
    kept = [{name: value for name, value in each.items() if name not in ("seen_at", "origin")} for each in records]
    return sorted(kept, key=lambda record: sorted((name, repr(value)) for name, value in record.items()))
