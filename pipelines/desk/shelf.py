"""What a page reads of the index, as known on a pay run: records as they were said, facts as they came."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, cast

import msgspec

from fold.rows import arrival
from pipelines.desk.entries import FACT, key_of
from pipelines.desk.index import connected
from pipelines.desk.origins import Agreement
from pipelines.find.search import BY_THEMSELVES, DOCUMENT, FoundId, nearest
from rules.documents import Arrival
from schemas import CONCLUSIONS
from schemas.avro import Out
from schemas.envelope import Fact
from schemas.ids import document_name
from schemas.pay_run import PayRun

MOST_FOUND, MOST_REJECTED, FEW_REJECTED = 200, 500, 50
LIKE = "name LIKE ? ESCAPE '!' LIMIT 2000"
DECODERS = {kind: msgspec.msgpack.Decoder(struct).decode for kind, struct in CONCLUSIONS.items()}
Row = sqlite3.Row


class FiledFact(NamedTuple):
    """A fact of the index: the pay run that saw it first (cut-off), and itself."""

    cut_off: int
    fact: Fact


class DeskShelf:
    """An open index. ``on``: the cut-off as of which it is read; None: the newest pay run."""

    def __init__(self, path: Path, on: int | None = None) -> None:
        self.connection = connected(path)
        self.connection.row_factory = sqlite3.Row
        self.on = self.newest if on is None else on

    def close(self) -> None:
        """Read no more."""
        self.connection.close()

    def rows(self, query: str, *values: object) -> list[Row]:
        """All rows of a query."""
        return self.connection.execute(query, values).fetchall()

    def one(self, query: str, *values: object) -> Any:
        """The first value of a query; None: there is no row."""
        row = self.connection.execute(query, values).fetchone()
        return None if row is None else row[0]

    @cached_property
    def newest(self) -> int:
        """The cut-off of the last pay run."""
        return int(self.one("SELECT max(cut_off) FROM runs"))

    @cached_property
    def run(self) -> int:
        """The business day of the pay run as of which all is read."""
        return int(self.one("SELECT max(run_date) FROM runs WHERE cut_off <= ?", self.on) or 0)

    @cached_property
    def days(self) -> list[int]:
        """Business days of all pay runs, newest first."""
        return [row[0] for row in self.rows("SELECT run_date FROM runs ORDER BY run_date DESC")]

    @cached_property
    def counties(self) -> list[str]:
        """Counties in which anybody was paid, by code."""
        found = self.rows("SELECT DISTINCT county FROM sums WHERE county <> '' ORDER BY county")
        return [row[0] for row in found]

    def agreements(self) -> list[Agreement]:
        """What was held against each other when the index was made."""
        told = json.loads(self.one("SELECT value FROM made WHERE name = 'agreements'"))
        return [Agreement(**each) for each in told]

    def found(self, text: str) -> list[FoundId]:
        """What a text means: ids that it is, else those that it is part of; of an event its document."""
        text = text.strip()
        part, whole = f"%{_plain(text)}%", FoundId(DOCUMENT, text)
        near = (
            self._named("SELECT kind, name FROM named WHERE short = ?", text)
            or ([whole] if self.is_known(whole) else [])
            or self._named(f"SELECT kind, name FROM named WHERE kind IN {BY_THEMSELVES} AND {LIKE}", part)
            or self._named(f"SELECT kind, name FROM named WHERE {LIKE}", part)
            or self._named("SELECT 'document', document FROM facts WHERE event_id = ?", text)
        )
        return nearest({*near}, text)[:MOST_FOUND]

    def _named(self, query: str, *values: object) -> list[FoundId]:
        return [FoundId(*row) for row in self.rows(query, *values)]

    def is_known(self, named: FoundId) -> bool:
        """Is there anything with this id?"""
        return self.one("SELECT 1 FROM named WHERE id = ?", key_of(named)) is not None

    def records(self, kind: type[Out], named: FoundId, until: int | None = None) -> Iterator[Out]:
        """Records of a kind that name it, oldest first. ``until``: of pay runs up to this one (None: as read)."""
        rows = self.connection.execute(
            "SELECT body FROM records JOIN mentions ON record = id WHERE named = ? AND kind = ? AND cut_off <= ?"
            " ORDER BY cut_off, id",
            (key_of(named), kind.KIND, self.on if until is None else until),
        )
        return (cast(Out, DECODERS[kind.KIND](body)) for (body,) in rows.fetchall())

    def record(self, kind: type[Out], number: int) -> Out | None:
        """One record by its number."""
        body = self.one("SELECT body FROM records WHERE id = ? AND kind = ?", number, kind.KIND)
        return None if body is None else cast(Out, DECODERS[kind.KIND](body))

    def all_of(self, kind: type[Out], numbers: Sequence[int]) -> list[Out]:
        """Records by their numbers, in that order."""
        return [each for number in numbers if (each := self.record(kind, number)) is not None]

    def turning_runs(self) -> Iterator[PayRun]:
        """Pay runs that tell of payments which no instruction of theirs names (RUN-4)."""
        found = self.rows("SELECT record FROM runs WHERE turns > 0 AND cut_off <= ? ORDER BY cut_off", self.on)
        return iter(self.all_of(PayRun, [row[0] for row in found]))

    def facts(self, named: FoundId) -> list[FiledFact]:
        """Facts that name it, in the order of recording."""
        rows = self.rows(
            "SELECT kind, cut_off, body FROM records JOIN mentions ON record = id"
            " WHERE named = ? AND kind LIKE 'fact:%' AND cut_off <= ?",
            key_of(named), self.on,
        )  # fmt: skip
        found = [_fact(row["kind"].removeprefix(FACT), row["cut_off"], row["body"]) for row in rows]
        return [FiledFact(each.cut_off, each.content) for each in sorted(found, key=lambda each: each.order)]

    def last_revision(self, kind: str, document_id: str, key: dict[str, object]) -> int:
        """The highest revision known of a document, whenever it came; 0: it is not known. ``key``: its key fields."""
        name = document_name(kind, document_id)
        rows = self.rows("SELECT cut_off, body FROM records JOIN facts ON record = records.id WHERE document = ?", name)
        known = (_fact(kind, row["cut_off"], row["body"]).content for row in rows)
        same = (each for each in known if all(getattr(each, field) == value for field, value in key.items()))
        return max((each.revision for each in same), default=0)

    def rejections(self, named: FoundId | None = None) -> list[int]:
        """Numbers of rejections, the last read first; of those whose bytes hold an id."""
        text = b"" if named is None else named.short.encode()
        query = "SELECT id FROM records WHERE kind = 'Rejection' AND instr(body, ?) ORDER BY +id DESC LIMIT ?"
        return [row[0] for row in self.rows(query, text, MOST_REJECTED if named is None else FEW_REJECTED)]

    @property
    def rejected(self) -> int:
        """How many events were rejected."""
        return int(self.one("SELECT count(*) FROM records WHERE kind = 'Rejection'"))

    def instruction(self, id: str) -> Row | None:
        """The columns of a payment."""
        found = self.rows("SELECT * FROM payments WHERE instruction_id = ?", id)
        return found[0] if found else None


class RecordsAbout:
    """Records that name one thing, as `find` reads a folder."""

    def __init__(self, shelf: DeskShelf, named: FoundId) -> None:
        self.shelf, self.named = shelf, named

    def records(self, kind: type[Out]) -> Iterator[Out]:
        """Those of a kind; rejections are looked up otherwise."""
        if kind is PayRun:
            return cast(Iterator[Out], self.shelf.turning_runs())
        return self.shelf.records(kind, self.named)


def _fact(kind: str, cut_off: int, body: bytes) -> Arrival:
    """A fact, in its place in the order of recording."""
    read = arrival(("", cut_off, 0, "", "", body, kind))
    fact = read.content
    return read._replace(recorded_at=fact.recorded_at, source=fact.source, event_id=fact.event_id)


def _plain(text: str) -> str:
    """Without what LIKE takes for more than itself."""
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_")
