"""What rows said, on the disk until all are read, so that memory stays flat: drafts in the order of their documents,
and what an import before wrote."""

import sqlite3
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import msgspec

from pipelines.importing.drafts import DocumentDraft
from pipelines.importing.shifts import ShiftPart
from schemas import private
from schemas.types import Fields

AT_ONCE = 1000
NO_PARTS = b"[]"
TABLES = """
CREATE TABLE draft(document TEXT, sequence INTEGER, file INTEGER, place INTEGER, first INTEGER, same TEXT, body BLOB,
                   parts BLOB, minutes INTEGER, raw TEXT, said INTEGER);
CREATE TABLE known(document TEXT, keys TEXT, revision INTEGER, withdrawn INTEGER, body BLOB, seen INTEGER DEFAULT 0,
                   PRIMARY KEY (document, keys)) WITHOUT ROWID;
CREATE TABLE sequence(document TEXT PRIMARY KEY, last INTEGER) WITHOUT ROWID;
"""


class Spooled(NamedTuple):
    """A draft with the row it comes from; ``first``: the row's first draft, which stands for the row when counting;
    ``said``: the ledger's number for what the map said of the row."""

    draft: DocumentDraft
    file: int
    place: int
    first: bool
    raw: str
    said: int = 0


class Known(NamedTuple):
    """The latest revision of a document that an import before wrote."""

    keys: str
    revision: int
    withdrawn: bool
    body: Fields


class Spool:
    """A database in a file of its own, which nobody reads after this run."""

    def __init__(self, path: Path) -> None:
        private.new(path).close()
        self._base = sqlite3.connect(path, isolation_level=None)
        self._base.execute("PRAGMA journal_mode = OFF")
        self._base.execute("PRAGMA synchronous = OFF")
        self._base.executescript(TABLES)
        self._base.execute("BEGIN")
        self._waiting: list[tuple[object, ...]] = []

    def add(self, drafts: list[DocumentDraft], file: int, place: int, raw: str, said: int) -> None:
        """The drafts of a row."""
        for number, each in enumerate(drafts):
            body, parts = (msgspec.json.encode(part) for part in (each.body, each.parts))
            row = (
                each.document,
                each.sequence,
                file,
                place,
                not number,
                each.same,
                body,
                parts,
                each.minutes,
                raw,
                said,
            )
            self._waiting.append(row)
        if len(self._waiting) >= AT_ONCE:
            self._flush()

    def _flush(self) -> None:
        self._base.executemany("INSERT INTO draft VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", self._waiting)
        self._waiting.clear()

    def count(self) -> int:
        """Drafts so far."""
        self._flush()
        return int(self._base.execute("SELECT count(*) FROM draft").fetchone()[0])

    def documents(self) -> Iterator[tuple[str, list[Spooled]]]:
        """Drafts by document, in the sender's order, else that of the rows."""
        self._flush()
        asked = self._base.execute("SELECT * FROM draft ORDER BY document, sequence, file, place")
        for document, rows in groupby(asked, key=lambda row: row[0]):
            yield document, [_spooled(*row) for row in rows]

    def know(self, document: str, keys: str, revision: int, withdrawn: bool, body: Fields) -> None:
        """A revision of an import before; the highest stays."""
        self._base.execute(
            "INSERT INTO known(document, keys, revision, withdrawn, body) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT DO UPDATE SET revision = excluded.revision, withdrawn = excluded.withdrawn, "
            "body = excluded.body "
            "WHERE excluded.revision > revision",
            (document, keys, revision, withdrawn, msgspec.json.encode(body)),
        )

    def known(self, document: str) -> list[Known]:
        """What an import before wrote of a document: one, or one for each of the keys it moved to."""
        rows = self._base.execute("SELECT keys, revision, withdrawn, body FROM known WHERE document = ?", (document,))
        return [
            Known(keys, revision, bool(withdrawn), msgspec.json.decode(body))
            for keys, revision, withdrawn, body in rows
        ]

    def saw(self, document: str) -> None:
        """This import has the document."""
        self._base.execute("UPDATE known SET seen = 1 WHERE document = ?", (document,))

    def vanished(self) -> Iterator[tuple[str, Known]]:
        """Documents that stand and that this import has not."""
        rows = self._base.execute(
            "SELECT document, keys, revision, withdrawn, body FROM known "
            "WHERE NOT seen AND NOT withdrawn ORDER BY document"
        ).fetchall()
        for document, keys, revision, withdrawn, body in rows:
            yield document, Known(keys, revision, bool(withdrawn), msgspec.json.decode(body))

    def sequence_of(self, document: str) -> int | None:
        """The sender's last number of a document, of imports before."""
        row = self._base.execute("SELECT last FROM sequence WHERE document = ?", (document,)).fetchone()
        return row[0] if row else None

    def know_sequence(self, document: str, last: int) -> None:
        """The sender's number of a document; the highest stays."""
        self._base.execute(
            "INSERT INTO sequence VALUES (?, ?) ON CONFLICT DO UPDATE SET last = max(last, excluded.last)",
            (document, last),
        )

    def sequences(self) -> Iterator[tuple[str, int]]:
        """All of them."""
        yield from self._base.execute("SELECT document, last FROM sequence ORDER BY document")

    def close(self) -> None:
        """Let go of the file."""
        self._base.close()


def _spooled(
    document: str, sequence: int | None, file: int, place: int, first: int, same: str, body: bytes, parts: bytes,
    minutes: int, raw: str, said: int,
) -> Spooled:  # fmt: skip
    days = tuple(ShiftPart(*part) for part in msgspec.json.decode(parts)) if parts != NO_PARTS else ()
    return Spooled(
        DocumentDraft(document, sequence, same, msgspec.json.decode(body), days, minutes),
        file,
        place,
        bool(first),
        raw,
        said,
    )
