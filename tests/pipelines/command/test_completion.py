"""What a shell is told when somebody asks it to complete a word: asked as bash, zsh and fish ask."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fold.beat import Beat
from fold.places import INDEX, write_index
from fold.record_files import file_name
from pipelines import pool
from pipelines.command import cli, completion
from pipelines.paid_records import records_in
from pipelines.sample.simulate import simulate
from pipelines.work import Work
from rules.law import Law
from schemas.payment_instruction import PaymentInstruction

SHELLS = [shell.value for shell in completion.Shell]


@pytest.fixture(scope="module")
def paid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a replay leaves of three recipients: records and the index of their facts."""
    folder = tmp_path_factory.mktemp("completion")
    simulate(folder / "facts", "17", 3, 1, "2024-01", 17, 0)
    names = sorted(path.name for path in (folder / "facts").glob("*.avro"))
    paid = folder / "paid"
    paid.mkdir()
    pool.run(Work(folder / "facts", names, paid, 2, Beat(), None), Law.load(), 1)
    write_index(paid, paid / INDEX, 2)
    return paid


def told(
    line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], shell: str = "bash"
) -> list[str]:
    """The words that are proposed for the last word of a line."""
    monkeypatch.setenv(completion.VARIABLE, f"complete_{shell}")
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", str(line.count(" ")))
    monkeypatch.setenv("_TYPER_COMPLETE_ARGS", line)
    monkeypatch.setenv("_TYPER_COMPLETE_FISH_ACTION", "get-args")
    with pytest.raises(SystemExit) as ended:
        cli.main([])
    assert not ended.value.code
    return re.findall(r"[\w-]+", capsys.readouterr().out) if shell != "bash" else capsys.readouterr().out.split()


@pytest.mark.parametrize("shell", SHELLS)
def test_people_of_the_folder_are_proposed(shell, paid, monkeypatch, capsys) -> None:
    found = told(f"ihss-payroll statement --paid {paid} --recipient R00000", monkeypatch, capsys, shell)
    assert {"R000001", "R000002", "R000003"} <= set(found) and not any(word.startswith("P0") for word in found)


def test_ids_and_days_of_each_option(paid, monkeypatch, capsys) -> None:
    def asked(line: str) -> list[str]:
        return told(f"ihss-payroll {line}", monkeypatch, capsys)

    providers = asked(f"explain --paid {paid} --provider P")
    assert providers == sorted(providers) and len(providers) > 2
    assert all(re.fullmatch(r"P\d{6}", id) for id in providers)
    assert {"R000001", *providers} <= set(asked(f"find --paid {paid} "))
    runs = asked(f"report --paid {paid} --since 2024-01")
    assert runs == asked(f"statement --paid {paid} --run 2024-01") == asked(f"export ach --paid {paid} --run 2024-01")
    assert runs and all(day.startswith("2024-01-") for day in runs)
    assert asked(f"statement --paid {paid} --period 2024-01") == ["2024-01-01", "2024-01-16"]
    assert asked("statem") == ["statement"] and "--provider" in asked("explain --pro")


def ids_in(paid: Path) -> list[str]:
    paths = paid.glob("payment_instruction*.avro")
    return sorted({each.instruction_id for path in paths for each in records_in(path, PaymentInstruction)})


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_payments_of_the_folder_are_proposed(shell, paid, monkeypatch, capsys) -> None:
    known = ids_in(paid)
    monkeypatch.setenv(completion.VARIABLE, f"complete_{shell}")
    monkeypatch.setenv("_TYPER_COMPLETE_ARGS", f"ihss-payroll explain --paid {paid} {known[0][:-3]}")
    monkeypatch.setenv("_TYPER_COMPLETE_FISH_ACTION", "get-args")
    with pytest.raises(SystemExit):
        cli.main([])
    assert known[0] in re.sub(r"\\+:", ":", capsys.readouterr().out)


@pytest.mark.parametrize(
    "typed", ["", "ARR", "ARREARS", "ARREARS:", "ARREARS:P0", "ARREARS:{payee}:", "ARREARS:{payee}:R0"]
)
def test_bash_gets_what_follows_the_last_colon(typed, paid, monkeypatch, capsys) -> None:
    """It takes words apart at colons, and puts in what it gets for the last part alone."""
    known = ids_in(paid)
    typed = typed.format(payee=known[0].split(":")[1])
    words = ["ihss-payroll", "explain", "--paid", str(paid), *(re.findall(r":|[^:]+", typed) or [""])]
    monkeypatch.setenv(completion.VARIABLE, "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "\n".join(words))
    monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))
    with pytest.raises(SystemExit):
        cli.main([])
    found = capsys.readouterr().out.split()
    before = typed[: typed.rfind(":") + 1]
    assert found and [before + each for each in found] == [id for id in known if id.startswith(typed)]


def test_what_comes_after_words_with_colons_is_completed_too(monkeypatch, capsys) -> None:
    words = ["ihss-payroll", "run", "--from", "folder", ":", "in", "--jour"]
    monkeypatch.setenv(completion.VARIABLE, "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "\n".join(words))
    monkeypatch.setenv("COMP_CWORD", "6")
    with pytest.raises(SystemExit):
        cli.main([])
    assert capsys.readouterr().out.split() == ["--journal"]


def test_what_cannot_be_read_proposes_nothing(paid, tmp_path, monkeypatch, capsys) -> None:
    """No folder, no index, one that was changed, one that takes long to read, a file of others: in silence."""
    for folder in ("", "--paid /nowhere "):
        assert told(f"ihss-payroll statement {folder}--run 20", monkeypatch, capsys) == []
    spoilt = tmp_path / "paid"
    shutil.copytree(paid, spoilt)
    line = f"ihss-payroll explain --paid {spoilt} --provider P"
    assert told(line, monkeypatch, capsys)
    payments = f"ihss-payroll explain --paid {spoilt} ARR"
    assert told(payments, monkeypatch, capsys)
    monkeypatch.setattr(completion, "LARGEST_PAID", 10)
    assert told(payments, monkeypatch, capsys) == []
    monkeypatch.setattr(completion, "LARGEST_PAID", 1 << 20)
    next(spoilt.glob("payment_instruction*.avro")).write_bytes(b"no Avro")
    assert told(payments, monkeypatch, capsys) == []
    monkeypatch.setattr(completion, "LARGEST_INDEX", 10)
    assert told(line, monkeypatch, capsys) == []
    monkeypatch.setattr(completion, "LARGEST_INDEX", 1 << 20)
    whole = (spoilt / INDEX).read_bytes()
    (spoilt / INDEX).write_bytes(whole[:-1] + b"!")
    assert told(line, monkeypatch, capsys) == []
    (spoilt / file_name("PayRun", "close", 0)).write_bytes(b"no Avro")
    assert told(f"ihss-payroll report --paid {spoilt} --run 2", monkeypatch, capsys) == []


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_asks_by_the_name_that_is_listened_to(shell, capsys) -> None:
    with pytest.raises(SystemExit):
        cli.main(["completion", shell])
    script = capsys.readouterr().out
    assert f"{completion.VARIABLE}=complete_{shell}" in script and "ihss-payroll" in script


def test_bash_completes_by_it(paid, tmp_path) -> None:
    """A real bash, with the program called by its path, whatever that is."""
    program = Path(sys.executable).with_name("ihss-payroll")
    script = subprocess.run([program, "completion", "bash"], capture_output=True, text=True, check=True).stdout
    typed = f"{program} explain --paid {paid} --provider P"
    asked = (
        f'COMP_WORDS=({typed}); COMP_CWORD=5; _ihss_payroll_completion {program}; printf "%s\\n" "${{COMPREPLY[@]}}"'
    )
    ended = subprocess.run(["bash", "-c", f"{script}\n{asked}"], capture_output=True, text=True, env=os.environ)
    assert len(re.findall(r"^P\d{6}$", ended.stdout, re.MULTILINE)) > 2, ended.stderr
