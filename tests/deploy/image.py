"""The worker's image without Docker: its own install lines, run on what its own COPY lines bring, then launched from.

``python -m tests.deploy.image`` (``make image``) runs the lines into build/image, each package held to its hash, checks
what is there against what is pinned, and lets main.py make a template. ``python -m tests.deploy.image hashes`` writes
deploy/dataflow/requirements.txt and compiler.txt again, after a change of constraints.txt.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.deploy.launcher import launched

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = ROOT / "deploy" / "dataflow" / "Dockerfile"
WHERE = ROOT / "build" / "image"
PYTHON = (3, 11)
OWN = {"pip", "setuptools", "wheel", "ihss-payroll"}
HASHED = DOCKERFILE.parent / "requirements.txt"
COMPILER = DOCKERFILE.parent / "compiler.txt"  # what compiles the rules, and stays out of the image


def lines() -> list[str]:
    """Instructions of the Dockerfile, each on one line."""
    text = DOCKERFILE.read_text("utf-8").replace("\\\n", " ")
    return [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]


def installs() -> list[list[str]]:
    """What follows each ``pip install`` in it, without what spares the image room."""
    (run,) = [line for line in lines() if "pip install" in line]
    found = re.findall(r"pip install (.*?)\s*(?:&&|$)", run)
    return [[part for part in shlex.split(wanted) if part != "--no-cache-dir"] for wanted in found]


def compiles() -> list[str]:
    """What is said to Python between, so that the package has the rules compiled."""
    (run,) = [line for line in lines() if "pip install" in line]
    return re.findall(r"python (-m deploy\.\w+)", run)[0].split()


def copied(folder: Path) -> Path:
    """A folder with what the build stage copies, and no more."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for line in lines():
        if line.startswith("COPY") and "--from" not in line and "main.py" not in line:
            *sources, target = line.split()[1:]
            for source in sources:
                place = folder / (source if target in (".", "./") else target)
                if (ROOT / source).is_dir():
                    shutil.copytree(ROOT / source, place, ignore=shutil.ignore_patterns("__pycache__"))
                else:
                    shutil.copy(ROOT / source, place)
    return folder


def pinned() -> dict[str, str]:
    """Versions by name, as the image's constraints say."""
    pairs = (
        line.split("==") for line in (DOCKERFILE.parent / "constraints.txt").read_text().splitlines() if "==" in line
    )
    return {named(name): version for name, version in pairs}


def named(package: str) -> str:
    """A package's name as all agree to write it."""
    return re.sub(r"[-_.]+", "-", package).lower()


def hashed(listed: Path, wanted: list[str]) -> str:
    """A list with the packages as pip resolves them now, each with its hash."""
    head = [line for line in listed.read_text("utf-8").splitlines() if line.startswith("#")]
    with tempfile.NamedTemporaryFile(suffix=".json") as report:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed"]
        pip += ["--report", report.name, f"--constraint={DOCKERFILE.parent / 'constraints.txt'}"]
        subprocess.run([*pip, *wanted], check=True)
        found = json.loads(Path(report.name).read_bytes())["install"]
    rows = [
        f"{named(each['metadata']['name'])}=={each['metadata']['version']} "
        f"--hash=sha256:{each['download_info']['archive_info']['hashes']['sha256']}"
        for each in found
        if named(each["metadata"]["name"]) != "ihss-payroll"
    ]
    return "\n".join([*head, *sorted(rows), ""])


def main() -> int:
    """Exit code 0 if the image can be built, and what is in it makes a template."""
    if sys.argv[1:] == ["hashes"]:
        HASHED.write_text(hashed(HASHED, ["apache-beam[gcp]", str(ROOT), "setuptools", "wheel"]), "utf-8")
        COMPILER.write_text(hashed(COMPILER, [f"--constraint={ROOT / 'constraints.txt'}", "mypy"]), "utf-8")
        return 0
    if sys.version_info[:2] != PYTHON:
        print(f"The image has Python {PYTHON}: this is {sys.version_info[:2]}, so its install line is not tried here")
        return 1
    source, python = copied(WHERE / "source"), str(WHERE / "venv" / "bin" / "python")
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(WHERE / "venv")], check=True)
    pip = [python, "-m", "pip", "--disable-pip-version-check"]
    for wanted in installs():
        subprocess.run([*pip, "install", "--quiet", *wanted], cwd=source, check=True)
        if "--target" in wanted:
            subprocess.run([python, *compiles()], cwd=source, env=os.environ | {"PYTHONPATH": wanted[-1]}, check=True)
    subprocess.run([*pip, "check"], check=True)
    how = _said([python, "-c", "from rules import compiled; print(compiled.how)"], cwd=WHERE).strip()
    print(f"Its rules run {how}")
    there = {named(name): at for name, at in map(_pair, _said([*pip, "list", "--format=freeze"]).split())}
    loose = {name: at for name, at in there.items() if name not in OWN and pinned().get(name) != at}
    if loose or not set(pinned()) <= set(there):
        print(f"Not as pinned: {loose or set(pinned()) - set(there)}")
        return 1
    ended = launched(python)
    if ended.code or not ended.job or not ended.graph:
        print(ended.said)
        return 1
    print(f"The image: {len(there)} packages, all as pinned; main.py made a template of {ended.job['name']}")
    return 0


def _said(command: list[str], cwd: Path = ROOT) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=cwd).stdout


def _pair(line: str) -> tuple[str, str]:
    name, _, at = line.partition("==")
    return name, at


if __name__ == "__main__":
    sys.exit(main())
