"""A topic that delivers late, twice and in any order, and forgets what was acknowledged only if it hears of it; and a
consumer who sometimes does not answer."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from pipelines.live.collector import Batch, Message, Source
from pipelines.live.outbox import Letter, NotSent, Sink

if TYPE_CHECKING:
    from pipelines.live.job import Job

MOST = 40  # messages in a batch
MINUTE = 60_000
MARGIN = 10 * MINUTE  # by which an operator who puts back a backup goes back further: clocks differ


class Wrong(AssertionError):
    """What must never be."""


class Published(NamedTuple):
    """A message, and from when it can be delivered. ``is_fact``: can it be read at all?"""

    at: int
    id: str
    raw: bytes
    kind: str
    is_fact: bool = True


class Topic:
    """Where facts wait. ``faulty``: whether things go wrong; ``acknowledged``: what it heard of, by id, and when."""

    def __init__(self, random: Random, now: Callable[[], int]) -> None:
        self.random, self.now, self.faulty = random, now, True
        self.waiting: dict[str, Published] = {}
        self.acknowledged: dict[str, tuple[Published, int]] = {}

    def publish(self, message: Published) -> None:
        self.waiting[message.id] = message

    def source(self, job: "Job") -> Source:
        """As a job knows it that just began."""
        return self

    def due(self) -> list[Published]:
        """What can be delivered now."""
        return [each for each in self.waiting.values() if each.at <= self.now() or not self.faulty]

    def hear(self, id: str) -> None:
        """Forget what was acknowledged; what was already, changes nothing."""
        if message := self.waiting.pop(id, None):
            self.acknowledged[id] = message, self.now()

    def seek(self, since: int) -> None:
        """All that was acknowledged since then comes again."""
        for id, (message, at) in list(self.acknowledged.items()):
            if at >= since - MARGIN:
                del self.acknowledged[id]
                self.waiting[id] = message

    def land(self) -> None:
        """Put what is due where it can be taken, where a source does not ask for it."""

    def heard_of(self) -> None:
        """Look what was acknowledged, where nobody says so."""

    def after_a_cut(self) -> None:
        """The power is there again."""

    def strange(self) -> int:
        """How many things lie there that are never taken."""
        return 0

    def batches(self) -> Iterator[Batch]:
        due = self.due()
        if self.faulty:
            due = [each for each in due if self.random.random() < 0.9]
            due += [each for each in due if self.random.random() < 0.1]
        self.random.shuffle(due)
        while due:
            size = self.random.randint(1, MOST)
            part, due = due[:size], due[size:]
            yield Batch([Message(each.raw, f"topic/{each.id}") for each in part], self._acknowledge(part))

    def _acknowledge(self, part: list[Published]) -> Callable[[], None]:
        def acknowledge() -> None:
            for each in part:
                if not self.faulty or self.random.random() < 0.9:
                    self.hear(each.id)

        return acknowledge

    def oldest(self) -> int | None:
        return None

    def settling(self) -> bool:
        return False

    def ignored(self, until: int) -> dict[str, int]:
        return {}

    def heard(self) -> dict[str, int]:
        return {}

    def close(self) -> None:
        """Nothing to let go."""


class Consumer:
    """A sink as the job knows it, which keeps each id once; the same id with other content is Wrong. ``askable``: does
    it say what it has?"""

    def __init__(self, random: Random, askable: bool) -> None:
        self.random, self.faulty, self.askable = random, True, askable
        self.letters: dict[str, Letter] = {}
        self.by_run: dict[str, dict[str, Letter]] = defaultdict(dict)

    def sink(self) -> Sink:
        """As a job knows it that just began."""
        return self

    def arrive(self, run: str, letter: Letter) -> None:
        known = self.letters.setdefault(letter.id, letter)
        self.by_run[run][letter.id] = known
        if known.body != letter.body:
            raise Wrong(f"{letter.kind} was sent twice under one id with other content")

    def send(self, run: str, letters: list[Letter], first: int, confirm: Callable[[int], None]) -> None:
        for place, letter in enumerate(letters[first:], first + 1):
            if self.faulty and self.random.random() < 0.01:
                raise NotSent("no answer")
            self.arrive(run, letter)
            if self.random.random() < 0.2 or place == len(letters):
                confirm(place)

    def said(self, run: str) -> list[Letter] | None:
        letters = list(self.by_run.get(run, {}).values()) if self.askable else []
        return letters if any(each.kind == "PayRun" for each in letters) else None

    def close(self) -> None:
        """Nothing to let go."""
