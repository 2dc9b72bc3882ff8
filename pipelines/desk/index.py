"""The desk's index: one SQLite file beside what was paid, so that a page reads a few rows and not a county.

It holds every record as it was said and every fact as it came, whom and what each names, and a few columns that lists
are sorted by. Nothing is decided in it. It is made anew when it is not of these files; files that only came are added.
"""

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path

from pipelines.desk.entries import INDEXES, SCHEMA, DeskEntries
from pipelines.desk.origins import FACTS_OF, SAID_OF, DeskOrigin, SourceFile, facts_of
from pipelines.desk.unusual import mark_unusual
from pipelines.live.believed import UNREADABLE
from pipelines.live.seals import sha256_of
from schemas import private
from schemas.types import Json

FORMAT = hashlib.sha256((SCHEMA + INDEXES).encode()).hexdigest()  # an index of another form is made anew
ENDING, DIGEST = ".desk", ".sha256"
BETWEEN_BEATS = 2_000  # records or facts
Beat = Callable[[str, int, int], None]
SINCE = """
UPDATE findings SET
    until = (SELECT min(later.cut_off) FROM findings AS later
        WHERE later.finding_id = findings.finding_id AND later.cut_off > findings.cut_off),
    since = (SELECT min(other.cut_off) FROM findings AS other WHERE other.finding_id = findings.finding_id
        AND NOT other.cleared AND other.cut_off > coalesce((SELECT max(gone.cut_off) FROM findings AS gone
            WHERE gone.finding_id = findings.finding_id AND gone.cleared AND gone.cut_off < findings.cut_off), -1))
"""
"""From when to when a finding stands as it is told, and since when it stood in any way."""
SUMS = """
UPDATE runs SET (number, gross, net, unusual) = (
        SELECT count(*), coalesce(sum(gross), 0), coalesce(sum(net), 0), coalesce(sum(unusual <> ''), 0)
        FROM payments WHERE payments.run_date = runs.run_date),
    findings = (SELECT count(*) FROM findings WHERE findings.cut_off = runs.cut_off)
"""
"""What a pay run comes to."""


def index_path(origin: DeskOrigin) -> Path:
    """Where the index of an origin lies."""
    beside = origin.beside
    return beside.with_name(beside.name + ENDING)


def connected(path: Path) -> sqlite3.Connection:
    """An index to be read. Raises sqlite3.Error."""
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=30)


def refreshed(origin: DeskOrigin, beat: Beat = lambda stage, done, total: None) -> Path:
    """The index as it should be now: as it is, with what came since, or made anew. Raises Misuse."""
    path, now = index_path(origin), origin.files()
    known = _known(path)
    if known is not None and known == _marks(now):
        return path
    fresh = [each for each in now if known is None or _key(each) not in known]
    grown = known is not None and all(_marks(now).get(key) == mark for key, mark in known.items())
    _make(origin, path, now, fresh if grown else now, path if grown else None, beat)
    return path


def is_fresh(origin: DeskOrigin) -> bool:
    """Is the index, which was whole when the desk began, of the files that are there now?"""
    return _known(index_path(origin), whole=True) == _marks(origin.files())


def _key(file: SourceFile) -> str:
    return json.dumps([file.of, file.name])


def _marks(files: Iterable[SourceFile]) -> dict[str, str]:
    return {_key(each): each.mark for each in files}


def _known(path: Path, whole: bool = False) -> dict[str, str] | None:
    """Marks of the files that an index was made from; None: there is none that can be believed. ``whole``: known to be
    as it was written, to the bit."""
    if not path.is_file() or not (whole or is_as_written(path)):
        return None
    try:
        with closing(connected(path)) as connection:
            made: Json = dict(connection.execute("SELECT name, value FROM made").fetchall())
    except UNREADABLE:
        return None
    return json.loads(made["files"]) if made.get("format") == FORMAT else None


def is_as_written(path: Path) -> bool:
    """Is every bit of an index what was written?"""
    noted = path.with_name(path.name + DIGEST)
    return noted.is_file() and noted.read_bytes() == sha256_of(path).encode()


def _make(
    origin: DeskOrigin, path: Path, now: list[SourceFile], fresh: list[SourceFile], start: Path | None, beat: Beat
) -> None:
    """Make the index beside the one of before, and put it in its place whole."""
    making = path.with_name(f".{path.name}.making")
    making.unlink(missing_ok=True)
    private.new(making).close()
    with closing(sqlite3.connect(making)) as connection:
        if start is not None:
            with closing(connected(start)) as before:
                before.backup(connection)
        connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536")
        if start is None:
            connection.executescript(SCHEMA)
        with connection:
            _read(DeskEntries(connection), origin, now, fresh, beat)
        if start is None:
            connection.executescript(INDEXES)  # sorted at one go: row by row takes many times as long
        with connection:
            _finish(connection, origin, now)
        connection.execute("ANALYZE")
    private.written(path.with_name(path.name + DIGEST), sha256_of(making))
    making.replace(path)


def _finish(connection: sqlite3.Connection, origin: DeskOrigin, now: list[SourceFile]) -> None:
    """What follows from all that is there, and what it was made from: without that nobody believes it."""
    connection.execute(SINCE)
    mark_unusual(connection)
    connection.execute(SUMS)
    told = {
        "format": FORMAT,
        "files": json.dumps(_marks(now)),
        "agreements": json.dumps([each._asdict() for each in origin.agreements()]),
    }
    connection.executemany("INSERT OR REPLACE INTO made VALUES (?, ?)", told.items())


def _read(entries: DeskEntries, origin: DeskOrigin, now: list[SourceFile], fresh: list[SourceFile], beat: Beat) -> None:
    done, total = 0, sum(each.size for each in fresh) >> 10
    sizes = {each.name: each.size for each in fresh if each.of == FACTS_OF}
    for file in (each for each in fresh if each.of == SAID_OF):
        for number, record in enumerate(origin.records(file.name)):
            entries.record(record)
            if not number % BETWEEN_BEATS:
                beat("index", done >> 10, total)
        done += file.size
    names, seen = [each.name for each in now if each.of == FACTS_OF], ""
    for number, (name, admitted) in enumerate(facts_of(origin.events, [*sizes], names)):
        if name != seen:
            done, seen = done + sizes.get(seen, 0), name
        entries.fact(admitted)
        if not number % BETWEEN_BEATS:
            beat("index", done >> 10, total)
    entries.flush()
    beat("index", total, total)
