"""What `make prove` found, each as the smallest thing that shows it."""

import errno
import os
import shutil
from datetime import date
from pathlib import Path
from random import Random

import pytest

from pipelines.live import accepted, begun, durable, lost, seals
from pipelines.live.durable import made, sync, sync_folder
from pipelines.live.folders import FolderIn
from pipelines.live.outbox import Outbox, Sink
from pipelines.live.segments import Damaged
from pipelines.live.verify import verify
from rules.periods import cut_off_of, epoch_day
from schemas.avro import write_container
from tests.pipelines.live.drill import World
from tests.schemas.samples import SAMPLES
from tests.simulation.disk import ForgetfulDisk

NOON = 1_768_939_200_000  # 2026-01-20 20:00 UTC
DAYS = [cut_off_of(epoch_day(date(2026, 1, 20))), cut_off_of(epoch_day(date(2026, 1, 21)))]


class Silent:
    """A sink that takes nothing."""


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    made: Sink = Silent()  # type: ignore[assignment]
    found = Outbox(tmp_path, made)
    found.decide(DAYS[0], [])
    return found


@pytest.mark.parametrize("bit", range(8))
def test_a_seal_that_is_no_text_any_more_is_damaged(outbox: Outbox, bit: int) -> None:
    """A byte over 127 within a text made the job crash: no sentence said what to do."""
    [path] = outbox.folder.glob("*/seal.json")
    raw = bytearray(path.read_bytes())
    raw[raw.index(b"letters_sha256") + 20] ^= 1 << bit
    path.write_bytes(raw)
    assert verify(outbox.journal).faults


def test_a_bit_of_the_last_seal_is_noticed_wherever_it_flips(tmp_path: Path) -> None:
    """No seal follows it yet: of the files that it says were taken, a bit of a SHA-256 flipped. The job that ran ended,
    `journal verify` found nothing, and the next job went on."""
    world = World(tmp_path, NOON)
    write_container(world.inbox / "sheets.avro", "Timesheet", [SAMPLES["Timesheet"]])
    job = world.job()
    source = world.source(job)
    job.round(source)
    world.now = DAYS[0]
    job.round(source)
    job.close()
    [*_, path] = sorted((world.journal / seals.OUTBOX).glob("*/seal.json"))
    raw = path.read_bytes()
    assert not verify(world.journal).faults
    place = raw.index(b'"taken"') + 12
    path.write_bytes(raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :])
    assert [each for each in verify(world.journal).faults if "is not what was sealed" in each]
    path.write_bytes(raw)
    (path.parent / seals.DONE).write_bytes(b"")  # as an earlier version left it
    assert not verify(world.journal).faults


@pytest.mark.parametrize("seed", range(8))
def test_a_folder_that_another_job_made_is_synced_too(tmp_path: Path, seed: int) -> None:
    """The disk was full when the name of a day's folder was to be synced. The next job found it there, synced what it
    wrote in it and acknowledged it; the power was cut, and the folder was gone."""
    disk = ForgetfulDisk(tmp_path, Random(seed))
    disk.believe()
    fact = tmp_path / "2024-08-15" / "000001.avro"
    with disk.mounted():
        disk.full_in = 1
        with pytest.raises(OSError, match="No space"):
            made(fact.parent)
        with made(fact.parent).joinpath(fact.name).open("wb") as stream:
            stream.write(b"acknowledged")
            sync(stream)
        sync_folder(fact.parent)
    disk.lose_power()
    assert fact.read_bytes() == b"acknowledged"


@pytest.mark.parametrize("seed", range(8))
def test_all_folders_that_were_missing_are_synced(tmp_path: Path, seed: int) -> None:
    disk = ForgetfulDisk(tmp_path, Random(seed))
    disk.believe()
    with disk.mounted():
        inner = made(tmp_path / "county" / "17" / "journal")
    disk.lose_power()
    assert inner.is_dir()


@pytest.mark.parametrize("why", [errno.EACCES, errno.EROFS])
def test_a_parent_that_is_anothers_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, why: int) -> None:
    def refused(folder: Path) -> None:
        raise OSError(why, os.strerror(why))

    monkeypatch.setattr(durable, "sync_folder", refused)
    assert made(tmp_path) == tmp_path
    with pytest.raises(OSError, match=os.strerror(why)):
        made(tmp_path / "new")


def test_what_is_no_text_is_damaged_wherever_it_lies(tmp_path: Path) -> None:
    (tmp_path / lost.FILE).write_bytes(b'[{"fir\xb8t": 1}]')
    (tmp_path / accepted.FILE).write_bytes(b'[{"unt\xb8l": 1}]')
    with pytest.raises(Damaged, match=r"lost.json is damaged"):
        lost.lost(tmp_path)
    with pytest.raises(Damaged, match=r"accepted.json is damaged"):
        accepted.accepted(tmp_path)


def test_an_acceptance_names_a_pay_run(outbox: Outbox) -> None:
    """One digit of the instant changed, and the letters up to that day are the same: nobody noticed."""
    accepted.accept(outbox.journal, DAYS[0], NOON, "law")
    assert accepted.fault(outbox.journal) is None
    path = outbox.journal / accepted.FILE
    path.write_text(path.read_text().replace(str(DAYS[0]), str(DAYS[0] - 4)))
    assert "accepted.json is damaged" in (accepted.fault(outbox.journal) or "")


def test_no_seal_follows_one_that_changed_while_the_job_ran(outbox: Outbox) -> None:
    """It was chained to the damaged one, and with that put back from backup the chain was broken for good."""
    [path] = outbox.folder.glob(f"*/{seals.SEAL}")
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b'"newest":0', b'"newest":1'))
    with pytest.raises(Damaged, match=r"seal.json is not what was sealed"):
        outbox.decide(DAYS[1], [])
    path.write_bytes(whole)
    outbox.decide(DAYS[1], [])
    assert not verify(outbox.journal).faults


def test_what_lies_in_quarantine_and_is_in_no_journal_lands_again(tmp_path: Path) -> None:
    """The journal was put back from an older copy: facts before the damage of a file, and its rejection, were gone."""
    world = World(tmp_path, NOON)
    path = world.inbox / "sheets.avro"
    write_container(path, "Timesheet", [SAMPLES["Timesheet"]])
    path.write_bytes(path.read_bytes() + b"damage")
    job = world.job()
    job.round(world.source(job))
    job.close()
    assert len([*(world.inbox / "quarantine").iterdir()]) == 1
    shutil.rmtree(world.journal)
    job = world.job()
    source: FolderIn = world.source(job)
    assert source.again == 1 and job.round(source) == 3  # the fact, the damage, the end
    job.close()


def test_a_bit_of_the_first_pay_run_that_flips_changes_nothing(tmp_path: Path) -> None:
    """Seed 100000299: 17199…, a digit lower, was believed to be a cut-off until somebody asked for its day."""
    world = World(tmp_path, NOON)
    write_container(world.inbox / "sheets.avro", "Timesheet", [SAMPLES["Timesheet"]])
    job = world.job()
    job.round(world.source(job))
    job.close()
    note = world.journal / begun.FILE
    raw = note.read_bytes()
    assert begun.first_run(world.journal, [], lambda: NOON) == DAYS[0]
    for place in range(len(raw)):
        for bit in range(8):
            note.write_bytes(raw[:place] + bytes([raw[place] ^ 1 << bit]) + raw[place + 1 :])
            assert begun.first_run(world.journal, [], lambda: NOON) == DAYS[0], (place, bit)
    note.write_text('{"first_cut_off": 1e300}')
    assert begun.first_run(world.journal, [], lambda: NOON) == DAYS[0]
