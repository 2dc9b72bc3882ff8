"""One pay run decided, on a memory that was checked, and stored before anything of it is sent."""

from collections.abc import Callable
from typing import TypeVar

from pipelines.live.believed import NotAsRemembered
from pipelines.live.clock import day_of_run
from pipelines.live.collector import Collector
from pipelines.live.outbox import OtherContent, Outbox
from pipelines.live.past import Past
from pipelines.live.pay_run import RunLetters
from pipelines.live.telling import Teller
from rules.periods import cut_off_after

T = TypeVar("T")
SENT_OTHERWISE = (
    "pay run {day} was sent, and this journal says it otherwise: restore the newest backup; if this is it, start with"
    " --resume-after and the last pay run that is in --to, and what was sent stands"
)


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

    def decide(self, sent: bool = False) -> RunLetters:
        """Close the open run, and write down what it says. Raises OtherContent if it was sent and said otherwise."""
        cut_off = self.close_open_run()
        run = self.believing(lambda: self._fold(cut_off))
        there = self.outbox.sink.said(day_of_run(cut_off))
        if there is not None and there != run.letters:
            raise OtherContent(SENT_OTHERWISE.format(day=day_of_run(cut_off)))
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
