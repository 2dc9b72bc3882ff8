"""Whatever lands in a job's folder, the job goes on: what cannot be used is one rejection and lies in quarantine."""

import json
import os
import subprocess
import sys
from io import BufferedReader, BytesIO
from pathlib import Path
from random import Random

import pytest

from pipelines.command import cli
from pipelines.live import folders, landed_text
from pipelines.live.collector import Message
from pipelines.live.folders import FolderIn
from pipelines.live.landed import LandedFile, opened
from rules.periods import cut_off_after
from schemas.avro import Container, decode_message, write_container
from schemas.container import LARGEST_FILE
from tests import fuzz
from tests.pipelines.live.drill import World
from tests.pipelines.live.test_folder_in import taken
from tests.schemas.samples import NOON, SAMPLES, changed
from tests.schemas.writers import encoded, file_with, published

SHEET = SAMPLES["Timesheet"]
MIB = 1 << 20


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, NOON)


def one_round(world: World) -> FolderIn:
    job = world.job()
    source = world.source(job)
    job.round(source)
    job.close()
    return source


def lay(world: World, name: str, raw: bytes) -> Path:
    """A file of somebody else's, and an honest one after it."""
    (world.inbox / name).write_bytes(raw)
    write_container(world.inbox / "z.avro", "Timesheet", [SHEET])
    return world.inbox / name


def quarantined(world: World) -> list[str]:
    return [path.name for path in (world.inbox / "quarantine").iterdir()]


def test_junk_of_three_gigabytes_is_not_read(world: World) -> None:
    """Sparse: it costs its sender nothing."""
    path = lay(world, "a.avro", b"junk")
    os.truncate(path, 3 << 30)
    with opened(path) as stream:
        file = LandedFile(stream, path.name)
        assert stream.tell() <= 2 * MIB and file.damage
    one_round(world)
    (reason, _, raw), (honest, _, sent) = taken(world)
    assert (reason, raw, honest) == ("UNREADABLE", b"", None) and decode_message(sent).model_dump() == SHEET
    assert quarantined(world) == [f"{file.mark}.avro"] and [*os.listdir(world.inbox / "taken")] == ["z.avro"]
    [rejection] = world.replayed(cut_off_after(NOON))["Rejection"]
    assert file.mark in rejection["message"] and "3,221,225,472 bytes" in rejection["message"]


def test_a_file_larger_than_any_honest_one_is_not_read(world: World) -> None:
    path = lay(world, "a.avro", file_with(published("Timesheet"), encoded(published("Timesheet"), SHEET)))
    os.truncate(path, LARGEST_FILE + 1)
    one_round(world)
    assert [reason for reason, _, _ in taken(world)] == ["UNREADABLE", None] and len(quarantined(world)) == 1


def test_whole_blocks_before_a_damage_are_used_and_its_rest_is_not_carried(world: World) -> None:
    sheet = encoded(published("Timesheet"), changed("Timesheet", event_id="e-2"))
    path = lay(world, "a.avro", file_with(published("Timesheet"), sheet))
    os.truncate(path, 100 * MIB)
    one_round(world)
    assert [(reason, raw == b"") for reason, _, raw in taken(world)] == [
        (None, False), ("UNREADABLE", True), (None, False)
    ]  # fmt: skip
    assert len(quarantined(world)) == 1


def test_a_file_that_may_not_be_read_keeps_back_no_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    lay(world, "a.avro", b"")
    before = os.open

    def refused(path: Path, *rest: int, **more: int) -> int:
        if Path(path).name == "a.avro":
            raise PermissionError(13, "Permission denied", str(path))
        return before(path, *rest, **more)

    monkeypatch.setattr(os, "open", refused)
    source = one_round(world)
    assert [reason for reason, _, _ in taken(world)] == [None]
    assert source.ignored(2**62) == {"unreadable": 1}
    monkeypatch.undo()
    one_round(world)
    assert len(quarantined(world)) == 1  # now it may: an empty file is no Avro


@pytest.mark.skipif(os.geteuid() != 0, reason="takes another user to be refused")
def test_the_machine_really_refuses(world: World) -> None:
    """As a user without the right, in a process of its own: the superuser may read all."""
    path = lay(world, "a.avro", b"x")
    path.chmod(0)
    program = (
        "import os, sys\nfrom pathlib import Path\nfrom pipelines.live.landed import opened\nos.setuid(65534)\n"
        "try: opened(Path(sys.argv[1]))\nexcept OSError as refused: print(type(refused).__name__)"
    )
    for folder in path.parents[:3]:
        folder.chmod(0o755)
    told = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "PermissionError"


def test_a_link_is_not_followed(world: World) -> None:
    """It may lead anywhere: one published /etc/passwd."""
    secret = world.root / "secret"
    secret.write_text("root:x:0:0")
    (world.inbox / "a.avro").symlink_to(secret)
    write_container(world.root / "real.avro", "Timesheet", [SHEET])
    (world.inbox / "b.avro").symlink_to(world.root / "real.avro")
    os.mkfifo(world.inbox / "c.avro")
    write_container(world.inbox / "z.avro", "Timesheet", [changed("Timesheet", event_id="e-9")])
    source = one_round(world)
    assert len(taken(world)) == 1
    assert source.ignored(2**62) == {"link": 2, "other": 1}
    with pytest.raises(OSError, match="symbolic link"):
        opened(world.inbox / "a.avro")


def test_a_slow_writer_under_its_final_name_is_waited_for(world: World) -> None:
    """What was read half had its other half thrown away."""
    raw = file_with(published("Timesheet"), encoded(published("Timesheet"), SHEET))
    now, job = [0.0], world.job()
    source = FolderIn(world.inbox, job.journal, settle=2, clock=lambda: now[0])
    path = world.inbox / "a.avro"
    for end in (len(raw) // 2, len(raw) - 1, len(raw)):
        path.write_bytes(raw[:end])
        os.utime(path, ns=(0, end))  # whatever the grain of the file system's clock
        assert job.round(source) == 0 and source.settling()
        now[0] += 1.9
        assert job.round(source) == 0 and source.settling()
    now[0] += 2
    assert job.round(source) == 2 and not source.settling()  # the fact and the file's end
    job.close()
    assert [reason for reason, _, _ in taken(world)] == [None]


@pytest.mark.parametrize("seen_before", [False, True])
@pytest.mark.parametrize("name", ["a.avro", "a.jsonl"])
def test_a_name_that_goes_to_another_file_amid_reading_keeps_that_one(
    world: World, name: str, seen_before: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new file was moved to taken/, and nobody had read it; of a text both were read as one."""
    lay(world, name, told(name, "e-1"))
    first = one_round(world)
    if seen_before:
        os.replace(first.done / name, world.inbox / name)
    else:
        lay(world, name, told(name, "e-2"))
    (world.root / "new").write_bytes(told(name, "e-3"))

    first_of = landed_text.landed

    def replaced(stream: BufferedReader, path: Path) -> LandedFile:
        file = first_of(stream, path)
        if (world.root / "new").exists() and path == world.inbox / name:
            os.replace(world.root / "new", path)
        return file

    monkeypatch.setattr(folders, "landed", replaced)
    one_round(world)
    assert (world.inbox / name).read_bytes() == told(name, "e-3")
    one_round(world)
    events = {decode_message(raw).model_dump()["event_id"] for _, _, raw in taken(world)}
    assert events == {SHEET["event_id"], "e-1", "e-3"} | (set() if seen_before else {"e-2"})


def told(name: str, event: str) -> bytes:
    """A file of one sheet."""
    sheet = changed("Timesheet", event_id=event)
    if name.endswith(".avro"):
        return file_with(published("Timesheet"), encoded(published("Timesheet"), sheet))
    return json.dumps({"kind": "Timesheet", **sheet}).encode()


def test_a_file_that_changes_while_it_is_read_comes_again(world: World) -> None:
    path = lay(world, "a.avro", told("a.avro", "e-1"))
    with opened(path) as stream:
        file = LandedFile(stream, path.name)
        assert file.lies_at(path)
        with path.open("ab") as more:
            more.write(b"more")
        assert not file.lies_at(path)
        path.unlink()
        assert not file.lies_at(path)


def test_a_job_that_closes_a_run_waits_for_what_has_just_landed(world: World) -> None:
    write_container(world.inbox / "z.avro", "Timesheet", [SHEET])
    edges = ["--from", f"folder:{world.inbox}", "--to", f"folder:{world.out}", "--journal", str(world.journal)]
    with pytest.raises(SystemExit) as ended:
        cli.main(["run", *edges, "--close-run", "2026-01-02", "--settle", "0.3"])
    assert not ended.value.code and [reason for reason, _, _ in taken(world)] == [None]


def test_bytes_of_a_record_are_found_once_for_a_block() -> None:
    """Each was found by reading the block again: 182 seconds for 4,000 records."""
    schema = published("Timesheet")
    schema["fields"].append({"name": "more", "type": ["null", "string"]})
    bodies = [encoded(schema, changed("Timesheet", event_id=f"e-{n}") | {"more": "x" * (n % 9)}) for n in range(300)]
    stream = BytesIO(file_with(schema, *bodies))
    container = Container(stream)
    assert [container.own_bytes() for _ in container] == bodies
    again = Container(BytesIO(stream.getvalue()))
    assert [again.own_bytes() for _ in again.block_at(container.block_offset)] == bodies


@pytest.mark.parametrize("items", ["boolean", "float", "double", {"type": "fixed", "name": "F", "size": 3}])
def test_a_skipped_array_ends_where_its_bytes_do(items: object, tmp_path: Path) -> None:
    """fastavro skips beyond the end without looking: 2^40 items that are not there would take days."""
    schema = published("Timesheet")
    body = encoded(schema, SHEET) + b"\x80\x80\x80\x80\x80\x80\x40"
    schema["fields"].append({"name": "more", "type": {"type": "array", "items": items}})
    [message, _] = landed(tmp_path, file_with(schema, body))
    assert message.wrong and message.wrong.reason == "UNREADABLE"


def test_an_unknown_symbol_in_a_field_that_is_not_ours_is_not_ours_to_judge(tmp_path: Path) -> None:
    """It ended the program with an IndexError, at each start."""
    schema = published("Timesheet")
    body = encoded(schema, changed("Timesheet", minutes_worked=[0])) + b"\x12"
    schema["fields"].append({"name": "more", "type": {"type": "enum", "name": "E", "symbols": ["A"]}})
    [message, _] = landed(tmp_path, file_with(schema, body))
    assert message.wrong and message.wrong.field == "minutes_worked" and message.raw.endswith(body)


def landed(folder: Path, raw: bytes) -> list[Message]:
    (folder / "a.avro").write_bytes(raw)
    return fuzz.landed(folder / "a.avro")


def test_a_fuzzed_file_keeps_back_no_other(tmp_path: Path) -> None:
    """A few of what ``make fuzz`` reads."""
    after = fuzz.honest(tmp_path)
    assert fuzz.fuzz(tmp_path, range(1, 150), after)["read"] > 10
    assert fuzz.hostile(Random(3)) == fuzz.hostile(Random(3)) and json.dumps(fuzz.ODD)
