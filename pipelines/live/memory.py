"""What the stages store between pay runs, so that a pay run costs what is new: one row a key in a small database.

It is a cache: whenever code, law or journal are not those it was made with, it is deleted and made again from the
journal. A row holds what `fold.key_memory` packs: values, never pickled objects. It is checked before it is used: each
row has a check, and ``JOURNAL/remembered.json`` holds the digest over all rows as of the last commit.
"""

import errno
import hashlib
import os
import platform
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import rules
from pipelines.live.believed import (
    NOTHING,
    UNREADABLE,
    Bound,
    NotAsRemembered,
    State,
    believed,
    check_structure,
    checked,
    digest_of,
)
from rules.law import Law

KEYS_AT_ONCE = 64  # asked of SQLite
PRIMARY_CODE = 0xFF  # of an error of SQLite; the rest says more
DECIDING = (".py", ".toml", ".avsc", ".dictionary")  # what a finding says and what a record holds decide too
NEVER = 1 << 62  # an instant that no cut-off reaches
ROOT = Path(rules.__file__).parents[1]
TABLES = """
create table if not exists kept
    (stage text, key text, due integer, mark blob, state blob, primary key (stage, key)) without rowid;
create table if not exists catalog (body blob primary key) without rowid;
create table if not exists owed (body blob primary key) without rowid;
create table if not exists told (name text primary key, value) without rowid;
"""


class Told(NamedTuple):
    """Up to where the memory goes. ``first_claim``: the first pay run there is; None: none yet. ``facts``: admitted so
    far; ``previous``: the SHA-256 (hex) of the last PayRun, "": none yet."""

    cut_off: int
    first_claim: int | None
    facts: int = 0
    previous: str = ""


class MemoryReader:
    """What is remembered, to be read: by the job, and by worker processes beside it."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self.database = database

    def packed(self, stage: str, key: str) -> bytes:
        """What is remembered of a key (`fold.key_memory`); b"" of a new one."""
        return next(self.all_packed(stage, [key]))[1]

    def all_packed(self, stage: str, keys: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        """Each key, with what is remembered of it."""
        for place in range(0, len(keys), KEYS_AT_ONCE):
            some = keys[place : place + KEYS_AT_ONCE]
            found = f"select stage, key, due, state, mark from kept where stage = ? and key in ({_places(len(some))})"
            with believed():
                rows = self.database.execute(found, (stage, *some)).fetchall()
            known = {state[1]: checked(State(*state), mark).body for *state, mark in rows}
            yield from ((key, known.get(key, b"")) for key in some)

    def due(self, stage: str, cut_off: int, publications: Sequence[int] = ()) -> list[str]:
        """Keys to decide again up to the cut-off though nothing arrives: if a law becomes known (``publications``) that
        the last pay run did not know, all."""
        with believed():
            since = _told(self.database, "cut_off") or 0
            upper = NEVER if any(since < each <= cut_off for each in publications) else cut_off
            rows = self.database.execute("select key from kept where stage = ? and due <= ?", (stage, upper))
            return [key for (key,) in rows]


def _places(values: int) -> str:
    return ",".join("?" * values)


@contextmanager
def read_beside(path: Path) -> Iterator[MemoryReader]:
    """The memory of a job in another process, as of its last commit."""
    database = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    try:
        yield MemoryReader(database)
    finally:
        database.close()


class CountyMemory:
    """Rows by stage and key. All changes of a pay run are committed at once, or none."""

    def __init__(self, journal: Path, law: Law) -> None:
        self.path, self.law, self.mark = journal / "memory.sqlite", law, mark_of(law)
        self._bound, self._as_of, self._was_none = Bound(journal), NOTHING, False
        self._database = self._opened()
        if self._made_by() not in (None, self.mark):
            self.forget()

    def told(self) -> Told | None:
        """Up to where it goes; None: it knows nothing."""
        cut_off = self._read("cut_off")
        return None if cut_off is None else Told(*map(self._read, Told._fields))

    def listings(self) -> list[bytes]:
        """Bodies of the course listings that are known."""
        return [body for (body,) in self._database.execute("select body from catalog")]

    def due_count(self, cut_off: int) -> int:
        """How many keys, over all stages, are decided again at the cut-off though nothing arrives."""
        upper = NEVER if cut_off in self.law.publications else cut_off
        found = self._database.execute("select count(*) from kept where due <= ?", (upper,)).fetchone()
        return int(found[0])

    @property
    def reader(self) -> MemoryReader:
        """What is remembered, to be read."""
        return MemoryReader(self._database)

    def states(self) -> Iterator[State]:
        """Every key of every stage, also what is not yet committed."""
        rows = self._database.execute("select stage, key, due, state, mark from kept")
        return (checked(State(*state), mark) for *state, mark in rows)

    def owed(self) -> list[bytes]:
        """Messages that the next pay run says beside its own (`as_said`)."""
        return [body for (body,) in self._database.execute("select body from owed")]

    def put(self, states: Iterable[State]) -> None:
        """Remember keys, once this pay run is committed. Raises OSError when the disk is full."""
        with _room():
            rows = ((state.stage, state.key, state.due, state.mark, state.body) for state in states)
            self._database.executemany("replace into kept values (?, ?, ?, ?, ?)", rows)

    def commit(self, told: Told, bodies: Iterable[bytes], owed: Iterable[bytes] = ()) -> None:
        """The pay run is over and all of it is remembered; the next one says beside its own what is ``owed``."""
        with _room():
            self._database.execute("delete from owed")
            self._database.executemany("insert or ignore into owed values (?)", [(body,) for body in owed])
            self._database.executemany("insert or ignore into catalog values (?)", [(body,) for body in bodies])
            for name, value in {"mark": self.mark, **told._asdict()}.items():
                self._database.execute("replace into told values (?, ?)", (name, value))
            before, self._as_of = self._as_of, digest_of(self._database)
            self._bound.to(before, self._as_of)  # whichever is there after a crash
            self._database.commit()
            self._bound.to(self._as_of)

    def check(self, thorough: bool = False) -> None:
        """Hold it to what it was at its last commit; ``thorough``: also what it knows of each key, which is else
        checked when it is read. Raises NotAsRemembered."""
        was_none, self._was_none = self._was_none, False
        if was_none:
            raise NotAsRemembered
        with believed():
            if thorough:
                check_structure(self._database)
            self._as_of = digest_of(self._database)
            if self._as_of not in (NOTHING, *self._bound.known()):
                raise NotAsRemembered
            for _ in self.states() if thorough else ():
                pass

    def forget(self) -> None:
        """Throw all away."""
        self._database.close()
        self._delete()
        self._database, self._as_of = self._opened(), NOTHING

    def _delete(self) -> None:
        for suffix in ("", "-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of the file; what was not committed is forgotten."""
        self._database.close()

    def _opened(self) -> sqlite3.Connection:
        database = sqlite3.connect(self.path)
        try:
            with _room():
                database.execute("pragma journal_mode = wal")
                database.executescript(TABLES)
        except UNREADABLE:  # not a database any more: it can always be made again
            database.close()
            self._delete()
            self._was_none = True
            return self._opened()
        return database

    def _made_by(self) -> Any:
        """The mark of what made it; None: nothing did, or `check` will say that it is damaged."""
        try:
            return self._read("mark")
        except UNREADABLE:
            return None

    def _read(self, name: str) -> Any:
        return _told(self._database, name)


def _told(database: sqlite3.Connection, name: str) -> Any:
    row = database.execute("select value from told where name = ?", (name,)).fetchone()
    return row[0] if row else None


@contextmanager
def _room() -> Iterator[None]:
    """Where there is none, it is a full disk as everywhere else."""
    try:
        yield
    except sqlite3.OperationalError as full:
        if full.sqlite_errorcode & PRIMARY_CODE not in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
            raise
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "memory.sqlite") from None


def mark_of(law: Law) -> str:
    """SHA-256 over the law, the code that decides and remembers (at any depth), and the Python that runs it."""
    return hashlib.sha256(f"{law.version} {platform.python_version()} {_mark_of_code()}".encode()).hexdigest()


@cache
def _mark_of_code() -> str:
    """As it was when this process first asked: what runs does not change with the files that it was read from."""
    mark = hashlib.sha256()
    for layer in ("schemas", "rules", "fold", "pipelines/live"):
        for path in sorted(path for path in (ROOT / layer).rglob("*") if path.suffix in DECIDING):
            raw = path.read_bytes()
            mark.update(f"{path.relative_to(ROOT)} {len(raw)}\n".encode() + raw)
    return mark.hexdigest()
