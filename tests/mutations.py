"""Switch one rule of the law off at a time, in a copy of the house, and see which cases notice.

``mutations.toml`` says how each rule is switched off. A case counts for a rule only if its ``law`` names the rule. The
cases are played through the plain fold, in a child for each mutation; what no case can see names a test instead.
``python -m tests.mutations [rule ...]`` prints the table, with ``EVERY=8`` of each eighth mutation only; exit code 1 if
a rule can be switched off unnoticed.
"""

import compileall
import importlib
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
HOUSE = ("schemas", "rules", "fold", "transforms", "pipelines", "tests")
WORKERS = 2
UNNOTICED = "NOT NOTICED"


@dataclass(frozen=True)
class Mutation:
    """An edit that switches rules off: ``old`` text of ``file`` becomes ``new``; ``off`` says what then holds."""

    law: tuple[str, ...]
    off: str
    file: str
    old: str
    new: str
    test: str = ""  # of what no case can see: the test that must notice

    def occurrences(self, root: Path = ROOT) -> int:
        """How often the old text is there; once is right."""
        path = root / self.file
        return path.read_text("utf-8").count(self.old) if path.is_file() else 0

    def apply(self, root: Path) -> None:
        """Edit the copy of the house at ``root``; the file is replaced, since it may be a link."""
        path = root / self.file
        text = path.read_text("utf-8")
        path.unlink()
        path.write_text(text.replace(self.old, self.new), "utf-8")


@dataclass(frozen=True)
class Noticed:
    """A mutation and the cases that failed: name and the rules that the case names."""

    mutation: Mutation
    cases: tuple[tuple[str, frozenset[str]], ...]

    def by(self, rule: str) -> list[str]:
        """Cases that name the rule."""
        return [name for name, law in self.cases if rule in law]


def written() -> dict[str, Any]:
    """mutations.toml: ``ids`` of the law, ``without_behaviour`` (id -> reason), ``mutation`` tables."""
    return tomllib.loads(Path(__file__).with_name("mutations.toml").read_text("utf-8"))


def mutations() -> list[Mutation]:
    """All mutations, in the order of the law."""
    return [Mutation(**table | {"law": tuple(table["law"])}) for table in written()["mutation"]]


def tables() -> list[tuple[str, int, dict[str, Any], dict[str, Any] | None]]:
    """Every case as it stands in its file: file, place, its table, what overlays the law."""
    documents = [
        (path, tomllib.loads(path.read_text("utf-8"))) for path in sorted((ROOT / "tests/cases").glob("*.toml"))
    ]
    return [
        (path.stem, place, table, document.get("parameters"))
        for path, document in documents
        for place, table in enumerate(document["case"], 1)
    ]


CASES = tables()


def notice_all(wanted: Sequence[Mutation]) -> Iterator[Noticed]:
    """Try every mutation, in children that start with everything imported but the house itself."""
    _import_what_the_house_needs()
    with TemporaryDirectory() as folder:
        pristine = Path(folder, "pristine")
        for package in HOUSE:
            shutil.copytree(ROOT / package, pristine / package, ignore=shutil.ignore_patterns("__pycache__"))
        compileall.compile_dir(pristine, quiet=1)
        with get_context("fork").Pool(WORKERS, maxtasksperchild=1) as pool:
            yield from pool.imap(_notice, [(mutation, pristine) for mutation in wanted], chunksize=1)


def _import_what_the_house_needs() -> None:
    """Libraries stay; the house itself is forgotten, so that children import their mutated copy."""
    importlib.import_module("tests.case_comparison")
    importlib.import_module("pipelines.plain")
    for name in [name for name in sys.modules if name.split(".")[0] in HOUSE]:
        del sys.modules[name]


def _notice(task: tuple[Mutation, Path]) -> Noticed:
    """In a child of its own: which cases that name the mutated rules fail?"""
    mutation, pristine = task
    with TemporaryDirectory(dir=pristine.parent) as folder:
        shutil.copytree(pristine, folder, copy_function=os.link, dirs_exist_ok=True)
        mutation.apply(Path(folder))
        sys.path.insert(0, folder)
        importlib.invalidate_caches()
        with _Named(mutation):
            found = _failed(mutation, folder) if mutation.test else _failures(set(mutation.law))
            return Noticed(mutation, tuple(found))


@dataclass(frozen=True)
class _Named:
    """A crash says which mutation made it: a mutation must not crash, or every case would notice."""

    mutation: Mutation

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, kind: object, crash: BaseException | None, trace: object) -> None:
        if crash is not None:
            crash.add_note(f"while {self.mutation.off} ({', '.join(self.mutation.law)})")


def _failed(mutation: Mutation, folder: str) -> Iterator[tuple[str, frozenset[str]]]:
    """The mutation's test, if it fails in the copy of the house."""
    asked = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", mutation.test]
    code = subprocess.run(asked, cwd=folder, capture_output=True, check=False).returncode
    assert code in (0, 1), f"{mutation.test} cannot be run"
    if code:
        yield mutation.test.rpartition("::")[2], frozenset(mutation.law)


def _failures(rules: set[str]) -> Iterator[tuple[str, frozenset[str]]]:
    replay_plain = importlib.import_module("tests.paid").replay_plain
    comparison = importlib.import_module("tests.case_comparison")
    build = importlib.import_module("tests.case_files").case
    own = importlib.import_module("rules.law").Law.load()
    for file, place, table, overlay in CASES:
        if rules.isdisjoint(table["law"]):
            continue
        law = own.amended({file: overlay}) if overlay else own
        case = build(file, place, table)
        records = replay_plain(case.facts, law, case.cut_off).records
        if comparison.differences(case, comparison.said_of(case, records)):
            yield f"{file}.{place}", frozenset(table["law"])


def main() -> int:
    """Print the table; 1 if something went unnoticed."""
    asked = set(sys.argv[1:])
    wanted = [each for each in mutations() if not asked or asked & set(each.law)][:: int(os.environ.get("EVERY", "1"))]
    missed = 0
    for noticed in notice_all(wanted):
        for rule in noticed.mutation.law:
            cases = noticed.by(rule)
            missed += not cases
            print(f"{rule:9} {noticed.mutation.off:70} {' '.join(cases) or UNNOTICED}")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
