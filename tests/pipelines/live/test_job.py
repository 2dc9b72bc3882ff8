"""The live job with folders as edges says, pay run by pay run, what the replay of its journal says."""

import json
import shutil
from datetime import date
from pathlib import Path
from random import Random

import pytest

from pipelines.live.clock import day_of_run
from pipelines.live.durable import Owned
from pipelines.live.outbox import Letter, letter_of
from pipelines.live.past import OtherHistory
from pipelines.live.seals import sha256_of
from pipelines.live.segments import Damaged, entries_of
from pipelines.misuse import Misuse
from rules.periods import business_day_of, iso
from schemas.avro import fields_of, validate
from tests.pipelines.live.drill import LAW, Day, World, records_in

DEARER = {"from": date(2024, 1, 1), "value": 99_000, "grade": "assumption", "citation": "a test's own"}


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.avro")}


def test_live_says_what_the_replay_of_its_journal_says(world: World, days: list[Day]) -> None:
    world.live(days).close()
    said = world.said()
    assert said == world.replayed(days[-1].cut_off)
    assert len(said["PaymentInstruction"]) > 20 and said["Finding"] and said["Rejection"] and said["BenefitHours"]


def test_each_pay_run_says_its_own(world: World, days: list[Day]) -> None:
    world.live(days).close()
    replayed = world.replayed(days[-1].cut_off)
    for path in world.out.glob("*.avro"):
        for kind, record in records_in(path):
            if "cut_off" in record:
                assert path.stem.endswith(iso(business_day_of(record["cut_off"]))), kind
                assert record in replayed[kind]


def test_each_pay_run_says_what_the_law_does_not_know(world: World, days: list[Day]) -> None:
    """WAGE-2: in July 2024 the wages of some counties are carried forward."""
    world.live(days[:3]).close()
    told = [json.loads(line) for line in world.log.getvalue().splitlines()]
    runs = [place for place, line in enumerate(told) if line["event"] == "pay run"]
    assert len(runs) > 2
    for place in runs:
        assert told[place + 1]["event"] == "law"
        assert "carried forward, the first since 1 January 2017: add theirs to" in told[place + 1]["says"]


def test_memory_thrown_away_changes_no_byte(world: World, days: list[Day], tmp_path: Path) -> None:
    """With what is remembered, without it, and with one that is no database: the same files."""
    world.live(days).close()
    forgetful = World(tmp_path / "forgetful", days[0].cut_off - 1000)
    half = len(days) // 2
    forgetful.live(days[:half]).close()
    (forgetful.journal / "memory.sqlite").unlink()
    forgetful.live(days[half:-3]).close()
    (forgetful.journal / "memory.sqlite").write_bytes(b"no database" * 1000)
    forgetful.live(days[-3:]).close()
    assert files(forgetful.out) == files(world.out)


def test_facts_may_come_late_twice_and_shuffled(world: World, days: list[Day]) -> None:
    """Each fact up to five pay runs late, some twice: another history, and again the one its journal tells."""
    random, dealt = Random(3), [Day(day.cut_off, {}) for day in days]
    for place, day in enumerate(days):
        for kind, records in day.facts.items():
            for record in records:
                late = min(place + random.choice((0, 0, 0, 1, 5)), len(days) - 1)
                dealt[late].facts.setdefault(kind, []).append(record)
                if random.random() < 0.2:
                    dealt[-1].facts.setdefault(kind, []).append(record)
    world.live(dealt).close()
    assert world.said() == world.replayed(days[-1].cut_off)


def test_a_file_that_lands_twice_is_taken_once(world: World, days: list[Day]) -> None:
    job = world.live(days[:2])
    count = job.journal.count
    whole = [path for path in (world.inbox / "taken").glob("*.avro") if not job.journal.taken[sha256_of(path)]]
    for path in whole:
        shutil.copy(path, world.inbox / f"again-{path.name}")
    assert len(whole) > 3 and job.round(world.source(job)) == 0
    assert job.journal.count == count and not list(world.inbox.glob("*.avro"))
    assert not list(world.inbox.glob("*.avro"))
    job.close()


def test_a_second_job_is_refused(world: World) -> None:
    with Owned(world.journal), pytest.raises(Misuse, match="belongs to a job that is running"):
        Owned(world.journal)


def test_other_law_is_refused_before_it_pays(world: World, days: list[Day]) -> None:
    """What was said cannot be decided otherwise afterwards: the difference would never be paid."""
    world.live(days).close()
    other = LAW.amended({"wages.toml": {"wage": {"17": {"values": [DEARER]}}}})
    with pytest.raises(OtherHistory, match="go back"):
        world.job(law=other)


def test_a_cent_that_went_to_another_statement_is_another_history(world: World, days: list[Day]) -> None:
    """Ids and totals of the pay run agree, accounts do not: what is paid next would be a difference to a fiction."""
    job = world.live(days)
    cut_off = next(day.cut_off for day in reversed(days) if len(moved(job.outbox.letters(day.cut_off) or [])) > 1)
    letters = job.outbox.letters(cut_off) or []
    job.close()
    for letter, cent in zip(moved(letters), (1, -1), strict=False):
        fields = fields_of(letter.record)
        fields["net_cents"] -= cent
        fields["net_to_date_cents"] -= cent
        fields["deductions"][0]["cents"] += cent
        letters[letters.index(letter)] = letter_of(validate(letter.kind, fields), letter.id)
    (world.journal / "outbox" / day_of_run(cut_off) / "done").unlink()  # it names the seal of what was sent
    job.outbox.decide(cut_off, letters, sent=True)
    (world.journal / "memory.sqlite").unlink()
    with pytest.raises(OtherHistory, match="go back"):
        world.job()


def moved(letters: list[Letter]) -> list[Letter]:
    """Instructions with deductions."""
    paid = [letter for letter in letters if letter.kind == "PaymentInstruction"]
    return [letter for letter in paid if fields_of(letter.record)["deductions"]]


def test_damage_within_is_no_torn_tail(world: World, days: list[Day]) -> None:
    world.live(days).close()
    path = max((world.journal / "segments").rglob("*.avro"))
    entry, raw = next(entries_of(path)), bytearray(path.read_bytes())
    raw[raw.index(entry.raw) + len(entry.raw) // 2] ^= 1  # within a fact: Avro itself would not see it
    path.write_bytes(raw)
    with pytest.raises(Damaged, match="restore it from backup"):
        world.job()


def test_a_torn_tail_is_cut_off_and_said(world: World, days: list[Day]) -> None:
    """Of the pay run that is open; one that is closed has none (test_unbelieved)."""
    job = world.live(days[:-1])
    world.land(days[-1])
    job.round(world.source(job))
    job.close()
    path = max((world.journal / "segments").rglob("*.avro"))
    whole = path.read_bytes()
    with path.open("ab") as stream:
        stream.write(b"\x10\xf0torn")
    world.job().close()
    assert path.read_bytes() == whole
    cut = [json.loads(line) for line in world.log.getvalue().splitlines() if "torn" in line]
    assert cut[0]["bytes"] == 6


def test_nothing_is_sent_again_after_a_restore(world: World, days: list[Day], tmp_path: Path) -> None:
    """Journal from a backup, outbox lost: runs that were sent are not, later ones are the same."""
    world.live(days).close()
    restored = World(tmp_path / "restored", days[0].cut_off - 1000)
    shutil.copytree(world.journal, restored.journal, ignore=shutil.ignore_patterns("outbox", "memory*"))
    half = days[len(days) // 2].cut_off
    job = restored.job(after=half)
    restored.now = days[-1].cut_off
    job.round(restored.source(job))
    later = {name: raw for name, raw in files(world.out).items() if name[-15:-5] > iso(business_day_of(half))}
    assert files(restored.out) == later
