"""Rows of the certificate: a command, its exit code, and figures read from what it printed."""

import json
import os
import re
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
HOLDS, FAILED, NOT_RUN = "holds", "failed", "not run"
PASSED_OVER = re.compile(r"\b[1-9]\d* (?:skipped|xfailed)\b")
HANDED_ON = re.compile(
    r"PATH|HOME|LANG|LC_.*|TMPDIR|USER|SHELL|TERM|JAVA_HOME|XDG_.*|PIP_.*|GO[A-Z]*|TF_CLI_.*|GRPC_.*|CLOUD.*|PYENV_.*"
    r"|.*(?:CERT|CA_BUNDLE|CAINFO|PROXY|proxy).*"
)
"""Of the caller's environment what a machine needs: what else it says could make a command do less than it is shown
to."""
LONGEST = int(os.environ.get("LONGEST", "3600"))  # seconds that a command may take


@dataclass(frozen=True)
class Row:
    """One claim. ``shows`` says its figures in words; the other fields are those of rows.toml."""

    says: str
    command: str = ""
    figures: tuple[str, ...] = ()
    shows: str = ""
    quick: str = ""
    same_as: str = ""
    needs: str = ""
    never: str = ""
    sum: bool = False
    count: bool = False

    def not_run(self, quick: bool) -> str:
        """Why its command is not run; empty if it is."""
        if self.never:
            return self.never
        if self.needs and self.needs not in (ROOT / "Makefile").read_text("utf-8"):
            return f"this commit has no make target {self.needs.rstrip(':')}"
        return "left out of QUICK=1" if quick and not self.quick else ""

    def read(self, output: str) -> dict[str, Any]:
        """Its figures by name. Raises LookupError if one is not there, or if tests were passed over."""
        found: dict[str, Any] = {}
        if over := PASSED_OVER.search(output):
            raise LookupError(f"not all of it was run: {over[0]}")
        for expression in self.figures:
            matches = [match.groupdict() for match in re.finditer(expression, output)]
            if not matches:
                raise LookupError(f"the output has nothing like {expression}")
            for name in matches[-1]:
                found[name] = self._figure([match[name] for match in matches])
        return found

    def _figure(self, each: list[str]) -> Any:
        if self.count:
            return len(each)
        return sum(int(one.replace(",", "")) for one in each) if self.sum else each[-1]


@dataclass(frozen=True)
class Outcome:
    """What became of a row. ``why``: of what failed, or was not run; ``ran_at``: when its command ended (UTC)."""

    says: str
    state: str
    command: str
    shows: str = ""
    why: str = ""
    exit_code: int | None = None
    seconds: float | None = None
    ran_at: str = ""
    figures: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Group:
    """Rows under one heading."""

    title: str
    rows: tuple[Row, ...]
    lead: str = ""


def groups() -> list[Group]:
    """All rows, as they are written."""
    written = tomllib.loads(Path(__file__).with_name("rows.toml").read_text("utf-8"))["group"]
    return [Group(each["title"], tuple(_row(row) for row in each["row"]), each.get("lead", "")) for each in written]


def _row(table: dict[str, Any]) -> Row:
    return Row(**table | {"figures": tuple(table.get("figures", ()))})


class Made:
    """Rows that were found to hold at a commit. ``commit``: asks for its hash, "" of a tree with changes, of which none
    is kept. Others are run again: what failed, and what another command or another commit said."""

    def __init__(self, out: Path, commit: Callable[[], str]) -> None:
        self.path, self.commit_now = out / "made.jsonl", commit
        self.commit = commit()
        lines = self.path.read_text("utf-8").splitlines() if self.commit and self.path.exists() else []
        of_commit = (line["outcome"] for line in map(json.loads, lines) if line["commit"] == self.commit)
        self.known = {(each["says"], each["command"]): Outcome(**each) for each in of_commit}

    def note(self, outcome: Outcome) -> None:
        """Keep it, if it holds, was run now, and nothing was changed meanwhile."""
        is_new = outcome.state == HOLDS and (outcome.says, outcome.command) not in self.known
        if is_new and self.commit and self.commit_now() == self.commit:
            with self.path.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps({"commit": self.commit, "outcome": outcome.as_json()}) + "\n")


def commit_of_tree() -> str:
    """The commit of this checkout; "": files differ from it."""
    return "" if changed_files() else git("rev-parse", "HEAD")


def changed_files() -> list[str]:
    """What differs from the commit, whatever git was told to pass over."""
    return git("status", "--porcelain", "--untracked-files=all").splitlines()


def git(*arguments: str) -> str:
    """What git says of this checkout."""
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


class Making(NamedTuple):
    """How rows are made: where their output goes, the quick commands alone or all, ``only`` those that say a text, what
    was made before."""

    out: Path
    quick: bool
    only: str
    made: Made


def outcomes(rows: tuple[Row, ...], making: Making, known: dict[str, Outcome]) -> Iterator[Outcome]:
    """Run each in turn; ``known`` are those of rows before, by what they say, and gets these."""
    for number, row in enumerate(rows, len(known) + 1):
        known[row.says] = _outcome(row, making, known, making.out / f"row-{number:02}.txt")
        making.made.note(known[row.says])
        yield known[row.says]


def _outcome(row: Row, making: Making, known: Mapping[str, Outcome], kept: Path) -> Outcome:
    command = row.quick if making.quick and row.quick else row.command
    if why := row.not_run(making.quick):
        return Outcome(row.says, NOT_RUN, command, why=why)
    if before := making.made.known.get((row.says, command)):
        return before
    if making.only not in row.says:
        return Outcome(row.says, NOT_RUN, command, why="not run at this commit")
    commit = making.made.commit_now()
    code, seconds, output = _run(command, making.out)
    kept.write_text(output, "utf-8")
    ran = Outcome(row.says, FAILED, command, exit_code=code, seconds=seconds, ran_at=now())
    if not making.made.commit == commit == making.made.commit_now():
        return replace(ran, why="files were changed while the certificate was made")
    if code:
        last = (output.strip().splitlines() or ["nothing"])[-1][:300]
        return replace(ran, why=f"exit code {code}; the last line: {last}")
    try:
        figures = row.read(output)
    except LookupError as missing:
        return replace(ran, why=str(missing))
    ran = replace(ran, shows=row.shows.format(**figures), figures=figures)
    if row.same_as and known[row.same_as].state == NOT_RUN:
        return replace(ran, state=NOT_RUN, why=f"there is nothing to compare with: {row.same_as}")
    if row.same_as and figures["sha256"] != known[row.same_as].figures.get("sha256"):
        return replace(ran, why=f"these are not the bytes of: {row.same_as}")
    return replace(ran, state=HOLDS)


def now() -> str:
    """As the certificate says it (UTC)."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _run(command: str, out: Path) -> tuple[int, float, str]:
    """Exit code, seconds, and all that it printed. A command that takes too long ends with 124."""
    told = {name: value for name, value in os.environ.items() if HANDED_ON.fullmatch(name)}
    told |= {"PYTHON": sys.executable, "OUT": str(out), "COLUMNS": "160", "PYTHONPATH": str(ROOT)}
    began = time.monotonic()
    limited = ["timeout", str(LONGEST), "sh", "-c", command]
    run = subprocess.run(limited, cwd=ROOT, env=told, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return run.returncode, round(time.monotonic() - began, 1), run.stdout.decode("utf-8", "replace")
