"""What the index keeps of a record and of a fact: itself, whom and what it names, and columns to find it by."""

import hashlib
import sqlite3
from collections import Counter
from collections.abc import Iterable

import msgspec

from fold.rows import fact_body
from pipelines.desk.origins import AdmittedFact
from pipelines.find.arrived import arrived_of
from pipelines.find.search import FoundId, document_of_finding, named_by
from pipelines.report.asked import period_of_finding
from rules.periods import cut_off_after
from schemas.envelope import OutgoingRecord
from schemas.finding import Finding
from schemas.pay_run import PayRun
from schemas.payment_instruction import PaymentInstruction
from schemas.rejection import Rejection

SCHEMA = """
CREATE TABLE made (name TEXT PRIMARY KEY, value TEXT);
CREATE TABLE named (id INTEGER PRIMARY KEY, kind TEXT, name TEXT, short TEXT COLLATE NOCASE);
CREATE TABLE mentions (named INTEGER, record INTEGER);
CREATE TABLE records (id INTEGER PRIMARY KEY, kind TEXT, cut_off INTEGER, body BLOB);
CREATE TABLE runs (run_date INTEGER PRIMARY KEY, cut_off INTEGER, record INTEGER, turns INTEGER,
    number INTEGER, gross INTEGER, net INTEGER, findings INTEGER, unusual INTEGER);
CREATE TABLE payments (record INTEGER PRIMARY KEY, instruction_id TEXT UNIQUE, statement_id TEXT, run_date INTEGER,
    cut_off INTEGER, kind TEXT, method TEXT, payee_type TEXT, payee_id TEXT, provider_id TEXT, recipient_id TEXT,
    county TEXT, period_start INTEGER, sequence INTEGER, gross INTEGER, net INTEGER, least INTEGER, unusual TEXT);
CREATE TABLE sums (run_date INTEGER, kind TEXT, county TEXT, earning TEXT, minutes INTEGER, cents INTEGER);
CREATE TABLE findings (record INTEGER PRIMARY KEY, finding_id TEXT, cut_off INTEGER, code TEXT, outcome TEXT,
    addressee TEXT, provider_id TEXT, recipient_id TEXT, county TEXT, document TEXT, period INTEGER, minutes INTEGER,
    cents INTEGER, cleared INTEGER, since INTEGER, until INTEGER, UNIQUE (finding_id, cut_off));
CREATE TABLE facts (record INTEGER PRIMARY KEY, kind TEXT, document TEXT, revision INTEGER, recorded_at INTEGER,
    source TEXT, event_id TEXT);
"""
INDEXES = """
CREATE INDEX named_short ON named (short);
CREATE INDEX named_plain ON named (name, kind) WHERE kind IN ('provider', 'recipient', 'person', 'document');
CREATE INDEX mentions_named ON mentions (named, record);
CREATE INDEX records_kind ON records (kind, cut_off);
CREATE INDEX payments_run ON payments (run_date);
CREATE INDEX payments_payee ON payments (payee_id, cut_off);
CREATE INDEX sums_run ON sums (run_date);
CREATE INDEX findings_run ON findings (cut_off, code);
CREATE INDEX findings_standing ON findings (outcome, cut_off);
CREATE INDEX findings_document ON findings (document);
CREATE INDEX facts_document ON facts (document);
CREATE INDEX facts_event ON facts (event_id);
"""
WAITING = 5_000  # rows that are written together
FACT = "fact:"  # before the kind of a fact, in records


def key_of(named: FoundId) -> int:
    """The number of something with an id: 64 bits of a digest, so that nothing must be looked up to file it."""
    told = hashlib.blake2b("\0".join(named).encode(), digest_size=8).digest()
    return int.from_bytes(told, signed=True)


class DeskEntries:
    """Writes an index. Each record once: a live job may have sent it again."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        [(last,)] = connection.execute("SELECT coalesce(max(id), 0) FROM records").fetchall()
        self.next: int = last + 1
        self._seen: set[int] = set()
        self._named: list[tuple[int, str, str, str]] = []
        self._mentions: list[tuple[int, int]] = []

    def record(self, record: OutgoingRecord) -> None:
        """File a record."""
        number = self._once(record)
        if number is None:
            return
        self._file(number, record.KIND, _cut_off(record), msgspec.msgpack.encode(record), named_by(record))
        if isinstance(record, PaymentInstruction):
            self._sum(record)

    def fact(self, admitted: AdmittedFact) -> None:
        """File a fact."""
        fact, one = admitted.fact, arrived_of(admitted.fact)
        number = self.next
        self._file(number, FACT + fact.KIND, admitted.cut_off, fact_body(fact), one.named())
        row = (number, fact.KIND, one.document, fact.revision, fact.recorded_at, fact.source, fact.event_id)
        self._insert("facts", row)

    def flush(self) -> None:
        """Write what waits."""
        self.connection.executemany("INSERT OR IGNORE INTO named VALUES (?, ?, ?, ?)", self._named)
        self.connection.executemany("INSERT INTO mentions VALUES (?, ?)", self._mentions)
        self._named.clear()
        self._mentions.clear()

    def _once(self, record: OutgoingRecord) -> int | None:
        """The record's number; None: it is there already."""
        if isinstance(record, PayRun):
            return self._insert("runs", (record.run_date, record.cut_off, self.next, len(record.came_back), *(0,) * 5))
        if isinstance(record, PaymentInstruction):
            return self._insert("payments", _payment(self.next, record))
        if isinstance(record, Finding):
            return self._insert("findings", _finding(self.next, record))
        return self.next

    def _insert(self, table: str, row: tuple[object, ...]) -> int | None:
        places = ", ".join("?" * len(row))
        done = self.connection.execute(f"INSERT OR IGNORE INTO {table} VALUES ({places})", row)
        return self.next if done.rowcount else None

    def _file(self, number: int, kind: str, cut_off: int, body: bytes, names: Iterable[FoundId]) -> None:
        self.connection.execute("INSERT INTO records VALUES (?, ?, ?, ?)", (number, kind, cut_off, body))
        self.next = number + 1
        for named in dict.fromkeys(names):
            key = key_of(named)
            self._mentions.append((key, number))
            if key not in self._seen:
                self._seen.add(key)
                self._named.append((key, named.kind, named.id, named.short))
        if len(self._mentions) >= WAITING:
            self.flush()

    def _sum(self, paid: PaymentInstruction) -> None:
        minutes: Counter[tuple[str, str]] = Counter()
        cents: Counter[tuple[str, str]] = Counter()
        for line in paid.lines:
            minutes[line.county or "", line.earning] += line.minutes
            cents[line.county or "", line.earning] += line.cents
        rows = [(paid.run_date, paid.kind, *key, minutes[key], cents[key]) for key in cents]
        self.connection.executemany("INSERT INTO sums VALUES (?, ?, ?, ?, ?, ?)", rows)


def _cut_off(record: OutgoingRecord) -> int:
    """Of the pay run that says it; of a rejection the one that was open when it came, 0: a replay does not know."""
    if isinstance(record, Rejection):
        return cut_off_after(record.seen_at) if record.seen_at is not None else 0
    cut_off: int = getattr(record, "cut_off", 0)
    return cut_off


def _payment(number: int, paid: PaymentInstruction) -> tuple[object, ...]:
    county = next((line.county for line in paid.lines if line.county), "")
    least = min((line.cents for line in paid.lines), default=0)
    return (
        number, paid.instruction_id, paid.statement_id, paid.run_date, paid.cut_off, paid.kind, paid.method,
        paid.payee_type, paid.payee_id, paid.provider_id, paid.recipient_id, county, paid.period_start,
        paid.sequence, paid.gross_cents, paid.net_cents, least, None,
    )  # fmt: skip


def _finding(number: int, told: Finding) -> tuple[object, ...]:
    return (
        number, told.finding_id, told.cut_off, told.code, told.outcome, told.addressee, told.provider_id,
        told.recipient_id, told.county or "", document_of_finding(told), period_of_finding(told), told.minutes,
        told.cents, told.cleared, None, None,
    )  # fmt: skip
