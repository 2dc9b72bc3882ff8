"""Judges mutants in forks of one pytest session that has collected everything and run nothing.

A fork takes the mutant's code into the running functions, runs the tests that come over its line, quickest first, and
ends at the first that fails. What Python runs at import (a constant, a decorator, a default) cannot be changed so late:
`at_import` starts from forks that do not know the house yet.
"""

import gc
import json
import os
import resource
import signal
import sys
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, FunctionType

import pytest
from _pytest.runner import runtestprotocol

from tests.mutants.covering import SECONDS, caches, coming_over
from tests.mutants.made import BUILD, JUDGED_BY, ROOT, Mutant, digest

TESTS = ("tests/rules", "tests/test_cases.py", "tests/fold/test_key_memory.py")
LEFT_OUT = ("test_beam", "test_compiled", "test_sentences_are_unique", "test_in_all_cases")  # which run all cases again
WORKERS = int(os.environ.get("WORKERS", os.cpu_count() or 1))
MOST_BYTES = 6 << 30
LONGEST_OF_A_TEST = 60  # processor seconds: what was measured on a busy machine says too much
OWN_FAULTS = ("SIGSEGV", "SIGABRT", "SIGFPE", "SIGILL", "SIGBUS")
KILLED, SURVIVED, TIMEOUT, AT_IMPORT, BROKEN = "killed", "survived", "timeout", "at import", "broken"


def arguments(tests: Sequence[str]) -> list[str]:
    """Of pytest, for files of tests or single ones."""
    but = " and ".join(f"not {name}" for name in LEFT_OUT)
    return ["-q", "-s", "-p", "no:cacheprovider", "--hypothesis-seed=0", "-k", but, *tests]


ARGUMENTS = arguments(TESTS)


def sources() -> str:
    """By which what is kept from one run to the next is known."""
    return digest([*TESTS, *(f"tests/{name}.py" for name in JUDGED_BY), "tests/cases"])[:16]


class Judge:
    """A pytest plugin: instead of running its tests, it judges ``mutants`` and appends a line each to ``tally``.
    ``by``: of each the one test to be run, by id of the mutant; None: all that come over its line."""

    def __init__(self, mutants: Sequence[Mutant], tally: Path, by: Mapping[str, str] | None = None) -> None:
        self.mutants, self.tally, self.by = mutants, tally, by

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = {item.nodeid: item for item in session.items}
        by = self.by
        comes_over = coming_over(list(items.values())) if by is None else lambda mutant: [by[mutant.id]]
        functions, before = _functions(), killers() if by is None else by
        known = list(caches())  # later none is seen
        gc.freeze()
        for task in _forked(self.mutants, self.tally):
            tests = [items[name] for name in comes_over(task) if name in items]
            tests.sort(key=lambda item: item.nodeid != before.get(task.id))  # who noticed it last time goes first
            verdict, failing = _put_in(task, functions), ""
            for each in known:  # what was asked while the tests were collected is asked again
                each.cache_clear()
            if not verdict:
                failing = _failing(tests)
                verdict = KILLED if failing else SURVIVED
            told(self.tally, task, verdict, failing or f"{len(tests)} tests")
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


def _forked(mutants: Sequence[Mutant], tally: Path, fails: str = BROKEN) -> Iterator[Mutant]:
    """Yields once in each child, which ends when it comes back; the parent only waits, and yields nothing. ``fails``:
    the verdict of a child that ends before it has one."""
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
            told(tally, ended, *ended_by(os.WTERMSIG(status)))
        elif status:
            told(tally, ended, fails, "the judge itself failed" if fails == BROKEN else "nothing can be imported")


def ended_by(number: int) -> tuple[str, str]:
    """The verdict of a child that a signal ended: its own time, or its own fault; what others send says nothing."""
    name = signal.Signals(number).name
    return TIMEOUT if name == "SIGPROF" else KILLED if name in OWN_FAULTS else BROKEN, name


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
    """The first test that fails; none does where no test comes."""
    for item, after in zip(tests, [*tests[1:], None], strict=False):
        _may_take(min(LONGEST_OF_A_TEST, 10 + 20 * SECONDS.get(item.nodeid, 1)))
        if any(report.failed for report in runtestprotocol(item, log=False, nextitem=after)):
            return item.nodeid
    return ""


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


def at_import(mutants: Sequence[Mutant], tally: Path, by: Mapping[str, str] | None = None) -> None:
    """Judge what Python runs at import: each fork imports the house with the one file changed, and runs all tests, or
    the one that ``by`` names."""
    assert not any(name.split(".")[0] in {"rules", "schemas", "fold"} for name in sys.modules), "too late"

    import fastavro  # noqa: F401  what takes long to import and is not ours

    for mutant in _forked(mutants, tally, KILLED):  # what cannot even be imported is noticed
        _may_take(900)
        sys.meta_path.insert(0, _Changed(mutant))
        first = _FirstFailure()
        tests = ARGUMENTS if by is None else arguments([by[mutant.id]])
        code = pytest.main(["-x", *tests], plugins=[first])
        verdict = KILLED if first.by else BROKEN if code else SURVIVED  # pytest itself may fail, or find no test
        told(tally, mutant, verdict, first.by or (f"pytest ended with {int(code)}" if code else "all tests"))
