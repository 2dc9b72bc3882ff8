"""Judges mutants in forks of one pytest session that has collected everything and run nothing.

A fork takes the mutant's code into the running functions, runs the tests that come over its line, quickest first, and
ends at the first that fails. What Python runs at import (a constant, a decorator, a default) cannot be changed so late:
`at_import` starts from forks that do not know the house yet.
"""

import ast
import gc
import json
import os
import resource
import signal
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, FunctionType

import coverage
import pytest
from _pytest.runner import runtestprotocol

from tests.mutants.made import ROOT, Mutant, digest

TESTS = ("tests/rules", "tests/test_cases.py", "tests/fold/test_key_memory.py")
JUDGED_BY = ("paid", "case_files", "case_world", "case_comparison")
LEFT_OUT = ("test_beam", "test_compiled", "test_sentences_are_unique")
ARGUMENTS = ["-q", "-s", "-p", "no:cacheprovider", "--hypothesis-seed=0", "-k",
             " and ".join(f"not {name}" for name in LEFT_OUT), *TESTS]  # fmt: skip
BUILD = ROOT / "build/mutants"
WORKERS = int(os.environ.get("WORKERS", os.cpu_count() or 1))
MOST_BYTES = 6 << 30
KILLED, SURVIVED, TIMEOUT, AT_IMPORT, BROKEN = "killed", "survived", "timeout", "at import", "broken"


def sources() -> str:
    """By which what is kept from one run to the next is known."""
    return digest([*TESTS, *(f"tests/{name}.py" for name in JUDGED_BY), "tests/cases"])[:16]


class Judge:
    """A pytest plugin: instead of running its tests, it judges ``mutants`` and appends a line each to ``tally``."""

    def __init__(self, mutants: Sequence[Mutant], tally: Path) -> None:
        self.mutants, self.tally = mutants, tally

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = {item.nodeid: item for item in session.items}
        comes_over = coming_over(list(items.values()))
        functions, before = _functions(), killers()
        gc.freeze()
        for task in _forked(self.mutants, self.tally):
            tests = [items[name] for name in comes_over(task) if name in items]
            tests.sort(key=lambda item: item.nodeid != before.get(task.id))  # who noticed it last time goes first
            verdict, by = _put_in(task, functions), ""
            if not verdict:
                by = _failing(tests)
                verdict = KILLED if by else SURVIVED
            told(self.tally, task, verdict, by or f"{len(tests)} tests")
        return True


def killers() -> dict[str, str]:
    """Which test noticed a mutant in earlier runs, whatever the sources were."""
    kept = (path.read_text("utf-8").splitlines() for path in sorted(BUILD.glob("tally-*.jsonl")))
    told = (json.loads(line) for lines in kept for line in lines)
    return {found["id"]: found["by"] for found in told if found["verdict"] == KILLED}


def told(tally: Path, mutant: Mutant, verdict: str, by: str) -> None:
    """A line in the tally; short enough to be written whole, whoever else writes."""
    with open(tally, "a", encoding="utf-8") as stream:
        stream.write(json.dumps({"id": mutant.id, "verdict": verdict, "by": by}) + "\n")


def _forked(mutants: Sequence[Mutant], tally: Path) -> Iterator[Mutant]:
    """Yields once in each child, which ends when it comes back; the parent only waits, and yields nothing."""
    running: dict[int, Mutant] = {}
    waiting = deque(mutants)
    while waiting or running:
        while waiting and len(running) < WORKERS:
            mutant = waiting.popleft()
            child = os.fork()
            if not child:
                try:
                    _limited()
                    yield mutant
                    os._exit(0)
                finally:
                    os._exit(1)
            running[child] = mutant
        pid, status = os.waitpid(-1, 0)
        ended = running.pop(pid)
        if os.WIFSIGNALED(status):
            told(tally, ended, TIMEOUT, signal.Signals(os.WTERMSIG(status)).name)
        elif status:
            told(tally, ended, BROKEN, "the judge itself failed")


def _limited() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    _may_take(60)


def _may_take(seconds: float) -> None:
    """Processor time, not the clock's: who takes more runs for ever, and is ended by a signal."""
    signal.setitimer(signal.ITIMER_PROF, seconds)


def _failing(tests: Sequence[pytest.Item]) -> str:
    """The first test that fails."""
    for item, after in zip(tests, [*tests[1:], None], strict=True):
        _may_take(10 + 20 * _seconds.get(item.nodeid, 1))
        if any(report.failed for report in runtestprotocol(item, log=False, nextitem=after)):
            return item.nodeid
    return ""


# --- which tests come over a line ---------------------------------------------------------------------------------

_seconds: dict[str, float] = {}


class Covering:
    """Tests by line of a file, quickest first."""

    def __init__(self, known: dict[str, dict[str, list[str]]]) -> None:
        self.known = {file: {int(line): set(names) for line, names in lines.items()} for file, lines in known.items()}

    def __call__(self, mutant: Mutant) -> list[str]:
        lines = self.known.get(mutant.file, {})
        names = {name for line in _statement(mutant) for name in lines.get(line, ())}
        return sorted(names, key=lambda name: (_seconds.get(name, 0), name))


def _statement(mutant: Mutant) -> range:
    """Lines of the innermost statement that the mutant's line is in: of a compound one its head."""
    heads = (_head(node) for node in ast.walk(ast.parse((ROOT / mutant.file).read_text("utf-8"))))
    around = [head for head in heads if mutant.line in head]
    return min(around, key=len, default=range(mutant.line, mutant.line + 1))


def _head(node: ast.AST) -> range:
    if isinstance(node, ast.match_case):
        return range(node.pattern.lineno, max(node.body[0].lineno, node.pattern.lineno + 1))
    if not isinstance(node, ast.stmt):
        return range(0)
    body = getattr(node, "body", None)
    after = body[0].lineno if body else (node.end_lineno or node.lineno) + 1
    return range(node.lineno, max(after, node.lineno + 1))


def coming_over(items: Sequence[pytest.Item]) -> Covering:
    """Measured once for these sources, in a fork: nothing that a test leaves behind reaches the judge."""
    path = BUILD / f"covering-{sources()}.json"
    if not path.exists():
        BUILD.mkdir(parents=True, exist_ok=True)
        child = os.fork()
        if not child:
            _measure(items, path)
            os._exit(0)
        os.waitpid(child, 0)
    found = json.loads(path.read_text("utf-8"))
    _seconds.update(found["seconds"])
    return Covering(found["lines"])


def _measure(items: Sequence[pytest.Item], path: Path) -> None:
    measured = coverage.Coverage(data_file=None, include=[f"{ROOT}/rules/*"], config_file=False)
    measured.start()
    seconds = {}
    for item, after in zip(items, [*items[1:], None], strict=True):
        measured.switch_context(item.nodeid)
        reports = runtestprotocol(item, log=False, nextitem=after)
        if any(report.failed for report in reports):
            raise AssertionError(f"{item.nodeid} fails though nothing is changed")
        seconds[item.nodeid] = sum(report.duration for report in reports)
    measured.stop()
    kept = measured.get_data()
    lines = {
        Path(file).relative_to(ROOT).as_posix(): {
            line: [name for name in names if name] for line, names in kept.contexts_by_lineno(file).items()
        }
        for file in kept.measured_files()
    }
    path.write_text(json.dumps({"seconds": seconds, "lines": lines}), "utf-8")


# --- a mutant taken into running functions ------------------------------------------------------------------------

Place = tuple[str, str, int]


def _functions() -> dict[Place, list[FunctionType]]:
    """Every function of the rules that lives, wherever it is bound, by file, name and first line."""
    found: dict[Place, list[FunctionType]] = {}
    for each in gc.get_objects():
        if isinstance(each, FunctionType) and each.__code__.co_filename.startswith(f"{ROOT}/rules/"):
            code = each.__code__
            found.setdefault((code.co_filename, code.co_qualname, code.co_firstlineno), []).append(each)
    return found


def _put_in(mutant: Mutant, functions: dict[Place, list[FunctionType]]) -> str:
    """Change the function that the mutant is in; AT_IMPORT if there is none to change."""
    path = str(ROOT / mutant.file)
    before = compile(Path(path).read_text("utf-8"), path, "exec", dont_inherit=True)
    pair = _changed(before, compile(mutant.source(), path, "exec", dont_inherit=True))
    if pair is None:
        return AT_IMPORT
    old, new = pair
    alive = functions.get((path, old.co_qualname, old.co_firstlineno), [])
    for function in alive:
        function.__code__ = new
    return "" if alive else AT_IMPORT


def _changed(old: CodeType, new: CodeType) -> tuple[CodeType, CodeType] | None:
    """The outermost function that is another one; None if what is changed is no function."""
    if (old.co_code, old.co_names, old.co_varnames) != (new.co_code, new.co_names, new.co_varnames):
        return None
    if len(old.co_consts) != len(new.co_consts):
        return None
    for one, other in zip(old.co_consts, new.co_consts, strict=True):
        if isinstance(one, CodeType) and isinstance(other, CodeType):
            if one != other:
                is_function = bool(one.co_flags & 0x02) and one.co_name != "<module>"  # CO_NEWLOCALS
                return _changed(one, other) if not is_function or _is_class(one) else (one, other)
        elif one != other or type(one) is not type(other):
            return None
    return None


def _is_class(code: CodeType) -> bool:
    return "__qualname__" in code.co_names and not code.co_flags & 0x01  # CO_OPTIMIZED


# --- a mutant from import on --------------------------------------------------------------------------------------


class _Changed(MetaPathFinder):
    """Finds the one file as its mutant."""

    def __init__(self, mutant: Mutant) -> None:
        self.name = mutant.file.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
        self.source = mutant.source()

    def find_spec(self, fullname: str, path: Sequence[str] | None = None, target: object = None) -> ModuleSpec | None:
        if fullname != self.name:
            return None
        spec = PathFinder.find_spec(fullname, path)
        assert spec is not None and spec.origin is not None
        spec.loader = _Given(fullname, spec.origin, self.source)
        return spec


class _Given(SourceFileLoader):
    def __init__(self, name: str, path: str, source: str) -> None:
        super().__init__(name, path)
        self.given = source

    def get_code(self, fullname: str) -> CodeType:
        return compile(self.given, self.path, "exec", dont_inherit=True)


class _FirstFailure:
    """The first test that fails, or could not be collected."""

    by = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and not self.by:
            self.by = report.nodeid

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed and not self.by:
            self.by = f"{report.nodeid} cannot be collected"


def at_import(mutants: Sequence[Mutant], tally: Path) -> None:
    """Judge what Python runs at import: each fork imports the house with the one file changed, and runs all tests."""
    assert not any(name.split(".")[0] in {"rules", "schemas", "fold"} for name in sys.modules), "too late"

    import fastavro  # noqa: F401  what takes long to import and is not ours

    for mutant in _forked(mutants, tally):
        _may_take(900)
        sys.meta_path.insert(0, _Changed(mutant))
        first = _FirstFailure()
        code = pytest.main(["-x", *ARGUMENTS], plugins=[first])
        told(tally, mutant, KILLED if code else SURVIVED, first.by or ("" if code else "all tests"))
