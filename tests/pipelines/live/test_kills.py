"""kill -9 at random instants of collector, pay run and outbox: nothing lost, nothing doubled, the same bytes.

The job lives in a fork of the test; it is killed at a random sync to disk (where it matters), or after a random time.
KILLS (10) and SEED say how often and when.
"""

import os
import signal
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from random import Random, SystemRandom

import pytest

from pipelines.live.clock import FileClock
from pipelines.live.durable import Owned
from pipelines.live.folder_out import FolderOut
from pipelines.live.folders import FolderIn
from pipelines.live.job import How, Job
from pipelines.live.telling import JsonLines, Teller
from pipelines.live.verify import verify
from rules.periods import business_day_of, iso
from tests.pipelines.live.drill import LAW, TRUSTED, Day, World

pytestmark = pytest.mark.drill

KILLS = int(os.environ.get("KILLS", "10"))
SEED = int(os.environ.get("SEED") or SystemRandom().randrange(10**6))
SECONDS_AT_MOST = 60
SYNCS = 400  # of a life that nobody ends, roughly


def live(world: World, clock: Path, dies_at_sync: int) -> None:
    """A job's life: rounds without end, or until its n-th sync, before or after it."""
    count, sync = 0, os.fsync

    def fatal(descriptor: int) -> None:
        nonlocal count
        count += 1
        if count == dies_at_sync and count % 2:
            os.kill(os.getpid(), signal.SIGKILL)
        sync(descriptor)
        if count == dies_at_sync:
            os.kill(os.getpid(), signal.SIGKILL)

    os.fsync = fatal
    now = FileClock(clock)
    with Owned(world.journal), (world.root / "log").open("a") as log:
        teller = Teller(world.journal, JsonLines(log), now)
        job = Job(world.journal, LAW, now, FolderOut(world.out), teller, How(trusted=TRUSTED))
        source = FolderIn(world.inbox, job.journal)
        job.resume()
        while True:
            if not job.round(source):
                time.sleep(0.002)


class Mortal:
    """A job that is killed so many times and begun again each time, while the world goes on."""

    def __init__(self, world: World, clock: Path, random: Random, kills: int) -> None:
        self.world, self.clock, self.random, self.kills = world, clock, random, kills
        self.deaths = 0
        self.pid = self.begin()

    def begin(self) -> int:
        """A new life, of some syncs; of no end when it was killed often enough."""
        self.ends, dies_at_sync = float("inf"), -1
        if self.deaths < self.kills and self.random.random() < 0.7:
            dies_at_sync = self.random.randint(1, max(6, SYNCS // self.kills))
        elif self.deaths < self.kills:
            self.ends = time.monotonic() + self.random.uniform(0, 2 / self.kills)
        pid = os.fork()
        if pid == 0:
            try:
                live(self.world, self.clock, dies_at_sync)
            finally:
                (self.world.root / "crash").write_text(traceback.format_exc())
                os._exit(1)
        return pid

    def until(self, true: Callable[[], bool]) -> None:
        """Wait, with deaths and new lives in between."""
        gives_up = time.monotonic() + SECONDS_AT_MOST
        while not true():
            if time.monotonic() > self.ends:
                self.kill()
            crash = self.world.root / "crash"
            assert not crash.exists(), f"SEED={SEED}: {crash.read_text()}"
            if self.pid == 0 or os.waitpid(self.pid, os.WNOHANG)[0]:
                self.deaths += 1
                self.pid = self.begin()
            assert time.monotonic() < gives_up, (self.world.root / "log").read_text()[-2000:]
            time.sleep(0.002)

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        self.pid = 0


@pytest.fixture
def no_waiting_for_disks() -> None:
    """Not here: syncs are where the job dies."""


def test_whatever_dies_nothing_is_lost_or_doubled(world: World, days: list[Day], tmp_path: Path) -> None:
    print(f"SEED={SEED} KILLS={KILLS}")
    whole = World(tmp_path / "whole", days[0].cut_off - 1000)
    whole.live(days).close()

    clock = tmp_path / "clock"
    tell(clock, days[0].cut_off - 1000)
    job = Mortal(world, clock, Random(SEED), KILLS)
    for day in days:
        tell(clock, day.cut_off - 1)
        world.land(day)
        job.until(lambda: not list(world.inbox.glob("*.avro")))
        tell(clock, day.cut_off)
        done = world.journal / "outbox" / iso(business_day_of(day.cut_off)) / "done"
        job.until(done.exists)
    job.kill()
    assert job.deaths >= KILLS * 0.8, f"SEED={SEED}: died {job.deaths} times only"

    verdict = verify(world.journal)
    assert not verdict.faults, f"SEED={SEED}"
    assert world.said() == world.replayed(days[-1].cut_off) == whole.said(), f"SEED={SEED}"
    published = {fact["event_id"] for day in days for of_kind in day.facts.values() for fact in of_kind}
    assert verdict.facts + verdict.rejections >= len(published)
    assert verdict[1:3] == verify(whole.journal)[1:3], f"SEED={SEED}: the journal holds something twice, or not at all"


def tell(clock: Path, instant: int) -> None:
    from datetime import UTC, datetime

    unfinished = clock.with_suffix(".new")
    unfinished.write_text(datetime.fromtimestamp(instant / 1000, UTC).isoformat())
    unfinished.replace(clock)
