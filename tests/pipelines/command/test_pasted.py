"""Commands that are printed work as they are pasted: each begins with the name by which the program was called."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.own_name import NAME, called_as, pasted

PROGRAM = Path(sys.executable).with_name(NAME)


@pytest.mark.parametrize(
    ("program", "found", "called"),
    [
        (".venv/bin/ihss-payroll", None, ".venv/bin/ihss-payroll"),
        (".venv/bin/ihss-payroll", "/usr/bin/ihss-payroll", ".venv/bin/ihss-payroll"),
        ("/usr/bin/ihss-payroll", "/usr/bin/ihss-payroll", "ihss-payroll"),
        ("/opt/a b/ihss-payroll", None, "'/opt/a b/ihss-payroll'"),
        ("/usr/lib/python3/pytest/__main__.py", None, "ihss-payroll"),
    ],
)
def test_the_name_by_which_it_was_called(program: str, found: str | None, called: str) -> None:
    assert called_as(program, found) == called


def test_as_a_module_it_is_called_as_one() -> None:
    called = called_as("/x/pipelines/command/cli.py", None)
    assert called.endswith(" -m pipelines.command.cli") and Path(shlex.split(called)[0]).name.startswith("python")


def test_only_commands_are_renamed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.own_name.called", lambda: ".venv/bin/ihss-payroll")
    assert pasted("Next: ihss-payroll find P1") == "Next: .venv/bin/ihss-payroll find P1"
    assert pasted(".venv/bin/ihss-payroll find P1") == ".venv/bin/ihss-payroll find P1"
    assert pasted("ihss-payroll: the page is there") == "ihss-payroll: the page is there"


@pytest.mark.skipif(not PROGRAM.exists(), reason="the command is not installed beside this Python")
@pytest.mark.parametrize("way", ["by its path", "as a module"])
def test_a_hint_is_run_as_it_was_printed(way: str, tmp_path: Path) -> None:
    """What a misuse says to look at, in a shell that finds no program of ours."""
    program = [str(PROGRAM)] if way == "by its path" else [sys.executable, "-m", "pipelines.command.cli"]
    environment = os.environ | {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(Path(__file__).resolve().parents[3])}
    told = subprocess.run([*program, "diff", "--wrong"], capture_output=True, text=True, env=environment, cwd=tmp_path)
    [hint] = re.findall(r"See (.+ diff --help)", told.stderr)
    shown = subprocess.run(hint, shell=True, capture_output=True, text=True, env=environment, cwd=tmp_path)
    assert shown.returncode == 0 and "Usage" in shown.stdout
