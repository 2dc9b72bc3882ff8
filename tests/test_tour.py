"""docs/tour.md is true: every step is taken in a copy of the house, in order; and the ten minutes of the README."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[1]
TOUR = ROOT / "docs" / "tour.md"
STEP = re.compile(
    r"^```(sh|diff)\n(.*?)^```\n(?:\*\*(Passes|Fails)\*\*([^\n]*(?:\n[^\n]+)*))?", re.DOTALL | re.MULTILINE
)
PARTS = ("schemas", "rules", "fold", "transforms", "pipelines", "deploy", "tests", "docs", "README.md", "CHANGELOG.md")
PARTS += ("CONTRIBUTING.md", "SECURITY.md", "LICENSE", "pyproject.toml", "mkdocs.yml", "Makefile")
WORDS_A_MINUTE = 250


class Step(NamedTuple):
    """A fenced block: ``told`` is what stands in code spans of the sentence that follows, which must be printed."""

    kind: str
    text: str
    passes: bool
    told: tuple[str, ...]


def steps(page: str) -> Iterator[Step]:
    for kind, text, outcome, sentence in STEP.findall(page):
        assert outcome or kind == "diff", f"what does this say? {text}"
        yield Step(kind, text, outcome != "Fails", tuple(re.findall(r"`([^`]+)`", sentence)))


def patched(diff: str, house: Path) -> None:
    """Change a file as a diff says; lines before ``+`` must stand in it once, ``+`` alone goes to its end."""
    [header, *lines] = diff.splitlines()
    path = house / header.removeprefix("--- ")
    before = path.read_text("utf-8")
    old = "".join(f"{line[1:]}\n" for line in lines if line[0] in " -")
    new = "".join(f"{line[1:]}\n" for line in lines if line[0] in " +")
    assert before.count(old) == 1 or not old, f"{header}: not there, or more than once:\n{old}"
    path.write_text(before.replace(old, new) if old else before + new, "utf-8")


def answer(command: str, house: Path) -> tuple[bool, str]:
    """Whether a shell's lines succeed in the house, and what they print."""
    beside = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": beside, "PYTHONPATH": str(house), "NO_MKDOCS_2_WARNING": "1", "COLUMNS": "200"}
    environment.pop("PYTEST_ADDOPTS", None)
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # a third of each start
    told = subprocess.run(
        ["sh", "-ec", command], cwd=house, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    return told.returncode == 0, told.stdout


def copied(house: Path) -> Path:
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, house / part)
        else:
            shutil.copy(source, house / part)
    (house / "facts").mkdir()
    shutil.copy(ROOT / "tests" / "schemas" / "old" / "Timesheet.avro", house / "facts")
    return house


def test_every_step_of_the_tour(tmp_path: Path) -> None:
    house = copied(tmp_path)
    taken = list(steps(TOUR.read_text("utf-8")))
    assert {step.kind for step in taken} == {"sh", "diff"} and len(taken) > 10
    for step in taken:
        if step.kind == "diff":
            patched(step.text, house)
            continue
        passes, printed = answer(step.text, house)
        assert passes == step.passes, f"{step.text}\n{printed}"
        missing = [told for told in step.told if told not in printed]
        assert not missing, f"{step.text} does not print {missing}:\n{printed}"


def test_a_step_that_is_not_true_is_seen(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("x = 1\n")
    with pytest.raises(AssertionError, match="not there"):
        patched("--- a.toml\n-x = 2\n+x = 3\n", tmp_path)
    assert answer("false", tmp_path) == (False, "")
    [step] = steps("```sh\nls\n```\n**Passes**: `a`\nand `b`.\n\n`c`\n")
    assert step == Step("sh", "ls\n", True, ("a", "b"))


def seven_files() -> list[Path]:
    readme = (ROOT / "README.md").read_text("utf-8")
    section = readme.partition("## Read this house in ten minutes")[2].partition("\n\n")[0]
    return [ROOT / found for found in re.findall(r"^\d\. `([\w/.]+)`", section, re.MULTILINE)]


def test_seven_files_in_ten_minutes() -> None:
    files = seven_files()
    words = {path.relative_to(ROOT).as_posix(): len(path.read_text("utf-8").split()) for path in files}
    assert len(files) == 7
    assert sum(words.values()) <= 10 * WORDS_A_MINUTE, f"too long for ten minutes: {words}"


def test_the_seven_files_are_what_is_said_of_them() -> None:
    schema, pipeline, restate, stage, rule, numbers, cases = (path.read_text("utf-8") for path in seven_files())
    assert "class Timesheet(Fact)" in schema
    assert re.search(r"^def build\(", pipeline, re.MULTILINE)
    assert "class Restate(" in restate
    assert re.match(r'"""\w+\' decision for one month', stage) and "Authority:" in stage
    assert "Authority: OT-1" in rule and "def mark_overtime" in rule
    values = [value for table in tomllib.loads(numbers)["overtime"].values() for value in table["values"]]
    assert values and all(value["citation"] and value["grade"] for value in values)
    assert all(case["sentence"].endswith(".") for case in tomllib.loads(cases)["case"])
