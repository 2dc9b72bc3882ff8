"""The table of exit codes in docs/command_line.md: each command has its row, and each code in it is one that comes."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from fold.record_files import file_name
from pipelines.command import cli
from pipelines.sample.simulate import simulate
from rules.law import Law
from rules.periods import iso
from schemas import private
from schemas.avro import Container, validate, write_container
from tests.paid import replay_plain
from tests.pipelines.export.export_world import (
    ORIGINATOR,
    account,
    instruction,
    pay_run,
    write_accounts,
    write_run,
)

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "command_line.md").read_text("utf-8")
RUN = "2026-04-07"
SENT = "export ach --paid ach --run 2026-04-07 --accounts {} --originator o.toml --out {}.ach --ledger {}"
TYPED: dict[tuple[str, str], str] = {
    ("import", "0"): "import sheet.csv --as HoursException --out imported",
    ("import", "1"): "import empty.csv --as HoursException --out imported2",
    ("template", "0"): "template Timesheet --out forms",
    ("simulate", "0"): "simulate --out s --county 17 --recipients 1 --months 1 --start 2024-01 --seed 1",
    ("find", "0"): "find PROVIDER --paid paid",
    ("find", "1"): "find NOBODY --paid paid",
    ("explain", "0"): "explain --provider PROVIDER --paid paid",
    ("explain", "1"): "explain --provider NOBODY --paid paid",
    ("report", "0"): "report --paid paid --out r.html",
    ("statement", "0"): "statement --paid paid --provider PROVIDER --period PERIOD --out p --format html",
    ("tables", "0"): "tables --paid paid --out t",
    ("what-if", "0"): "what-if raise.toml --events facts --out w",
    ("law check", "0"): "law check overlay --no-cases",
    ("law check", "1"): "law check below --no-cases",
    ("diff", "0"): "diff paid paid",
    ("diff", "1"): "diff paid ach",
    ("validate", "1"): "validate wrong.jsonl",
    ("doctor", "0"): "doctor",
    ("export ach", "0"): SENT.format("all.csv", "a", "la"),
    ("export ach", "3"): SENT.format("some.csv", "b", "lb"),
    ("export ach", "1"): SENT.format("none.csv", "c", "lc"),
    ("export warrants", "0"): "export warrants --paid ach --run 2026-04-07 --out w.csv --ledger lw",
    ("launch graph", "0"): "launch graph --out graph.json",
}
"""A command that ends so, in the folder of `world`."""
ELSEWHERE: dict[tuple[str, str], str] = {
    ("replay", "0"): "command/test_cli.py::test_replay_passes_on_what_was_asked",
    ("replay", "1"): "command/test_cli_misuse.py::test_a_folder_of_another_avro_is_replayed_to_rejections",
    ("sample", "0"): "sample/test_simulate.py::",
    ("desk", "0"): "desk/test_desk_safety.py::",
    ("desk", "1"): "desk/test_desk_safety.py::",
    ("desk-password", "0"): "desk/test_desk_safety.py::",
    ("export year", "0"): "export/test_year.py::",
    ("vectors", "0"): "vectors/test_vectors.py::",
    ("completion", "0"): "command/test_cli_shell.py::",
    ("report", "1"): "report/test_report.py::",
    ("validate", "0"): "check/test_verdict.py::",
    ("rejections list", "0"): "live/test_commands.py::test_a_repaired_fact_ends_as_if_right_at_first",
    ("rejections show", "0"): "live/test_commands.py::test_a_repaired_fact_ends_as_if_right_at_first",
    ("rejections resend", "0"): "live/test_commands.py::test_a_repaired_fact_ends_as_if_right_at_first",
    ("rejections list", "1"): "live/test_faults.py::",
    ("rejections show", "1"): "live/test_faults.py::",
    ("rejections resend", "1"): "live/test_faults.py::",
    ("doctor", "1"): "check/test_doctor.py::",
    ("export warrants", "1"): "export/test_reversed.py::",
    ("export warrants", "3"): "export/test_export.py::",
    ("run", "0"): "live/test_commands.py::",
    ("run", "1"): "live/test_faults.py::",
    ("journal verify", "0"): "live/test_commands.py::",
    ("journal verify", "1"): "live/test_faults.py::",
    ("journal health", "0"): "live/",
    ("journal health", "1"): "live/",
    ("journal backup", "0"): "live/",
    ("journal backup", "1"): "live/",
    ("journal restore", "0"): "live/",
    ("journal restore", "1"): "live/",
    ("journal accept-loss", "0"): "live/",
    ("journal accept-loss", "1"): "live/",
    ("launch dataflow", "0"): "launch/test_launch.py::",
    ("launch template", "0"): "launch/",
    ("launch replay", "0"): "test_addresses.py::",
    ("law preview", "0"): "what_if/test_updating.py::test_law_preview",
    ("law preview", "1"): "what_if/test_updating.py::test_law_preview",
    ("law publish", "0"): "live/test_publishing.py::",
    ("law publish", "1"): "live/test_publishing.py::",
    ("launch update", "0"): "launch/test_launch.py::",
    ("launch update", "1"): "launch/test_launch.py::",
    ("launch check", "0"): "launch/test_check.py::",
    ("launch check", "1"): "launch/test_check.py::",
}
"""Where a test needs a job, a cloud or a whole replay to see it."""


def table() -> dict[tuple[str, str], str]:
    """What each code of each command means."""
    part = PAGE.partition("## Exit codes")[2].partition("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in part.splitlines() if line.startswith("| `")]
    rows = [[cell.strip(" |") for cell in row] + [""] * (4 - len(row)) for row in rows]
    return {
        (command, code): words
        for named, *cells in rows
        for command in re.findall(r"`([^`]+)`", named)
        for code, words in zip(("0", "1", "3"), cells, strict=True)
        if words
    }


def commands(at: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    if hasattr(at, "commands"):
        for name, each in at.commands.items():
            yield from commands(each, (*path, name))
    else:
        yield " ".join(path)


def test_every_command_has_a_row() -> None:
    assert {command for command, _ in table()} == {*commands(typer.main.get_command(cli.app))}


def test_every_code_is_shown_by_a_test() -> None:
    assert TYPED.keys() | ELSEWHERE.keys() == table().keys() and not TYPED.keys() & ELSEWHERE.keys()
    for place in ELSEWHERE.values():
        path, _, name = place.partition("::")
        assert (ROOT / "tests" / "pipelines" / path).exists(), place
        assert name in (ROOT / "tests" / "pipelines" / path).read_text("utf-8") if name else True, place


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    simulate(folder / "facts", "17", 3, 1, "2024-01", 17, 0)
    facts = []
    for path in sorted((folder / "facts").glob("*.avro")):
        container = Container(path.open("rb"))
        facts += [validate(container.kind, record) for _, record in container]
    private.folder(folder / "paid")
    said = replay_plain(facts, Law.load()).records
    for kind, records in said.items():
        write_container(folder / "paid" / file_name(kind), kind, records)
    one = next(each for each in said["PaymentInstruction"] if each["payee_type"] == "PROVIDER")
    (folder / "one").write_text(f"{one['payee_id']} {iso(one['period_start'])}")
    paid = [instruction("P1"), instruction("P2"), instruction("P3", method="WARRANT")]
    write_run(folder / "ach", paid, [pay_run(paid)])
    (folder / "o.toml").write_text(ORIGINATOR)
    for name, payees in (("all", ("P1", "P2")), ("some", ("P1",)), ("none", ())):
        write_accounts(folder / f"{name}.csv", [account(payee, at) for at, payee in enumerate(payees)])
    head = "provider_id,recipient_id,workweek_start,extra_hours\n"
    (folder / "sheet.csv").write_text(head + "P1,R1,2026-10-04,2:00\n")
    (folder / "empty.csv").write_text(head)
    (folder / "wrong.jsonl").write_text('{"kind": "Timesheet"}\n')
    for name, value in (("overlay", 17000), ("below", 15000)):
        values = f"[wage.17]\nvalues = [{{ from = 2024-02-01, until = 2024-12-31, value = {value} }}]\n"
        (folder / name).mkdir()
        (folder / name / "wage.toml").write_text(values)
    scenario = 'name = "N"\nquestion = "Q?"\n[supplement.17]\nfrom = 2024-01-01\ndollars = 1\n'
    (folder / "raise.toml").write_text(scenario)
    for name in ("la", "lb", "lc", "lw", "lw2"):
        (folder / name).mkdir()
    return folder


def typed(words: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    if Path("one").exists():
        provider, period = Path("one").read_text().split()
        words = words.replace("PROVIDER", provider).replace("PERIOD", period)
    with pytest.raises(SystemExit) as ended:
        cli.main(words.split())
    said = capsys.readouterr()
    return int(ended.value.code or 0), said.out, said.err


@pytest.mark.parametrize(("command", "code"), TYPED, ids=[" ".join(each) for each in TYPED])
def test_a_command_ends_as_the_table_says(
    command: str, code: str, world: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(world)
    ended, _, said = typed(TYPED[command, code], capsys)
    assert ended == int(code), said


def of_its_own(words: list[str], folder: Path) -> list[str]:
    """The same words, writing to a folder of this test's own."""
    places = [at + 1 for at, word in enumerate(words) if word in ("--out", "--ledger")]
    return [str(folder / word) if at in places else word for at, word in enumerate(words)]


JSON = {"import": 0, "find": 0, "explain": 0, "report": 0, "statement": 0, "tables": 0, "diff": 0, "doctor": 0,
        "what-if": 0, "validate": 1, "export warrants": 0}  # fmt: skip


@pytest.mark.parametrize("command", JSON)
def test_json_alone_is_enough(
    command: str, world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """JSON on standard output, and no progress beside it."""
    monkeypatch.chdir(world)
    words = of_its_own(TYPED[command, str(JSON[command])].split(), tmp_path)
    _, out, err = typed(" ".join([*words, "--json"]), capsys)
    json.loads(out)
    assert not [line for line in err.splitlines() if not line.startswith("ihss-payroll: ")], err


QUIETLY = {
    **{" ".join(key): words for key, words in TYPED.items() if "export ach" not in key},
    "explain and write": "explain --provider PROVIDER --period PERIOD --events facts --paid paid --out why.html",
    "rejections list": "rejections list --paid paid",
}


@pytest.mark.parametrize("case", QUIETLY)
def test_quiet_is_quiet(
    case: str, world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Errors are said all the same, and the exit code is what it was."""
    monkeypatch.chdir(world)
    ended, out, err = typed(" ".join([*of_its_own(QUIETLY[case].split(), tmp_path), "--quiet"]), capsys)
    assert out == "" and not [line for line in err.splitlines() if not line.startswith("ihss-payroll: ")], err
    assert str(ended) == (case.split()[-1] if case.split()[-1].isdigit() else "0")


def test_every_command_can_be_quiet() -> None:
    waiting: list[tuple[str, Any]] = [("", typer.main.get_command(cli.app))]
    loud = set()
    while waiting:
        path, at = waiting.pop()
        waiting += [(f"{path} {name}", each) for name, each in getattr(at, "commands", {}).items()]
        if not hasattr(at, "commands") and "--quiet" not in {name for each in at.params for name in each.opts}:
            loud.add(path.strip())
    assert loud == {"completion"}, "what it prints is all that it does"


def test_json_is_printed_also_quietly(
    world: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(world)
    _, out, _ = typed("explain --provider PROVIDER --paid paid --json --quiet", capsys)
    assert json.loads(out)


OLD = {
    "export warrants --instructions ach --date 2026-04-07 --out w2.csv --ledger lw2": {"--instructions", "--date"},
    "report --paid paid --out r2.html --from=2024-01-16 --to 2024-01-17": {"--from", "--to"},
    "diff paid paid --csv d.csv": {"--csv"},
}


@pytest.mark.parametrize("words", OLD)
def test_an_old_name_still_works_and_says_the_new_one(
    words: str, world: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(world)
    code, _, err = typed(words, capsys)
    hints = re.findall(r"ihss-payroll: (--\w+) is (--\w+) now: the old name is read for one more version", err)
    assert code == 0 and {old for old, _ in hints} == OLD[words] and len(hints) == len(OLD[words])


def test_words_after_two_dashes_keep_their_names(capsys: pytest.CaptureFixture[str]) -> None:
    from pipelines.command.renamed import with_new_names

    typed_words = ["report", "--paid", "x", "--", "--from", "y"]
    assert with_new_names(typed_words) == typed_words and not capsys.readouterr().err
    assert with_new_names(["run", "--from", "folder:a"]) == ["run", "--from", "folder:a"], "a place"


OPTIONS = {"--paid", "--run", "--out", "--since", "--until", "--json", "--quiet"}
NOT_OURS = {"--instructions", "--date", "--csv", "--html", "--output", "--silent", "--pay-run"}


def test_one_vocabulary() -> None:
    """No command has another name for what all share; --from and --to are places, of a job or a graph."""
    waiting, places = [((), typer.main.get_command(cli.app))], set()
    while waiting:
        path, at = waiting.pop()
        waiting += [((*path, name), each) for name, each in getattr(at, "commands", {}).items()]
        names = {name for each in at.params for name in each.opts}
        assert not names & NOT_OURS, path
        if names & {"--from", "--to"}:
            places.add(path)
    assert places == {("run",), ("rejections", "resend"), ("launch", "update")}
