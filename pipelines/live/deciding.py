"""One pay run decided, on a memory that was checked, and stored before anything of it is sent."""

from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeVar

from pipelines.live.believed import NotAsRemembered
from pipelines.live.clock import day_of_run
from pipelines.live.collector import Collector
from pipelines.live.outbox import Letter, OtherContent, Outbox
from pipelines.live.past import Past
from pipelines.live.pay_run import RunLetters
from pipelines.live.telling import Teller
from rules.periods import cut_off_after
from schemas.pay_run import PayRun

T = TypeVar("T")
SENT_OTHERWISE = (
    "pay run {day} was sent, and this journal says it otherwise: restore the newest backup; if this is it, start with"
    " --resume-after and the last pay run that is in --to, and what was sent stands"
)


OTHER_SUMS = (
    "pay run {day} was sent with other sums than this journal gives it: it is an older copy, or of other code or law;"
    " restore a newer backup, in place of this one"
)


class SentSums(NamedTuple):
    """Of a PayRun, as whoever got it has it: its own SHA-256, that of the PayRun before, and how many facts were
    admitted up to it. Are all the same, so is every amount of every pay run, and the PayRun itself: an older copy may
    lack facts of which nothing came yet."""

    content_sha256: str
    previous_sha256: str
    facts: int


def sums_said(letters: Iterable[Letter]) -> SentSums | None:
    """Of the PayRun among letters; None: there is none."""
    runs = (letter.record for letter in letters if letter.kind == PayRun.KIND)
    sums = (
        SentSums(each.content_sha256, each.previous_sha256, each.facts) for each in runs if isinstance(each, PayRun)
    )
    return next(sums, None)


class LiveDeciding:
    """Of one job. ``begun``: the cut-off of the journal's first pay run."""

    def __init__(self, begun: int, collector: Collector, outbox: Outbox, past: Past, teller: Teller) -> None:
        self.begun, self.collector, self.outbox, self.past, self.teller = begun, collector, outbox, past, teller
        self.journal, self.memory = collector.journal, past.memory

    def close_open_run(self) -> int:
        """Nothing is admitted to it any more; its cut-off."""
        cut_off = self.collector.open_run
        self.collector.open_run = cut_off_after(cut_off)
        self.journal.close_run(cut_off)
        return cut_off

    def decide(self, sent: bool = False, sums: SentSums | None = None) -> RunLetters:
        """Close the open run, and write down what it says. ``sums``: of the PayRun that was sent. Raises OtherContent
        if it was sent and said otherwise."""
        cut_off = self.close_open_run()
        run = self.believing(lambda: self._fold(cut_off))
        there = self.outbox.sink.said(day_of_run(cut_off))
        if there is not None and there != run.letters:
            raise OtherContent(SENT_OTHERWISE.format(day=day_of_run(cut_off)))
        if sums is not None and sums != sums_said(run.letters):
            raise OtherContent(OTHER_SUMS.format(day=day_of_run(cut_off)))
        self.outbox.decide(cut_off, run.letters, self.journal.newest, sent)
        self.past.pay_runs.remember(run)
        return run

    def _fold(self, cut_off: int) -> RunLetters:
        self.memory.check()
        self.remember_until(cut_off - 1)
        told = self.memory.told()
        if cut_off != (self.begun if told is None else cut_off_after(told.cut_off)):
            raise RuntimeError("what is remembered does not reach the pay run before: nothing may be paid on top of it")
        return self.past.pay_runs.fold(cut_off, self.journal.entries(cut_off))

    def believing(self, do: Callable[[], T]) -> T:
        """Do it with a memory that is what it was; if it is not, it is made again from the journal first."""
        try:
            return do()
        except NotAsRemembered:
            self.teller.tell("memory made again")
            self.memory.forget()
            return do()

    def remember_until(self, last: int) -> None:
        """Remember pay runs up to a cut-off. Raises OtherHistory, NotAsRemembered."""
        self.past.remember(self.begun, last, self.collector.open_run)
