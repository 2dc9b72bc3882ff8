"""One life of the live job: facts published over two months, faults from a seed, and what must hold at its end."""

import shutil
from functools import cache
from pathlib import Path
from random import Random
from tempfile import mkdtemp
from typing import Any, NamedTuple

from pipelines.live.job import How, Job
from pipelines.live.segments import Damaged
from pipelines.live.telling import JsonLines, Teller
from rules.law import Law
from rules.periods import cut_off_after
from schemas import CONCLUSIONS
from schemas.avro import Unreadable, encode_message, fields_of, validate
from schemas.journal import FOLDER
from tests.paid import replay_folder
from tests.pipelines.live.drill import TRUSTED, Day, county, in_order
from tests.simulation.checks import Watch
from tests.simulation.disk import PLACE, ForgetfulDisk, PowerCut
from tests.simulation.transport import Consumer, Published, Topic, Wrong

LAW = Law.load()
COUNTIES, RECIPIENTS, MONTHS = 3, 80, 2
MINUTE = 60_000
ROUNDS_A_DAY = 2


class Life(NamedTuple):
    """What happened: how often the power was cut, and how much was paid for."""

    seed: int
    cuts: int
    syncs: int
    provider_months: int
    payments: int


@cache
def county_of(seed: int) -> list[Day]:
    """A county's facts by pay run; a few counties serve all seeds, the faults are each seed's own."""
    folder = Path(mkdtemp(dir=PLACE))
    try:
        return county(folder, RECIPIENTS, MONTHS, seed)
    finally:
        shutil.rmtree(folder)


class Less(NamedTuple):
    """Of a life only so much: ``days``, without some messages (by number); ``calm``: faults that stay away."""

    days: int = 1 << 30
    without: frozenset[int] = frozenset()
    calm: frozenset[str] = frozenset()


FAULTS = ("power", "full disk", "topic", "consumer")
WHOLE = Less()


def live(seed: int, less: Less = WHOLE) -> Life:
    """One life. Raises Wrong, or what the job died of, if it is not as it should be."""
    root = Path(mkdtemp(dir=PLACE, prefix=f"life-{seed}-"))
    try:
        return _World(root / "journal", seed, less).live()
    finally:
        shutil.rmtree(root)


def _message(kind: str, record: dict[str, Any]) -> bytes:
    """What a sender makes of a record; of one that nobody can use, something that nobody can read."""
    try:
        return encode_message(validate(kind, record))
    except Unreadable:
        return b"\xc3\x01" + repr(sorted(record.items())).encode()


class _World:
    def __init__(self, root: Path, seed: int, less: Less) -> None:
        self.random, self.seed, self.root, self.less = Random(seed), seed, root, less
        self.days = county_of(seed % COUNTIES)[: less.days]
        self.end = cut_off_after(self.days[-1].cut_off + 1)
        self.now, self.published = self.days[0].cut_off - 1000, 0
        root.mkdir()
        self.disk = ForgetfulDisk(root, self.random)
        self.disk.believe()
        self.topic, self.consumer = Topic(self.random, lambda: self.now), Consumer(self.random)
        self.watch = Watch(root, self.topic, self.consumer)
        self.job: Job | None = None

    def live(self) -> Life:
        with self.disk.mounted():
            for day in self.days:
                self._publish(day)
                for part in range(ROUNDS_A_DAY):
                    self.now = max(self.now, day.cut_off - (ROUNDS_A_DAY - part) * 30 * MINUTE)
                    self.now += self.random.randint(-2, 2) * MINUTE
                    self._round()
                self.now = day.cut_off + self.random.randint(0, 5) * MINUTE
                self._round()
            self._settle()
            return self._judged()

    def _publish(self, day: Day) -> None:
        for kind, records in day.facts.items():
            for record in records:
                late = self.random.choice((0, 0, 0, 0, 0, 0, 0, 1, 3)) * 24 * 60 * MINUTE
                self.published += 1
                raw = _message(kind, record)
                if self.published not in self.less.without:
                    self.topic.publish(Published(day.cut_off - 90 * MINUTE + late, f"{self.published:06}", raw))

    def _round(self) -> None:
        """A round, though the power may be cut in it, or the disk be full; then the job begins again."""
        self.disk.cut_in = self.random.randint(1, 14) if self.random.random() < 0.06 else 0
        self.disk.full_in = self.random.randint(1, 14) if self.random.random() < 0.03 else 0
        self._calm()
        for _ in range(5):
            try:
                self._started().round(self.topic)
                self.watch.look()
                return
            except PowerCut:
                self._dies()
                self.disk.lose_power()
            except OSError:
                self._dies()
            self.disk.cut_in = self.random.randint(1, 14) if self.random.random() < 0.2 else 0
            self._calm()

    def _calm(self) -> None:
        """No faults of a kind that is to stay away."""
        self.disk.cut_in = 0 if "power" in self.less.calm else self.disk.cut_in
        self.disk.full_in = 0 if "full disk" in self.less.calm else self.disk.full_in
        self.topic.faulty = "topic" not in self.less.calm
        self.consumer.faulty = "consumer" not in self.less.calm

    def _started(self) -> Job:
        if self.job is None:
            teller = Teller(self.root, JsonLines(self.watch.log), lambda: self.now)
            self.job = Job(self.root, LAW, lambda: self.now, self.consumer, teller, How("plain", TRUSTED))
            self.job.resume()
        return self.job

    def _dies(self) -> None:
        """Its descriptors are closed as the kernel would; nothing is synced."""
        if self.job is not None:
            self.job.memory.close()
            self.job.journal.close()
        self.job = None

    def _settle(self) -> None:
        """Nothing goes wrong any more: all that waits is taken, decided and sent."""
        self.disk.cut_in = self.disk.full_in = 0
        self.topic.faulty = self.consumer.faulty = False
        self.now = self.days[-1].cut_off + 1
        self._started().round(self.topic)
        self.now = self.end + 1  # what came in that round is said too
        self._started().round(self.topic)
        self._started().close()
        self.job = None
        self.watch.look()

    # --- what must hold -------------------------------------------------------------------------------------------

    def _judged(self) -> Life:
        names = [str(path.relative_to(self.root)) for path in sorted((self.root / FOLDER).rglob("*.avro"))]
        outcome = replay_folder(self.root, names, LAW, self.end)
        self._nothing_is_lost(outcome)
        said: dict[str, list[dict[str, Any]]] = {kind: [] for kind in CONCLUSIONS}
        for letter in self.consumer.letters.values():
            said[letter.kind].append(fields_of(letter.record))
        for kind in CONCLUSIONS:
            if in_order(said[kind]) != in_order(outcome.records.get(kind, [])):
                raise Wrong(f"{kind}: what was sent is not what deciding from scratch says")
        people = {each["provider_id"] for each in said["PaymentInstruction"] if each["provider_id"]}
        return Life(self.seed, self.disk.cuts, self.disk.syncs, len(people) * MONTHS, len(said["PaymentInstruction"]))

    def _nothing_is_lost(self, outcome: Any) -> None:
        kept = outcome.tally.inputs
        if self.topic.waiting:
            raise Wrong(f"{len(self.topic.waiting)} messages were never taken")
        in_journal = {path: path.read_bytes() for path in (self.root / FOLDER).rglob("*.avro")}
        whole = b"".join(in_journal.values())
        lost = [id for id, raw in self.topic.acknowledged.items() if raw not in whole]
        if lost or kept < len(self.topic.acknowledged):
            raise Wrong(f"{len(lost)} messages were acknowledged and are not in the journal")


def published(seed: int, less: Less) -> int:
    """How many messages a life has, whichever are left out."""
    return sum(len(records) for day in county_of(seed % COUNTIES)[: less.days] for records in day.facts.values())


__all__ = ["Damaged", "Life", "Wrong", "live"]
