"""The wheel without a checkout: built from what git knows, installed into an environment of its own, and used.

``python -m tests.deploy.wheel`` (``make wheel``) leaves it in build/wheel. Its dependencies are those of this
environment, lent by their folder, since to download Beam again would show nothing about the wheel.
"""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

ROOT = Path(__file__).resolve().parents[2]
WHERE = ROOT / "build" / "wheel"
PACKAGES = ("fold", "pipelines", "rules", "schemas", "transforms")
MADE_HERE = ("__pycache__", "*.so", "digest")  # for this Python and machine alone: a wheel is for all
BESIDE = ("pyproject.toml", "README.md", "LICENSE")
STEPS = {
    "ihss-payroll --version": 0,
    "ihss-payroll sample --out sample": 0,
    "ihss-payroll replay --events sample --out paid --engine pool --quiet": 0,
    "ihss-payroll report --paid paid --events sample --out report.html": 0,
    "ihss-payroll statement --paid paid --run 2024-03-20 --out papers --language es --format html": 0,
    "ihss-payroll tables --paid paid --out tables": 0,
    "ihss-payroll template Timesheet --out templates": 0,
    "ihss-payroll template --list": 0,
    "ihss-payroll import --guess templates/timesheet.csv": 0,
    "ihss-payroll validate sample/timesheet-0001.avro --json": 1,  # some of the sample is wrong on purpose
    "ihss-payroll run --from folder:sample --to folder:said --journal journal --close-run 2024-01-31 --engine plain": 0,
    "ihss-payroll doctor": 0,
}
"""What is typed in an empty folder, one after the other, with the exit code; together they open every kind of file in
the packages."""


def built(where: Path) -> Path:
    """The wheel, from a copy that holds nothing of an earlier build."""
    with TemporaryDirectory() as name:
        source = Path(name)
        for package in PACKAGES:
            shutil.copytree(ROOT / package, source / package, ignore=shutil.ignore_patterns(*MADE_HERE))
        for each in BESIDE:
            shutil.copy(ROOT / each, source)
        shutil.rmtree(where, ignore_errors=True)
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet", "--no-deps"]
        subprocess.run([*pip, "--wheel-dir", str(where), str(source)], check=True)
    [wheel] = where.glob("*.whl")
    return wheel


def left_out(wheel: Path) -> tuple[set[str], set[str]]:
    """Files of the packages that are not in it, and what it holds besides."""
    there = {name for name in ZipFile(wheel).namelist() if ".dist-info/" not in name}
    own = {path for package in PACKAGES for path in (ROOT / package).rglob("*") if path.is_file()}
    made = ("__pycache__/*", *MADE_HERE)
    asked = {path.relative_to(ROOT).as_posix() for path in own if not any(map(path.match, made))}
    return asked - there, there - asked


def installed(wheel: Path, folder: Path) -> Path:
    """The programs of an environment that has the wheel, and beside it the dependencies of this one."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    python = folder / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(python)]
    subprocess.run([*pip, "install", "--quiet", "--no-deps", "--no-index", str(wheel)], check=True)
    # A path in a .pth file is only searched: the .pth files in there, such as the checkout's own, are not read.
    [packages] = folder.glob("lib/python*/site-packages")
    (packages / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin"


def used(programs: Path, here: Path) -> None:
    """Type all of STEPS."""
    lent = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    environment = lent | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    for step, code in STEPS.items():
        ended = subprocess.run(step.split(), cwd=here, env=environment, capture_output=True, text=True)
        assert ended.returncode == code, f"{step}\n{ended.stdout}{ended.stderr}"
    where = "import pipelines.replay as a, schemas.avro as b, rules.law as c; print(a.__file__, b.__file__, c.__file__)"
    said = subprocess.run([programs / "python", "-c", where], cwd=here, env=environment, capture_output=True, text=True)
    assert said.stdout.count(str(programs.parent)) == 3, said  # the wheel's own, not the checkout's
    assert json.loads((here / "paid" / "summary.json").read_bytes())["instructions"]
    assert "Does it add up?" in (here / "report.html").read_text("utf-8")


def main() -> int:
    """Exit code 0 if the wheel holds the packages and nothing else, and works where no checkout is."""
    wheel = built(WHERE)
    missing, strange = left_out(wheel)
    if missing or strange:
        print(f"{wheel.name} lacks {sorted(missing)} and holds {sorted(strange)}")
        return 1
    with TemporaryDirectory() as name:
        here = Path(name) / "empty"
        here.mkdir()
        used(installed(wheel, Path(name) / "venv"), here)
    print(f"{wheel.relative_to(ROOT)}: {len(ZipFile(wheel).namelist())} files, used without a checkout")
    return 0


if __name__ == "__main__":
    sys.exit(main())
