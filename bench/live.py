"""``python -m bench.live``: what the live job takes, on this machine's disk, synced.

Events a second into the journal, from a folder and from a Pub/Sub server; seconds from a cut-off to its PayRun (median
and worst) as months of journal grow; seconds to make again what is remembered.
"""

import json
import sys
import tempfile
import time
from collections import defaultdict
from io import StringIO
from pathlib import Path
from statistics import median
from typing import Any

from google.cloud import pubsub_v1

from deploy.local import server
from pipelines.live.collector import Batch, Collector, Message
from pipelines.live.folder_out import FolderOut
from pipelines.live.job import How, Job
from pipelines.live.journal import Journal
from pipelines.live.pubsub import TopicsIn
from pipelines.live.telling import JsonLines, Teller
from pipelines.live.topics import topics_of_facts
from pipelines.sample.simulate import simulate
from rules.law import Law
from rules.periods import civil_date, civil_day, cut_off_after
from schemas.avro import Container, Unreadable, original_message

BATCHES = (1, 100, 1000)
EVENTS = 6000
Messages = dict[int, list[Message]]


def main(recipients: int = 60, months: int = 12) -> dict[str, Any]:
    """Measure, print and return."""
    with tempfile.TemporaryDirectory() as folder:
        messages = _county(Path(folder) / "facts", recipients, months)
        found = {
            "recipients": recipients,
            "events_per_second": {
                "from a folder's batches of": {
                    size: _collect(Path(folder) / f"c{size}", messages, size) for size in BATCHES
                },
                "from Pub/Sub": _pull(Path(folder) / "pulled", messages),
            },
            **_pay_runs(Path(folder) / "runs", messages),
        }
    print(json.dumps(found, indent=2))
    return found


def _county(folder: Path, recipients: int, months: int) -> Messages:
    simulate(folder, "17", recipients, months, "2024-01", 17, 0.01)
    messages: Messages = defaultdict(list)
    first = cut_off_after(1_704_000_000_000)  # the last days of 2023
    for path in sorted(folder.rglob("*.avro")):
        with path.open("rb") as stream:
            try:
                container = Container(stream)
                for _, record in container:
                    message = Message(original_message(container), "bench/1")
                    messages[max(first, cut_off_after(record.get("recorded_at", 0)))].append(message)
            except Unreadable:
                continue
    return dict(sorted(messages.items()))


def _collect(folder: Path, messages: Messages, size: int) -> int:
    """Events a second, decoded, validated, synced, acknowledged, in batches of so many."""
    events = [message for of_day in messages.values() for message in of_day][: EVENTS if size > 1 else 300]
    now = max(messages)
    collector = Collector(Journal(folder), now)
    started = time.perf_counter()
    for first in range(0, len(events), size):
        collector.take(Batch(events[first : first + size], _nothing), now)
    return round(len(events) / (time.perf_counter() - started))


def _pull(folder: Path, messages: Messages) -> int | None:
    """Events a second from a Pub/Sub server of our own on the same machine, pulled, synced and acknowledged; None if
    it is not built (`make server`)."""
    program = server.CACHE / "pstest"
    if not program.exists():
        return None
    events = [message.raw for of_day in messages.values() for message in of_day][:EVENTS]
    with server.serving(program):
        topic = f"projects/{server.PROJECT}/topics/{topics_of_facts()['Timesheet']}"
        publisher = pubsub_v1.PublisherClient()
        for sent in [publisher.publish(topic, raw) for raw in events]:
            sent.result()
        source, collector, now = TopicsIn(server.PROJECT), Collector(Journal(folder), max(messages)), max(messages)
        started = time.perf_counter()
        while collector.journal.count < len(events):
            for batch in source.batches():
                collector.take(batch, now)
        seconds = time.perf_counter() - started
        source.close()
    return round(len(events) / seconds)


def _nothing() -> None:
    """Nobody waits for an answer."""


def _pay_runs(folder: Path, messages: Messages) -> dict[str, Any]:
    """Seconds of a pay run by month, and to make again what was remembered."""
    now = [min(messages) - 1]
    job = _job(folder, now)
    seconds: dict[str, list[float]] = defaultdict(list)
    for cut_off, of_day in messages.items():
        now[0] = cut_off - 1
        job.collector.take(Batch(of_day, _nothing), now[0])
        started = time.perf_counter()
        job.close_runs(cut_off)
        seconds[civil_date(civil_day(cut_off - 1)).isoformat()[:7]].append(time.perf_counter() - started)
    job.close()
    (folder / "memory.sqlite").unlink()
    started = time.perf_counter()
    _job(folder, now).close()
    again = time.perf_counter() - started
    by_month = {month: [round(median(each), 3), round(max(each), 3)] for month, each in seconds.items()}
    size = sum(path.stat().st_size for path in (folder / "segments").rglob("*.avro"))
    return {"seconds_of_pay_run": by_month, "seconds_to_remember_again": round(again, 1), "journal_mb": size >> 20}


def _job(folder: Path, now: list[int]) -> Job:
    folder.mkdir(exist_ok=True)
    teller = Teller(folder, JsonLines(StringIO()), lambda: now[0])
    job = Job(folder, Law.load(), lambda: now[0], FolderOut(folder / "out"), teller, How(trusted=now[0] * 2))
    job.resume()
    return job


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
