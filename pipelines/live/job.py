"""The job: take what comes, and at each cut-off say what it comes to. One thread, one owner, one journal."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from pipelines.law_notices import notices
from pipelines.live.accepted import accept
from pipelines.live.clock import Clock
from pipelines.live.collector import Batch, Collector
from pipelines.live.durable import made, replace
from pipelines.live.engine import AUTO, sweep
from pipelines.live.journal import Journal
from pipelines.live.memory import Memory
from pipelines.live.outbox import NotSent, Outbox, Sink
from pipelines.live.past import OtherHistory, Past
from pipelines.live.pay_run import PayRuns, Run
from pipelines.live.telling import Teller
from pipelines.live.whereabouts import note_all, note_run
from pipelines.misuse import Misuse
from rules.law import Law
from rules.periods import business_day_of, cut_off_after, cut_offs, iso
from schemas.journal import FOLDER

BEGUN = "begun.json"
STILL = 60_000  # milliseconds after which a file that is ignored is none that is just being written


class Source(Protocol):
    """Where facts come from."""

    def batches(self) -> Iterator[Batch]:
        """What has come until now."""

    def oldest(self) -> int | None:
        """Since when (the machine's epoch milliseconds) the oldest waits that is not acknowledged; None: none waits."""

    def settling(self) -> bool:
        """Is something there that is not taken yet, only because it may still be written to?"""

    def ignored(self, until: int) -> dict[str, int]:
        """How many things are there that are never taken, and have been since an instant (the machine's), by what they
        are."""

    def close(self) -> None:
        """Let go of connections."""


class Job:
    """A live job on a journal that is its own (`durable.Owned`). Raises Damaged."""

    def __init__(self, folder: Path, law: Law, clock: Clock, sink: Sink, teller: Teller, engine: str = AUTO) -> None:
        self.folder, self.law, self.clock, self.teller = folder, law, clock, teller
        made(folder / FOLDER)
        sweep(folder)
        self.journal = Journal(folder)
        for cut in self.journal.cuts:
            teller.tell("torn tail cut off", segment=cut.segment, bytes=cut.bytes)
        self.outbox, self.unsent = Outbox(folder, sink), 0
        self.source: Source | None = None
        self._ignored: dict[str, int] = {}
        self.ending: Callable[[], bool] = lambda: False  # whether it was asked to end
        decided = self.outbox.last_decided()
        self.begun = self._begun()
        self.collector = Collector(self.journal, self.begun if decided is None else cut_off_after(decided))
        self.memory = Memory(folder, law)
        self.pay_runs = PayRuns(self.memory, law, engine)
        self.past = Past(self.journal, self.outbox, self.memory, self.pay_runs, teller.voice.beat)

    def resume(self, after: int | None = None, accept: int | None = None) -> None:
        """Remember all that was decided, and send what was not sent. Raises OtherHistory, Misuse.

        ``after``: pay runs up to this cut-off were sent though the outbox does not know it; ``accept``: the last one
        decided, if all up to it stands as it was said though this code and law would say otherwise.
        """
        while after is not None and self.collector.open_run <= after:
            self._decide(sent=True)
        self._remember(accept)
        sent = self._send()
        if (decided := self.outbox.last_decided()) is not None:
            note_all(self.folder, decided)
        self.teller.tell("resumed", open_run=self._open_day(), entries=self.journal.count, sent=sent)

    def round(self, source: Source) -> int:
        """Take what has come, then close the pay runs whose time has come; how many messages were taken."""
        taken = 0
        self.source = source
        if self.unsent:
            self._send()
        oldest = source.oldest()
        for batch in source.batches():
            self.collector.take(batch, self.clock())
            taken += len(batch.messages)
        self.close_runs(self.clock())
        self._count(oldest)
        return taken

    def end_with(self, last: int) -> None:
        """Close all pay runs up to one, and say how things stand."""
        self.close_runs(last)
        self._count(None, still=0)

    def _count(self, oldest: int | None, still: int = STILL) -> None:
        """Say how things stand. ``still``: for how long what is ignored must have been there (milliseconds)."""
        ignored = self.source.ignored(self.teller.machine() - still) if self.source else {}
        if ignored != self._ignored:
            self._ignored = ignored
            self.teller.tell("ignored", files=sum(ignored.values()), by_ending=ignored)
        waiting = self.unsent, sum(ignored.values())
        self.teller.count(self.collector, self.collector.open_run, self.journal.count, *waiting, oldest)

    def close_runs(self, now: int) -> None:
        """Close all pay runs with a cut-off at or before the instant, or till it is ``ending``; send what they say."""
        while self.collector.open_run <= now and not self.ending():
            cut_off = self.collector.open_run
            self.teller.voice.beat(f"Closing pay run {_day(cut_off)}", 0, 1)
            run = self._decide()
            sent = self._send()
            note_run(self.folder, cut_off)
            self.teller.voice.beat("", 0, 0)
            self.teller.tell_run(_day(cut_off), run, sent, self.source.oldest() if self.source else None)
            self.teller.tell_law(notices(self.law, business_day_of(cut_off), cut_off))

    def _send(self) -> int:
        """Send what is decided; what does not go out now goes out in a later round."""
        try:
            sent = self.outbox.send_all()
        except NotSent as broken:
            waiting = len(self.outbox.waiting())
            if waiting != self.unsent:  # told once, then seen in the counters
                self.teller.tell("not sent", reason=str(broken), pay_runs=waiting)
            self.unsent = waiting
            return 0
        self.unsent = 0
        return sent

    def close(self) -> None:
        """End cleanly: everything is on the disk already."""
        self.journal.close()
        self.memory.close()
        self.outbox.sink.close()

    def _decide(self, sent: bool = False) -> Run:
        """Close the open run: nothing is admitted to it any more, and what it says is written down."""
        cut_off = self.collector.open_run
        self.collector.open_run = cut_off_after(cut_off)
        self.journal.close_run(cut_off)
        self._remember_until(cut_off - 1)
        run = self.pay_runs.fold(cut_off, self.journal.entries(cut_off))
        self.outbox.decide(cut_off, run.letters, sent)
        self.pay_runs.remember(run)
        return run

    def _remember(self, accept: int | None = None) -> None:
        """Remember all that was decided. ``accept``: the last pay run, up to which all stands as it was said."""
        decided = self.outbox.last_decided()
        if accept is not None and accept != decided:
            last = "no pay run is decided yet" if decided is None else f"name {_day(decided)}, the last one decided"
            raise Misuse(f"--accept-history {_day(accept)}: {last}")
        if decided is None:
            return
        try:
            self._remember_until(decided)
        except OtherHistory as refused:
            if accept is None:
                raise
            self._accept(accept, str(refused))

    def _accept(self, until: int, refused: str) -> None:
        """What was said stays said; the next pay run says the difference. Raises OtherHistory if letters are missing,
        for then nobody knows what was instructed."""
        if any(self.outbox.letters(cut_off) is None for cut_off in cut_offs(self.begun, until)):
            raise OtherHistory(f"{refused}; and what was said is not all in the outbox: restore it from backup")
        accept(self.folder, until, self.clock(), self.law.version)
        self.past.accept()
        self._remember_until(until)
        self.teller.tell("history accepted", until=_day(until), **self.past.otherwise._asdict())

    def _remember_until(self, last: int) -> None:
        self.past.remember(self.begun, last, self.collector.open_run)

    def _begun(self) -> int:
        """The first pay run of the journal, which the clock told when it was new."""
        path = self.folder / BEGUN
        if not path.exists():
            replace(path, json.dumps({"first_cut_off": cut_off_after(self.clock())}).encode())
        return int(json.loads(path.read_bytes())["first_cut_off"])

    def _open_day(self) -> str:
        return _day(self.collector.open_run)


def _day(cut_off: int) -> str:
    return iso(business_day_of(cut_off))
