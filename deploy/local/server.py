"""Servers of the cloud in memory, in Go, built once into a cache folder: Pub/Sub (Google's own pstest) with its topics,
and Cloud Storage (fake-gcs-server) with a bucket."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.local.topics import PROJECT, make_topics

__all__ = ["BUCKET", "PROJECT", "STORAGE", "built", "main", "serving", "storing"]

PUBSUB, STORAGE = "pstest", "storage"
NAMED = {PUBSUB: "Pub/Sub", STORAGE: "Cloud Storage"}
BUCKET = "lab-bucket"
SOURCES = Path(__file__).parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ihss-payroll"
SECONDS_TO_COME_UP = 10


def built(server: str = PUBSUB) -> Path | None:
    """The server's program; None, and a line that says why, if it cannot be built."""
    program, source = CACHE / server, SOURCES / server
    sources = [source / name for name in ("main.go", "go.mod", "go.sum")]
    if program.exists() and program.stat().st_mtime >= max(path.stat().st_mtime for path in sources):
        return program
    if shutil.which("go") is None:
        _without("There is no Go on this machine", server)
        return None
    print(f"Building the {NAMED[server]} server, once; a minute or two ...", file=sys.stderr)
    CACHE.mkdir(parents=True, exist_ok=True)
    command = ["go", "build", "-buildvcs=false", "-o", str(program), "."]
    if subprocess.run(command, cwd=source, check=False).returncode:
        _without(f"The {NAMED[server]} server does not build", server)
        return None
    os.utime(program)
    return program


def _without(why: str, server: str) -> None:
    print(f"{why}: no drill, and no tests, with a {NAMED[server]} server", file=sys.stderr)


@contextmanager
def serving(program: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A Pub/Sub server with all topics and subscriptions; PUBSUB_EMULATOR_HOST says where, within the block."""
    with _served(program, "PUBSUB_EMULATOR_HOST", "localhost:{}") as server:
        make_topics()
        yield server


@contextmanager
def storing(program: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A Cloud Storage server with an empty bucket, BUCKET; STORAGE_EMULATOR_HOST says where, within the block."""
    with _served(program, "STORAGE_EMULATOR_HOST", "http://127.0.0.1:{}", BUCKET) as server:
        yield server


@contextmanager
def _served(program: Path, variable: str, address: str, *more: str) -> Iterator[subprocess.Popen[bytes]]:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    before = os.environ.get(variable)
    server = subprocess.Popen([program, str(port), *more], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.environ[variable] = address.format(port)
    try:
        _wait_for(port)
        yield server
    finally:
        server.terminate()
        server.wait()
        if before is None:
            del os.environ[variable]
        else:
            os.environ[variable] = before


def _wait_for(port: int) -> None:
    ends = time.monotonic() + SECONDS_TO_COME_UP
    while True:
        try:
            socket.create_connection(("localhost", port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > ends:
                raise
            time.sleep(0.05)


def main() -> int:
    """Build the servers that are named (none: Pub/Sub's); exit code 0 also when that cannot be done, which is said."""
    for server in [each for each in sys.argv[1:] if each in NAMED] or [PUBSUB]:
        built(server)
    return 0
