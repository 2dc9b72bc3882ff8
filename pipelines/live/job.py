"""The job: take what comes, and at each cut-off say what it comes to. One thread, one owner, one journal."""

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from pipelines.live.clock import Clock
from pipelines.live.collector import Batch, Collector
from pipelines.live.durable import made, replace
from pipelines.live.engine import AUTO
from pipelines.live.journal import Journal
from pipelines.live.memory import Memory
from pipelines.live.outbox import Letter, NotSent, Outbox, Sink
from pipelines.live.pay_run import PayRuns, Run
from pipelines.live.telling import Teller
from rules.law import Law
from rules.periods import business_day_of, cut_off_after, cut_offs, iso
from schemas.avro import decode_message
from schemas.journal import FOLDER

BEGUN = "begun.json"


class Source(Protocol):
    """Where facts come from."""

    def batches(self) -> Iterator[Batch]:
        """What has come until now."""

    def close(self) -> None:
        """Let go of connections."""


class OtherHistory(ValueError):
    """Code and law decide a pay run otherwise than it was said: nothing may be paid on top of it."""


class Job:
    """A live job on a journal that is its own (`durable.Owned`). Raises Damaged."""

    def __init__(
        self, folder: Path, law: Law, clock: Clock, sink: Sink, teller: Teller, engine: str = AUTO
    ) -> None:
        self.folder, self.law, self.clock, self.teller = folder, law, clock, teller
        made(folder / FOLDER)
        self.journal = Journal(folder)
        for cut in self.journal.cuts:
            teller.tell("torn tail cut off", segment=cut.segment, bytes=cut.bytes)
        self.outbox, self.unsent = Outbox(folder, sink), False
        decided = self.outbox.last_decided()
        self.begun = self._begun()
        self.collector = Collector(self.journal, self.begun if decided is None else cut_off_after(decided))
        self.memory = Memory(folder, law)
        self.pay_runs = PayRuns(self.memory, law, engine)

    def resume(self, after: int | None = None) -> None:
        """Remember all that was decided, and send what was not sent.

        ``after``: pay runs up to this cut-off were sent though the outbox does not know it.
        """
        while after is not None and self.collector.open_run <= after:
            self._decide(sent=True)
        self._remember()
        sent = self._send()
        self.teller.tell("resumed", open_run=self._open_day(), entries=self.journal.count, sent=sent)

    def round(self, source: Source) -> int:
        """Take what has come, then close the pay runs whose time has come; how many messages were taken."""
        taken = 0
        if self.unsent:
            self._send()
        for batch in source.batches():
            self.collector.take(batch, self.clock())
            taken += len(batch.messages)
        self.close_runs(self.clock())
        self.teller.count(self.collector, self._open_day(), self.journal.count)
        return taken

    def close_runs(self, now: int) -> None:
        """Close all pay runs with a cut-off at or before the instant, and send what they say."""
        while self.collector.open_run <= now:
            cut_off = self.collector.open_run
            run = self._decide()
            sent = self._send()
            self.teller.tell_run(iso(business_day_of(cut_off)), run, sent)

    def _send(self) -> int:
        """Send what is decided; what does not go out now goes out in a later round."""
        try:
            sent = self.outbox.send_all()
        except NotSent as broken:
            self.unsent = True
            self.teller.tell("not sent", reason=str(broken))
            return 0
        self.unsent = False
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

    def _remember(self) -> None:
        decided = self.outbox.last_decided()
        if decided is not None:
            self._remember_until(decided)

    def _remember_until(self, last: int) -> None:
        """Fold again what was decided and is not remembered, and hold it against what was said."""
        told = self.memory.told()
        if told is not None and told.cut_off >= self.collector.open_run:
            self.memory.forget()  # the outbox is older than the memory: it came from a backup
            told = None
        for cut_off in cut_offs(self.begun if told is None else told.cut_off + 1, last):
            run = self.pay_runs.fold(cut_off, self.journal.entries(cut_off))
            said = self.outbox.letters(cut_off)
            if said is None or _what_counts(run.letters) != _what_counts(said):
                self.memory.forget()
                day = iso(business_day_of(cut_off))
                raise OtherHistory(
                    f"this code and law decide pay run {day} otherwise than it was said: go back to those that said it,"
                    " or see 'A bad deploy' in docs/operations.md"
                )
            self.pay_runs.remember(run)

    def _begun(self) -> int:
        """The first pay run of the journal, which the clock told when it was new."""
        path = self.folder / BEGUN
        if not path.exists():
            replace(path, json.dumps({"first_cut_off": cut_off_after(self.clock())}).encode())
        return int(json.loads(path.read_bytes())["first_cut_off"])

    def _open_day(self) -> str:
        return iso(business_day_of(self.collector.open_run))


def _what_counts(letters: list[Letter]) -> list[Any]:
    """Ids of what was said, and the control totals but for the law's version."""
    totals = [decode_message(letter.body).model_dump() for letter in letters if letter.kind == "PayRun"]
    for each in totals:
        with suppress(KeyError):
            del each["law_version"], each["assumptions"]
    return [sorted(letter.id for letter in letters), totals]
