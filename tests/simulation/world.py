"""One life of the live job: facts published over two months, faults from a seed, and what must hold at its end."""

import os
import shutil
from functools import cache
from pathlib import Path
from random import Random
from tempfile import mkdtemp
from typing import NamedTuple

from pipelines.live.collector import Source
from pipelines.live.deciding import SentSums
from pipelines.live.durable import Owned
from pipelines.live.job import How, Job
from pipelines.live.lost import HEALTH
from pipelines.live.segments import Damaged
from pipelines.live.telling import JsonLines, Teller
from rules.law import Law
from rules.periods import cut_off_after
from tests.pipelines.live.drill import TRUSTED, county
from tests.simulation.checks import Watch
from tests.simulation.cloud import CloudConsumer, CloudTopic
from tests.simulation.disk import PLACE, ForgetfulDisk, PowerCut
from tests.simulation.judgement import judged
from tests.simulation.landing import Landing
from tests.simulation.senders import Sent, sent
from tests.simulation.transport import MINUTE, Consumer, Published, Topic, Wrong
from tests.simulation.troubles import REFUSALS, Troubles

LAW = Law.load()
COUNTIES, RECIPIENTS, MONTHS = 3, 80, 2
ROUNDS_A_DAY = 2
MOST_ROUNDS = 40  # until all is taken once nothing goes wrong any more


class Life(NamedTuple):
    """What happened: how often each fault did, and how much was paid for."""

    seed: int
    cuts: int
    rotten: int
    refused: int
    backups: int
    restored: int
    in_sending: int
    intruded: int
    provider_months: int
    payments: int


@cache
def county_of(seed: int) -> list[Sent]:
    """A county's facts by pay run; a few counties serve all seeds, the faults are each seed's own."""
    folder = Path(mkdtemp(dir=PLACE))
    try:
        return [sent(day) for day in county(folder, RECIPIENTS, MONTHS, seed)]
    finally:
        shutil.rmtree(folder)


class Less(NamedTuple):
    """Of a life only so much: ``days``, without some messages (by number); ``calm``: faults that stay away."""

    days: int = 1 << 30
    without: frozenset[int] = frozenset()
    calm: frozenset[str] = frozenset()


MOST_SYNCS = 120  # of a round in which a pay run is sent
FAULTS = ("power", "full disk", "topic", "consumer", "bit rot", "backup", "lost disk", "second job")
WHOLE = Less()


def live(seed: int, less: Less = WHOLE) -> Life:
    """One life. Raises Wrong, or what the job died of, if it is not as it should be."""
    place = Path(mkdtemp(dir=PLACE, prefix=f"life-{seed}-"))
    try:
        return SimulatedWorld(place, seed, less).live()
    finally:
        shutil.rmtree(place)


class SimulatedWorld:
    """One life's disk, clock, topic or folder, consumer, and the job among them. ``TROUBLE``: how many times as often
    there is some as in a county that lives long."""

    TROUBLE = 1

    def __init__(self, place: Path, seed: int, less: Less) -> None:
        self.random, self.seed, self.place, self.less = Random(seed), seed, place, less
        self.days = county_of(seed % COUNTIES)[: less.days]
        self.end = cut_off_after(self.days[-1].cut_off + 1)
        self.now, self.published = self.days[0].cut_off - 1000, 0
        disk = place / "disk"
        self.journal = disk / "journal"
        self.journal.mkdir(parents=True)
        self.disk = ForgetfulDisk(disk, self.random)
        self.topic, self.consumer = self._edges(disk / "in")
        self.disk.believe()
        self.watch = Watch(self.journal, self.topic, self.consumer)
        self.troubles = Troubles(self)
        self.stood = False  # is there something that was said on what a journal put back did not know?
        self.owned: Owned | None = None
        self.job: Job | None = None
        self.source: Source = self.topic

    def _edges(self, folder: Path) -> tuple[Topic, Consumer]:
        """Of this seed: Pub/Sub on either side or both, a landing folder, or only what the job knows of either."""
        now = lambda: self.now  # noqa: E731  read when it is asked
        sources = (Topic, CloudTopic, lambda random, now: Landing(random, now, folder))
        consumer = self.random.choice((Consumer, CloudConsumer))
        askable = consumer is Consumer and self.random.random() < 0.5
        return self.random.choice(sources)(self.random, now), consumer(self.random, askable)

    def live(self) -> Life:
        with self.disk.mounted():
            try:
                for day in self.days:
                    self._publish(day)
                    for part in range(ROUNDS_A_DAY):
                        self.now = max(self.now, day.cut_off - (ROUNDS_A_DAY - part) * 30 * MINUTE)
                        self.now += self.random.randint(-2, 2) * MINUTE
                        self._round()
                    self.now = day.cut_off + self.random.randint(0, 5) * MINUTE
                    self._round()
                self._settle()
            finally:
                self.dies()
            restored = self.troubles.restored > 0
            money = judged(self.journal, LAW, self.end, self.topic, self.consumer, restored, self.stood)
            if not self._payments() and self.less == WHOLE:
                raise Wrong("nobody was paid")
            return Life(self.seed, self.disk.cuts, *self.troubles.counted(), money * MONTHS, self._payments())

    def _payments(self) -> int:
        return sum(each.kind == "PaymentInstruction" for each in self.consumer.letters.values())

    def _publish(self, day: Sent) -> None:
        for kind, raw, is_fact in day.messages:
            late = self.random.choice((0, 0, 0, 0, 0, 0, 0, 1, 3)) * 24 * 60 * MINUTE
            self.published += 1
            if self.published not in self.less.without:
                at = day.cut_off - 90 * MINUTE + late
                self.topic.publish(Published(at, f"{self.published:06}", raw, kind, is_fact))

    def _round(self) -> None:
        """A round, though the power may be cut in it, or the disk be full; then the job begins again."""
        self._calm()
        self.disk.cut_in, self.disk.full_in, self.disk.was_full = 0, 0, False
        self.topic.land()
        self.troubles.come()
        if self.troubles.rot is None:
            self._arm(0.06, 0.03)
        for _ in range(5):
            try:
                self._takes()
                break
            except PowerCut:
                self.loses_power()
                self.troubles.lost_power()
            except OSError:
                self.dies()
            except REFUSALS as wrong:
                self.troubles.refuses(wrong)
            self._arm(0.2, 0)
        self.disk.calm_down()
        self.consumer.cut_in = 0
        self.troubles.are_seen()
        if self.troubles.lock_lost:
            raise Wrong("the lock of a job was deleted, and it goes on")

    def _takes(self) -> None:
        self.alive().round(self.source)
        os.utime(self.journal / HEALTH, (self.now / 1000, self.now / 1000))
        self.topic.heard_of()
        if self.troubles.rot is None:
            self.watch.look(self.disk.was_full)

    def _arm(self, cut: float, full: float) -> None:
        syncs = self.random.choice((14, 14, 14, MOST_SYNCS))
        self.disk.cut_in = self.random.randint(1, syncs) if self.random.random() < cut else 0
        self.disk.full_in = self.random.randint(1, 14) if self.random.random() < full else 0
        self.disk.cut_in = 0 if "power" in self.less.calm else self.disk.cut_in
        self.disk.full_in = 0 if "full disk" in self.less.calm else self.disk.full_in

    def _calm(self) -> None:
        """No faults of a kind that is to stay away."""
        self.topic.faulty = "topic" not in self.less.calm
        self.consumer.faulty = "consumer" not in self.less.calm

    def alive(self) -> Job:
        """The job; begun, if it is not running. Raises what it refuses with."""
        if self.job is None:
            self.begins()
        assert self.job is not None and self.owned is not None
        self.owned.check()
        return self.job

    def begins(self, after: int | None = None, sums: SentSums | None = None) -> None:
        """As `ihss-payroll run` does."""
        self.owned = Owned(self.journal)
        teller = Teller(self.journal, JsonLines(self.watch.log), lambda: self.now, lambda: self.now)
        self.job = Job(self.journal, LAW, lambda: self.now, self.consumer.sink(), teller, How("plain", TRUSTED))
        self.source = self.topic.source(self.job)
        self.watch.began = self.job.journal.count
        self.troubles.lock_lost = False  # whoever had lost it is gone
        self.job.resume(after, sums=sums)

    def dies(self) -> None:
        """Its descriptors are closed as the kernel would; nothing is synced."""
        if self.job is not None:
            self.job.memory.close()
            self.job.journal.close()
        if self.owned is not None:
            self.owned.__exit__()
        self.job = self.owned = None

    def loses_power(self) -> None:
        """And the machine begins again."""
        self.dies()
        self.disk.lose_power()
        self.topic.after_a_cut()

    def _settle(self) -> None:
        """Nothing goes wrong any more: all that waits is taken, decided and sent."""
        self.topic.faulty = self.consumer.faulty = False
        self.now = max(self.now, self.days[-1].cut_off + 1)  # what lies there settles by a clock that goes on
        for _ in range(MOST_ROUNDS):
            self.topic.land()
            self._takes()
            if not self.topic.waiting:
                break
            self.now += 5000
        self.now = self.end + 1  # what came in those rounds is said too
        self._takes()
        self.alive().close()


def published(seed: int, less: Less) -> int:
    """How many messages a life has, whichever are left out."""
    return sum(len(day.messages) for day in county_of(seed % COUNTIES)[: less.days])


__all__ = ["Damaged", "Life", "Wrong", "live"]
