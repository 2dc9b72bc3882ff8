"""``python tests/forgetting.py COPY``: in a copy of the tree, which check fails where a file is forgotten?

Reads {"files": {path: [text before or null, text after]}, "checks": [[module, function, argument ...]]} and prints, by
the file forgotten ("": none), the check that failed. What the tree imports of others is imported once, the tree itself
in a process forked for each.
"""

import importlib
import json
import os
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import babel.messages.pofile
import fastavro
import hypothesis.strategies
import msgspec
import pydantic
import pytest

WARM = (babel, fastavro, hypothesis, msgspec, pydantic, pytest)
MOMENTS = count(1)  # files written within one second must not be taken for each other by their time


def main(copy: Path) -> None:
    """Forget nothing, then one file after the other."""
    asked = json.load(sys.stdin)
    sys.path[0] = str(copy)
    told = {}
    for forgotten in ("", *asked["files"]):
        for path, (before, after) in asked["files"].items():
            write(copy / path, before if path == forgotten else after)
        told[forgotten] = failed(asked["checks"])
    print(json.dumps(told))


def write(path: Path, text: str | None) -> None:
    """None: there is no such file."""
    if text is None:
        path.unlink(missing_ok=True)
    else:
        path.write_text(text, "utf-8")
        os.utime(path, (0, 1_000_000_000 + next(MOMENTS)))


def failed(checks: list[list[str]]) -> str | None:
    """The first check that fails, in a process of its own."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        run(checks, writing)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        begun = pipe.read().split("\n")
    _, status = os.waitpid(child, 0)
    return begun[-2] if status else None


def run(checks: list[list[str]], writing: int) -> None:
    """Whatever is raised ends the process."""
    for module, function, *arguments in checks:
        os.write(writing, f"{module}.{function}\n".encode())
        for each in each_way(getattr(importlib.import_module(module), function), arguments):
            each()


def each_way(check: object, arguments: list[str]) -> Iterator[object]:
    """The check with its arguments, or with each of its parameters."""
    marks = [] if arguments else getattr(check, "pytestmark", [])
    for value in [*marks[0].args[1]] if marks else [None]:
        given = arguments if value is None else [value]
        yield lambda given=given: check(*given)  # type: ignore[operator]


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
