"""Counties to be paid: made once, kept below the build folder by what was asked and by the sources that made them."""

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
MAKERS = (
    "pipelines/sample/*.py", "pipelines/sample/*.toml", "schemas/*.py", "schemas/*.avsc",
    "rules/law.py", "rules/periods.py", "rules/parameters/*",
)  # fmt: skip
TRUTH = "truth.json"


class CountyAsked(NamedTuple):
    """What `ihss-payroll simulate` is asked for, but for the number of recipients."""

    county: str
    months: int
    start: str
    seed: int


class County(NamedTuple):
    """A folder of facts and what lies in it: numbers of documents' revisions."""

    folder: Path
    recipients: int
    timesheets: int
    visits: int
    inputs: int


def made(asked: CountyAsked, recipients: int, build: Path) -> County:
    """The county as asked, from an earlier run if the same sources made it. CalledProcessError if it cannot be made."""
    name = "-".join(["county", *map(str, asked), str(recipients), sources_hash(ROOT)[:12]])
    folder = build / name
    if not folder.is_dir():
        _make(asked, recipients, folder)
    return _described(folder, recipients)


def sources_hash(root: Path) -> str:
    """SHA-256 (hex) of the names and bytes of everything that makes a county."""
    digest = hashlib.sha256()
    for path in sources(root):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(root)} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def sources(root: Path) -> Iterator[Path]:
    """The files that make a county, in a settled order."""
    return (path for pattern in MAKERS for path in sorted(root.glob(pattern)) if path.is_file())


def _make(asked: CountyAsked, recipients: int, folder: Path) -> None:
    """By the command itself, and in a process of its own: see `measure.Run.peak_mb`. Whole or not at all."""
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    options = [f"--{name}={value}" for name, value in asked._asdict().items()]
    command = [
        sys.executable,
        "-m",
        "pipelines.command.cli",
        "simulate",
        f"--out={partial}",
        f"--recipients={recipients}",
    ]
    subprocess.run([*command, *options], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    partial.replace(folder)


def _described(folder: Path, recipients: int) -> County:
    truth = json.loads((folder / TRUTH).read_text("utf-8"))
    counts = truth["counts"]
    return County(folder, recipients, counts["Timesheet"], counts["EvvVisit"], truth["inputs"])
