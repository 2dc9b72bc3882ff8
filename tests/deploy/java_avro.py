"""Avro for Java, which Pub/Sub and most readers of it have: a program of one page, asked line by line.

``python -m tests.deploy.java_avro`` (``make java``) fetches its library once into build/avro, by Maven. A machine
without Java or Maven leaves these tests out and says so; where ``NEED_JAVA`` is set, as in .ci/run, they fail.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

HERE = Path(__file__).parent / "avro"
LIBRARY = Path(__file__).resolve().parents[2] / "build" / "avro"


class Read(NamedTuple):
    """A body as Java read it: written again in the reader's schema, and how many bytes it left over."""

    body: bytes
    left: int


class Refused(ValueError):
    """What Avro for Java says against a body."""


class Java:
    """The program, while it runs."""

    def __init__(self, running: subprocess.Popen[str]) -> None:
        self._running = running

    def read(self, writer: Any, body: bytes, reader: Any = None) -> Read:
        """A body of a writer's schema in a reader's (None: the same). Raises Refused."""
        schemas = [json.dumps(each) for each in (writer, writer if reader is None else reader)]
        assert self._running.stdin and self._running.stdout
        self._running.stdin.write("\t".join([*schemas, body.hex()]) + "\n")
        self._running.stdin.flush()
        first, _, second = self._running.stdout.readline().rstrip("\n").partition("\t")
        if first == "refused":
            raise Refused(second)
        return Read(bytes.fromhex(first), int(second))


def missing() -> str | None:
    """What is not there, in words."""
    for tool in ("java", "mvn"):
        if shutil.which(tool) is None:
            return f"there is no {tool} on this machine"
    return None


def fetched() -> str | None:
    """Fetch the library where it is not there; None, or why not."""
    if any(LIBRARY.glob("avro-*.jar")):
        return None
    if why := missing():
        return why
    command = ["mvn", "-q", "-B", "dependency:copy-dependencies", f"-DoutputDirectory={LIBRARY}"]
    ended = subprocess.run(command, cwd=HERE, check=False, capture_output=True, text=True)
    return "Maven did not bring Avro" if ended.returncode else None


@contextmanager
def java_avro() -> Iterator[Java]:
    """Avro for Java. Skips the test where it cannot be had, or fails where it must be."""
    if why := fetched():
        if "NEED_JAVA" in os.environ:
            raise RuntimeError(f"{why}: apt-get install default-jdk-headless maven, then make java")
        pytest.skip(f"{why}: NOBODY HAS TRIED the schemas with Avro for Java")
    command = ["java", "-cp", f"{LIBRARY}/*", str(HERE / "Drill.java")]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=quiet, text=True) as running:
        yield Java(running)


if __name__ == "__main__":
    if problem := fetched():
        print(f"{problem}: no drill of a schema change with Avro for Java", file=sys.stderr)
