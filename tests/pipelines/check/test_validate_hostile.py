"""`validate` of files that somebody made to do harm: each kind is a line that says where, and the honest file beside it
is judged as if it were alone."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import pytest

from pipelines.command import cli
from schemas.avro import write_container
from tests.schemas.samples import SAMPLES, changed
from tests.schemas.writers import encoded, file_with, published

SHEET = SAMPLES["Timesheet"]
NODE = {"type": "record", "name": "Node", "fields": [{"name": "next", "type": ["null", "Node"]}]}
LEVELS, MANY = 10_000, 1000
Json = Any


def with_field(schema: Json, *values: bytes) -> bytes:
    """A file of timesheets with one more field at the end, that nobody here knows; its bytes as they are given."""
    theirs = published("Timesheet")
    body = encoded(theirs, SHEET)
    theirs = deepcopy(theirs)
    theirs["fields"].append({"name": "extra", "type": schema})
    return file_with(theirs, *(body + value for value in values))


def zigzag(number: int) -> bytes:
    """A long, as Avro writes it."""
    left, raw = (number << 1) ^ (number >> 63), b""
    while left > 0x7F:
        raw, left = raw + bytes([left & 0x7F | 0x80]), left >> 7
    return raw + bytes([left])


def many_honest() -> bytes:
    theirs = published("Timesheet")
    theirs["fields"].append({"name": "weather", "type": ["null", "string"], "default": None})
    sheets = (
        changed("Timesheet", event_id=f"e-{n}", document_id=f"d-{n}", provider_id=f"P{n}", recipient_id=f"R{n}")
        for n in range(MANY)
    )
    return file_with(theirs, *(encoded(theirs, sheet | {"weather": "fog"}) for sheet in sheets))


HARM: dict[str, tuple[Callable[[], bytes], str | None]] = {
    "deep recursion": (lambda: with_field(NODE, b"\x02" * LEVELS + b"\x00"), "UNKNOWN_SCHEMA"),
    "nothing, 2^40 times": (
        lambda: with_field({"type": "array", "items": "null"}, zigzag(1 << 40) + b"\x00"), "UNKNOWN_SCHEMA",
    ),
    "nothing, in a map of records without fields": (
        lambda: with_field(
            {"type": "array", "items": {"type": "record", "name": "Nothing", "fields": []}}, zigzag(1 << 40) + b"\x00"
        ),
        "UNKNOWN_SCHEMA",
    ),
    "an unknown symbol": (
        lambda: with_field({"type": "enum", "name": "Mood", "symbols": ["GOOD"]}, zigzag(77)), None,
    ),
    "fixed of 2^62": (lambda: with_field({"type": "fixed", "name": "F", "size": 2**62}, b"x"), "UNKNOWN_SCHEMA"),
    "fixed of -5": (lambda: with_field({"type": "fixed", "name": "F", "size": -5}, b"x"), "UNKNOWN_SCHEMA"),
    "bytes of 2^60": (lambda: with_field("bytes", zigzag(1 << 60) + b"x"), "UNREADABLE"),
    "an honest block of a thousand records": (many_honest, None),
}  # fmt: skip


def judged(folder: Path, capsys: pytest.CaptureFixture[str]) -> Json:
    """What is said of a folder; an honest file is in it too."""
    write_container(folder / "z.avro", "Timesheet", [changed("Timesheet", event_id="honest")])
    with pytest.raises(SystemExit) as ended:
        cli.main(["validate", str(folder), "--json"])
    said = capsys.readouterr()
    assert ended.value.code in (0, 1) and "Traceback" not in said.err
    return json.loads(said.out)


@pytest.mark.parametrize("harm", HARM)
def test_each_kind_of_harm_is_one_line(harm: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made, reason = HARM[harm]
    (tmp_path / "a.avro").write_bytes(made())
    told = judged(tmp_path, capsys)
    rejected = [each for each in told["details"] if "reason" in each]
    assert [(each["reason"], "a.avro" in each["origin"]) for each in rejected] == ([(reason, True)] if reason else [])
    assert told["usable"]["Timesheet"] >= 1 and told["rejected"] == len(rejected)


def test_much_junk_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.avro").write_bytes(b"junk")
    os.truncate(tmp_path / "a.avro", 200 << 20)  # sparse; it is read once, to be named by its SHA-256
    told = judged(tmp_path, capsys)
    assert (told["rejected"], told["usable"]) == (1, {"Timesheet": 1})


def test_links_and_pipes_are_not_followed_in_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(tmp_path / "a.avro")
    (tmp_path / "b.avro").mkdir()
    told = judged(tmp_path, capsys)
    assert (told["rejected"], told["usable"]) == (0, {"Timesheet": 1})
    assert "a.avro" in " ".join(told["ignored"])


@pytest.mark.skipif(os.geteuid() != 0, reason="takes another user to be refused")
def test_a_file_that_may_not_be_read_is_one_line_of_misuse(tmp_path: Path) -> None:
    """As a user without the right, in a process of its own: the superuser may read all."""
    write_container(tmp_path / "a.avro", "Timesheet", [SHEET])
    (tmp_path / "a.avro").chmod(0)
    for folder in (tmp_path, *tmp_path.parents):
        if folder.is_relative_to(Path(gettempdir())) and folder != Path(gettempdir()):
            folder.chmod(0o755)
    program = (
        "import os, sys\nfrom pipelines.command import cli\ntry: cli.main(['validate', sys.argv[1]])\n"
        "except SystemExit: os.setuid(65534)\ncli.main(['validate', sys.argv[2]])"
    )
    (tmp_path / "good").mkdir()  # once with all rights, so that all of the program is there
    write_container(tmp_path / "good" / "a.avro", "Timesheet", [SHEET])
    (tmp_path / "bad").mkdir()
    (tmp_path / "a.avro").rename(tmp_path / "bad" / "a.avro")
    (tmp_path / "bad").chmod(0o755)
    asked = [sys.executable, "-c", program, str(tmp_path / "good"), str(tmp_path / "bad")]
    told = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert told.returncode in (1, 2), told
    assert told.stderr.startswith("ihss-payroll: ") and told.stderr.count("\n") == 1 and "a.avro" in told.stderr
