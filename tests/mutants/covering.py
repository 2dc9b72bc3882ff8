"""Which tests come over a line of the rules, measured once for these rules and each file of tests."""

import ast
import gc
import json
import os
from collections.abc import Iterator, Sequence
from functools import _lru_cache_wrapper
from pathlib import Path

import coverage
import pytest
from _pytest.runner import runtestprotocol

from tests.mutants.made import BUILD, JUDGED_BY, ROOT, Mutant, digest

OF_CASES = ("tests/test_cases.py", "tests/rules/test_all_that_is_said.py")
SECONDS: dict[str, float] = {}  # that a test takes


class Covering:
    """Tests by line of a file, quickest first."""

    def __init__(self, known: dict[str, dict[str, list[str]]]) -> None:
        self.known = {file: {int(line): set(names) for line, names in lines.items()} for file, lines in known.items()}

    def __call__(self, mutant: Mutant) -> list[str]:
        lines = self.known.get(mutant.file, {})
        names = {name for line in _statement(mutant) for name in lines.get(line, ())}
        return sorted(names, key=lambda name: (SECONDS.get(name, 0), name))


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
    """Measured once for these rules and each file of tests, in a fork: nothing that a test leaves behind reaches the
    judge."""
    path, files = BUILD / f"covering-{digest([])[:16]}.json", {_file(item): digest_of(_file(item)) for item in items}
    known = json.loads(path.read_text("utf-8")) if path.exists() else {"files": {}, "seconds": {}, "lines": {}}
    fresh = [item for item in items if known["files"].get(_file(item)) != files[_file(item)]]
    if fresh:
        BUILD.mkdir(parents=True, exist_ok=True)
        child = os.fork()
        if not child:
            seconds, lines = _measured(fresh)
            known["files"].update(files)
            known["seconds"].update(seconds)
            for file, of_file in lines.items():
                for line, names in of_file.items():
                    there = known["lines"].setdefault(file, {}).setdefault(str(line), [])
                    there += [name for name in names if name and name not in there]
            path.write_text(json.dumps(known), "utf-8")
            os._exit(0)
        os.waitpid(child, 0)
        known = json.loads(path.read_text("utf-8"))
    SECONDS.update(known["seconds"])
    return Covering(known["lines"])


def caches() -> Iterator["_lru_cache_wrapper[object]"]:
    """Of all functions that keep what they answered."""
    return (each for each in gc.get_objects() if isinstance(each, _lru_cache_wrapper))


def _file(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]


def digest_of(file: str) -> str:
    """SHA-256 (hex) of a file of tests; of one that runs the worked cases with all that it reads."""
    cases = [*(f"tests/{name}.py" for name in JUDGED_BY), "tests/cases"] if file in OF_CASES else []
    return digest([file, *cases], ())


def _measured(items: Sequence[pytest.Item]) -> tuple[dict[str, float], dict[str, dict[int, list[str]]]]:
    """Seconds by test; tests by file of the rules and line. What one test left in a cache of the rules the next one
    asks again, or it would not be seen to come over the lines that answer it; but for the law, which takes long to
    read."""
    of_rules = [each for each in caches() if each.__module__.startswith("rules.") and each.__name__ != "_own_law"]
    measured = coverage.Coverage(data_file=None, include=[f"{ROOT}/rules/*"], config_file=False)
    measured.start()
    seconds = {}
    for item, after in zip(items, [*items[1:], None], strict=True):
        for each in of_rules:
            each.cache_clear()
        measured.switch_context(item.nodeid)
        reports = runtestprotocol(item, log=False, nextitem=after)
        if any(report.failed for report in reports):
            raise AssertionError(f"{item.nodeid} fails though nothing is changed")
        seconds[item.nodeid] = sum(report.duration for report in reports)
    measured.stop()
    kept = measured.get_data()
    return seconds, {
        Path(file).relative_to(ROOT).as_posix(): kept.contexts_by_lineno(file) for file in kept.measured_files()
    }
