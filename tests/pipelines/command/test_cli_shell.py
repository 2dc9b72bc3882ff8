"""In the shell: help at once and in groups, completion, the version, and colours on a terminal only."""

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from pipelines.command import cli

HEAVY = {"altair", "apache_beam", "fastavro", "google", "jinja2", "numpy", "vl_convert", "weasyprint"}
SECONDS_FOR_HELP = 0.5
PROGRAM = [sys.executable, "-c", "from pipelines.command.cli import main; main()"]
PLAIN = {name: value for name, value in os.environ.items() if not re.search("COLOR|TERM|GITHUB_ACTIONS", name)}


def told(*arguments: str, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run([*PROGRAM, *arguments], capture_output=True, text=True, env=PLAIN | environment)


@pytest.mark.parametrize("command", [[], ["diff"], ["validate"], ["doctor"], ["report"], ["statement"], ["explain"]])
def test_help_imports_nothing_heavy(command: list[str]) -> None:
    code = f"""
import sys
from pipelines.command import cli
try:
    cli.main({[*command, "--help"]})
except SystemExit as exit:
    print(exit.code or None, *sorted({HEAVY} & sys.modules.keys()), file=sys.stderr)
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert said.stderr == "None\n", said.stderr


def test_help_is_there_at_once() -> None:
    """In processor time, which neighbours on the machine do not stretch as they do the clock."""
    code = (
        "import resource, sys\nfrom pipelines.command import cli\ntry:\n    cli.main(['--help'])\nexcept SystemExit:\n"
    )
    code += "    print(resource.getrusage(resource.RUSAGE_SELF).ru_utime, file=sys.stderr)"
    took = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stderr) for _ in range(3)
    ]
    assert min(took) < SECONDS_FOR_HELP


def test_help_is_in_groups() -> None:
    said = told("--help", COLUMNS="100").stdout
    commands = typer.main.get_command(cli.app).commands
    places = [said.index(f"─ {panel} ─") for panel in cli.PANELS if set(cli.PANELS[panel]) & set(commands)]
    assert places == sorted(places)
    assert "─ Commands ─" not in said
    listed = re.findall(r"│ ([a-z][a-z-]*)  ", said)
    assert listed == list(commands)
    assert set(commands) <= {name for names in cli.PANELS.values() for name in names}


def test_the_version() -> None:
    assert re.fullmatch(r"ihss-payroll \d+\.\d+\.\d+\n", told("--version").stdout)


def test_without_a_command_help_is_shown() -> None:
    said = told()
    assert said.returncode == 2
    assert "Usage: ihss-payroll" in said.stdout
    assert said.stderr == ""


def test_bash_completes_commands_and_options() -> None:
    asked = {"_IHSS_PAYROLL_COMPLETE": "complete_bash"}
    commands = told(COMP_WORDS="ihss-payroll re", COMP_CWORD="1", **asked).stdout.split()
    assert {"replay", "report", "rejections"} <= set(commands)
    assert "simulate" not in commands
    options = told(COMP_WORDS="ihss-payroll diff --", COMP_CWORD="2", **asked).stdout.split()
    assert {"--all", "--out", "--json", "--quiet"} <= set(options)


def test_completion_is_installed_where_bash_looks(tmp_path: Path) -> None:
    install = {"HOME": str(tmp_path), "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    said = told("--install-completion", "bash", **install)
    assert said.returncode == 0, said.stderr
    [script] = (tmp_path / ".bash_completions").iterdir()
    assert "_IHSS_PAYROLL_COMPLETE=complete_bash" in script.read_text("utf-8")
    assert str(script) in (tmp_path / ".bashrc").read_text("utf-8")


def on_a_terminal(*arguments: str, **environment: str) -> str:
    """What a person sees, with the codes that colour it."""
    ours, theirs = pty.openpty()
    shell = subprocess.Popen(
        [*PROGRAM, *arguments], stdout=theirs, stderr=theirs, env=PLAIN | {"TERM": "xterm-256color"} | environment
    )
    os.close(theirs)
    said = b""
    while chunk := _read(ours):
        said += chunk
    shell.wait()
    os.close(ours)
    return said.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux says so when the other side is gone
        return b""


COLOUR = re.compile(r"\x1b\[[0-9;]*(3|4|9)[0-7]")


@pytest.mark.parametrize("command", ["--help", "doctor"])
def test_colours_are_for_terminals(command: str) -> None:
    assert COLOUR.search(on_a_terminal(command))
    assert not COLOUR.search(on_a_terminal(command, NO_COLOR="1"))
    assert "\x1b" not in told(command).stdout


def test_a_pipe_that_is_closed_is_no_traceback() -> None:
    asked = " ".join(f"'{word}'" for word in PROGRAM)
    said = subprocess.run(["bash", "-c", f"{asked} doctor --json | true"], capture_output=True, text=True)
    assert "Traceback" not in said.stderr
    assert "BrokenPipe" not in said.stderr


def test_a_stop_is_no_traceback() -> None:
    code = """
from pipelines.command import cli; from pipelines.check import doctor
def stop(folder, law):
    raise KeyboardInterrupt
doctor.checks = stop
cli.main(["doctor"])
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (said.returncode, said.stderr) == (130, "")
