"""A ledger of what is to be paid: reads payment instructions, keeps each once, releases a pay run when it is whole.

    python docs/consumer/consumer.py --from folder:paid --ledger ledger.sqlite
    python docs/consumer/consumer.py --from pubsub:PROJECT --ledger ledger.sqlite

Needs fastavro, and google-cloud-pubsub for Pub/Sub. Messages may come twice, in any order, and the program may be
killed at any instant: what it has taken is committed before it is acknowledged, and taking it again changes nothing.
"""

import argparse
import hashlib
import json
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import fastavro
from fastavro.schema import fingerprint, to_parsing_canonical_form

TOPICS = {"PaymentInstruction": "ihss.v1.payment-instruction", "PayRun": "ihss.v1.pay-run"}
FILES = {"PaymentInstruction": "payment_instruction.avsc", "PayRun": "pay_run.avsc"}
SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"
TABLES = """
CREATE TABLE IF NOT EXISTS said (kind TEXT, id TEXT, run TEXT, body TEXT, PRIMARY KEY (kind, id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS said_by_run ON said (kind, run);
CREATE TABLE IF NOT EXISTS payments
  (instruction_id TEXT PRIMARY KEY, run TEXT, payee_id TEXT, method TEXT, cents INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS released (run TEXT PRIMARY KEY) WITHOUT ROWID;
"""
Record = dict[str, Any]
Batch = tuple[Iterable[tuple[str, Record]], Callable[[], None]]  # records by kind, and how to acknowledge them
NOTHING: Callable[[], None] = lambda: None  # noqa: E731


class Conflict(Exception):
    """The same id with another content, or something new in a pay run that was whole: a person must look."""


class Ledger:
    """What was said, by id, and what of it was released for payment. All or nothing of a batch is kept."""

    def __init__(self, path: Path) -> None:
        self.tables = sqlite3.connect(path, isolation_level=None)
        self.tables.execute("PRAGMA synchronous = FULL")  # what is acknowledged must survive the machine
        self.tables.executescript(TABLES)

    def take(self, batch: Iterable[tuple[str, Record]]) -> None:
        """Keep records, each id once, and release the pay runs that are now whole. Raises Conflict."""
        with self.tables:
            self.tables.execute("BEGIN IMMEDIATE")
            for run in sorted({self._keep(kind, record) for kind, record in batch}):
                if self._is_whole(run):
                    self._release(run)

    def _keep(self, kind: str, record: Record) -> str:
        """The pay run of a record, which is now on file."""
        run = str(record["run_date"])
        id = record.get("instruction_id", run)
        body = json.dumps(record, default=str, sort_keys=True)
        known = self.tables.execute("SELECT body FROM said WHERE kind = ? AND id = ?", (kind, id)).fetchone()
        if known is not None and known[0] != body:
            raise Conflict(f"a {kind} of {run} came again with another content")
        if known is None and self._is_released(run):
            raise Conflict(f"a {kind} of {run} came after that pay run was whole")
        self.tables.execute("INSERT OR IGNORE INTO said VALUES (?, ?, ?, ?)", (kind, id, run, body))
        return run

    def _is_whole(self, run: str) -> bool:
        """Whether the PayRun is there, and its SHA-256 that of the ids on file (sorted bytes, a newline after each)."""
        totals = self.tables.execute("SELECT body FROM said WHERE kind = 'PayRun' AND run = ?", (run,)).fetchone()
        if totals is None or self._is_released(run):
            return False
        ids = self.tables.execute("SELECT id FROM said WHERE kind = 'PaymentInstruction' AND run = ?", (run,))
        lines = sorted(id.encode() + b"\n" for (id,) in ids)
        return hashlib.sha256(b"".join(lines)).hexdigest() == json.loads(totals[0])["instructions_sha256"]

    def _is_released(self, run: str) -> bool:
        return self.tables.execute("SELECT 1 FROM released WHERE run = ?", (run,)).fetchone() is not None

    def _release(self, run: str) -> None:
        """Each instruction that moves money becomes one payment: here a row, elsewhere a file to the bank."""
        said = self.tables.execute("SELECT body FROM said WHERE kind = 'PaymentInstruction' AND run = ?", (run,))
        for each in [json.loads(body) for (body,) in said]:
            if each["net_cents"]:
                row = (each["instruction_id"], run, each["payee_id"], each["method"], each["net_cents"])
                self.tables.execute("INSERT INTO payments VALUES (?, ?, ?, ?, ?)", row)
        self.tables.execute("INSERT INTO released VALUES (?)", (run,))

    def has_released(self, run: str) -> bool:
        """Whether a pay run is whole and its payments are on file."""
        return self._is_released(run)

    def summary(self) -> str:
        """One line without names: how much of what was said is released."""
        count, cents = self.tables.execute("SELECT count(*), coalesce(sum(cents), 0) FROM payments").fetchone()
        runs, waiting = self.tables.execute(
            "SELECT count(*), count(*) FILTER (WHERE run NOT IN (SELECT run FROM released))"
            " FROM (SELECT DISTINCT run FROM said)"
        ).fetchone()
        return f"{count:,} payments, ${cents / 100:,.2f}; {runs - waiting:,} pay runs whole, {waiting:,} not yet"


def consume(batches: Iterable[Batch], ledger: Ledger, until: str | None = None) -> None:
    """Take batch after batch; each is acknowledged when it is committed. Raises Conflict."""
    for batch, acknowledge in batches:
        ledger.take(batch)
        acknowledge()
        if until and ledger.has_released(until):
            break


def from_folder(folder: Path) -> Iterator[Batch]:
    """Instructions and pay runs of every container file below a folder, a file at a time."""
    for path in sorted(folder.rglob("*.avro")):
        with path.open("rb") as stream:
            reader = fastavro.reader(stream)
            kind = reader.writer_schema["name"].removeprefix("ihss.v1.")
            if kind in TOPICS:
                yield [(kind, record) for record in reader], NOTHING


def from_pubsub(project: str, suffix: str) -> Iterator[Batch]:
    """Messages of the consumer's own subscriptions; nothing when there are none at the moment."""
    from google.api_core.exceptions import DeadlineExceeded
    from google.cloud import pubsub_v1

    client = pubsub_v1.SubscriberClient()
    while True:
        for kind, topic in TOPICS.items():
            path = client.subscription_path(project, topic + suffix)
            request = {"subscription": path, "max_messages": 500}
            try:
                received = client.pull(request=request, timeout=1.0, retry=None).received_messages
            except DeadlineExceeded:
                continue
            ids = [each.ack_id for each in received]
            records = [decoded(kind, each.message.data, each.message.attributes) for each in received]
            yield records, lambda path=path, ids=ids: client.acknowledge(subscription=path, ack_ids=ids)


def decoded(kind: str, message: bytes, attributes: Mapping[str, str]) -> tuple[str, Record]:
    """Kind and record of a message: plain Avro if the topic held it to a schema, else C3 01, fingerprint, body."""
    if attributes.get("googclient_schemaencoding") == "BINARY":
        message = b"\xc3\x01" + _newest_mark(kind) + message
    if message[:2] != b"\xc3\x01" or message[2:10] not in schemas():
        raise ValueError("a message of a schema that this consumer does not have: take the newest schemas/*.avsc")
    writer, reader = schemas()[message[2:10]]
    record = fastavro.schemaless_reader(BytesIO(message[10:]), writer, reader)
    return writer["name"].removeprefix("ihss.v1."), record  # type: ignore[return-value]


@cache
def schemas() -> dict[bytes, tuple[Any, Any]]:
    """Writer's and reader's schema by fingerprint: every version that was ever published, read as the newest."""
    newest = {schema["name"]: schema for schema in map(_parsed, sorted(SCHEMAS.glob("*.avsc")))}
    every = [*newest.values(), *map(_parsed, sorted(SCHEMAS.glob("earlier/*.avsc")))]
    return {_mark(schema): (schema, newest[schema["name"]]) for schema in every}


def _parsed(path: Path) -> Any:
    return fastavro.parse_schema(json.loads(path.read_text("utf-8")))


@cache
def _newest_mark(kind: str) -> bytes:
    return _mark(_parsed(SCHEMAS / FILES[kind]))


def _mark(schema: Any) -> bytes:
    return bytes.fromhex(fingerprint(to_parsing_canonical_form(schema), "CRC-64-AVRO"))


def main() -> int:
    """Consume; exit code 0 when done, 1 when a person must look."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--from", dest="edge", required=True, help="folder:PATH or pubsub:PROJECT")
    options.add_argument("--ledger", type=Path, required=True, help="SQLite file, made if it is not there")
    options.add_argument("--suffix", default=".consumer", help="of the subscriptions: <topic><suffix>")
    options.add_argument(
        "--until", help="stop when this pay run (YYYY-MM-DD) is whole; else a folder once, Pub/Sub for ever"
    )
    chosen = options.parse_args()
    ledger = Ledger(chosen.ledger)
    edge, _, place = chosen.edge.partition(":")
    batches = from_folder(Path(place)) if edge == "folder" else from_pubsub(place, chosen.suffix)
    try:
        consume(batches, ledger, chosen.until)
    except Conflict as conflict:
        print(f"consumer: {conflict}", file=sys.stderr)
        return 1
    print(ledger.summary())
    return 0


if __name__ == "__main__":
    sys.exit(main())
