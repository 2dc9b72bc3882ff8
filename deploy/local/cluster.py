"""A Dask cluster on this machine: a scheduler and workers, each a program of its own, on the loopback.

``python -m deploy.local.cluster``: pay a sample county on two workers, compare every byte with a replay of one machine,
and end.
"""

import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pipelines.replay import PLAIN, replay
from pipelines.sample.simulate import simulate
from pipelines.work import Cluster
from rules.law import Law
from schemas import private

HERE = "127.0.0.1"
WORKERS, SECONDS_TO_COME_UP = 2, 60.0
RECIPIENTS, MONTHS = 150, 12
Program = subprocess.Popen[bytes]


class LocalCluster:
    """Programs that were begun, ended with the block. ``security``: options of Dask for TLS."""

    def __init__(self, folder: Path, security: Sequence[str] = ()) -> None:
        self.folder, self.security = folder, [*security]
        self.port = _free_port()
        self.address = f"{'tls' if security else 'tcp'}://{HERE}:{self.port}"
        self.programs: list[Program] = []

    def scheduler(self) -> Program:
        """Begin it, and wait until it listens."""
        began = self._begun("scheduler", "--port", str(self.port))
        _wait_for(self.port, began)
        return began

    def worker(self, house: Path | None = None) -> Program:
        """Begin one of one thread, which does not come back by itself. ``house``: the code that it runs, else ours."""
        scratch = tempfile.mkdtemp(dir=self.folder)
        options = ("--nthreads", "1", "--no-nanny", "--memory-limit", "0", "--local-directory", scratch)
        return self._begun("worker", self.address, *options, house=house)

    def _begun(self, what: str, *options: str, house: Path | None = None) -> Program:
        command = [sys.executable, "-m", "distributed.cli.dask_" + what, "--host", HERE, "--no-dashboard"]
        with private.appended(self.folder / f"{what}.log") as log:
            began = subprocess.Popen([*command, *self.security, *options], cwd=house, stdout=log, stderr=log)
        self.programs.append(began)
        return began

    def end(self) -> None:
        """End all that is left, workers first."""
        for program in reversed(self.programs):
            program.kill()
            program.wait()


@contextmanager
def cluster(workers: int = WORKERS, security: Sequence[str] = ()) -> Iterator[LocalCluster]:
    """A scheduler with so many workers, which may still be coming up."""
    with tempfile.TemporaryDirectory() as folder:
        local = LocalCluster(Path(folder), security)
        try:
            local.scheduler()
            for _ in range(workers):
                local.worker()
            yield local
        finally:
            local.end()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HERE, 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(port: int, program: Program) -> None:
    ends = time.monotonic() + SECONDS_TO_COME_UP
    while True:
        try:
            socket.create_connection((HERE, port), timeout=1).close()
            return
        except OSError:
            if program.poll() is not None or time.monotonic() > ends:
                raise
            time.sleep(0.05)


def records(folder: Path) -> dict[str, bytes]:
    """What a replay wrote, by name, without the summary, which says how long it took."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix in (".avro", ".index")}


def main() -> int:
    """Exit code 1 if a byte differs."""
    law = Law.load()
    with tempfile.TemporaryDirectory() as name, cluster() as local:
        facts, here, there = (Path(name, each) for each in ("facts", "here", "there"))
        simulate(facts, "17", RECIPIENTS, MONTHS, "2024-01", 17, 0.01)
        alone = replay(facts, here, None, law, engine=PLAIN)
        together = replay(facts, there, None, law, cluster=Cluster(local.address))
        wrote, wanted = records(there), records(here)
    differ = sorted(name for name in wanted.keys() | wrote.keys() if wanted.get(name) != wrote.get(name))
    if differ:
        print(f"not as one process writes them: {', '.join(differ)}", file=sys.stderr)
        return 1
    took = f"in {together.seconds} s (one process: {alone.seconds} s): every byte is the same"
    print(f"{together.inputs.used:,} facts, {len(wrote)} files, on a Dask cluster of {WORKERS} workers {took}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
