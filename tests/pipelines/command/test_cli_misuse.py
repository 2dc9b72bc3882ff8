"""Whatever is typed wrongly is answered in one line with the remedy: every command, every argument, no traceback."""

import copy
import errno
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fastavro
import msgspec
import pytest
import typer

from fold.record_files import file_name
from pipelines.command import cli
from pipelines.misuse import Misuse, file_written, refused_by_machine
from pipelines.sample.simulate import simulate
from pipelines.summary import Summary
from rules.law import Law
from schemas.avro import Container, validate, write_container
from tests.paid import replay_plain

DAY = "2024-02-20"
SUMMARY = msgspec.json.decode(Path(__file__).with_name("summary.json").read_bytes(), type=Summary)
BASE: dict[tuple[str, ...], dict[str, str]] = {
    ("import",): {"files": "sheet.csv", "--as": "HoursException", "--out": "new", "--previous": "facts"},
    ("template",): {"kind": "Timesheet", "--out": "new"},
    ("replay",): {"--events": "facts", "--out": "new"},
    ("simulate",): {
        "--out": "new", "--county": "17", "--recipients": "1", "--months": "1", "--start": "2024-01", "--seed": "7",
    },
    ("sample",): {"--out": "new"},
    ("completion",): {"shell": "bash"},
    ("explain",): {"--events": "facts", "--paid": "paid", "--provider": "P000001"},
    ("find",): {"text": "P000001", "--paid": "paid", "--events": "facts"},
    ("report",): {"--paid": "paid", "--out": "new.html"},
    ("tables",): {"--paid": "paid", "--out": "new"},
    ("vectors",): {"--out": "new"},
    ("statement",): {"--paid": "paid", "--out": "new", "--provider": "P000001", "--format": "html"},
    ("what-if",): {"scenarios": "raise.toml", "--events": "facts", "--out": "new"},
    ("diff",): {"a": "paid", "b": "paid"},
    ("law", "check"): {"overlay": "law"},
    ("law", "preview"): {"overlay": "law", "--events": "facts"},
    ("law", "publish"): {"overlay": "law", "--journal": "journal", "--effective": "2024-07-01"},
    ("validate",): {"files": "facts/timesheet-0001.avro"},
    ("rejections", "list"): {"--journal": "journal"},
    ("rejections", "show"): {"number": "1", "--journal": "journal"},
    ("rejections", "resend"): {"number": "1", "--journal": "journal", "--repaired": "text", "--to": "folder:empty"},
    ("export", "ach"): {
        "--paid": "paid", "--run": DAY, "--accounts": "accounts.csv", "--originator": "text",
        "--out": "new.ach",
    },
    ("export", "warrants"): {"--paid": "paid", "--run": DAY, "--out": "new.csv"},
    ("export", "year"): {"--paid": "paid", "--year": "2024", "--out": "new.csv"},
    ("desk",): {"--events": "facts", "--paid": "paid", "--port": "0"},
    ("desk-password",): {"name": "anna", "--passwords": "new.passwords"},
    ("run",): {"--from": "folder:inbox", "--to": "folder:new", "--journal": "journal", "--close-run": DAY},
    ("journal", "verify"): {"--journal": "journal"},
    ("journal", "health"): {"--journal": "journal"},
    ("journal", "backup"): {"to": "new", "--journal": "journal"},
    ("journal", "restore"): {"copy": "backup", "--journal": "new"},
    ("journal", "accept-loss"): {"--journal": "journal"},
}  # fmt: skip
"""What is typed besides the one thing that is wrong."""

PATHS = (
    "nowhere",
    "nowhere/below",
    "text",
    "empty",
    "other",
    "broken",
    "/dev/null/below",
    "x" * 5000,
    "law",
    "truncated.avro",
    "",
)
TEXTS = ("", " ", "nonsense", "2024-13-45", "20240101", "0000-00-00", "9999-12-31", "١٢٣", "folder:", "pubsub:", "-1")
NUMBERS = ("", "-1", "0", "1.5", "nonsense", "99999999999999999999", "1e9", "nan")


def commands() -> Iterator[tuple[tuple[str, ...], Any]]:
    waiting: list[tuple[tuple[str, ...], Any]] = [((), typer.main.get_command(cli.app))]
    while waiting:
        path, command = waiting.pop()
        if hasattr(command, "commands"):
            waiting += [((*path, name), each) for name, each in command.commands.items()]
        else:
            yield path, command


COMMANDS = dict(sorted(commands()))


def values(parameter: Any) -> tuple[str, ...]:
    kind = str(parameter.type_descriptor.annotation)
    if "bool" in kind:
        return ()
    return PATHS if "Path" in kind else NUMBERS if "int" in kind or "float" in kind else TEXTS


TRIED = [
    (path, parameter.opts[0], value)
    for path, command in COMMANDS.items()
    if path in BASE
    for parameter in command.params
    for value in values(parameter)
]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    simulate(folder / "facts", "17", 4, 1, "2024-01", 17, 0)
    facts = []
    for path in sorted((folder / "facts").glob("*.avro")):
        container = Container(path.open("rb"))
        facts += [validate(container.kind, record) for _, record in container]
    (folder / "paid").mkdir()
    for kind, records in replay_plain(facts, Law.load()).records.items():
        write_container(folder / "paid" / file_name(kind), kind, records)
    for name in ("empty", "other", "broken", "law", "inbox", "journal", "backup"):
        (folder / name).mkdir()
    scenario = 'name = "N"\nquestion = "Q?"\n[supplement.17]\nfrom = 2024-01-01\ndollars = 1\n'
    (folder / "raise.toml").write_text(scenario)
    (folder / "text").write_text("This is a text.\n")
    (folder / "sheet.csv").write_text("provider_id,recipient_id,workweek_start,extra_hours\nP1,R1,2026-10-04,2:00\n")
    (folder / "accounts.csv").write_text("token,routing,account,kind,name\n")
    (folder / "law" / "wage.toml").write_text("[wage.17\nvalues = ")
    (folder / "broken" / "payment_instruction.avro").write_bytes(b"Obj\x01 and nothing more")
    (folder / "broken" / "summary.json").write_text("{")
    schema = {"type": "record", "name": "Song", "fields": [{"name": "title", "type": "string"}]}
    for name in ("song", "pay_run", "payment_instruction", "finding"):
        with (folder / "other" / f"{name}.avro").open("wb") as stream:
            fastavro.writer(stream, schema, [{"title": "Ode"}])
    whole = (folder / "facts" / "timesheet-0001.avro").read_bytes()
    (folder / "truncated.avro").write_bytes(whole[:-30])
    return folder


@pytest.fixture(scope="module", autouse=True)
def grown() -> Iterator[None]:
    """The tree of commands is made once, not for each of hundreds of lines: it is most of their time."""
    tree = typer.main.get_command(cli.app)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("typer.main.get_command", lambda app: tree)
        yield


@pytest.fixture
def here(world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy that each try may soil, with Beam left out: what it would be asked is not at stake."""
    for path in world.iterdir():
        # What PATHS names is this test's own, for a job makes whatever folder it is given its journal.
        if path.is_dir() and path.name not in ("facts", "paid"):
            (tmp_path / path.name).mkdir()
            for each in path.iterdir():
                (tmp_path / path.name / each.name).symlink_to(each)
        else:
            (tmp_path / path.name).symlink_to(path)
    monkeypatch.setattr("pipelines.replay.replay", lambda *asked, **more: copy.deepcopy(SUMMARY))
    monkeypatch.setattr("pipelines.command.sample.RECIPIENTS", 1)
    monkeypatch.setattr("pipelines.what_if.page.page", lambda *asked: "")
    monkeypatch.setattr("pipelines.overlays.check.changed_cases", lambda overlay: [])
    monkeypatch.setattr("pipelines.desk.serve.serve", lambda *asked: None)
    monkeypatch.setattr("pipelines.desk.station.Station.make", lambda *asked: None)
    monkeypatch.setattr("typer.prompt", lambda *asked, **more: "a word of some length")
    monkeypatch.setattr("signal.signal", lambda number, action: None)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "nowhere.json"))
    return tmp_path


def typed(path: tuple[str, ...], options: dict[str, str]) -> list[str]:
    named = [word for name, value in options.items() if name.startswith("-") for word in (name, value)]
    return [*path, *named, *(value for name, value in options.items() if not name.startswith("-"))]


def run(arguments: list[str]) -> int:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    return ended.value.code or 0


def is_one_line(said: str) -> bool:
    return said.startswith("ihss-payroll: ") and said.count("\n") == 1 and len(said) > 30


@pytest.mark.parametrize(("path", "name", "value"), TRIED, ids=[" ".join((*p, n, v[:20])) for p, n, v in TRIED])
def test_one_thing_wrong(path, name, value, here, capsys) -> None:
    code = run(typed(path, BASE[path] | {name: value}))
    said = capsys.readouterr()
    assert code in (0, 1, 2)
    assert "Traceback" not in said.out + said.err
    if code == 2:
        assert said.out == ""
        assert is_one_line(said.err), said.err


SURELY_WRONG = [
    (path, name)
    for path, base in BASE.items()
    for name, value in base.items()
    if "/" in value or value in ("facts", "paid", "text", "accounts.csv", "sheet.csv", "raise.toml") or name == "--run"
]


@pytest.mark.parametrize(("path", "name"), SURELY_WRONG)
def test_what_is_not_there_is_misuse(path, name, here, capsys) -> None:
    assert run(typed(path, BASE[path] | {name: "nowhere"})) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert is_one_line(said.err), said.err


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_an_unknown_option_names_the_help_of_its_command(path, capsys) -> None:
    assert run([*path, "--no-such-option"]) == 2
    said = capsys.readouterr()
    assert said.err.endswith(f" See ihss-payroll {' '.join(path)} --help\n")
    assert is_one_line(said.err)


@pytest.mark.parametrize("path", [*BASE, ("doctor",)], ids=" ".join)
def test_every_command_shows_an_example(path, capsys) -> None:
    assert run([*path, "--help"]) == 0
    said = capsys.readouterr().out
    assert "Example" in said
    assert f"ihss-payroll {' '.join(path)}" in said.split("Example", 1)[1]


def test_every_command_is_tried() -> None:
    """A new command comes with what is typed for it; doctor takes nothing, launch asks a cloud."""
    assert {path for path in COMMANDS if path[0] not in ("doctor", "launch")} <= set(BASE)


def test_a_folder_of_another_avro_is_replayed_to_rejections(world, tmp_path) -> None:
    asked = ["replay", "--events", str(world / "other"), "--out", str(tmp_path / "out"), "--json"]
    told = subprocess.run([sys.executable, "-m", "pipelines.command.cli", *asked], capture_output=True, text=True)
    assert told.returncode == 1, told.stderr
    assert told.stderr.splitlines()[-1].startswith("ihss-payroll: nothing could be used: 4 of 4 inputs rejected")
    assert json.loads(told.stdout)["inputs"]["rejections"] == {"UNKNOWN_SCHEMA": 4}


def test_a_journal_that_holds_nothing_yet_is_misuse_of_replay(here, capsys) -> None:
    """Its folder has files, so that something seems to be there; and other files beside it are not passed over."""
    assert run(typed(("run",), BASE[("run",)])) == 0
    capsys.readouterr()
    assert list(Path("journal").rglob("*"))
    asked = typed(("replay",), BASE[("replay",)] | {"--events": "journal"})
    assert run(asked) == 2
    assert "is a journal without a fact" in capsys.readouterr().err
    Path("journal", "more.avro").symlink_to(Path("truncated.avro").resolve())
    assert run(asked) == 2
    assert "is a journal with other *.avro files beside it" in capsys.readouterr().err


@pytest.mark.parametrize("number", [13, 17, 20, 21, 28, 30, 36])
def test_what_the_machine_refuses_is_one_line(number, monkeypatch, capsys) -> None:
    def refuse(folder: Path, law: object) -> None:
        raise OSError(number, os.strerror(number), "county")

    monkeypatch.setattr("pipelines.check.doctor.checks", refuse)
    assert run(["doctor"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert is_one_line(said.err)
    assert "county: " + os.strerror(number) in said.err


@pytest.mark.parametrize(("number", "refusal"), [(errno.ENOSPC, OSError), (errno.EIO, OSError), (errno.EACCES, Misuse)])
def test_a_full_disk_is_nobodys_misuse(number, refusal, monkeypatch, tmp_path) -> None:
    """Whoever named the file asked rightly: exit code 1, and what to do."""

    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number), "page.html")

    monkeypatch.setattr("schemas.private.written", refuse)
    with pytest.raises(refusal):
        file_written(tmp_path / "page.html", "", "--out")


def test_a_file_that_a_bug_expects_is_a_traceback(monkeypatch) -> None:
    def expect(folder: Path, law: object) -> None:
        (folder / "nowhere").read_text()

    monkeypatch.setattr("pipelines.check.doctor.checks", expect)
    assert refused_by_machine(FileNotFoundError(2, "No such file")) is None
    with pytest.raises(FileNotFoundError):
        cli.main(["doctor"])


def test_as_a_module_it_is_the_same() -> None:
    """``python -m pipelines.command.cli`` ends as the command does."""
    asked = [sys.executable, "-m", "pipelines.command.cli", "replay", "--events", "nowhere", "--out", "out"]
    told = subprocess.run(asked, capture_output=True, text=True)
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr == "ihss-payroll: --events nowhere is no folder: name the folder that holds the facts\n"
