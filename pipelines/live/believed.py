"""Checks of the memory: a check for each row, and a digest over all rows that the journal keeps
(``JOURNAL/remembered.json``)."""

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from pipelines.live.durable import replace

REMEMBERED = "remembered.json"
BYTES_OF_MARK = 16
ROWS_AT_ONCE = 1000
NOTHING = hashlib.sha256().hexdigest()  # over no rows
UNREADABLE = (sqlite3.DatabaseError, UnicodeDecodeError)  # the latter when SQLite's complaint cites what is damaged
ROWS = (
    "select stage, key, due, mark from kept order by stage, key",
    "select body from catalog order by body",
    "select body from owed order by body",
    "select name, value from told order by name",
)


class NotAsRemembered(ValueError):
    """The memory is not what was put into it: it is to be made again from the journal."""


class State(NamedTuple):
    """One key on its way into the memory. ``due``: the cut-off at which to decide it again; ``body``: packed
    (`fold.key_memory`)."""

    stage: str
    key: str
    due: int
    body: bytes

    @property
    def mark(self) -> bytes:
        """The check of its row."""
        head = repr((self.stage, self.key, self.due)).encode()
        return hashlib.blake2b(head + self.body, digest_size=BYTES_OF_MARK).digest()


def checked(state: State, mark: bytes) -> State:
    """The state, if it is what was put there. Raises NotAsRemembered."""
    if mark != state.mark:
        raise NotAsRemembered
    return state


@contextmanager
def believed() -> Iterator[None]:
    """What SQLite itself cannot read is no better than what is not as it was."""
    try:
        yield
    except UNREADABLE:
        raise NotAsRemembered from None


def digest_of(database: sqlite3.Connection) -> str:
    """Over all rows, but for what keys know, of which only the checks."""
    digest = hashlib.sha256()
    for rows in ROWS:
        found = database.execute(rows)
        while some := found.fetchmany(ROWS_AT_ONCE):
            digest.update(repr(some).encode())
    return digest.hexdigest()


def check_structure(database: sqlite3.Connection) -> None:
    """Raises NotAsRemembered."""
    if database.execute("pragma integrity_check").fetchone() != ("ok",):
        raise NotAsRemembered


class Bound:
    """Digests that the journal knows: of the last commit; for an instant, also of the one that comes."""

    def __init__(self, journal: Path) -> None:
        self.path = journal / REMEMBERED

    def to(self, *digests: str) -> None:
        """On the disk when this returns."""
        replace(self.path, json.dumps(digests).encode())

    def known(self) -> list[str]:
        """Those of the last commit; none of them if the file is not what was written."""
        try:
            return [str(each) for each in json.loads(self.path.read_bytes())]
        except (OSError, ValueError, TypeError):
            return []
