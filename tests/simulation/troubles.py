"""What happens to a journal between rounds: bits flip, backups are made, the disk is lost and a backup put back,
somebody starts a second job, or deletes its lock. Each with what must come of it."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pipelines.live import backup as backups
from pipelines.live.backup import MANIFEST, NotWhole, backup, restore
from pipelines.live.clock import day_of_run
from pipelines.live.deciding import SentSums
from pipelines.live.durable import LockLost, Owned, sync
from pipelines.live.outbox import OtherContent
from pipelines.live.past import OtherHistory
from pipelines.live.seals import LETTERS, OUTBOX, SEAL
from pipelines.live.segments import Damaged
from pipelines.live.verify import verify
from pipelines.live.vital_signs import unwell
from pipelines.misuse import Misuse
from schemas.journal import Entry, read_segment
from schemas.pay_run import PayRun
from tests.simulation.disk import CACHE, SHARED, PowerCut
from tests.simulation.transport import Wrong

if TYPE_CHECKING:
    from tests.simulation.world import SimulatedWorld

REFUSALS = (Damaged, OtherHistory, OtherContent, LockLost)
TRUTH = (".avro", SEAL)
SILENT = 900.0  # seconds after which a job that stands must be seen; more than the clock is ever set back


class Rot(NamedTuple):
    """One bit that flipped. ``content``: of the file before."""

    path: Path
    place: int
    content: bytes

    @property
    def changes(self) -> bool:
        """Does the file say something else than before, and should its readers have seen that? Of an open segment
        the head may be damaged: each of its entries has a check, and all are there."""
        now = self.path.read_bytes() if self.path.exists() else b""
        if not self.path.name.endswith(TRUTH) or now[self.place : self.place + 1] in (b"", self._was):
            return False
        return self.path.name in (LETTERS, SEAL) or not _goes_on(_entries(self.content), _entries(now))

    @property
    def _was(self) -> bytes:
        return self.content[self.place : self.place + 1]

    def mend(self) -> None:
        """As an operator does who has a copy of the file; what was written to it since stays."""
        now = self.path.read_bytes() if self.path.exists() else b""
        grown = now[len(self.content) :]
        with self.path.open("r+b" if self.path.exists() else "wb") as stream:
            stream.write(self.content + grown)
            sync(stream)


def _goes_on(before: list[Entry], now: list[Entry]) -> bool:
    """A segment that is open grows, also where a bit of its head flipped."""
    return now[: len(before)] == before


def _entries(segment: bytes) -> list[Entry]:
    return [*read_segment(BytesIO(segment))]


def flipped(world: "SimulatedWorld", folder: Path) -> Rot | None:
    """Flip a bit of some file below a folder that is not a cache."""
    left_out = {*CACHE, SHARED, MANIFEST}
    there = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name not in left_out)
    paths = [path for path in there if path.stat().st_size and not path.name.startswith(".")]
    if not paths:
        return None
    path = world.random.choice(paths)
    content = path.read_bytes()
    rot = Rot(path, world.random.randrange(len(content)), content)
    with path.open("r+b") as stream:
        stream.seek(rot.place)
        stream.write(bytes([content[rot.place] ^ 1 << world.random.randrange(8)]))
    world.disk.keeps(path)
    return rot


class Troubles:
    """Of one world."""

    def __init__(self, world: "SimulatedWorld") -> None:
        self.world, self.journal, self.random = world, world.journal, world.random
        self.backups: list[tuple[Path, int, bool]] = []  # where, begun when, and was a bit of it flipped?
        self.rot: Rot | None = None
        self.lock_lost = False
        self.made = self.rotten = self.restored = self.in_sending = self.refused = self.intruded = 0

    def counted(self) -> tuple[int, ...]:
        """How often each happened, in the order of a Life."""
        return self.rotten, self.refused, self.made, self.restored, self.in_sending, self.intruded

    def come(self) -> None:
        """Perhaps one of them, before a round."""
        chance = self.random.random()
        kinds: list[tuple[str, float, Callable[[], None]]] = [
            ("bit rot", 0.017, self._rots),
            ("backup", 0.02, self._backs_up),
            ("lost disk", 0.007, self._loses_disk),
            ("lost disk", 0.02, self._is_to_lose_disk),
            ("second job", 0.014, self._intrudes),
            ("second job", 0.004, self._loses_lock),
        ]
        for name, often, happens in kinds:
            often *= self.world.TROUBLE
            if 0 <= chance < often and name not in self.world.less.calm:
                happens()
            chance -= often

    # --- bit rot ------------------------------------------------------------------------------------------------------

    def _rots(self) -> None:
        self.rot = flipped(self.world, self.journal)
        if self.rot is None:
            return
        self.rotten += 1
        self.world.disk.cut_in = self.world.disk.full_in = 0  # one disaster at a time: see docs/proof.md
        if self.random.random() < 0.5:
            self.world.dies()

    def are_seen(self) -> None:
        """After a round in which a bit flipped: at the latest who begins anew sees it, or it does not matter."""
        if self.rot is None:
            return
        self.world.dies()
        try:
            self.world.alive()
        except REFUSALS as wrong:
            self.refuses(wrong)
            self.world.alive()
        if self.rot is not None and self.rot.changes:
            raise Wrong(f"a bit flipped in {self.rot.path.name}, and nobody noticed")
        self.rot = None

    def refuses(self, wrong: Exception) -> None:
        """The job did not go on: there must be a reason, which `journal verify` knows, and it must be seen that it
        stands. Then the reason is mended."""
        self.world.dies()
        if self.lock_lost and isinstance(wrong, LockLost):
            self.lock_lost = False
            return
        if self.rot is None:
            raise wrong
        self.refused += 1
        if not verify(self.journal).faults:
            raise Wrong(f"the job refused, and journal verify finds nothing: {wrong}") from wrong
        if not unwell(self.journal, self.world.now / 1000 + SILENT, SILENT / 4):
            raise Wrong("the job stands, and nobody is told")
        self.rot.mend()
        self.rot = None

    # --- two jobs -----------------------------------------------------------------------------------------------------

    def _intrudes(self) -> None:
        self.world.disk.other, self.world.disk.other_in = self._begins_too, self.random.randint(1, 10)

    def _begins_too(self) -> None:
        """Somebody starts a second job while the first one is in the middle of something."""
        if self.world.job is None:
            return
        self.intruded += 1
        try:
            with Owned(self.journal):
                raise Wrong("two jobs are on one journal")
        except Misuse:
            return

    def _loses_lock(self) -> None:
        if self.world.job is not None:
            (self.journal / "lock").unlink()
            self.lock_lost = True
            self._begins_too()

    # --- backups ------------------------------------------------------------------------------------------------------

    def _backs_up(self) -> None:
        """While the job runs, which goes on in the middle of it; and the power may be cut."""
        if self.world.job is None or self.world.job.outbox.last_decided() is None:
            return
        self.made += 1
        to, began = self.world.place / f"backup-{self.made}", self.world.now
        if self.random.random() < 0.2 and "power" not in self.world.less.calm:
            self.world.disk.cut_in = self.random.randint(1, 20)
        try:
            with self._meanwhile():
                backup(self.journal, to)
        except PowerCut:
            self.world.loses_power()
        except OSError:
            self.world.dies()
        self.world.disk.cut_in = 0
        rotten = self.random.random() < 0.2 and flipped(self.world, to) is not None
        self.backups = [*self.backups[-2:], (to, began, rotten)]

    @contextmanager
    def _meanwhile(self) -> Iterator[None]:
        copying, at = backups._copy, self.random.randint(1, 30)

        def copy(path: Path, to: Path) -> None:
            nonlocal at
            at -= 1
            if at == 0 and self.world.job is not None:
                self.world.job.round(self.world.source)
            copying(path, to)

        backups._copy = copy
        try:
            yield
        finally:
            backups._copy = copying

    def _is_to_lose_disk(self) -> None:
        """In the middle of sending, if something is sent in this round."""
        self.world.consumer.cut_in = self.random.randint(1, 12)

    def lost_power(self) -> None:
        """Was that the end of the disk too?"""
        if self.world.consumer.was_cut:
            self.world.consumer.was_cut = False
            self._loses_disk()

    def _loses_disk(self) -> None:
        """All of the journal is gone, perhaps while a pay run was sent. The newest backup that can be put back is, the
        sources send again, and what came of pay runs that are not whole is thrown away: nobody has paid it."""
        consumer, whole = self.world.consumer, self.world.consumer.last_whole()
        if not self.backups or whole is None:
            return
        self.world.dies()
        self.world.disk.calm_down()
        aside = self.world.place / "aside"
        self.journal.rename(aside)
        self.world.disk.believe()
        gone = consumer.throw_away_after(day_of_run(whole.cut_off))
        began = self._put_back()
        if began is None or not self._goes_on(began, whole):
            shutil.rmtree(self.journal, ignore_errors=True)
            aside.rename(self.journal)
            self.world.disk.believe()
            consumer.put_back(gone)
            return
        self.world.watch.told_again_after(day_of_run(whole.cut_off))
        self.restored += 1
        self.in_sending += bool(gone)
        shutil.rmtree(aside)

    def _put_back(self) -> int | None:
        """When the backup was begun that is back in place; None: none is whole."""
        for path, began, rotten in reversed(self.backups):
            try:
                self._restored(path)
            except (NotWhole, Misuse):
                if not rotten and (path / MANIFEST).exists():
                    raise
                shutil.rmtree(self.journal, ignore_errors=True)
                continue
            if rotten:
                raise Wrong("a backup of which a bit flipped was put back")
            return began
        return None

    def _restored(self, copy: Path) -> None:
        """Put back, though the power be cut meanwhile: no job begins on half of it."""
        if self.random.random() < 0.3 and "power" not in self.world.less.calm:
            self.world.disk.cut_in = self.random.randint(1, 25)
        try:
            restore(copy, self.journal)
        except PowerCut:
            self.world.loses_power()
            self._is_not_begun_on(copy)
            shutil.rmtree(self.journal, ignore_errors=True)
            self.world.disk.believe()
            restore(copy, self.journal)
        finally:
            self.world.disk.cut_in = 0

    def _is_not_begun_on(self, copy: Path) -> None:
        there = backups._files(self.journal) if self.journal.exists() else {}
        if any("/" in name for name in there) and there != backups._files(copy):
            try:
                self.world.alive()
            except Damaged:
                self.world.dies()
                return
            raise Wrong("a job began on half of a backup")

    def _goes_on(self, began: int, whole: PayRun) -> bool:
        """As docs/operations.md says; False: the job refuses, for this backup is too old, and sent nothing."""
        world, before, last = self.world, len(self.world.consumer.letters), whole.cut_off
        sums = SentSums(whole.content_sha256, whole.previous_sha256, whole.facts)
        world.topic.seek(began)
        world.watch.seen &= world.topic.acknowledged.keys()
        askable = world.consumer.askable
        world.stood |= askable and not (self.journal / OUTBOX / day_of_run(last)).exists()
        try:
            world.begins(after=last, sums=None if askable else sums)
        except (OtherContent, OtherHistory) as refused:
            world.dies()
            if askable:
                raise
            if len(world.consumer.letters) != before:
                raise Wrong("what was refused was sent") from refused
            return False
        return True
