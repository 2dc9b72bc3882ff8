"""The collector: what arrives is read, stamped with the pay run that sees it first, journalled, and then acknowledged.

What cannot be used is journalled too, as a rejection with its bytes.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple

from pipelines.live.journal import Journal
from rules.periods import cut_off_after
from schemas.avro import Unreadable, decode_message
from schemas.cloud_journal import arrived
from schemas.envelope import Fact
from schemas.journal import TAKEN, Entry


class Message(NamedTuple):
    """One thing that arrived: single-object bytes, where from, its kind if the topic says so, or why it is none."""

    raw: bytes
    origin: str
    kind: str | None = None
    wrong: Unreadable | None = None


class Batch(NamedTuple):
    """Messages that are acknowledged together, once they are in the journal."""

    messages: list[Message]
    acknowledge: Callable[[], None]


class Collector:
    """Takes batches into a journal. ``open_run``: the cut-off before which no pay run is admitted to any more."""

    def __init__(self, journal: Journal, open_run: int) -> None:
        self.journal, self.open_run = journal, open_run
        self.facts: Counter[str] = Counter()
        self.rejections: Counter[str] = Counter()

    def take(self, batch: Batch, now: int) -> None:
        """Journal a batch, synced, then acknowledge it. ``now``: the arrival. Raises OSError when the disk is full."""
        self.journal.append([self._entry(message, now) for message in batch.messages])
        batch.acknowledge()

    def _entry(self, message: Message, now: int) -> Entry:
        if isinstance(message.wrong, Taken):
            return Entry(0, now, self._run(now), message.origin, message.raw, TAKEN)
        try:
            fact = _read(message, now)
        except Unreadable as wrong:
            self.rejections[wrong.reason] += 1
            what = wrong.reason, wrong.field, wrong.message
            return Entry(0, now, self._run(now), message.origin, message.raw, *what)
        self.facts[fact.KIND] += 1
        return Entry(0, now, self._run(max(now, fact.recorded_at)), message.origin, message.raw)

    def _run(self, instant: int) -> int:
        return max(self.open_run, cut_off_after(instant))


class Taken(Unreadable):
    """Not an event: the end of a file of events, so that the file is not taken twice."""

    def __init__(self) -> None:
        super().__init__("UNREADABLE", "The end of a file that was taken.")


def _read(message: Message, now: int) -> Fact:
    if message.wrong is not None:
        raise message.wrong
    return arrived(decode_message(message.raw, message.kind), now)


def batches(messages: Iterable[Message], acknowledge: Callable[[], None], largest: int) -> Iterable[Batch]:
    """Batches of at most so many messages; the last acknowledges all."""
    waiting: list[Message] = []
    for message in messages:
        if len(waiting) == largest:
            yield Batch(waiting, _nothing)
            waiting = []
        waiting.append(message)
    yield Batch(waiting, acknowledge)


def _nothing() -> None:
    """Acknowledged with the last of them."""
