"""A real Pub/Sub server in memory (Google's own pstest, in Go), built once into a cache folder, and its topics."""

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

__all__ = ["PROJECT", "built", "main", "serving"]

SOURCE = Path(__file__).parent / "pstest"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ihss-payroll"
SECONDS_TO_COME_UP = 10


def built() -> Path | None:
    """The server's program; None, and a line that says why, if it cannot be built."""
    program = CACHE / "pstest"
    sources = [SOURCE / name for name in ("main.go", "go.mod", "go.sum")]
    if program.exists() and program.stat().st_mtime >= max(path.stat().st_mtime for path in sources):
        return program
    if shutil.which("go") is None:
        _without("There is no Go on this machine")
        return None
    print("Building the Pub/Sub server, once; a minute or two ...", file=sys.stderr)
    CACHE.mkdir(parents=True, exist_ok=True)
    command = ["go", "build", "-buildvcs=false", "-o", str(program), "."]
    if subprocess.run(command, cwd=SOURCE, check=False).returncode:
        _without("The Pub/Sub server does not build")
        return None
    os.utime(program)
    return program


def _without(why: str) -> None:
    print(f"{why}: no drill, and no tests, with a Pub/Sub server", file=sys.stderr)


@contextmanager
def serving(program: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A server with all topics and subscriptions; PUBSUB_EMULATOR_HOST says where, within the block."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    before = os.environ.get("PUBSUB_EMULATOR_HOST")
    server = subprocess.Popen([program, str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.environ["PUBSUB_EMULATOR_HOST"] = f"localhost:{port}"
    try:
        _wait_for(port)
        make_topics()
        yield server
    finally:
        server.terminate()
        server.wait()
        if before is None:
            del os.environ["PUBSUB_EMULATOR_HOST"]
        else:
            os.environ["PUBSUB_EMULATOR_HOST"] = before


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
    """Build the server; exit code 0 also when that cannot be done, which is said."""
    built()
    return 0
