"""How a job starts on a journal with a past: the memory is brought up to the last pay run and compared with what was
sent."""

from pipelines.live.accepted import accept
from pipelines.live.begun import last_sent
from pipelines.live.clock import day_of_run
from pipelines.live.deciding import LiveDeciding, SentSums
from pipelines.live.outbox import Letter
from pipelines.live.past import OtherHistory
from pipelines.misuse import Misuse
from rules.periods import cut_offs

OLDER = (
    "this journal ends more than a day before pay run {day}, which was sent: it is an older copy, and would pay again"
    " what it has lost; take a newer backup, or, if no fact came since, say so with --trust-clock {day}"
)


class Resuming:
    """Of a job that was just opened."""

    def __init__(self, deciding: LiveDeciding) -> None:
        self.deciding, self.outbox, self.memory = deciding, deciding.outbox, deciding.memory
        self.journal, self.past = deciding.journal, deciding.past

    def resume(self, after: int | None, accept: int | None, sums: SentSums | None) -> None:
        """See `job.Job.resume`. Raises OtherHistory, OtherContent, Misuse."""
        self._refuse_a_lost_outbox(after)
        taken = self._take_as_sent(after or 0, sums)
        self._remember(after if taken else accept)

    def _remember(self, accept: int | None = None) -> None:
        """Remember all that was decided. ``accept``: the last pay run, up to which all stands as it was said."""
        decided = self.outbox.last_decided()
        if accept is not None and accept != decided:
            last = "" if decided is None else day_of_run(decided)
            named = f"name {last}, the last one decided" if last else "no pay run is decided yet"
            raise Misuse(f"--accept-history {day_of_run(accept)}: {named}")
        if decided is None:
            return
        unsealed = self.outbox.unsealed()
        if unsealed:
            self.memory.forget()  # so that all of it is held against the journal
        try:
            self.deciding.believing(lambda: self._remember_checked(decided))
        except OtherHistory as refused:
            if accept is None:
                raise
            self._accept(accept, str(refused))
        if unsealed:
            self.outbox.seal_all(self.journal.newest)

    def _remember_checked(self, decided: int) -> None:
        self.memory.check(thorough=True)
        self.deciding.remember_until(decided)

    def _accept(self, until: int, refused: str) -> None:
        """What was said stays said; the next pay run says the difference. Raises OtherHistory if letters are missing,
        for then nobody knows what was instructed."""
        if any(self.outbox.letters(cut_off) is None for cut_off in cut_offs(self.deciding.begun, until)):
            raise OtherHistory(f"{refused}; and what was said is not all in the outbox: restore it from backup")
        accept(self.journal.folder, until, self.deciding.teller.now(), self.past.pay_runs.law.version)
        self.past.accept()
        self.deciding.remember_until(until)
        self.deciding.teller.tell("history accepted", until=day_of_run(until), **self.past.otherwise._asdict())

    def _refuse_a_lost_outbox(self, after: int | None) -> None:
        """Raises OtherHistory if more pay runs were sent than the outbox knows, and nobody says what became of them."""
        sent, known = last_sent(self.journal.folder), self.deciding.collector.open_run
        if after is None and sent >= known:
            day = day_of_run(sent)
            raise OtherHistory(
                f"pay runs up to {day} were sent, and the outbox does not know them: restore it from backup, or start"
                f" with --resume-after {day}"
            )

    def _take_as_sent(self, after: int, sums: SentSums | None) -> bool:
        """Pay runs up to a cut-off were sent: what is there of them is what they said, though this journal, an older
        copy perhaps, would say it otherwise; of others, what it says, if the last has the ``sums`` that were sent. Was
        anything there?"""
        taken = False
        while self.deciding.collector.open_run <= after:
            cut_off = self.deciding.collector.open_run
            there = self.outbox.sink.said(day_of_run(cut_off))
            if there is None:
                if self.deciding.collector.doubt.of_closing(cut_off):
                    raise OtherHistory(OLDER.format(day=day_of_run(cut_off)))
                there = self._decided_as_sent(sums if cut_off == after else None, taken)
                if there is None:
                    continue
            else:
                self.deciding.close_open_run()
            self.outbox.decide(cut_off, there, self.journal.newest, sent=True)
            taken = True
        return taken

    def _decided_as_sent(self, sums: SentSums | None, taken: bool) -> list[Letter] | None:
        """None: decided, as this journal says it. Else the letters that stand, none: a pay run of which nothing is
        there, after some that this journal would say otherwise."""
        try:
            self.deciding.decide(sent=True, sums=sums)
        except OtherHistory:
            if not taken:
                raise
            return []
        return None
