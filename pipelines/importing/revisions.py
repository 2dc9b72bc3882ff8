"""Versions to records: ids and revision numbers that are the same for the same row, beside what an import before wrote.

The same row gives the same event id; a changed row of a document is its next revision; where key fields changed, the
old document is taken back and a new one written (key fields of a document never change).
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from pipelines.importing.documents import SIGNED, Version, rejected
from pipelines.importing.drafts import digest
from pipelines.importing.ledger import ImportLedger
from pipelines.importing.map import ImportMap
from pipelines.importing.readings import Assumed
from pipelines.importing.spool import Known, Spool
from schemas import FACTS
from schemas.avro import Unreadable, validate
from schemas.types import Fields

OF_THE_MESSAGE = ("event_id", "source", "recorded_at", "admitted_cut_off", "document_id", "revision", "withdrawn")
BY_IMPORT = "time of the import"
Record = Fields


class Last(NamedTuple):
    """The revision of a document that stands before the next."""

    revision: int
    withdrawn: bool
    body: Record


@dataclass
class Reviser:
    """``now``: the clock of the import (epoch milliseconds)."""

    asked: ImportMap
    spool: Spool
    ledger: ImportLedger
    now: int
    sources: set[str] = field(default_factory=set)

    def records(self, document: str, versions: list[Version]) -> Iterator[Record]:
        """Records that say what is new about a document, in order."""
        before = self.spool.known(document)
        chains = {each.keys: Last(each.revision, each.withdrawn, each.body) for each in before}
        self.spool.saw(document)
        for version in versions:
            self.sources.add(version.body.get("source", self.asked.source))
            for record in self._of_version(document, version, chains):
                keys = keys_of(self.asked.kind, record)
                chains[keys] = Last(record["revision"], record["withdrawn"], remembered(record))
                yield record

    def _of_version(self, document: str, version: Version, chains: dict[str, Last]) -> Iterator[Record]:
        if self._is_history(document, version):
            return self._became("superseded", version)
        keys = keys_of(self.asked.kind, version.body)
        moved = next((last for key, last in chains.items() if key != keys and not last.withdrawn), None)
        last = chains.get(keys)
        body, said = self._merged(version, last or moved)
        withdrawn, stated = bool(body.pop("withdrawn", False)), body.pop("revision", None)
        if withdrawn and stated is None and (last or moved):
            last, moved = (last or moved), None
            body = dict(last.body) if last else body
        if withdrawn and (last is None or last.withdrawn) and stated is None:
            return self._never_known(version)
        if last is not None and last.withdrawn == withdrawn and _same(last.body, body):
            return self._became("unchanged", version)
        if wrong := last and (self._not_newer(last, stated) or self._erased(last.body, body, withdrawn)):
            rejected(self.ledger, version.rows, *wrong)
            return iter(())
        revision = stated if stated is not None else (last.revision + 1 if last else 1)
        self.ledger.assumed.update(said)
        return self._told(document, version, self._sealed(document, revision, withdrawn, body), moved)

    def _told(self, document: str, version: Version, record: Record, moved: Last | None) -> Iterator[Record]:
        try:
            validate(self.asked.kind, record)
        except Unreadable as wrong:
            rejected(self.ledger, version.rows, wrong.message, wrong.field or "", wrong.reason)
            return
        if moved is not None:
            self.ledger.noted["documents whose key fields changed: the old one taken back, a new one written"] += 1
            yield self.taken_back(document, moved)
        kind = "withdrawn" if record["withdrawn"] else "revised" if record["revision"] > 1 else "new"
        self.ledger.documents[kind] += 1
        if record.get(SIGNED) == self.now and version.body.get(SIGNED) is None:
            self.ledger.assumed[Assumed(SIGNED, BY_IMPORT, "import")] += 1
        yield record
        yield from self._became("used", version)

    def _became(self, fate: str, version: Version) -> Iterator[Record]:
        for row in version.rows:
            self.ledger.became(fate, row.draft.minutes, row.first)
            if fate == "used" and row.first:
                self.ledger.assume(row.said)
        return iter(())

    def _never_known(self, version: Version) -> Iterator[Record]:
        for row in version.rows:
            self.ledger.skip("taken back, and not known or taken back before")
            self.ledger.minutes["skipped"] += row.draft.minutes
        return iter(())

    def _is_history(self, document: str, version: Version) -> bool:
        """Whether the sender's number is lower than one that was taken already. Notes the number."""
        if version.sequence is None or "sequence" not in self.asked.fields:
            return False
        last = self.spool.sequence_of(document)
        self.spool.know_sequence(document, version.sequence)
        return last is not None and version.sequence < last

    def _merged(self, version: Version, last: Last | None) -> tuple[Record, list[Assumed]]:
        """The body with what an update left out as it was, or as the map says; and what the map said."""
        body, said = dict(version.body), []
        for name in self.asked.rows.keep_earlier:
            if body.get(name) is None:
                body[name] = last.body.get(name) if last else None
            default = self.asked.fields[name].default if name in self.asked.fields else None
            if body[name] is None and default is not None:
                body[name] = default
                said.append(Assumed(name, str(default), "default"))
        return body, said

    def _not_newer(self, last: Last, stated: int | None) -> tuple[str, str] | None:
        if stated is None or stated > last.revision:
            return None
        return f"a revision above {last.revision}, which is known: this row differs from it", "revision"

    def _erased(self, before: Record, after: Record, withdrawn: bool) -> tuple[str, str] | None:
        """Why a revision of hours by day may not be: a silent day would take hours back that nobody said are gone."""
        days, told = before.get("minutes_worked"), after.get("minutes_worked")
        if withdrawn or self.asked.rows.shape == "document" or not days or not told:
            return None
        if not any(was and not now for was, now in zip(days, told, strict=False)):
            return None
        if not self.asked.rows.complete:
            words = "all days of the pay period, and a map that says so (rows: complete = true): this would erase a day"
            return words, "minutes_worked"
        if self.ledger.bad_cells:
            return "a file without bad rows: hours of a day that this would erase may be in one", "minutes_worked"
        return None

    def _sealed(self, document: str, revision: int, withdrawn: bool, body: Record) -> Record:
        """A record with its envelope. Its event id is made of what the rows say, not of the clock."""
        told = {name: value for name, value in body.items() if name != "source"}
        whose = body.get("source", self.asked.source)
        event = digest([self.asked.kind, whose, document, revision, withdrawn, told])
        record = {"source": self.asked.source, "recorded_at": self.now, **body}
        if SIGNED in FACTS[self.asked.kind].model_fields and record.get(SIGNED) is None:
            record[SIGNED] = self.now
        return record | {"event_id": event, "document_id": document, "revision": revision, "withdrawn": withdrawn}

    def taken_back(self, document: str, last: Last | Known) -> Record:
        """The revision that takes a document back."""
        self.ledger.documents["withdrawn"] += 1
        return self._sealed(document, last.revision + 1, True, dict(last.body))


def keys_of(kind: str, body: Record) -> str:
    """The key fields, as text."""
    return json.dumps([body.get(name) for name in FACTS[kind].KEY_FIELDS])


def content_of(record: Record) -> Record:
    """What a record says, without what belongs to the message and the revision."""
    return {name: value for name, value in record.items() if name not in OF_THE_MESSAGE}


def remembered(record: Record) -> Record:
    """What a record says, and whose word it is, to be taken back under that name."""
    return content_of(record) | {"source": record["source"]}


def _same(before: Record, after: Record) -> bool:
    """Whether two contents say the same; a time of signature that the file does not say is no difference."""
    was, now = (
        {name: value for name, value in content_of(each).items() if value is not None} for each in (before, after)
    )
    if SIGNED not in now:
        was.pop(SIGNED, None)
    return was == now
