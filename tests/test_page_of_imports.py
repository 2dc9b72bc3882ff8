"""docs/your_data.md is true: each step is taken in order, in a folder of its own, as its reader would take it."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from pipelines.command import cli
from tests.test_tour import ROOT, steps

PAGE = ROOT / "docs" / "your_data.md"


def taken(line: str, capfd: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Exit code of a line of the page and what it prints; our own commands without a process of theirs."""
    words, _, file = line.partition(" > ")
    if not words.startswith("ihss-payroll "):
        done = subprocess.run(["sh", "-ec", line], capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr
    with pytest.raises(SystemExit) as ended:
        cli.main(shlex.split(words)[1:])
    said = capfd.readouterr()
    if file:
        Path(file).write_text(said.out, "utf-8")
    return ended.value.code or 0, said.out + said.err  # type: ignore[return-value]


def test_every_step_of_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(ROOT / "docs" / "your_data", tmp_path / "docs" / "your_data")
    monkeypatch.chdir(tmp_path)
    found = list(steps(PAGE.read_text("utf-8")))
    assert len(found) > 10
    for step in found:
        *before, (code, printed) = [taken(line, capfd) for line in step.text.splitlines()]
        assert not any(each[0] for each in before) and (code == 0) == step.passes, f"{step.text}\n{printed}"
        seen = " ".join("".join(each[1] for each in (*before, (code, printed))).split())
        missing = [told for told in step.told if told not in seen and told not in seen.replace(" ", "")]
        assert not missing, f"{step.text} does not print {missing}:\n{printed}"


def test_every_file_of_the_page_is_used() -> None:
    named = set(re.findall(r"docs/your_data/([\w.]+)", PAGE.read_text("utf-8")))
    assert named == {path.name for path in (ROOT / "docs" / "your_data").iterdir()}
