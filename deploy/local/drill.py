"""``make live``: server up, job up, a month of a county published day by day, what is said pulled, held to the replay.

The simulated clock moves on only when all that was published is in the journal.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import Random

from google.cloud import pubsub_v1

from deploy.local.consumer import Consumer, compare
from deploy.local.server import PROJECT, built, serving
from pipelines.live.publishing import attributes
from pipelines.live.segments import Damaged, entries_of, run_folders, segments
from pipelines.live.telling import Health
from pipelines.live.topics import topics_of_facts
from pipelines.sample.simulate import simulate
from rules.periods import MILLIS_IN_SECOND, business_day_of, cut_off_after, iso
from schemas.avro import Container, Unreadable, original_message
from schemas.types import Json

ROOT = Path(__file__).parents[2]
SECONDS_AT_MOST = 120
TWICE = 0.05  # share of messages published twice
POISON = (b"", b"\xc3\x01", b"nothing of ours" * 99, bytes(9_900_000))  # Pub/Sub takes 10 MB at most
Facts = dict[int, list[tuple[str, bytes, str]]]  # by cut-off: kind, message, event id


def main(recipients: int = 40, seed: int = 17) -> int:
    """Run the drill; exit code 0 if live and replay agree."""
    program = built()
    if program is None:
        return 1
    with tempfile.TemporaryDirectory() as folder, serving(program):
        return drill(Path(folder), recipients, seed)


def drill(folder: Path, recipients: int, seed: int, job: "DrilledJob | None" = None) -> int:
    """Publish, consume, compare; the server is up. ``job``: to be watched, or troubled, from outside."""
    started = time.monotonic()
    facts = _county(folder / "facts", recipients, seed)
    job = job or DrilledJob(folder / "journal", folder / "clock")
    _set(job.clock, min(facts) - 1)
    job.start()
    try:
        sent = publish_days(facts, job, Random(seed))
        _until_journalled(job.journal, {raw for of_day in facts.values() for _, raw, _ in of_day})
        said = Consumer().pull_until_run(max(facts))
    finally:
        job.end()
    print(f"{sent:,} messages published, {time.monotonic() - started:.0f} seconds")
    return compare(job.journal, folder / "replayed", said, max(facts))


LAST_DAY = "2049-12-31"  # days of the drill have no night between them


class DrilledJob:
    """The job as an operator starts it, a program of its own; its log goes beside the journal."""

    def __init__(self, journal: Path, clock: Path, when_up: Callable[[], None] = lambda: None) -> None:
        self.journal, self.clock, self.when_up = journal, clock, when_up
        self.log = journal.with_name("job.log")
        self.lives = 0
        self.turn = threading.Lock()

    def start(self) -> None:
        """Begin a life."""
        edge = f"pubsub:{PROJECT}"
        command = [sys.executable, "-m", "pipelines.command.cli", "run", "--from", edge, "--to", edge]
        command += ["--journal", str(self.journal), "--clock", str(self.clock), "--trust-clock", LAST_DAY]
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(command, stderr=log, env=os.environ, cwd=ROOT)
        self.lives += 1

    def kill_and_restart(self) -> None:
        """kill -9, and another life on the same journal."""
        with self.turn:
            self.running.kill()
            self.running.wait()
            self.start()

    def end(self) -> None:
        """As Ctrl-C does."""
        with self.turn:
            self.running.send_signal(signal.SIGINT)
            self.running.wait()

    def until(self, true: Callable[[Json], bool]) -> None:
        """Wait until the job's health says so. Raises TimeoutError, and ChildProcessError if the job has ended."""
        ends = time.monotonic() + SECONDS_AT_MOST
        path = self.journal / "health.json"
        while time.monotonic() < ends:
            if path.exists() and true(json.loads(path.read_bytes())):
                return
            with self.turn:
                if self.running.poll() is not None:
                    raise ChildProcessError(f"the job ended with code {self.running.returncode}: see {self.log}")
            time.sleep(0.02)
        raise TimeoutError(f"the job did not go on: see {self.log}")


def _county(folder: Path, recipients: int, seed: int) -> Facts:
    """A month of a county: its facts by the pay run that sees them first."""
    simulate(folder, "17", recipients, 1, "2024-07", seed, 0.03)
    facts: Facts = defaultdict(list)
    for kind, record, raw in _records(folder):
        facts[cut_off_after(record["recorded_at"])].append((kind, raw, record["event_id"]))
    first = cut_off_after(int(datetime(2024, 6, 28, 12, tzinfo=UTC).timestamp()) * MILLIS_IN_SECOND)
    for early in [cut_off for cut_off in facts if cut_off < first]:
        facts[first] += facts.pop(early)
    return dict(sorted(facts.items()))


def _records(folder: Path) -> Iterator[tuple[str, Json, bytes]]:
    for path in sorted(folder.rglob("*.avro")):
        with path.open("rb") as stream:
            try:
                container = Container(stream)
                for _, record in container:
                    if isinstance(record.get("recorded_at"), int) and record["recorded_at"] > 0:
                        yield container.kind, record, original_message(container)
            except Unreadable:
                continue


def publish_days(facts: Facts, job: DrilledJob, random: Random) -> int:
    """Day by day, in no order, some twice and some of it poison; wait for the journal and for the pay run."""
    publisher = pubsub_v1.PublisherClient()
    topics = {kind: publisher.topic_path(PROJECT, name) for kind, name in topics_of_facts().items()}
    sent = 0
    for cut_off, of_day in facts.items():
        _set(job.clock, cut_off - MILLIS_IN_SECOND)
        messages = of_day + [each for each in of_day if random.random() < TWICE]
        random.shuffle(messages)
        poison = [("Timesheet", random.choice(POISON), "poison")] if sent else []
        futures = [
            publisher.publish(topics[kind], raw, **attributes(kind, id, "", "drill"))
            for kind, raw, id in messages + poison
        ]
        for future in futures:
            future.result(timeout=SECONDS_AT_MOST)
        sent += len(futures)
        job.until(partial(_has_entries, sent))
        _set(job.clock, cut_off)
        day = iso(business_day_of(cut_off))
        job.until(partial(_is_past, day))
        job.when_up()
        job.when_up = _nothing
    return sent


def _has_entries(wanted: int, health: Health) -> bool:
    return int(health["entries"]) >= wanted


def _is_past(day: str, health: Health) -> bool:
    return str(health["open_run"]) > day


def _set(clock: Path, instant: int) -> None:
    unfinished = clock.with_suffix(".new")
    unfinished.write_text(datetime.fromtimestamp(instant / MILLIS_IN_SECOND, UTC).isoformat())
    unfinished.replace(clock)


def _until_journalled(journal: Path, published: set[bytes]) -> None:
    """Wait until every message is in the journal: what a killed job did not acknowledge comes again."""
    ends = time.monotonic() + SECONDS_AT_MOST
    missing = published
    while missing := missing - _journalled(journal):
        if time.monotonic() > ends:
            raise TimeoutError(f"{len(missing)} messages are not in the journal")
        time.sleep(0.5)


def _journalled(journal: Path) -> set[bytes]:
    """Raw messages of a journal that may be written to meanwhile."""
    found: set[bytes] = set()
    for folder in run_folders(journal):
        for path in segments(folder):
            with suppress(Damaged):
                found.update(entry.raw for entry in entries_of(path))
    return found


def _nothing() -> None:
    """Nobody waits for the job to be up."""
