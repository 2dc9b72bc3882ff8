"""The live job: take what arrives, and at each cut-off decide a pay run and send it. One thread, one owner, one
journal."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from fold.publications import PublishedLaw, obeying
from pipelines.law_notices import notices
from pipelines.live.begun import first_run, note_first_run
from pipelines.live.clock import Clock, day_of_run
from pipelines.live.clock_doubt import ClockDoubt
from pipelines.live.collector import Collector, Source
from pipelines.live.deciding import LiveDeciding, SentSums
from pipelines.live.durable import made
from pipelines.live.engine import AUTO, sweep
from pipelines.live.journal import Journal
from pipelines.live.law_requests import take_requests, words_of
from pipelines.live.memory import CountyMemory
from pipelines.live.outbox import NotSent, Outbox, Sink
from pipelines.live.past import Past
from pipelines.live.pay_run import PayRuns
from pipelines.live.resuming import Resuming
from pipelines.live.telling import Stand, Teller
from pipelines.live.whereabouts import note_all, note_run
from rules.law import Law
from rules.periods import business_day_of, cut_off_after
from schemas.journal import FOLDER

STILL = 60_000  # milliseconds after which a file that is ignored is none that is just being written


class How(NamedTuple):
    """How a job works. ``engine``: what folds; ``trusted``: see `clock_doubt`."""

    engine: str = AUTO
    trusted: int = 0


HOW = How()


class Job:
    """A live job on a journal that is its own (`durable.Owned`). Raises Damaged."""

    def __init__(self, folder: Path, law: Law, clock: Clock, sink: Sink, teller: Teller, how: How = HOW) -> None:
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
        begun = first_run(folder, self.outbox.decided(), self.clock)
        self.doubt = ClockDoubt(self.journal, how.trusted)
        self._doubted_before = self._doubted = ""
        open_run = begun if decided is None else cut_off_after(decided)
        self.collector = Collector(self.journal, open_run, self.doubt)
        self.memory = CountyMemory(folder, law)
        self._obey(self.journal.publications)
        pay_runs = PayRuns(self.memory, how.engine)
        past = Past(self.journal, self.outbox, self.memory, pay_runs, teller.voice.beat)
        self.deciding = LiveDeciding(begun, self.collector, self.outbox, past, teller)

    def resume(self, after: int | None = None, accept: int | None = None, sums: SentSums | None = None) -> None:
        """Remember all that was decided, and send what was not sent. Raises OtherHistory, OtherContent, Misuse.

        ``after``: pay runs up to this cut-off were sent though the outbox does not know it; ``sums``: of the last of
        them, where nobody can look at what was sent; ``accept``: the last one
        decided, if all up to it stands as it was said though this code and law would say otherwise.
        """
        Resuming(self.deciding).resume(after, accept, sums)
        sent = self._send()
        if (decided := self.outbox.last_decided()) is not None:
            note_all(self.folder, decided)
        self.teller.tell("resumed", open_run=day_of_run(self.collector.open_run), entries=self.journal.count, sent=sent)

    def round(self, source: Source) -> int:
        """Take what has come, then close the pay runs whose time has come; how many messages were taken."""
        self.source = source
        self._begin()
        self._take_law()
        self._doubted_before, self._doubted = self._doubted, ""
        if self.unsent:
            self._send()
        oldest = source.oldest()
        taken = self._take(source)
        self.close_runs(self.clock())
        self._count(oldest)
        return taken

    def _begin(self) -> None:
        """As long as nothing came, the first pay run is the one that is open by the clock, which may be set right."""
        if not self.journal.count and self.outbox.last_decided() is None:
            self.deciding.begun = self.collector.open_run = first_run(self.folder, [], self.clock)

    def _obey(self, publications: Iterable[PublishedLaw]) -> None:
        """From their pay runs on."""
        self.law = self.memory.law = obeying(self.law, publications)

    def _take_law(self) -> None:
        """Changes of law that were confirmed: entries of the open pay run, which decides by them."""
        taken = take_requests(self.journal, self.law, self.collector.open_run, self.clock())
        self._obey(taken.published)
        for each in taken.published:
            self.teller.tell("law published", **words_of(each))
        for why in taken.refused:
            self.teller.tell("law not published", says=why)

    def _take(self, source: Source) -> int:
        """Take what has come, if the clock is to be believed; how many messages were taken."""
        taken, now = 0, self.clock()
        if self.doubt.waits(now):
            self._doubted = self._doubted_before
            return 0
        if self._doubts(self.doubt.of_opening(self.collector.open_run, now)):
            return 0
        for batch in source.batches():
            is_first = not self.journal.count
            turned_away = self.collector.take(batch, self.clock())
            if is_first and self.journal.count:
                note_first_run(self.folder, self.deciding.begun)
            if not self._doubts(turned_away):
                taken += len(batch.messages)
        return taken

    def _doubts(self, why: str | None) -> bool:
        """Is there a reason not to believe the clock? It is said once, and seen in health and counters."""
        if why and why not in (self._doubted_before, self._doubted):
            self.teller.tell("clock doubted", says=why)
        self._doubted = why or self._doubted
        return bool(why)

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
        heard = self.source.heard() if self.source else {}
        stand = Stand(self.unsent, sum(ignored.values()), bool(self._doubted), oldest, heard)
        self.teller.count(self.collector, stand)

    def close_runs(self, now: int) -> None:
        """Close all pay runs with a cut-off at or before the instant, or till it is ``ending``; send what they say."""
        if self._doubts(self.doubt.of_opening(self.collector.open_run, now)):
            return
        while self.collector.open_run <= now and not self.ending():
            cut_off = self.collector.open_run
            if self._doubts(self.doubt.of_closing(cut_off)):
                return
            self.teller.voice.beat(f"Closing pay run {day_of_run(cut_off)}", 0, 1)
            run = self.deciding.decide()
            sent = self._send()
            note_run(self.folder, cut_off)
            self.teller.voice.beat("", 0, 0)
            self.teller.tell_run(day_of_run(cut_off), run, sent, self.source.oldest() if self.source else None)
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
