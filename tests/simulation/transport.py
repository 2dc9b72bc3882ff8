"""A topic that delivers late, twice and in any order, and forgets what was acknowledged only if it hears of it; and a
consumer who sometimes does not answer."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from fold.content import content_sha256
from pipelines.live.collector import Batch, Message, Source
from pipelines.live.outbox import Letter, NotSent, Sink
from schemas.avro import PREFIX, fields_of
from schemas.pay_run import PayRun
from tests.simulation.disk import PowerCut

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


def content_of(letters: Iterable[Letter]) -> str:
    """What a PayRun says of them (hex): all that its pay run says but itself."""
    bodies: dict[str, list[bytes]] = defaultdict(list)
    for each in letters:
        if each.kind != "PayRun" and "cut_off" in fields_of(each.record):
            bodies[each.kind].append(each.body[PREFIX:])
    return content_sha256(bodies)


class Consumer:
    """A sink as the job knows it, which keeps each id once; the same id with other content is Wrong. ``askable``: does
    it say what it has? ``cut_in``: when so many letters more have arrived, the power of the job is cut."""

    def __init__(self, random: Random, askable: bool) -> None:
        self.random, self.faulty, self.askable = random, True, askable
        self.letters: dict[str, Letter] = {}
        self.by_run: dict[str, dict[str, Letter]] = defaultdict(dict)
        self.cut_in, self.was_cut = 0, False

    def sink(self) -> Sink:
        """As a job knows it that just began."""
        return self

    def arrive(self, run: str, letter: Letter) -> None:
        known = self.letters.setdefault(letter.id, letter)
        self.by_run[run][letter.id] = known
        if known.body != letter.body:
            raise Wrong(f"{letter.kind} was sent twice under one id with other content")
        self.cut_in -= 1
        if self.cut_in == 0:
            self.was_cut = True
            raise PowerCut

    def last_whole(self) -> PayRun | None:
        """Of the pay runs that may be paid the last: it ends with its PayRun. Raises Wrong if that came too soon."""
        for _, letters in sorted(self.by_run.items(), reverse=True):
            for record in (each.record for each in letters.values() if each.kind == "PayRun"):
                assert isinstance(record, PayRun)
                if record.content_sha256 != content_of(letters.values()):
                    raise Wrong("a PayRun came before all that it counts")
                return record
        return None

    def throw_away_after(self, run: str) -> dict[str, dict[str, Letter]]:
        """What came of later pay runs, which are not whole: nothing of it was paid. It is not on file any more."""
        gone = {name: self.by_run.pop(name) for name in [*self.by_run] if name > run}
        for id in (id for letters in gone.values() for id in letters):
            del self.letters[id]
        return gone

    def put_back(self, gone: dict[str, dict[str, Letter]]) -> None:
        """It was not thrown away."""
        self.by_run |= gone
        self.letters |= {id: letter for letters in gone.values() for id, letter in letters.items()}

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
