"""What a command did not use is said where it is seen: files it does not read, folders that hold nothing of use."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.command import cli
from pipelines.console.last_words import failure, last_words, nothing_due, say_last
from pipelines.files_below import Below, files_below, folder_of_facts, named_files, unread
from pipelines.importing.templates import headings
from pipelines.misuse import Misuse
from pipelines.plain import replay_folder
from pipelines.sample.simulate import simulate
from pipelines.summary import Inputs, KindUse
from rules.law import Law
from schemas.avro import Container, write_container
from tests.schemas.samples import SAMPLES
from tests.schemas.writers import encoded, file_with, published

PROGRAM = Path(sys.executable).with_name("ihss-payroll")
KINDS = "*.avro, *.csv, *.json, *.jsonl, *.ndjson"
ONLY = f"only {KINDS}"
REMEDY = "ihss-payroll validate says what to do about each"
TYPED_REMEDY = REMEDY.replace("ihss-payroll", str(PROGRAM.relative_to(Path.cwd())))  # as it is called here


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean county in a folder that holds other things too."""
    folder = tmp_path_factory.mktemp("county")
    simulate(folder, "17", 2, 1, "2024-01", 3, 0.0)
    return folder


@pytest.fixture
def littered(county: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "facts"
    (folder / "deep" / "er").mkdir(parents=True)
    for path in county.iterdir():
        (folder / "deep" / path.name).write_bytes(path.read_bytes())
    for name in ("visits.xlsx", "deep/new.tsv", "deep/er/old.avro.gz", ".hidden", "_SUCCESS", "UPPER.AVRO"):
        (folder / name).write_text("{}")
    (folder / "gone.avro").symlink_to("nowhere")
    (folder / "linked").symlink_to(county, target_is_directory=True)
    os.mkfifo(folder / "pipe.avro")
    return folder


LITTER = [
    ".hidden", "UPPER.AVRO", "_SUCCESS", "deep/er/old.avro.gz", "deep/new.tsv", "gone.avro", "linked", "pipe.avro",
    "visits.xlsx",
]  # fmt: skip


def typed(*arguments: object) -> subprocess.CompletedProcess[str]:
    """As a user types it."""
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True)


def said_last(told: subprocess.CompletedProcess[str]) -> str:
    """The last line of both streams, which must be the same."""
    last = told.stderr.splitlines()[-1].removeprefix("ihss-payroll: ")
    assert told.stdout.splitlines()[-1] == last, told.stdout
    return last


# --- a replay, as a user runs it --------------------------------------------------------------------------------------


def test_what_is_left_out_is_said_last_and_kept_in_the_summary(littered: Path, tmp_path: Path) -> None:
    told = typed("replay", "--events", littered, "--out", tmp_path / "out", "--strict")
    assert told.returncode == 0, told.stderr
    assert said_last(told) == f"9 files below {littered} were not read ({ONLY}): {', '.join(LITTER[:5])} and 4 more"
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["inputs"]["ignored_files"] == LITTER
    quiet = typed("replay", "--events", littered, "--out", tmp_path / "out", "--quiet")
    assert (quiet.returncode, quiet.stdout, quiet.stderr.count("\n")) == (0, "", 1)


def test_local_time_is_one_rejection_that_names_its_field_and_the_run_fails(tmp_path: Path) -> None:
    """It was paid, eight hours off; then, for want of anything else, all went well."""
    theirs = published("Timesheet")
    theirs["fields"][2]["type"]["logicalType"] = "local-timestamp-millis"
    events = tmp_path / "facts"
    events.mkdir()
    (events / "a.avro").write_bytes(file_with(theirs, *[encoded(theirs, SAMPLES["Timesheet"])] * 3))
    (events / "b.avro").write_text("no Avro")
    told = typed("replay", "--events", events, "--out", tmp_path / "out")
    assert told.returncode == 1
    assert said_last(told) == f"nothing could be used: 2 of 2 inputs rejected; {TYPED_REMEDY}"
    with next((tmp_path / "out").glob("rejection*.avro")).open("rb") as stream:
        rejected = [(each["origin"], each["reason"], each["field"]) for _, each in Container(stream)]
    assert rejected == [("a.avro:0", "UNKNOWN_SCHEMA", "recorded_at"), ("b.avro:0", "UNREADABLE", None)]
    assert "recorded_at is long/local-timestamp-millis, not long/timestamp-millis" in " ".join(told.stdout.split())


def test_strict_makes_any_rejection_count(county: Path, tmp_path: Path) -> None:
    events = tmp_path / "facts"
    events.mkdir()
    for path in county.glob("*.avro"):
        (events / path.name).write_bytes(path.read_bytes())
    (events / "bad.avro").write_text("no Avro")
    asked = ("replay", "--events", events, "--out", tmp_path / "out")
    assert typed(*asked, "--quiet").returncode == 0
    strict = typed(*asked, "--strict", "--json")
    assert strict.returncode == 1
    total = json.loads(strict.stdout)["inputs"]["total"]
    said = f"ihss-payroll: --strict: 1 of {total} inputs rejected; {TYPED_REMEDY}"
    assert strict.stderr.splitlines()[-1] == said and total > 20


def test_a_folder_without_facts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty, csv, hollow = (tmp_path / name for name in ("empty", "csv", "hollow"))
    for folder in (empty, csv, hollow):
        folder.mkdir()
    (csv / "a.xlsx").write_text("a")
    (csv / "\x1b[31m\udcff.xlsx").write_text("a")
    write_container(hollow / "timesheet.avro", "Timesheet", [])
    for folder, code, said in (
        (empty, 2, f"No {KINDS} below --events {empty}: name"),
        (csv, 2, f"No {KINDS} below --events {csv}, only '\\x1b[31m\\udcff.xlsx', a.xlsx: name"),
        (hollow, 0, f"nothing was paid: no file below {hollow} holds a fact"),
    ):
        with pytest.raises(SystemExit) as ended:
            cli.main(["replay", "--events", str(folder), "--out", str(tmp_path / "out"), "--quiet"])
        told = capsys.readouterr()
        assert (ended.value.code or 0, told.err.count("\n")) == (code, 1)
        assert said in told.err


# --- the words --------------------------------------------------------------------------------------------------------


def inputs(
    used: int = 0, reference: int = 0, later: int = 0, rejected: int = 0, ignored: tuple[str, ...] = ()
) -> Inputs:
    kinds = {"Timesheet": KindUse(used, later), "CourseListing": KindUse(reference, 0)}
    whole = used + reference + later + rejected
    return Inputs(whole, used + reference, 0, later, rejected, kinds, {}, [], list(ignored))


@pytest.mark.parametrize(
    ("seen", "strict", "why"),
    [
        (inputs(used=1), False, None),
        (inputs(used=1), True, None),
        (inputs(used=1, rejected=4), False, None),
        (inputs(used=1, rejected=4), True, f"--strict: 4 of 5 inputs rejected; {REMEDY}"),
        (inputs(rejected=4), False, f"nothing could be used: 4 of 4 inputs rejected; {REMEDY}"),
        (inputs(rejected=4, reference=9), False, f"nothing could be used: 4 of 13 inputs rejected; {REMEDY}"),
        (inputs(rejected=4, later=1), False,
         f"nothing could be used: 4 of 5 inputs rejected, 1 not yet due; {REMEDY}"),
        (inputs(), True, None),
    ],
)  # fmt: skip
def test_when_a_replay_fails(seen: Inputs, strict: bool, why: str | None) -> None:
    assert failure(seen, strict) == why


def test_all_not_yet_due_is_asked_wrongly_but_not_where_something_was_rejected() -> None:
    assert nothing_due(inputs(later=3, reference=2))
    assert not nothing_due(inputs(later=3, rejected=1))
    assert not nothing_due(inputs(used=1, later=3))


def test_all_that_there_is_to_say_is_said() -> None:
    said = last_words(inputs(rejected=2, ignored=("a.xlsx",)), Path("facts"), strict=False)
    assert said[0] == f"1 file below facts was not read ({ONLY}): a.xlsx" and len(said) == 2
    assert last_words(inputs(used=2), Path("facts"), strict=True) == []


def test_with_nothing_to_say_nothing_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    say_last([], in_report=True)
    assert capsys.readouterr() == ("", "")
    say_last(["one", "two"], in_report=True)
    assert capsys.readouterr() == ("one\ntwo\n", "ihss-payroll: one\nihss-payroll: two\n")
    say_last(["one"], in_report=False)
    assert capsys.readouterr() == ("", "ihss-payroll: one\n")


def test_a_folder_of_a_journal_has_files_of_its_own(littered: Path) -> None:
    """Only below the segments would a file be one that is missed."""
    journal = littered.parent / "journal"
    (journal / "segments" / "2024-01-16").mkdir(parents=True)
    (journal / "segments" / "2024-01-16" / "000001.avro").write_text("")
    (journal / "segments" / "2024-01-16" / "000001.avro.bak").write_text("")
    (journal / "health.json").write_text("")
    assert files_below(journal)[1:] == (
        ["segments/2024-01-16/000001.avro"], ["segments/2024-01-16/000001.avro.bak"],
    )  # fmt: skip
    (journal / "segments" / "2024-01-16" / "000001.avro").unlink()
    with pytest.raises(Misuse, match=r"a journal without a fact, only segments/2024-01-16/000001.avro.bak: let"):
        folder_of_facts(journal, "--events")


def test_what_simulate_puts_beside_its_facts_is_ours(county: Path) -> None:
    assert (county / "truth.json").exists()
    assert unread(files_below(county)) is None


def test_a_truth_of_somebody_else_is_a_file_like_any(tmp_path: Path) -> None:
    (tmp_path / "truth.json").write_text('[{"kind": "Timesheet"}]')
    (tmp_path / "truth.json.d").mkdir()
    assert files_below(tmp_path).files == ["truth.json"]
    (tmp_path / "truth.json").unlink()
    (tmp_path / "truth.json").symlink_to(tmp_path / "nothing")
    assert files_below(tmp_path).ignored == ["truth.json"]


def test_many_names_are_cut() -> None:
    assert named_files(["a", "b", "c", "d", "e"]) == "a, b, c, d, e"
    assert named_files(list("abcdefg")) == "a, b, c, d, e and 2 more"
    assert unread(Below(Path("x"), [], [])) is None


# --- texts are facts --------------------------------------------------------------------------------------------------


def as_texts(avro: Path, folder: Path) -> Path:
    """The same facts: timesheets as CSV by template, all others as lines of JSON."""
    folder.mkdir()
    for path in sorted(avro.glob("*.avro")):
        with path.open("rb") as stream:
            container = Container(stream)
            records = [record for _, record in container]
        lines = [json.dumps({"kind": container.kind, **record}) for record in records]
        (folder / f"{path.stem}.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    return folder


def test_a_folder_of_texts_pays_what_the_same_folder_of_avro_pays(county: Path, tmp_path: Path) -> None:
    """It was 'Clean' to validate, and to replay nothing at all."""
    texts = as_texts(county, tmp_path / "texts")
    one, other = (replay_folder(each, files_below(each).files, Law.load()) for each in (county, texts))
    assert one.records == other.records and one.records["PaymentInstruction"]
    assert (one.tally.inputs, one.tally.used) == (other.tally.inputs, other.tally.used)


def test_a_replay_and_explain_read_texts(county: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    texts, out = as_texts(county, tmp_path / "texts"), tmp_path / "out"
    (texts / "more.csv").write_text("not,a,template\n1,2,3\n")
    assert run("replay", "--events", texts, "--out", out, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["inputs"]["ignored_files"] == [] and told["instructions"]["ARREARS"]["count"]
    assert [each["origin"] for each in told["inputs"]["rejected_files"]] == ["more.csv"]
    assert run("report", "--paid", out, "--events", texts, "--out", tmp_path / "r.html", "--quiet") == 0
    with next(out.glob("payment_instruction-settle-*.avro")).open("rb") as stream:
        paid = next(record["instruction_id"] for _, record in Container(stream) if record["kind"] == "ARREARS")
    assert run("explain", paid, "--events", texts, "--paid", out, "--json") == 0
    (out / "facts.index").unlink()
    assert run("explain", paid, "--events", texts, "--paid", out, "--json") == 0


def test_a_table_is_facts_to_every_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = [each.name for each in headings("ProviderEnrollment")]
    row = {"document_id": "E1", "provider_id": "P1", "county": "17", "effective_from": "1/1/2026", "exemption": "NONE",
           "recorded_at": "2026-01-02 09:00"}  # fmt: skip
    rows = [row, row | {"recorded_at": ""}, row | {"county": "Lake"}]
    (tmp_path / "facts").mkdir()
    lines = [",".join(names), *(",".join(each.get(name, "") for name in names) for each in rows)]
    (tmp_path / "facts" / "enrollments.csv").write_text("\n".join(lines), "utf-8")
    assert run("validate", tmp_path / "facts", "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert told["usable"] == {"ProviderEnrollment": 1}
    where = [(each["origin"].rsplit("/")[-1], each["field"]) for each in told["details"]]
    assert where == [("enrollments.csv:3", "recorded_at"), ("enrollments.csv:4", "county")]
    assert "ihss-payroll import takes the time of the import" in told["details"][0]["message"]
    paid = replay_folder(tmp_path / "facts", ["enrollments.csv"], Law.load())
    assert paid.tally.used == {"ProviderEnrollment": 1} and paid.tally.rejections == {"INVALID": 2}


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        cli.main([str(each) for each in arguments])
    return ended.value.code or 0


# --- the other commands that read facts -------------------------------------------------------------------------------


def test_explain_and_report_and_validate_say_it_too(
    county: Path, littered: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    with pytest.raises(SystemExit):
        cli.main(["replay", "--events", str(county), "--out", str(out), "--quiet"])
    assert capsys.readouterr().err == ""
    left_out = f"9 files below {littered} were not read ({ONLY}): "
    asked = ["--provider", "P000001", "--recipient", "R000001", "--period", "2024-01-01"]
    for command in (
        ["explain", "--events", str(littered), "--paid", str(out), *asked],
        ["report", "--events", str(littered), "--paid", str(out), "--out", str(tmp_path / "r.html"), "--quiet"],
    ):
        with pytest.raises(SystemExit):
            cli.main(command)
        assert left_out in capsys.readouterr().err
    with pytest.raises(SystemExit):
        cli.main(["validate", str(littered), "--with", str(littered / "deep" / "er" / ".."), "--json"])
    told = capsys.readouterr()
    ignored = json.loads(told.out)["ignored"]
    assert len(ignored) == 2 and ignored[0].startswith(f"9 files below {littered} were not read ({ONLY}")
    assert [f"ihss-payroll: {each}" for each in ignored] == told.err.splitlines()[-2:]
