"""What lands in a job's folder: files of other writers are taken as a replay reads them, the rest is said."""

import json
import os
from pathlib import Path

import pytest

from pipelines.command import cli
from pipelines.console.live import sentence
from pipelines.importing.templates import headings
from pipelines.live.folders import FolderIn
from pipelines.live.segments import entries_of, segments
from rules.periods import cut_off_after
from schemas.avro import decode_message, write_container
from schemas.journal import TAKEN
from tests.pipelines.live.drill import World
from tests.schemas.samples import NOON, SAMPLES, changed
from tests.schemas.writers import encoded, file_with, published


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, NOON)


def taken(world: World) -> list[tuple[str | None, str | None, bytes]]:
    """Reason, field and bytes of every entry but those that a file's end leaves."""
    folder = next((world.journal / "segments").iterdir())
    found = [entry for path in segments(folder) for entry in entries_of(path)]
    return [(entry.reason, entry.field, entry.raw) for entry in found if entry.reason != TAKEN]


def test_an_evolved_writer_is_taken_and_replayed_alike(world: World) -> None:
    """A journal is read without the schemas of its writers: the live job rejected what a replay of the folder paid."""
    theirs = published("Timesheet")
    theirs["fields"].insert(1, {"name": "weather", "type": "string"})
    next(each for each in theirs["fields"] if each["name"] == "provider_id")["type"] = ["null", "string"]
    sheets = [SAMPLES["Timesheet"], changed("Timesheet", provider_id=None), changed("Timesheet", event_id="e-2")]
    bodies = [encoded(theirs, sheet | {"weather": "fog"}) for sheet in sheets]
    (world.inbox / "evolved.avro").write_bytes(file_with(theirs, *bodies))
    job = world.job()
    job.round(world.source(job))
    job.close()
    good, wrong, other = taken(world)
    assert [decode_message(raw).model_dump() for _, _, raw in (good, other)] == [sheets[0], sheets[2]]
    assert wrong[:2] == ("INVALID", "provider_id") and wrong[2].endswith(bodies[1])
    assert len(world.replayed(cut_off_after(NOON))["Rejection"]) == 1


def test_local_time_is_one_rejection_for_the_file(world: World) -> None:
    theirs = published("Timesheet")
    theirs["fields"][2]["type"]["logicalType"] = "local-timestamp-millis"
    raw = file_with(theirs, *[encoded(theirs, SAMPLES["Timesheet"])] * 5)
    (world.inbox / "local.avro").write_bytes(raw)
    job = world.job()
    job.round(world.source(job))
    job.close()
    assert taken(world) == [("UNKNOWN_SCHEMA", "recorded_at", raw)]


def test_texts_are_taken_as_avro_is(world: World) -> None:
    """JSON and CSV by template: the facts into the journal, what is wrong with one beside them, once."""
    sheet = SAMPLES["Timesheet"]
    lines = [
        json.dumps({"kind": "Timesheet", **sheet}),
        "{}",
        json.dumps({"kind": "Timesheet", **sheet, "revision": 0}),
    ]
    (world.inbox / "sheets.jsonl").write_text("\n".join(lines))
    names = [each.name for each in headings("ProviderEnrollment")]
    row = {"document_id": "E1", "provider_id": "P1", "county": "17", "effective_from": "2024-01-01",
           "exemption": "NONE", "recorded_at": "2024-01-02 09:00"}  # fmt: skip
    (world.inbox / "people.csv").write_text(",".join(names) + "\n" + ",".join(row.get(name, "") for name in names))
    (world.inbox / "other.csv").write_text("some,thing\n1,2\n")
    (world.inbox / "import-0123456789ab-bad-rows.csv").write_text("file,row\n")
    job = world.job()
    for _ in range(2):
        job.round(world.source(job))
    job.close()
    found = taken(world)
    reasons = [(reason, field) for reason, field, _ in found]
    assert reasons == [
        ("UNKNOWN_SCHEMA", None),
        (None, None),
        (None, None),
        ("UNKNOWN_SCHEMA", "kind"),
        ("INVALID", "revision"),
    ]
    assert decode_message(found[2][2]).model_dump() == sheet and found[4][2] == lines[2].encode()
    assert sorted(path.name for path in (world.inbox / "taken").iterdir()) == ["people.csv", "sheets.jsonl"]
    [quarantined] = (world.inbox / "quarantine").iterdir()
    assert quarantined.suffix == ".csv" and "ignored" not in world.log.getvalue()


def test_what_is_never_taken_is_told_and_counted_without_its_name(world: World) -> None:
    job = world.job()
    source = world.source(job)
    for name in ("jane-doe.xlsx", "a.avro.gz", "b.avro.gz", ".hidden.avro", "notes.jane", "new.tmp"):
        (world.inbox / name).write_text("x")
        os.utime(world.inbox / name, (1, 1) if name != "new.tmp" else None)
    (world.inbox / "folder").mkdir()
    os.utime(world.inbox / "folder", (1, 1))
    for _ in range(3):
        job.round(source)
    events = [json.loads(line) for line in world.log.getvalue().splitlines()]
    [told] = [event for event in events if event["event"] == "ignored"]
    assert told["files"] == 6
    assert told["by_ending"] == {".gz": 2, ".xlsx": 1, "folder": 1, "hidden": 1, "other": 1}
    assert "jane" not in world.log.getvalue()
    assert "\nihss_files_ignored 6\n" in (world.journal / "metrics.prom").read_text()
    assert json.loads((world.journal / "health.json").read_text())["files_ignored"] == 6
    assert "Ignored: files 6" in str(sentence(told))
    for path in world.inbox.iterdir():
        if path.is_file():
            path.unlink()
    (world.inbox / "folder").rmdir()
    job.round(source)
    job.close()
    last = json.loads(world.log.getvalue().splitlines()[-1])
    assert (last["event"], last["files"]) == ("ignored", 0)


def test_at_the_end_of_a_run_that_ends_what_has_just_landed_counts_too(world: World) -> None:
    (world.inbox / "sheet.xlsx").write_text("x")
    job = world.job()
    job.round(world.source(job))
    assert "ignored" not in world.log.getvalue()
    job.end_with(cut_off_after(NOON))
    job.close()
    assert json.loads(world.log.getvalue().splitlines()[-1])["by_ending"] == {".xlsx": 1}


def test_a_file_that_gets_its_name_meanwhile_is_no_fault(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    (world.inbox / "x.part").write_text("x")
    job = world.job()
    source = FolderIn(world.inbox, job.journal)
    landed = world.inbox / "x.avro"
    before = Path.lstat

    def renamed(path: Path) -> os.stat_result:
        if path.name == "x.part":
            path.rename(landed)
        return before(path)

    monkeypatch.setattr(Path, "lstat", renamed)
    assert source.ignored(2**62) == {}
    job.close()


def test_what_lies_among_the_segments_is_said(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    write_container(world.inbox / "sheet.avro", "Timesheet", [SAMPLES["Timesheet"]])
    job = world.job()
    job.round(world.source(job))
    job.close()
    stray = next((world.journal / "segments").iterdir()) / "000001.avro.bak"
    stray.write_text("x")
    with pytest.raises(SystemExit) as ended:
        cli.main(["journal", "verify", "--journal", str(world.journal)])
    told = capsys.readouterr()
    assert not ended.value.code and "1 file below" in told.err and told.err.endswith("000001.avro.bak\n")
