"""What a user types and reads: misuse in one line, exit codes, help, and the summary to the letter."""

import copy
import json
import subprocess
import sys
from collections import Counter
from io import StringIO
from pathlib import Path
from types import ModuleType

import msgspec
import pytest
from msgspec.structs import replace
from rich.console import Console

from fold.beat import Beat
from fold.tally import Tally
from pipelines import pool
from pipelines.command import cli
from pipelines.console import progress, summary
from pipelines.live.folder_out import FolderOut
from pipelines.live.outbox import Letter
from pipelines.sample.simulate import simulate
from pipelines.summary import Inputs, KindUse, LawOverlay, Summary, summary_of
from pipelines.work import Work
from rules.law import Law
from rules.periods import civil_date
from schemas.avro import encode_message, validate
from tests.schemas.samples import SAMPLES

Shares = dict[str, int]

KINDS = "*.avro, *.csv, *.json, *.jsonl, *.ndjson"
EXPECTED = Path(__file__).with_name("expected_summary.txt")
SUMMARY = msgspec.json.decode(Path(__file__).with_name("summary.json").read_bytes(), type=Summary)


@pytest.fixture
def facts(tmp_path: Path) -> Path:
    """A folder with one file of facts in it; nobody reads its bytes here."""
    folder = tmp_path / "facts" / "county"
    folder.mkdir(parents=True)
    (folder / "timesheet.avro").write_bytes(b"Obj")
    return tmp_path / "facts"


class Replay:
    """Stands in for the pipeline: remembers what it was asked and answers with a ready summary."""

    def __init__(self) -> None:
        self.summary = copy.deepcopy(SUMMARY)

    def __call__(self, events, out, until, law, beam_arguments, beat, engine, cluster) -> Summary:
        self.events, self.out, self.until, self.law, self.beam = events, out, until, law, beam_arguments
        beat("read", 1, 2)
        return self.summary


@pytest.fixture
def replay(monkeypatch: pytest.MonkeyPatch) -> Replay:
    stand_in = Replay()
    monkeypatch.setattr("pipelines.replay.replay", stand_in)
    return stand_in


@pytest.fixture
def simulated(monkeypatch: pytest.MonkeyPatch) -> list:
    """What simulate was asked; asked for county 28 it refuses."""
    module, asked = ModuleType("pipelines.sample.simulate"), []

    def simulate(out, county, *rest, beat) -> dict:
        if county == "28":
            raise module.SampleRefusal("Napa has no wage rate before 2022-01: start then or later")
        asked.append((out, county, *rest))
        beat("make", 1, 1)
        return {"counts": {"Timesheet": 1200, "EvvVisit": 34}, "truth": {"seed": 7}}

    module.SampleRefusal, module.simulate = type("SampleRefusal", (ValueError,), {}), simulate
    monkeypatch.setitem(sys.modules, "pipelines.sample.simulate", module)
    return asked


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as exit:
        cli.main([str(argument) for argument in arguments])
    return exit.value.code or 0


def misused(capsys: pytest.CaptureFixture, *arguments: object) -> str:
    """The one line that a misuse says, on standard error and nowhere else."""
    assert run(*arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    return said.err.removeprefix("ihss-payroll: ").strip()


def test_replay_passes_on_what_was_asked(facts: Path, tmp_path: Path, replay: Replay) -> None:
    asked = ["--events", facts, "--out", tmp_path / "new" / "out", "--until", "2026-02-28"]
    assert run("replay", *asked, "--", "--direct_num_workers=2", "--unknown", "x") == 0
    assert (replay.events, replay.out) == (facts, tmp_path / "new" / "out")
    assert civil_date(replay.until).isoformat() == "2026-02-28"
    assert replay.beam == ["--direct_num_workers=2", "--unknown", "x"]
    assert not list(replay.law.overlaid)


def test_without_until_none_is_passed_on(facts: Path, tmp_path: Path, replay: Replay) -> None:
    assert run("replay", "--events", facts, "--out", tmp_path / "out") == 0
    assert (replay.until, replay.beam) == (None, [])


@pytest.mark.parametrize(
    ("wrong", "remedy"),
    [
        (["--events", "nowhere"], "--events nowhere is no folder: name the folder that holds the facts"),
        (["--events", "empty"], f"No {KINDS} below --events empty: name the folder that holds the facts"),
        (["--out", "facts"], "--out facts and --events facts lie within each other: name a folder apart"),
        (["--out", "facts/out"], "--out facts/out and --events facts lie within each other: name a folder apart"),
        (["--out", "."], "--out . and --events facts lie within each other: name a folder apart"),
        (["--out", "live"], "--out live holds what a live job said, which a replay would replace: name another folder"),
        (["--out", "file"], "--out file cannot be made (File exists): name a folder you may write to"),
        (["--until", "2026-02-30"], "--until 2026-02-30 is not a day: write YYYY-MM-DD, such as 2026-02-28"),
        (["--until", "20260228"], "--until 20260228 is not a day: write YYYY-MM-DD, such as 2026-02-28"),
        (["--law", "nowhere"], "--law nowhere is no folder: name a folder of TOML files that overlay rules/parameters"),
        (["more"], "Unexpected argument more: options have two dashes, and Beam's own follow after --"),
        (
            ["--evnts", "x"],
            "No such option: --evnts (Possible options: --events, --tls) See ihss-payroll replay --help",
        ),
    ],
)
def test_misuse_of_replay(wrong, remedy, facts, tmp_path, replay, capsys, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    finding = encode_message(validate("Finding", SAMPLES["Finding"]))
    FolderOut(tmp_path / "live").send("2024-01-16", [Letter("Finding", "f", finding)], 0, lambda number: None)
    assert misused(capsys, "replay", "--events", "facts", "--out", "out", *wrong) == remedy


def test_misuse_of_the_law(facts, tmp_path, replay, capsys) -> None:
    (tmp_path / "law").mkdir()
    (tmp_path / "law" / "rates.toml").write_text("this is [not TOML")
    said = misused(capsys, "replay", "--events", facts, "--out", tmp_path / "out", "--law", tmp_path / "law")
    assert "rates.toml" in said


def test_until_before_anything(facts, tmp_path, replay, capsys) -> None:
    kinds = {"CourseListing": KindUse(10, 0), "Timesheet": KindUse(0, 5)}
    replay.summary.inputs = Inputs(15, 10, 0, 5, 0, kinds, {}, [])
    asked = ("replay", "--events", facts, "--out", tmp_path / "out", "--quiet")
    said = misused(capsys, *asked, "--until", "1999-01-01")
    assert said == f"--until 1999-01-01 is before every fact below {facts}: name a later day"


def test_a_bug_is_not_hidden(facts, tmp_path, replay) -> None:
    del replay.summary.inputs
    with pytest.raises(AttributeError):
        cli.main(["replay", "--events", str(facts), "--out", str(tmp_path / "out")])


def test_json_is_the_summary_and_nothing_else(facts, tmp_path, replay, capsys) -> None:
    assert run("replay", "--events", facts, "--out", tmp_path / "out", "--json") == 0
    assert msgspec.json.decode(capsys.readouterr().out, type=Summary) == SUMMARY


def test_quiet_is_quiet(facts, tmp_path, replay, capsys) -> None:
    assert run("replay", "--events", facts, "--out", tmp_path / "out", "--quiet") == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("how", ["--quiet", "--json"])
def test_what_does_not_add_up_is_a_failure(how, facts, tmp_path, replay, capsys) -> None:
    replay.summary.inputs.used -= 1
    assert run("replay", "--events", facts, "--out", tmp_path / "out", how) == 1
    assert "does not add up: used + not yet due + rejected = 12,410, but inputs = 12,411" in capsys.readouterr().err


def test_simulate_passes_on_what_was_asked(tmp_path, simulated, capsys) -> None:
    asked = ("--county", "17", "--recipients", 5, "--months", 2, "--start", "2024-01", "--seed", 7)
    assert run("simulate", "--out", tmp_path / "sample", *asked) == 0
    assert capsys.readouterr().out.startswith("1,234 facts of 5 recipients of county 17 are in ")
    assert simulated == [(tmp_path / "sample", "17", 5, 2, "2024-01", 7, 0.01)]


def test_simulate_as_json_is_the_truth_and_quiet_is_quiet(tmp_path, simulated, capsys) -> None:
    asked = ("--county", "17", "--recipients", 5, "--months", 2, "--start", "2024-01", "--seed", 7)
    assert run("simulate", "--out", tmp_path / "sample", *asked, "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"seed": 7}
    assert run("simulate", "--out", tmp_path / "sample", *asked, "--quiet") == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("wrong", "remedy"),
    [
        (["--county", "59"], "--county 59 is no county"),
        (["--county", "7"], "--county 7 is no county"),
        (["--county", "28"], "Napa has no wage rate before"),
        (["--start", "2024-13"], "--start 2024-13 is not a month: write YYYY-MM, such as 2024-01"),
        (["--recipients", "0"], "Invalid value for '--recipients'"),
        (["--defects", "2"], "Invalid value for '--defects'"),
        (["--out", "facts"], "--out facts holds *.avro files already: name a new folder or empty this one"),
    ],
)
def test_misuse_of_simulate(wrong, remedy, facts, tmp_path, simulated, capsys, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    right = "--out new --county 17 --recipients 5 --months 2 --start 2024-01 --seed 7".split()
    assert misused(capsys, "simulate", *right, *wrong).startswith(remedy)
    assert not simulated


def test_help_is_there_before_beam_is() -> None:
    code = """
import sys
from fold.tally import Tally
from pipelines.command import cli
try:
    cli.main(["replay", "--help"])
except SystemExit as exit:
    sys.exit(exit.code or ("apache_beam" in sys.modules and "Beam was imported"))
"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    assert "ihss-payroll replay --events sample --out out" in told.stdout


def rendered(shown: Summary) -> str:
    console = Console(file=StringIO(), width=summary.WIDTH, highlight=False)
    summary.render(shown, console)
    return "".join(line.rstrip() + "\n" for line in console.file.getvalue().splitlines())


def test_the_summary_to_the_letter() -> None:
    assert rendered(SUMMARY) == EXPECTED.read_text("utf-8")


def test_a_what_if_is_called_one() -> None:
    overlay = LawOverlay(["wage.17", "tax.FICA"], "what-if")
    shown = rendered(replace(SUMMARY, law_overlay=overlay))
    assert "WHAT-IF, not the law in force: what-if changes wage.17, tax.FICA\n" in shown
    assert "WHAT-IF" not in rendered(SUMMARY)


@pytest.mark.parametrize(
    ("part", "field", "fault"),
    [
        ("inputs", "rejected", "used + not yet due + rejected = 12,412, but inputs = 12,411"),
        ("money", "gross_cents", "gross - deductions = 4,613,974.34, but net = 4,613,974.33"),
        ("hours", "held_minutes", "paid + held + cut + denied = 150,000:01, but claimed = 150,000:00"),
    ],
)
def test_what_does_not_add_up_is_said(part: str, field: str, fault: str) -> None:
    wrong = copy.deepcopy(SUMMARY)
    setattr(getattr(wrong, part), field, getattr(getattr(wrong, part), field) + 1)
    assert summary.faults(SUMMARY) == []
    assert summary.faults(wrong) == [fault]
    assert f"DOES NOT ADD UP: {fault}." in rendered(wrong).replace("\n", " ")


def test_an_empty_payroll_can_be_shown() -> None:
    shown = rendered(summary_of(Tally(), Law.load(), None))
    assert "0 used + 0 not yet due + 0 rejected = 0 inputs" in shown
    assert "Rejected" not in shown
    assert "None" not in shown


def test_progress_on_a_pipe_is_a_line_now_and_then() -> None:
    now = [0]
    console = Console(file=StringIO())
    lines = progress._Lines(console, clock=lambda: now[0])
    for second, stage, done in ((1, "read", 2000), (5, "price", 2000), (6, "price", 3000), (11, "settle", 1)):
        now[0] = second
        lines(stage, done, 0 if stage == "settle" else 4000)
    first, last = console.file.getvalue().splitlines()
    assert first == "Reading facts 2,000 of 4,000; pricing time 2,000 of 4,000; about 0:03 left"
    assert last == "Reading facts 2,000 of 4,000; pricing time 3,000 of 4,000; settling payments 1; about 0:04 left"


def test_the_time_left_is_told_only_when_it_can_be() -> None:
    """Coming up, here a minute, is no measure of the rest."""
    now = 60.0
    pace = progress.Pace({"make": "Making"}, lambda: now)
    assert pace.left() == ""
    pace.beat("make", 1, 101)
    assert pace.left() == ""
    now = 90.0
    pace.beat("make", 2, 101)
    assert pace.left() == "", "of a hundredth nobody can tell"
    pace.beat("make", 26, 101)
    assert pace.left() == "about 1:30 left"
    pace.beat("make", 101, 101)
    assert pace.left() == ""


@pytest.mark.parametrize(
    "shares",
    [
        {"read": 6, "authorize": 29, "price": 43, "settle": 21, "close": 1},
        {"read": 11, "authorize": 32, "price": 32, "settle": 23, "close": 2},
        {"read": 7, "authorize": 23, "price": 45, "settle": 21, "close": 4},
    ],
)
def test_the_time_left_is_right_within_two_times_after_a_tenth(parts: list[tuple[str, int]], shares: Shares) -> None:
    """The parts of a real replay, as its workers tell them, on a clock that runs as the stages were measured to: a
    process alone, with the law of 0.1, and two processes on a busy machine."""
    totals = {stage: sum(number for each, number in parts if each == stage) for stage in progress.STAGES}
    now, done = 0.0, Counter[str]()
    pace = progress.Pace(progress.STAGES, lambda: now)
    told = []
    for stage, number in parts:
        now += 100 * shares[stage] / sum(shares.values()) * number / totals[stage]
        done[stage] += number
        pace.beat(stage, done[stage], totals[stage])
        if 10 <= now < 97:
            left = pace.seconds_left()
            assert left is not None, now
            told.append((now, left / (100 - now)))
    assert len(told) > 30 and all(0.5 <= ratio <= 2 for _, ratio in told), told


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, int]]:
    """(stage, parts done) one after the other, of a small replay."""
    folder = tmp_path_factory.mktemp("parts")
    simulate(folder / "facts", "17", 12, 1, "2024-01", 17, 0)
    names = sorted(path.name for path in (folder / "facts").glob("*.avro"))
    (folder / "out").mkdir()
    pool.run(Work(folder / "facts", names, folder / "out", 2, Beat(str(folder / "beat")), None), Law.load(), 1)
    lines = (folder / "beat").read_text().splitlines()
    return [(line.split()[0], int(line.split()[1])) for line in lines if not line.startswith("method")]


def test_progress_on_a_terminal_shows_every_stage() -> None:
    console = Console(file=StringIO(), force_terminal=True, width=100)
    with progress.shown(console) as beat:
        for stage in progress.STAGES:
            beat(stage, 3, 7)
    assert console.file.getvalue().count("3 of 7") >= len(progress.STAGES)
    assert all(words in console.file.getvalue() for words in progress.STAGES.values())
