"""Nothing is believed unchecked: what an attacker or a tired operator does to real files, and the sum that is paid.

Each drill ends with the right sum, or with a refusal that says what to do, after which the remedy of docs/operations.md
gives the right sum. DRILLS (2) and SEED say how many and which.
"""

import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from itertools import islice
from pathlib import Path
from random import Random, SystemRandom
from typing import Any

import msgspec
import pytest

from pipelines.command import cli
from pipelines.live import backup as backups
from pipelines.live import durable
from pipelines.live import outbox as outboxes
from pipelines.live import seals as seals_of
from pipelines.live.backup import NotWhole, backup, restore
from pipelines.live.beam_engine import FoldKept
from pipelines.live.believed import REMEMBERED, NotAsRemembered, State
from pipelines.live.collector import Batch, Collector, Message
from pipelines.live.deciding import SentSums
from pipelines.live.durable import LockLost, Owned
from pipelines.live.engine import SHARDS
from pipelines.live.folders import FolderIn
from pipelines.live.job import Job
from pipelines.live.journal import Journal
from pipelines.live.lost import accept_loss
from pipelines.live.memory import CountyMemory, Told
from pipelines.live.outbox import OtherContent
from pipelines.live.past import OtherHistory
from pipelines.live.seals import seals
from pipelines.live.segments import Damaged
from pipelines.live.shard_files import LISTINGS, FoldPlace, ShardAsked, fold_shard, gathered
from pipelines.live.verify import verify
from pipelines.misuse import Misuse
from rules.periods import business_day_of, cut_off_after, iso
from schemas import FACTS
from schemas.avro import encode_message
from schemas.journal import segment_blocks
from tests.pipelines.live.drill import LAW, TRUSTED, Day, World
from tests.schemas.samples import SAMPLES

pytestmark = pytest.mark.drill

DRILLS = int(os.environ.get("DRILLS", "2"))
SEED = int(os.environ.get("SEED") or SystemRandom().randrange(10**6))
MORE_SEEDS = [pytest.param(SEED + place, id=f"drill {place}") for place in range(3 * DRILLS)]  # all workers say so
SEEDS = MORE_SEEDS[:DRILLS]
DAY = 86_400_000
HALF = 12


@pytest.fixture(scope="module")
def short(days: list[Day]) -> list[Day]:
    """The first pay runs of the county that pay somebody."""
    return days[: 2 * HALF]


@pytest.fixture(scope="module")
def whole(short: list[Day], tmp_path_factory: pytest.TempPathFactory) -> World:
    """A job's life that nothing happened to: what it said is what a replay of what was published says."""
    world = World(tmp_path_factory.mktemp("whole"), short[0].cut_off - 1000)
    world.live(short).close()
    assert paid(world) > 1_000_00 and world.said() == world.replayed(short[-1].cut_off)
    return world


@pytest.fixture(scope="module")
def half(short: list[Day], tmp_path_factory: pytest.TempPathFactory) -> World:
    """One in the middle of its life."""
    world = World(tmp_path_factory.mktemp("half"), short[0].cut_off - 1000)
    world.live(short[:HALF]).close()
    return world


@pytest.fixture
def copy(half: World, tmp_path: Path) -> World:
    """A copy of it, to do harm to."""
    return copied(half, tmp_path / "copy")


def copied(world: World, root: Path) -> World:
    shutil.copytree(world.root, root)
    made = World(root, world.now)
    return made


def paid(world: World) -> int:
    """Net cents that were sent, each instruction once."""
    said = {each["instruction_id"]: each["net_cents"] for each in world.said()["PaymentInstruction"]}
    return sum(said.values())


def agrees(world: World, whole: World) -> None:
    """What was sent in the end is what the undisturbed job sent, to the cent."""
    assert paid(world) == paid(whole), f"SEED={SEED}"
    assert world.said() == whole.said(), f"SEED={SEED}"
    assert not verify(world.journal).faults, f"SEED={SEED}"


def refused(world: World, match: str) -> None:
    """The job does not come up, and `journal verify` says so too."""
    with pytest.raises((Damaged, OtherHistory), match=match):
        world.job()
    assert verify(world.journal).faults


def flip(path: Path, random: Random) -> None:
    """One bit, anywhere."""
    raw = bytearray(path.read_bytes())
    raw[random.randrange(len(raw))] ^= 1 << random.randrange(8)
    path.write_bytes(raw)


def segments(world: World) -> list[Path]:
    return sorted((world.journal / "segments").rglob("*.avro"))


def letters(world: World) -> list[Path]:
    return sorted((world.journal / "outbox").rglob("letters.avro"))


# --- 1: a truth file that is missing ----------------------------------------------------------------------------------


@pytest.mark.parametrize("lost", ["begun.json", "begun.json memory.sqlite", "begun.json memory.sqlite remembered.json"])
def test_a_lost_beginning_is_told_by_what_lies_there(copy: World, short: list[Day], whole: World, lost: str) -> None:
    for name in lost.split():
        (copy.journal / name).unlink()
    copy.live(short[HALF:]).close()
    agrees(copy, whole)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_beginning_that_is_no_number_is_not_believed(copy: World, short: list[Day], whole: World, seed: int) -> None:
    flip(copy.journal / "begun.json", Random(seed))
    copy.live(short[HALF:]).close()
    agrees(copy, whole)


def test_an_outbox_that_is_gone_is_not_begun_again(copy: World, short: list[Day], whole: World) -> None:
    shutil.rmtree(copy.journal / "outbox")
    with pytest.raises(OtherHistory, match="--resume-after") as said:
        copy.job()
    last = short[HALF - 1].cut_off
    assert iso(business_day_of(last)) in str(said.value)
    copy.live(short[HALF:], copy.job(after=last)).close()
    agrees(copy, whole)


# --- 2: letters -------------------------------------------------------------------------------------------------------


class Nobody:
    """A sink that is never there."""

    def send(self, *_: Any) -> None:
        from pipelines.live.outbox import NotSent

        raise NotSent("nobody there")

    def said(self, run: str) -> None:
        return None

    def close(self) -> None:
        """Nothing to let go."""


def unsent(copy: World, short: list[Day]) -> Path:
    """Letters that are decided and wait to be sent."""
    job = copy.job(Nobody())
    copy.live(short[HALF : HALF + 1], job).close()
    path = letters(copy)[-1]
    assert not (path.parent / "done").exists()
    return path


@pytest.mark.parametrize("seed", SEEDS)
def test_a_flipped_bit_in_letters_is_not_sent(copy: World, short: list[Day], whole: World, seed: int) -> None:
    path = unsent(copy, short)
    good = path.read_bytes()
    flip(path, Random(seed))
    refused(copy, "is not what was decided: restore it from backup")
    path.write_bytes(good)
    copy.live(short[HALF + 1 :]).close()
    agrees(copy, whole)


def test_a_flip_while_the_job_runs_is_seen_before_sending(copy: World, short: list[Day]) -> None:
    job = copy.job(Nobody())
    copy.live(short[HALF : HALF + 1], job)
    flip(letters(copy)[-1], Random(SEED))
    job.outbox.sink = job.outbox.sink.__class__()
    with pytest.raises(Damaged, match="is not what was decided"):
        job.round(copy.source(job))
    job.close()


def test_letters_cut_at_a_block_are_not_marked_as_sent(copy: World, short: list[Day]) -> None:
    import fastavro

    path = unsent(copy, short)
    with path.open("rb") as stream:
        blocks = [block.offset for block in fastavro.block_reader(stream)]
    path.write_bytes(path.read_bytes()[: blocks[len(blocks) // 2]])
    refused(copy, "is not what was decided")
    assert not (path.parent / "done").exists()


@pytest.mark.parametrize("seed", SEEDS)
def test_how_much_was_sent_is_not_believed_of_a_damaged_line(
    copy: World, short: list[Day], whole: World, seed: int
) -> None:
    path, random = unsent(copy, short), Random(seed)
    (path.parent / "confirmed").write_bytes(random.choice((b"9\n", b"3 00000000\n", random.randbytes(20))))
    copy.live(short[HALF + 1 :]).close()
    agrees(copy, whole)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_pay_run_taken_out_of_the_chain_is_missed(copy: World, seed: int) -> None:
    runs = sorted(path.parent for path in letters(copy))
    shutil.rmtree(Random(seed).choice(runs[:-1]))
    refused(copy, "does not follow the seal before it")


def test_a_journal_of_before_there_were_seals_is_held_against_itself_and_sealed(
    copy: World, short: list[Day], whole: World
) -> None:
    for path in (copy.journal / "outbox").rglob("seal.json"):
        path.unlink()
    (copy.journal / "remembered.json").unlink()
    damaged = copied(copy, copy.root / "damaged")
    copy.live(short[HALF:]).close()
    assert len(seals(copy.journal)) == len(letters(copy))
    agrees(copy, whole)
    path = letters(damaged)[HALF - 1]
    path.write_bytes(letters(damaged)[HALF - 2].read_bytes())
    with pytest.raises(OtherHistory, match="otherwise than it was said"):
        damaged.job()


# --- 3: memory --------------------------------------------------------------------------------------------------------


def made_again(world: World) -> bool:
    return "memory made again" in world.log.getvalue()


@pytest.mark.parametrize("seed", MORE_SEEDS)
def test_a_flipped_bit_in_the_memory_pays_nobody_else(copy: World, short: list[Day], whole: World, seed: int) -> None:
    flip(copy.journal / "memory.sqlite", Random(seed))
    copy.live(short[HALF:]).close()
    agrees(copy, whole)


@pytest.mark.parametrize(
    "harm",
    [
        "delete from kept where key in (select key from kept where stage = 'settle' limit 20)",
        "delete from told",
        "update kept set due = 1 << 60 where stage = 'settle'",
        "update kept set state = (select state from kept where stage = 'settle' limit 1) where stage = 'settle'",
        "delete from catalog",
        "update told set value = 1 where name = 'facts'",
    ],
)
def test_rows_changed_by_hand_are_seen_and_said(copy: World, short: list[Day], whole: World, harm: str) -> None:
    """At a start, and while the job runs."""
    job = copy.job()
    changed(copy, harm)
    copy.live(short[HALF : HALF + 3], job).close()
    assert made_again(copy) or "set state" in harm  # of that what is read is checked, at a start all of it
    changed(copy, harm)
    copy.log.truncate(0)
    copy.live(short[HALF + 3 :]).close()
    assert made_again(copy)
    agrees(copy, whole)


def changed(world: World, harm: str) -> None:
    with sqlite3.connect(world.journal / "memory.sqlite") as database:
        assert database.execute(harm).rowcount != 0
    database.close()


def test_what_is_no_database_is_said(copy: World, short: list[Day], whole: World) -> None:
    (copy.journal / "memory.sqlite").write_bytes(Random(SEED).randbytes(9000))
    copy.live(short[HALF:]).close()
    assert made_again(copy)
    agrees(copy, whole)


def test_every_byte_of_the_tables_own_names_can_be_wrong(tmp_path: Path) -> None:
    """SQLite cites what is damaged in its complaint, and what it cites need not be text."""
    memory = CountyMemory(tmp_path, LAW)
    memory.put([State("settle", "K1", 9, b"one"), State("weigh", "K2", 9, b"two")])
    memory.commit(Told(5, None), [b"body"])
    known = [*memory.states()]
    memory.close()
    raw = memory.path.read_bytes()
    again, bound = 0, (tmp_path / REMEMBERED).read_bytes()
    for place in range(raw.index(b"CREATE TABLE") - 1, raw.rindex(b"CREATE TABLE", 0, 4096) + 100):
        memory.path.write_bytes(raw[:place] + bytes([raw[place] ^ 0x80]) + raw[place + 1 :])
        (tmp_path / REMEMBERED).write_bytes(bound)
        memory = CountyMemory(tmp_path, LAW)
        with suppress(NotAsRemembered):
            memory.check(thorough=True)
            assert [*memory.states()] == known or memory.told() is None
            again -= 1
        again += 1
        memory.close()
    assert again > 100, "the damage is hardly ever seen"


def test_workers_believe_no_row_either(copy: World, tmp_path: Path) -> None:
    """A worker process reads the memory by itself; what it finds ends the fold, and of Beam's no worker."""
    changed(copy, "update kept set state = x'00', due = 1 where stage = 'authorize'")
    (tmp_path / LISTINGS).write_bytes(msgspec.msgpack.encode([]))
    place = FoldPlace(str(tmp_path), str(copy.journal / "memory.sqlite"))
    for number in range(SHARDS):
        assert not list(FoldKept("authorize", place, LAW, 2).process((number, [])))
    with pytest.raises(NotAsRemembered):
        gathered(place)
    with pytest.raises(NotAsRemembered):
        fold_shard(place, ShardAsked("authorize", 0, LAW, 2), [])


def test_a_memory_of_yesterday_is_not_todays(copy: World, short: list[Day], whole: World) -> None:
    old = (copy.journal / "memory.sqlite").read_bytes()
    copy.live(short[HALF : HALF + 3]).close()
    (copy.journal / "memory.sqlite").write_bytes(old)
    copy.live(short[HALF + 3 :]).close()
    assert made_again(copy)
    agrees(copy, whole)


# --- 5: backup and restore --------------------------------------------------------------------------------------------


def test_a_backup_of_a_running_job_goes_on(copy: World, short: list[Day], whole: World, tmp_path: Path) -> None:
    """Made between two pay runs with facts in the open one; the sources send nothing again."""
    job = copy.job()
    copy.now = short[HALF].cut_off - 1
    copy.land(short[HALF])
    job.round(copy.source(job))
    manifest = backup(copy.journal, tmp_path / "backup")
    job.close()
    assert manifest.last_run == iso(business_day_of(short[HALF - 1].cut_off))
    shutil.rmtree(copy.journal)
    restore(tmp_path / "backup", copy.journal)
    assert {path.stat().st_mode & 0o077 for path in copy.journal.rglob("*") if path.is_file()} == {0}
    copy.live(short[HALF + 1 :]).close()
    agrees(copy, whole)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_backup_amid_all_that_a_job_does_is_whole(
    copy: World, short: list[Day], whole: World, tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While files are copied the job takes facts and closes pay runs; what came since is sent again."""
    job, random, copying = copy.job(), Random(seed), backups._copy
    steps = iter([(day, part) for day in short[HALF:] for part in range(3)])

    def meanwhile(path: Path, to: Path) -> None:
        for day, part in islice(steps, random.choice((0, 0, 0, 1, 4))):
            copy.now = max(copy.now, day.cut_off - 1)
            copy.land(Day(day.cut_off, {kind: each[part::3] for kind, each in day.facts.items()}))
            job.round(copy.source(job))
        copying(path, to)

    monkeypatch.setattr(backups, "_copy", meanwhile)
    manifest = backup(copy.journal, tmp_path / "backup")
    job.close()
    monkeypatch.undo()
    last = job.outbox.last_decided()
    assert last is not None and manifest.last_run <= iso(business_day_of(last))
    shutil.rmtree(copy.journal)
    restore(tmp_path / "backup", copy.journal)
    copy.live(short[HALF:], copy.job(after=last)).close()
    assert to_date(copy) == to_date(whole) and paid(copy) == paid(whole), f"SEED={seed}"


def test_a_backup_as_of_one_instant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sizes that were seen while the job wrote belong to no instant."""
    looks = [{"a": 1}, {"a": 1, "b": 2}, {"a": 3, "b": 2}, {"a": 3, "b": 2}, {"a": 9}]
    seen = iter(looks)
    monkeypatch.setattr(backups, "_sizes", lambda journal: next(seen))
    assert backups._as_of_one_instant(tmp_path) == looks[3]


def test_a_journal_without_seals_is_not_backed_up_as_if_nothing_was_sent(copy: World, tmp_path: Path) -> None:
    for path in (copy.journal / "outbox").rglob("seal.json"):
        path.unlink()
    with pytest.raises(Misuse, match="start the job once, then back up"):
        backup(copy.journal, tmp_path / "backup")
    copy.job().close()
    assert backup(copy.journal, tmp_path / "another").last_run


@pytest.mark.parametrize("seed", SEEDS)
def test_no_job_begins_on_half_of_a_restored_journal(
    copy: World, tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = len(backup(copy.journal, tmp_path / "backup").files)
    shutil.rmtree(copy.journal)
    left, copying = iter(range(Random(seed).randrange(files))), backups._copy

    def until_full(path: Path, to: Path) -> None:
        if next(left, None) is None:
            raise OSError("No space left on device")
        copying(path, to)

    monkeypatch.setattr(backups, "_copy", until_full)
    with pytest.raises(OSError, match="No space left"):
        restore(tmp_path / "backup", copy.journal)
    monkeypatch.undo()
    refused(copy, "a restore was not finished: empty the folder, and restore again")
    shutil.rmtree(copy.journal)
    restore(tmp_path / "backup", copy.journal)
    copy.job().close()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_backup_that_was_changed_is_none(copy: World, tmp_path: Path, seed: int) -> None:
    place, random = tmp_path / "backup", Random(seed)
    backup(copy.journal, place)
    path = random.choice([path for path in sorted(place.rglob("*")) if path.is_file() and path.stat().st_size])
    random.choice((lambda: flip(path, random), path.unlink))()
    with pytest.raises((NotWhole, Misuse)):
        restore(place, tmp_path / "journal")


def test_a_backup_is_put_nowhere_else(copy: World, tmp_path: Path) -> None:
    backup(copy.journal, tmp_path / "backup")
    for folder in (tmp_path / "backup", copy.journal):
        with pytest.raises(Misuse, match="is not empty"):
            restore(tmp_path / "backup", folder)
    with pytest.raises(Misuse, match="is not empty"):
        backup(copy.journal, tmp_path / "backup")
    damaged = segments(copy)[0]
    flip(damaged, Random(SEED))
    with pytest.raises(NotWhole, match="restore it from backup"):
        backup(copy.journal, tmp_path / "another")


def test_an_older_journal_pays_nothing_twice(copy: World, short: list[Day], whole: World, tmp_path: Path) -> None:
    """Pay runs were sent after the backup; files lie in taken/ that the restored journal does not know."""
    backup(copy.journal, tmp_path / "backup")
    copy.live(short[HALF : HALF + 4]).close()
    shutil.rmtree(copy.journal)
    restore(tmp_path / "backup", copy.journal)
    with pytest.raises(OtherContent, match="--resume-after"):
        copy.live(short[HALF + 4 :])
    last = short[HALF + 3].cut_off
    copy.live(short[HALF + 4 :], copy.job(after=last)).close()
    assert to_date(copy) == to_date(whole)
    assert paid(copy) == paid(whole)


def test_a_day_of_which_nothing_was_said_stands_as_silence(copy: World, short: list[Day], tmp_path: Path) -> None:
    """After a pay run that the older journal would say otherwise it could not be decided, and nothing went on."""
    backup(copy.journal, tmp_path / "backup")
    copy.live(short[HALF : HALF + 4]).close()
    silent = iso(business_day_of(short[HALF + 2].cut_off))
    for path in copy.out.glob(f"*-{silent}.avro"):
        path.unlink()
    shutil.rmtree(copy.journal)
    restore(tmp_path / "backup", copy.journal)
    copy.live(short[HALF + 4 :], copy.job(after=short[HALF + 3].cut_off)).close()
    assert not [*copy.out.glob(f"*-{silent}.avro")]
    assert verify(copy.journal).faults == []


def test_an_older_journal_does_not_resume_where_nobody_can_look(copy: World, short: list[Day], tmp_path: Path) -> None:
    """On topics: it ends days before the pay runs that were sent."""
    backup(copy.journal, tmp_path / "backup")
    shutil.rmtree(copy.journal)
    restore(tmp_path / "backup", copy.journal)
    copy.trusted = 0
    with pytest.raises(OtherHistory, match="it is an older copy"):
        copy.job(Nobody(), after=short[HALF + 3].cut_off)


def test_where_nobody_can_look_the_sums_of_what_was_sent_say_it(
    copy: World, short: list[Day], whole: World, tmp_path: Path
) -> None:
    """On topics: an older copy has other sums, whoever sent the facts that it lost."""
    backup(copy.journal, tmp_path / "backup")
    copy.live(short[HALF : HALF + 2]).close()
    last = short[HALF + 1].cut_off
    [run] = [each for each in copy.said()["PayRun"] if each["cut_off"] == last]
    sums = SentSums(run["content_sha256"], run["previous_sha256"], run["facts"])
    newest = copy.journal.rename(tmp_path / "newest")
    restore(tmp_path / "backup", copy.journal)
    with pytest.raises(OtherContent, match="with other sums than this journal gives it"):
        copy.job(Nobody(), after=last, sums=sums)
    shutil.rmtree(copy.journal)
    newest.rename(copy.journal)
    shutil.rmtree(copy.journal / "outbox")
    for name, other in {"content_sha256": "0" * 64, "previous_sha256": "0" * 64, "facts": sums.facts - 1}.items():
        with pytest.raises(OtherContent, match="with other sums"):
            copied(copy, tmp_path / name).job(Nobody(), after=last, sums=sums._replace(**{name: other}))
    copy.live(short[HALF + 2 :], copy.job(Nobody(), after=last, sums=sums)).close()
    copy.job().close()
    agrees(copy, whole)


def to_date(world: World) -> dict[str, int]:
    """What each statement is worth in the end."""
    said = sorted(world.said()["PaymentInstruction"], key=lambda each: each["cut_off"])
    return {each["statement_id"]: each["net_to_date_cents"] for each in said}


# --- 6: the clock -----------------------------------------------------------------------------------------------------


def test_a_clock_a_year_ahead_closes_and_takes_nothing(copy: World, short: list[Day], whole: World) -> None:
    copy.trusted = 0
    job, right, closed = copy.job(), copy.now, len(letters(copy))
    copy.land(short[HALF])
    copy.now = right + 365 * DAY
    for _ in range(3):
        assert job.round(copy.source(job)) == 0
    assert "clock doubted" in copy.log.getvalue() and copy.log.getvalue().count("clock doubted") == 1
    assert json.loads((copy.journal / "health.json").read_bytes())["clock_doubted"] == 1
    assert len(letters(copy)) == closed and list(copy.inbox.glob("*.avro"))
    job.close()
    copy.trusted, copy.now = 1 << 62, short[HALF].cut_off - 1
    copy.live(short[HALF:]).close()
    agrees(copy, whole)


def test_a_clock_two_days_ahead_closes_no_pay_run_that_has_no_facts(copy: World, short: list[Day]) -> None:
    copy.trusted = 0
    job = copy.job()
    copy.now += 3 * DAY
    job.round(copy.source(job))
    decided = job.outbox.last_decided()
    assert decided is not None and decided <= job.journal.newest + DAY
    assert "more than a day after the newest fact" in copy.log.getvalue()
    job.close()


def test_an_operator_may_vouch_for_the_clock(copy: World, short: list[Day]) -> None:
    copy.trusted = short[HALF + 7].cut_off
    copy.now = short[HALF + 7].cut_off + DAY // 2
    job = copy.job()
    job.round(copy.source(job))
    assert job.outbox.last_decided() == short[HALF + 7].cut_off
    job.close()


def test_a_clock_two_weeks_behind_turns_no_fact_away_for_good(copy: World, short: list[Day], whole: World) -> None:
    job = copy.job()
    right, copy.trusted, job.doubt.trusted = short[HALF].cut_off - 1, 0, 0
    copy.land(short[HALF])
    copy.now = right - 14 * DAY
    count = job.journal.count
    for _ in range(3):
        assert job.round(copy.source(job)) == 0
    assert job.journal.count == count and "recorded later than" in copy.log.getvalue()
    copy.now, job.doubt.trusted = right, 1 << 62
    copy.live(short[HALF:], job).close()
    agrees(copy, whole)


@pytest.mark.parametrize("years", [-1, 1])
def test_a_new_journal_is_not_begun_by_a_wrong_clock(
    short: list[Day], whole: World, tmp_path: Path, years: int
) -> None:
    """A year ahead or behind at the first start: nothing is taken or decided by it, also after another start."""
    new = World(tmp_path / "new", short[0].cut_off - 1000 + years * 365 * DAY)
    new.trusted = 0
    new.land(short[0])
    for _ in range(2):
        job = new.job()
        for later in range(3):
            new.now += later * DAY
            assert job.round(new.source(job)) == 0 and job.journal.count == 0 and not letters(new)
        assert "clock doubted" in new.log.getvalue() or years < 0
        new.now = short[0].cut_off - 1000 + years * 365 * DAY
        job.close()
    job = new.job()
    new.trusted = job.doubt.trusted = TRUSTED
    new.now = short[0].cut_off - 1000  # while it runs
    assert job.round(new.source(job)) > 0
    assert iso(business_day_of(short[0].cut_off)) in (new.journal / "health.json").read_text()
    new.live(short[1:], job).close()
    agrees(new, whole)


def test_the_first_facts_say_that_the_clock_is_right(short: list[Day], tmp_path: Path) -> None:
    """Nobody needs to vouch for it; the pay run that was open then is the first, also after another start."""
    new = World(tmp_path / "new", short[0].cut_off + 1000)
    new.trusted = 0
    new.job().close()
    new.now = short[-1].cut_off - 1000
    new.land(short[-1])
    job = new.job()
    assert job.round(new.source(job)) > 0 and "clock doubted" not in new.log.getvalue()
    assert job.collector.open_run == short[-1].cut_off
    job.close()
    new.now += DAY // 24
    assert new.job().collector.open_run == short[-1].cut_off


HOUR = 3_600_000
NOW = 1_720_000_000_000
SHEET = FACTS["Timesheet"].model_validate(SAMPLES["Timesheet"])


def recorded(*ats: int, published: int = 0) -> Batch:
    sheets = [SHEET.model_copy(update={"recorded_at": at}) for at in ats]
    return Batch([Message(encode_message(each), "s/1", None, None, published) for each in sheets], lambda: None)


@pytest.mark.parametrize(
    ("batch", "now", "taken"),
    [
        (recorded(NOW, NOW - DAY, NOW), NOW, True),
        (recorded(NOW, NOW - DAY, NOW - DAY, published=NOW), NOW - 2 * HOUR, False),  # few are later, but Pub/Sub is
        (recorded(NOW + HOUR, NOW + HOUR, NOW, published=NOW), NOW, True),  # most are later: it is their clock
        (recorded(NOW + HOUR, NOW + HOUR, NOW), NOW, False),  # in a file, it may be ours
        (recorded(NOW + HOUR, NOW, NOW), NOW, True),
        (recorded(NOW - DAY), NOW - 2 * HOUR, False),  # the journal holds newer ones
        (recorded(NOW - DAY), NOW - HOUR // 10, True),
    ],
)
def test_the_clock_is_held_to_what_is_known_best(tmp_path: Path, batch: Batch, now: int, taken: bool) -> None:
    """Publish times, by the clock of a server, and what the journal holds, before what a batch says of itself."""
    collector = Collector(Journal(tmp_path), cut_off_after(NOW))
    assert collector.take(recorded(NOW), NOW) is None
    assert (collector.take(batch, now) is None) is taken


def test_a_file_that_was_rejected_lands_again(copy: World, short: list[Day], whole: World) -> None:
    """It was taken while the clock was vouched for and wrong; afterwards somebody moves it back."""
    job = copy.job()
    copy.land(short[HALF])
    copy.now = short[HALF].cut_off - 14 * DAY
    job.round(copy.source(job))
    assert sum(job.collector.rejections.values()) > 1 and not list(copy.inbox.glob("*.avro"))
    copy.now = short[HALF].cut_off - 1
    for path in (copy.inbox / "taken").glob(f"*-{short[HALF].cut_off}.avro"):
        path.rename(copy.inbox / path.name)
    job.round(copy.source(job))
    copy.live(short[HALF + 1 :], job).close()
    assert paid(copy) == paid(whole) and to_date(copy) == to_date(whole)


# --- 8: what was sent -------------------------------------------------------------------------------------------------


def test_a_new_journal_overwrites_nothing(copy: World, short: list[Day]) -> None:
    sent = {path.name: path.read_bytes() for path in copy.out.glob("*.avro")}
    other = World(copy.root / "other", short[2].cut_off - 1000)
    other.out = copy.out
    with pytest.raises(OtherContent):
        other.live([short[2], *short[4:HALF]])
    assert {path.name: path.read_bytes() for path in copy.out.glob("*.avro")} == sent


def test_what_is_confirmed_is_synced(copy: World, short: list[Day], monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []

    def note(descriptor: int) -> None:
        synced.append(os.path.basename(os.readlink(f"/proc/self/fd/{descriptor}")))

    job = copy.job()

    def renamed(path: Path, to: Path) -> Path:
        if to.parent == copy.out and to.name.startswith("pay_run"):
            assert copy.out.name in synced, "the names of all others are on the disk before"
        return rename(path, to)

    rename = Path.replace
    monkeypatch.setattr(Path, "replace", renamed)
    monkeypatch.setattr(os, "fsync", note)
    before = {path.name for path in copy.out.glob("*.avro")}
    copy.live(short[HALF : HALF + 1], job).close()
    fresh = {path.name for path in copy.out.glob("*.avro")} - before
    assert fresh and {f".{name}.new" for name in fresh} <= set(synced)
    assert synced.index(copy.out.name) < synced.index("confirmed")


@pytest.mark.parametrize("file", ["sent", "letters.avro", "seal.json"])
def test_what_was_sent_before_is_not_sent_though_the_job_died_then(
    copy: World, short: list[Day], monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    """An operator said that it was sent; the job died at any place while it wrote that down."""
    last = short[HALF].cut_off
    with monkeypatch.context() as dying, pytest.raises(KeyboardInterrupt):
        dying.setattr(seals_of if file == "seal.json" else outboxes, "replace", dies_after(file))
        copy.job(Nobody(), after=last)
    sink = Silent()
    copy.job(sink, after=last).close()
    assert sink.runs == []
    assert (copy.journal / "outbox" / iso(business_day_of(last)) / "done").exists()


def test_what_was_not_sent_before_is_sent(copy: World, short: list[Day], monkeypatch: pytest.MonkeyPatch) -> None:
    """The mark of an attempt that a crash ended says nothing of the next one."""
    with monkeypatch.context() as dying, pytest.raises(KeyboardInterrupt):
        dying.setattr(outboxes, "replace", dies_after("sent"))
        copy.job(Nobody(), after=short[HALF].cut_off)
    sink = Silent()
    copy.live(short[HALF : HALF + 1], copy.job(sink)).close()
    assert sink.runs == [iso(business_day_of(short[HALF].cut_off))]


class Silent(Nobody):
    """A sink that takes all."""

    def __init__(self) -> None:
        self.runs: list[str] = []

    def send(self, run: str, letters: Any, first: int, confirm: Callable[[int], None]) -> None:
        self.runs.append(run)
        confirm(len(letters))


def dies_after(name: str) -> Callable[[Path, bytes], None]:
    def replaced(path: Path, content: bytes) -> None:
        durable.replace(path, content)
        if path.name == name:
            raise KeyboardInterrupt

    return replaced


# --- 10: acknowledged truth -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_a_closed_segment_is_held_to_its_sum(copy: World, short: list[Day], whole: World, seed: int) -> None:
    random = Random(seed)
    path = random.choice(segments(copy))
    good = path.read_bytes()
    harm: list[Callable[[], object]] = [
        lambda: flip(path, random),
        lambda: path.write_bytes(good[: -random.choice((1, 5, 16))]),
        path.unlink,
        lambda: shutil.copy(path, path.with_name("000009.avro")),
    ]
    random.choice(harm)()
    refused(copy, "restore it from backup|came to a pay run that was closed")
    path.with_name("000009.avro").unlink(missing_ok=True)
    path.write_bytes(good)
    copy.live(short[HALF:]).close()
    agrees(copy, whole)


def test_no_segment_of_the_open_pay_run_vanishes_unseen(copy: World, short: list[Day]) -> None:
    """The newest and another deleted, or cut where a block ends."""
    opened = with_two_open(copy, short)
    for path in (opened[0], opened[-1]):
        good = path.read_bytes()
        path.unlink()
        refused(copy, "were acknowledged and are not in the journal")
        path.write_bytes(good[: whole_blocks(good)])
        refused(copy, "were acknowledged and are not in the journal")
        path.write_bytes(good)
    (copy.journal / "health.json").unlink()
    opened[0].unlink()
    refused(copy, "journal accept-loss")


@pytest.mark.parametrize("which", [0, -1])
def test_a_loss_is_accepted_and_stays_on_record(
    copy: World, short: list[Day], whole: World, tmp_path: Path, which: int
) -> None:
    """Of a segment in the middle, and of the newest: the sources send again, and what is there can be backed up."""
    opened = with_two_open(copy, short)
    with pytest.raises(Misuse, match="nothing is missing"):
        accept_loss(copy.journal, copy.now)
    opened[which].unlink()
    refused(copy, "were acknowledged and are not in the journal")
    with pytest.raises(NotWhole, match=r"accept-loss|are missing"):
        backup(copy.journal, tmp_path / "too early")
    (lost,) = accept_loss(copy.journal, copy.now)
    assert not verify(copy.journal).faults and verify(copy.journal).lost == lost.last - lost.first + 1
    job = copy.job()
    assert job.journal.count >= lost.last, "no number is given twice"
    assert job.round(copy.source(job)) > 0, "what lies in taken/ and is not known lands again by itself"
    copy.live(short[HALF + 1 : HALF + 3], job).close()
    backup(copy.journal, tmp_path / "backup")
    shutil.rmtree(copy.journal)
    restore(tmp_path / "backup", copy.journal)
    copy.live(short[HALF + 3 :]).close()
    assert paid(copy) == paid(whole) and to_date(copy) == to_date(whole)
    assert verify(copy.journal).lost == lost.last - lost.first + 1


def test_the_command_that_accepts_a_loss(copy: World, short: list[Day], capsys: pytest.CaptureFixture[str]) -> None:
    with_two_open(copy, short)[0].unlink()
    for words, code, said in (
        ("verify", 1, "accept-loss"),
        ("accept-loss", 0, "are accepted as lost: have their sources send again"),
        ("verify", 0, "entries that were accepted as lost"),
        ("accept-loss", 2, "nothing is missing in it"),
    ):
        with pytest.raises(SystemExit) as ended:
            cli.main(["journal", words, "--journal", str(copy.journal)])
        assert ended.value.code == code and said in "".join(capsys.readouterr())


def test_what_was_lost_and_is_found_may_be_put_back(copy: World, short: list[Day], whole: World) -> None:
    found = with_two_open(copy, short)[0]
    kept = found.read_bytes()
    found.unlink()
    accept_loss(copy.journal, copy.now)
    found.write_bytes(kept)
    refused(copy, "are there again: delete it")
    (copy.journal / "lost.json").unlink()
    assert not verify(copy.journal).faults
    copy.live(short[HALF + 1 :]).close()
    agrees(copy, whole)


@pytest.mark.parametrize("harm", [lambda path: path.unlink(), lambda path: path.write_bytes(b"[{}]")])
def test_the_record_of_a_loss_is_held_to(copy: World, short: list[Day], harm: Callable[[Path], object]) -> None:
    with_two_open(copy, short)[0].unlink()
    accept_loss(copy.journal, copy.now)
    harm(copy.journal / "lost.json")
    refused(copy, "accept-loss|lost.json is damaged")


def with_two_open(copy: World, short: list[Day]) -> list[Path]:
    """Segments of the open pay run, of two starts."""
    copy.now = short[HALF].cut_off - 1
    for half in (0, 1):
        job = copy.job()
        copy.land(Day(short[HALF].cut_off, {kind: each[half::2] for kind, each in short[HALF].facts.items()}))
        job.round(copy.source(job))
        job.close()
    opened = [path for path in segments(copy) if path.parent == segments(copy)[-1].parent]
    assert len(opened) > 1
    return opened


@pytest.mark.parametrize("seed", SEEDS)
def test_a_torn_tail_is_no_fault_of_a_journal(copy: World, short: list[Day], whole: World, seed: int) -> None:
    """The job died while it wrote to the open pay run, or writes just now: nothing of that was acknowledged."""
    path = with_two_open(copy, short)[-1]
    good, before = path.read_bytes(), verify(copy.journal)
    block = good[whole_blocks(good) :]
    path.write_bytes(good + block[: Random(seed).randrange(1, len(block) - 16)])
    assert verify(copy.journal) == before and not before.faults
    path.write_bytes(good[:-20] + b"x" + good[-19:])
    refused(copy, "is damaged")
    path.write_bytes(good)
    copy.live(short[HALF + 1 :]).close()
    agrees(copy, whole)


def whole_blocks(good: bytes) -> int:
    """Bytes of a segment without its last block."""
    *_, (offset, _) = segment_blocks(BytesIO(good))
    return offset


# --- 12: two jobs -----------------------------------------------------------------------------------------------------


def test_a_deleted_lock_lets_no_second_job_in(copy: World) -> None:
    with Owned(copy.journal) as owned:
        owned.check()
        (copy.journal / "lock").unlink()
        with pytest.raises(Misuse, match="belongs to a job that is running"):
            Owned(copy.journal)
        with pytest.raises(LockLost, match="was moved or deleted"):
            owned.check()
    Owned(copy.journal).__exit__()


def test_a_moved_journal_ends_its_job(copy: World) -> None:
    with Owned(copy.journal) as owned:
        copy.journal.rename(copy.root / "elsewhere")
        shutil.copytree(copy.root / "elsewhere", copy.journal)
        with pytest.raises(LockLost):
            owned.check()


def test_a_source_is_what_it_was(copy: World) -> None:
    """The journal alone says what was taken."""
    job: Job = copy.job()
    assert FolderIn(copy.inbox, job.journal).again == 0 and job.journal.taken
    job.journal.taken.clear()
    assert FolderIn(copy.inbox, job.journal).again == len(list(copy.inbox.glob("*.avro"))) > 0
    job.close()
