"""``make live``: server up, job up, a month of a county published day by day, what is said pulled, held to the replay.

The simulated clock moves on only when all that was published is in the journal.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from google.cloud import pubsub_v1

from deploy.local.server import PROJECT, built, serving
from pipelines.live.pubsub import attributes
from pipelines.live.topics import subscription_to, topics_of_conclusions, topics_of_facts
from pipelines.replay import replay
from pipelines.simulate import simulate
from rules.law import Law
from rules.money import dollars
from rules.periods import MILLIS_IN_SECOND, business_day_of, cut_off_after, iso
from schemas.avro import Container, Unreadable, decode_message, original_message

SECONDS_AT_MOST = 120
TWICE = 0.05  # share of messages published twice
POISON = (b"", b"\xc3\x01", b"nothing of ours" * 99, bytes(3_000_000))  # pstest takes 4 MiB at most
Facts = dict[int, list[tuple[str, bytes, str]]]  # by cut-off: kind, message, event id


def main(recipients: int = 40, seed: int = 17) -> int:
    """Run the drill; exit code 0 if live and replay agree."""
    program = built()
    if program is None:
        return 1
    with tempfile.TemporaryDirectory() as folder, serving(program):
        return drill(Path(folder), recipients, seed)


def drill(folder: Path, recipients: int, seed: int) -> int:
    """Publish, consume, compare; the server is up."""
    started = time.monotonic()
    facts = _county(folder / "facts", recipients, seed)
    journal, clock = folder / "journal", folder / "clock"
    _set(clock, min(facts) - 1)
    job = start_job(journal, clock)
    try:
        sent = publish_days(facts, journal, clock, Random(seed), job)
        said = Consumer().pull_until_run(max(facts))
    finally:
        job.send_signal(signal.SIGINT)
        job.wait()
    print(f"{sent:,} messages published, {time.monotonic() - started:.0f} seconds")
    return compare(journal, folder / "replayed", said, max(facts))


def start_job(journal: Path, clock: Path) -> subprocess.Popen:
    """The job as an operator starts it; its log goes beside the journal."""
    edge = f"pubsub:{PROJECT}"
    command = [sys.executable, "-m", "pipelines.cli", "run", "--from", edge, "--to", edge]
    command += ["--journal", str(journal), "--clock", str(clock)]
    with journal.with_name("job.log").open("ab") as log:
        return subprocess.Popen(command, stderr=log, env=os.environ)


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


def _records(folder: Path) -> Iterator[tuple[str, dict[str, Any], bytes]]:
    for path in sorted(folder.rglob("*.avro")):
        with path.open("rb") as stream:
            try:
                container = Container(stream)
                for _, record in container:
                    if isinstance(record.get("recorded_at"), int) and record["recorded_at"] > 0:
                        yield container.kind, record, original_message(container.kind, container, record)
            except Unreadable:
                continue


def publish_days(facts: Facts, journal: Path, clock: Path, random: Random, job: subprocess.Popen) -> int:
    """Day by day, in no order, some twice and some of it poison; wait for the journal and for the pay run."""
    publisher = pubsub_v1.PublisherClient()
    topics = {kind: publisher.topic_path(PROJECT, name) for kind, name in topics_of_facts().items()}
    sent = 0
    for cut_off, of_day in facts.items():
        _set(clock, cut_off - MILLIS_IN_SECOND)
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
        wanted = sent
        _until(journal, lambda health, wanted=wanted: health["entries"] >= wanted, job)
        _set(clock, cut_off)
        day = iso(business_day_of(cut_off))
        _until(journal, lambda health, day=day: health["last_run"] >= day, job)
    return sent


def _set(clock: Path, instant: int) -> None:
    unfinished = clock.with_suffix(".new")
    unfinished.write_text(datetime.fromtimestamp(instant / MILLIS_IN_SECOND, UTC).isoformat())
    unfinished.replace(clock)


def _until(journal: Path, true: Any, job: subprocess.Popen) -> None:
    """Wait until the job's health says so. Raises TimeoutError, and if the job ends."""
    ends = time.monotonic() + SECONDS_AT_MOST
    while time.monotonic() < ends:
        path = journal / "health.json"
        if path.exists() and true(json.loads(path.read_bytes())):
            return
        if job.poll() is not None:
            raise ChildProcessError(f"the job ended with code {job.returncode}: see {journal.with_name('job.log')}")
        time.sleep(0.05)
    raise TimeoutError(f"the job did not go on: see {journal.with_name('job.log')}")


class Consumer:
    """A downstream system: pulls what is said and keeps each id once."""

    def __init__(self) -> None:
        self.client = pubsub_v1.SubscriberClient()
        self.by_id: dict[str, dict[str, bytes]] = {kind: {} for kind in topics_of_conclusions()}
        self.pulled = 0

    def pull_until_run(self, cut_off: int) -> dict[str, dict[str, bytes]]:
        """Pull until the PayRun of the cut-off is there and all its instructions; bytes by id, by kind."""
        last = f"PayRun:{iso(business_day_of(cut_off))}"
        while last not in self.by_id["PayRun"]:
            self._pull("PayRun")
        for kind in topics_of_conclusions():
            while self._pull(kind):
                pass
        return self.by_id

    def _pull(self, kind: str) -> int:
        path = self.client.subscription_path(PROJECT, subscription_to(topics_of_conclusions()[kind]))
        request = {"subscription": path, "max_messages": 1000, "return_immediately": True}
        received = self.client.pull(request=request, timeout=SECONDS_AT_MOST).received_messages
        for each in received:
            self.by_id[kind].setdefault(each.message.attributes["ce-id"], each.message.data)
        if received:
            self.client.acknowledge(subscription=path, ack_ids=[each.ack_id for each in received])
        self.pulled += len(received)
        return len(received)


def compare(journal: Path, out: Path, said: dict[str, dict[str, bytes]], cut_off: int) -> int:
    """Hold what a consumer has against the replay of the journal, kind by kind, byte by byte."""
    replay(journal, out, business_day_of(cut_off), Law.load())
    replayed: dict[str, list[Any]] = defaultdict(list)
    for kind, _, raw in _conclusions(out):
        replayed[kind].append(raw)
    different = [
        kind for kind in said if kind != "Rejection" and sorted(said[kind].values()) != sorted(replayed[kind])
    ]
    if len(said["Rejection"]) != len(replayed["Rejection"]):
        different.append("Rejection")
    _print_table(said)
    if different:
        print(f"LIVE AND REPLAY DIFFER in {', '.join(different)}", file=sys.stderr)
        return 1
    print(f"live and replay agree: {len(said['PaymentInstruction']):,} instructions")
    return 0


def _conclusions(folder: Path) -> Iterator[tuple[str, dict[str, Any], bytes]]:
    for path in sorted(folder.glob("*.avro")):
        with path.open("rb") as stream:
            container = Container(stream)
            for _, record in container:
                yield container.kind, record, original_message(container.kind, container, record)


def _print_table(said: dict[str, dict[str, bytes]]) -> None:
    paid = [decode_message(raw).model_dump() for raw in said["PaymentInstruction"].values()]
    counts, net = Counter(each["kind"] for each in paid), Counter[str]()
    for each in paid:
        net[each["kind"]] += each["net_cents"]
    for kind, count in sorted(counts.items()):
        print(f"{kind.capitalize():<12}{count:>8,} instructions{dollars(net[kind]):>16} net")
    rest = ", ".join(f"{len(of_kind):,} {kind}" for kind, of_kind in said.items() if kind != "PaymentInstruction")
    print(rest)
