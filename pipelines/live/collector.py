"""The collector: each message is decoded, given to the first pay run that may use it, written to the journal, synced,
and only then acknowledged.

Messages that cannot be used are written too, as rejections with their bytes.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, Protocol

from pipelines.live.clock_doubt import ClockDoubt
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
    published_at: int = 0  # by the clock of the server that had it; 0: it had none


def _nothing() -> None:
    """Acknowledged with a later batch; or nobody needs to be told."""


class Batch(NamedTuple):
    """Messages that are acknowledged together, once they are in the journal; or turned away, to come again."""

    messages: list[Message]
    acknowledge: Callable[[], None]
    turn_away: Callable[[], None] = _nothing


class SourceEnded(RuntimeError):
    """Nothing can come from there any more, and why: nobody would notice that nothing does."""


class Source(Protocol):
    """Where facts come from."""

    def batches(self) -> Iterator[Batch]:
        """What has come until now. Raises SourceEnded."""

    def oldest(self) -> int | None:
        """Since when (the machine's epoch milliseconds) the oldest waits that is not acknowledged; None: none waits."""

    def settling(self) -> bool:
        """Is something there that is not taken yet, only because it may still be written to?"""

    def ignored(self, until: int) -> dict[str, int]:
        """How many things are there that are never taken, and have been since an instant (the machine's), by what they
        are."""

    def heard(self) -> dict[str, int]:
        """When (the machine's epoch milliseconds) each of its parts last answered, by name."""

    def close(self) -> None:
        """Let go of connections."""


class Collector:
    """Takes batches into a journal. ``open_run``: the cut-off before which no pay run is admitted to any more;
    ``doubt``: of the clock."""

    def __init__(self, journal: Journal, open_run: int, doubt: ClockDoubt | None = None) -> None:
        self.journal, self.open_run, self.doubt = journal, open_run, doubt or ClockDoubt(journal)
        self.facts: Counter[str] = Counter()
        self.rejections: Counter[str] = Counter()

    def take(self, batch: Batch, now: int) -> str | None:
        """Journal a batch, synced, then acknowledge it; or turn it away, and say why. ``now``: the arrival. Raises
        OSError when the disk is full."""
        seen = Seen()
        entries = [self._entry(message, now, seen) for message in batch.messages]
        published = max((message.published_at for message in batch.messages), default=0)
        if why := self.doubt.of_taking(entries, now, published or seen.newest, bool(published)):
            batch.turn_away()
            return why
        self.journal.append(entries)
        self.journal.newest = max(self.journal.newest, published, seen.newest)
        self.facts += seen.facts
        self.rejections += seen.rejections
        batch.acknowledge()
        return None

    def _entry(self, message: Message, now: int, seen: "Seen") -> Entry:
        if isinstance(message.wrong, Taken):
            return Entry(0, now, self._run(now), message.origin, message.raw, TAKEN)
        try:
            fact = _read(message, now)
        except Unreadable as wrong:
            seen.rejections[wrong.reason] += 1
            what = wrong.reason, wrong.field, wrong.message
            return Entry(0, now, self._run(now), message.origin, message.raw, *what)
        seen.facts[fact.KIND] += 1
        seen.newest = max(seen.newest, fact.recorded_at)
        return Entry(0, now, self._run(max(now, fact.recorded_at)), message.origin, message.raw)

    def _run(self, instant: int) -> int:
        return max(self.open_run, cut_off_after(instant))


class Seen:
    """What is in a batch. ``newest``: the latest instant that a fact of it was recorded at."""

    def __init__(self) -> None:
        self.facts: Counter[str] = Counter()
        self.rejections: Counter[str] = Counter()
        self.newest = 0


class Taken(Unreadable):
    """Not an event: the end of a file of events, so that the file is not taken twice."""

    def __init__(self) -> None:
        super().__init__("UNREADABLE", "The end of a file that was taken.")


def _read(message: Message, now: int) -> Fact:
    if message.wrong is not None:
        raise message.wrong
    return arrived(decode_message(message.raw, message.kind), now)


def batches(
    messages: Iterable[Message], acknowledge: Callable[[], None], turn_away: Callable[[], None], largest: int
) -> Iterable[Batch]:
    """Batches of at most so many messages; the last acknowledges all."""
    waiting: list[Message] = []
    for message in messages:
        if len(waiting) == largest:
            yield Batch(waiting, _nothing, turn_away)
            waiting = []
        waiting.append(message)
    yield Batch(waiting, acknowledge, turn_away)
