"""What a county would have been paid under another wage or limit: its facts are decided by both laws in a process of
its own, behind the pages (`pipelines.what_if.compare`).

One question at a time, whoever asks; the answer is kept for the session that asked.
"""

import multiprocessing
import os
import shutil
import signal
import tempfile
import threading
from datetime import date
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import NamedTuple

from pipelines.desk.county_facts import AUTHORIZED, authorizations_changed, percent_of
from pipelines.desk.county_sums import CountyAnswer, county_answer
from pipelines.desk.index import index_path
from pipelines.desk.origins import DeskOrigin
from pipelines.live.crash import crash_without_people
from pipelines.watch import end_with
from pipelines.what_if.compare import compare
from pipelines.what_if.variant import FactChange, Variant
from rules.law import Law
from rules.periods import epoch_day

MOST_KEPT = 50  # answers: sums of a few numbers each
NICENESS = 10  # pages go first


class CountyQuestion(NamedTuple):
    """``what``: a parameter of the law, or all authorizations; ``value``, ``first``: as they were written; ``run``: the
    last pay run looked at, a business day, ``on``: its cut-off."""

    county: str
    what: str
    value: str
    first: str
    run: int
    on: int


class CountyAnswered(NamedTuple):
    """A question and its answer; None: whoever worked on it ended before, or (``stopped``) was told to."""

    question: CountyQuestion
    answer: CountyAnswer | None
    stopped: bool = False


class CountyProgress(NamedTuple):
    """Whose question is being answered, and how far the stage is."""

    who: str
    question: CountyQuestion
    stage: str = ""
    done: int = 0
    total: int = 0


class CountyWork(NamedTuple):
    """All that the process needs: facts, a folder of its own, the law, and the other law."""

    question: CountyQuestion
    events: Path
    folder: Path
    law: Law
    other: Law


class CountyQuestions:
    """Who asked what, how far it is, and what came of it. ``who``: a session."""

    def __init__(self) -> None:
        self.answers: dict[str, CountyAnswered] = {}
        self.progress: CountyProgress | None = None
        self._lock, self._thread = threading.Lock(), threading.Thread()
        self._process: BaseProcess | None = None
        self._is_stopped = False

    def ask(self, who: str, question: CountyQuestion, origin: DeskOrigin, laws: tuple[Law, Law]) -> bool:
        """Begin to answer, by a law and another; False: another question is being answered, and this is not taken."""
        with self._lock:
            if self.progress is not None:
                return False
            index = index_path(origin)
            folder = Path(tempfile.mkdtemp(prefix=f".{index.name}.what-if-", dir=index.parent))
            work = CountyWork(question, origin.events, folder, *laws)
            self._process, receiving = _begun(work)
            self.progress, self._is_stopped = CountyProgress(who, question), False
            asked = who, work, self._process, receiving
            self._thread = threading.Thread(target=self._answer, args=asked, daemon=True)
            self._thread.start()
        return True

    def wait(self) -> None:
        """Until what was asked is answered."""
        if self._thread.is_alive():
            self._thread.join()

    def stop(self, who: str | None = None) -> None:
        """Answer no more (``who``: only what this session asked), and leave nothing behind."""
        with self._lock:
            if self.progress is None or self._process is None or who not in (None, self.progress.who):
                return
            self._is_stopped = True
            self._process.kill()
        self.wait()

    def _answer(self, who: str, work: CountyWork, process: BaseProcess, receiving: Connection) -> None:
        found = None
        try:
            found = self._told(receiving)
        finally:
            process.join()
            shutil.rmtree(work.folder, ignore_errors=True)
            with self._lock:
                self._keep(who, CountyAnswered(work.question, found, self._is_stopped and found is None))
                self.progress = self._process = None

    def _keep(self, who: str, answered: CountyAnswered) -> None:
        self.answers.pop(who, None)
        self.answers[who] = answered
        for old in [*self.answers][:-MOST_KEPT]:
            del self.answers[old]

    def _told(self, receiving: Connection) -> CountyAnswer | None:
        """What the process says at last; None: it ended."""
        while True:
            try:
                told = receiving.recv()
            except (EOFError, OSError):  # before a message, or within one
                return None
            if isinstance(told, CountyAnswer):
                return told
            assert self.progress is not None
            self.progress = self.progress._replace(stage=told[0], done=told[1], total=told[2])


def _begun(work: CountyWork) -> tuple[BaseProcess, Connection]:
    """The process that works on it, and where it tells of that."""
    context = multiprocessing.get_context("spawn")  # a fork of many threads may stand still for ever
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=_begin, args=(work, sending, os.getpid()), daemon=True)
    process.start()
    sending.close()  # so that its end is seen here
    return process, receiving


def answered(work: CountyWork, sending: Connection) -> None:
    """Decide by both laws: progress goes out, then the answer."""

    def beat(stage: str, done: int, total: int) -> None:
        sending.send((stage, done, total))

    variant, scratch = Variant("", work.other, _facts(work.question)), work.folder / "blocks"
    found = compare(work.events, work.law, [variant], scratch, work.question.on, beat, processes=1, by_person=True)
    sending.send(county_answer(found, work.question.county))


def _facts(asked: CountyQuestion) -> list[FactChange]:
    """What facts would be otherwise."""
    if asked.what != AUTHORIZED:
        return []
    first = epoch_day(date.fromisoformat(asked.first))
    return [authorizations_changed(asked.county, percent_of(asked.value), first)]


def _begin(work: CountyWork, sending: Connection, parent: int) -> None:
    """In the process: an error is told without its text, by a thread since `multiprocessing` tells it whole."""
    end_with(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the desk ends it
    os.nice(NICENESS)
    crash_without_people()
    thread = threading.Thread(target=answered, args=(work, sending))
    thread.start()
    thread.join()
