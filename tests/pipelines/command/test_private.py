"""Whatever a command writes about people is for its owner's eyes alone, under the usual umask too."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas import private
from schemas.avro import validate
from tests.pipelines.explain.explain_world import lay
from tests.schemas.samples import SAMPLES

PROGRAM = "import os, sys; os.umask(0o022); from pipelines.command.cli import main; main(sys.argv[1:])"


def ihss(*words: object) -> None:
    subprocess.run([sys.executable, "-c", PROGRAM, *map(str, words)], check=False, capture_output=True)


def open_to_others(folder: Path) -> list[str]:
    """Files and folders below one that others may look into."""
    return [str(each.relative_to(folder)) for each in folder.rglob("*") if each.stat().st_mode & 0o077]


def test_nothing_is_for_others(tmp_path: Path) -> None:
    """Replay, explain, live job and diff in one folder; a page of sums is for everybody."""
    facts = lay(
        [validate(kind, record) for kind, record in SAMPLES.items() if kind in ("Timesheet", "EvvVisit")],
        tmp_path / "facts",
    )
    os.umask(0o022)
    top = tmp_path / "made" / "here"
    ihss("replay", "--events", facts, "--out", top / "out", "--quiet")
    ihss(
        "simulate",
        "--out",
        top / "sample",
        "--county",
        "17",
        "--recipients",
        "1",
        "--months",
        "1",
        "--start",
        "2024-01",
        "--seed",
        "1",
    )
    job = "run", "--from", f"folder:{top / 'in'}", "--to", f"folder:{top / 'sent'}", "--journal", top / "journal"
    ihss(*job, "--close-run", "2026-01-02")
    ihss("report", "--events", facts, "--paid", top / "out", "--out", top / "report.html", "--with-ids")
    ihss("report", "--events", facts, "--paid", top / "out", "--out", tmp_path / "report.html")
    ihss("diff", top / "out", top / "out", "--out", top / "rows.csv")
    assert {"out", "sample", "journal", "report.html", "rows.csv"} <= set(os.listdir(top))
    assert open_to_others(tmp_path / "made") == [] and (tmp_path / "made").stat().st_mode & 0o077 == 0
    assert (tmp_path / "report.html").stat().st_mode & 0o777 == 0o644


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_what_lay_there_for_all_is_not_any_more(tmp_path: Path) -> None:
    path = tmp_path / "there"
    path.write_text("old")
    path.chmod(0o666)
    with private.created(path) as stream:
        stream.write(b"new")
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"new", 0o600)
    with private.appended(path) as stream:
        stream.write(b"er")
    assert private.written(path, path.read_text() + "!").read_bytes() == b"newer!"
    with pytest.raises(FileExistsError):
        private.new(path)


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    path = private.written(tmp_path / "a", "old")
    with pytest.raises(TypeError):
        private.written(path, 5)  # type: ignore[arg-type]
    assert path.read_text() == "old" and os.listdir(tmp_path) == ["a"]
