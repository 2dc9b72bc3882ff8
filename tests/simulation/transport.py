"""A topic that delivers late, twice and in any order, and forgets what was acknowledged only if it hears of it; and a
consumer who sometimes does not answer."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from random import Random
from typing import NamedTuple

from pipelines.live.collector import Batch, Message
from pipelines.live.outbox import Letter, NotSent

MOST = 40  # messages in a batch


class Wrong(AssertionError):
    """What must never be."""


class Published(NamedTuple):
    """A message, and from when it can be delivered."""

    at: int
    id: str
    raw: bytes


class Topic:
    """A source as the job knows it. ``faulty``: whether things go wrong; ``acknowledged``: ids that it heard of."""

    def __init__(self, random: Random, now: Callable[[], int]) -> None:
        self.random, self.now, self.faulty = random, now, True
        self.waiting: dict[str, Published] = {}
        self.acknowledged: dict[str, bytes] = {}

    def publish(self, message: Published) -> None:
        self.waiting[message.id] = message

    def batches(self) -> Iterator[Batch]:
        due = [each for each in self.waiting.values() if each.at <= self.now() or not self.faulty]
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
                    self.waiting.pop(each.id, None)
                    self.acknowledged[each.id] = each.raw

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
    """A sink as the job knows it, which keeps each id once; the same id with other content is Wrong."""

    def __init__(self, random: Random) -> None:
        self.random, self.faulty = random, True
        self.letters: dict[str, Letter] = {}
        self.by_run: dict[str, dict[str, Letter]] = defaultdict(dict)

    def send(self, run: str, letters: list[Letter], first: int, confirm: Callable[[int], None]) -> None:
        for place, letter in enumerate(letters[first:], first + 1):
            if self.faulty and self.random.random() < 0.01:
                raise NotSent("no answer")
            known = self.letters.setdefault(letter.id, letter)
            self.by_run[run][letter.id] = known
            if known.body != letter.body:
                raise Wrong(f"{letter.kind} was sent twice under one id with other content")
            if self.random.random() < 0.2 or place == len(letters):
                confirm(place)

    def said(self, run: str) -> list[Letter] | None:
        return None

    def close(self) -> None:
        """Nothing to let go."""
