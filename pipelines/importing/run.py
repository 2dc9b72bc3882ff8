"""An import: files to facts, a table of what is wrong, and counts that add up. Memory stays flat; what a run leaves
appears whole or not at all."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from fold.record_files import file_name
from pipelines.importing.documents import Version, versions
from pipelines.importing.drafts import DAYS, drafts_of
from pipelines.importing.ledger import ImportLedger
from pipelines.importing.map import ImportMap
from pipelines.importing.opening import opened, with_order
from pipelines.importing.previous import learn, write_sequences
from pipelines.importing.punches import regrouped
from pipelines.importing.reading import CellReader
from pipelines.importing.readings import Bad
from pipelines.importing.revisions import Record, Reviser
from pipelines.importing.sources import RefusedFile, RowSource, SourceRow, as_text
from pipelines.importing.spool import Spool
from pipelines.importing.totals import Totals
from pipelines.importing.whole import of_hours
from rules.periods import civil_day, midnight
from schemas import private
from schemas.avro import write_container
from schemas.types import Json

ROWS_BETWEEN_BEATS = 256
EARLY_HOURS = 5  # of the day: where most shifts begin in them, a zone is wrong
ENOUGH_STARTS = 20
MILLIS_IN_HOUR = 3_600_000
Beat = Callable[[str, int, int], None]


class ImportAsked(NamedTuple):
    """What an import is asked: ``previous``: folder of what was imported before; ``strict``: one bad row and nothing is
    written; ``now``: epoch milliseconds."""

    files: list[Path]
    map: ImportMap
    out: Path
    previous: Path | None
    withdraw_missing: bool
    strict: bool
    now: int


def import_files(asked: ImportAsked, beat: Beat) -> Json:
    """Write facts below ``asked.out``; what became of every row."""
    scratch = Path(tempfile.mkdtemp(prefix=".importing-", dir=asked.out))
    try:
        return _Import(asked, scratch, beat).told()
    finally:
        shutil.rmtree(scratch)


@dataclass
class _Import:
    asked: ImportAsked
    scratch: Path
    beat: Beat
    totals: Totals = field(default_factory=Totals)

    def told(self) -> Json:
        """Read, put together, write."""
        mark = _mark(self.asked)
        names = _short_names(self.asked.files)
        with (
            ImportLedger(names, self.scratch / "bad.csv", self.scratch / "bad.json") as ledger,
            closing(Spool(self.scratch / "spool")) as spool,
        ):
            ids = learn(self.asked.previous, self.asked.map, spool) if self.asked.previous else {}
            reader = CellReader(with_order(self.asked.map, self.asked.files), ids)
            for number, path in enumerate(self.asked.files):
                self._read(number, path, reader, spool, ledger)
            ledger.warnings += reader.warnings()
            writer = _Writer(self.asked, spool, ledger, self.beat)
            path = self.scratch / "facts"  # which no reader of a folder takes, should this run be killed
            write_container(path, self.asked.map.kind, writer.records())
            has_numbers = write_sequences(spool, self.scratch / "sequences.csv")
        assert ledger.adds_up(), dict(ledger.rows)
        return self._published(ledger, path, mark, has_numbers)

    def _read(self, number: int, path: Path, reader: CellReader, spool: Spool, ledger: ImportLedger) -> None:
        try:
            source = opened(path, self.asked.map)
            for count, row in enumerate(source.rows()):
                self._read_row(number, row, reader, spool, ledger)
                if not count % ROWS_BETWEEN_BEATS:
                    self._tell(number, source)
            ledger.rows["blank"] += source.blank
        except RefusedFile as refused:
            ledger.rows["read"] += 1
            ledger.became("rejected", 0)
            ledger.reject(number, 0, Bad("", "", refused.expected, refused.reason), "")
        self.beat("rows", 1000 * (number + 1), 1000 * len(self.asked.files))

    def _tell(self, number: int, source: RowSource) -> None:
        share = min(999, 1000 * source.done // source.total) if source.total else 0
        self.beat("rows", 1000 * number + share, 1000 * len(self.asked.files))

    def _read_row(self, number: int, row: SourceRow, reader: CellReader, spool: Spool, ledger: ImportLedger) -> None:
        ledger.rows["read"] += 1
        if row.fault is None and (rule := reader.skipped(row)):
            if rule.total:
                self.totals.compare(row, rule.total, reader.asked, ledger)
            return ledger.skip(rule.why)
        read = reader.read(row)
        raw = "" if read.is_secret else as_text(row.raw)
        drafts = drafts_of(reader.asked, read, raw)
        if read.bad or not drafts:
            ledger.became("rejected", 0)
            for bad in read.bad or [Bad("", "", "hours on some day", field="minutes")]:
                ledger.reject(number, row.place, bad, raw)
            return None
        minutes = sum(each.minutes for each in drafts)
        ledger.minutes["read"] += minutes
        self.totals.add(minutes)
        spool.add(drafts, number, row.place, raw, ledger.saying(read.assumed, read.noted))
        return None

    def _published(self, ledger: ImportLedger, facts: Path, mark: str, has_numbers: bool) -> Json:
        """Move what was made to its place; an import that is there already stays as it is."""
        asked, count = self.asked, sum(ledger.documents.values())
        kept_back = asked.strict and ledger.bad_cells > 0
        target = asked.out / f"{file_name(asked.map.kind).removesuffix('.avro')}-{mark}.avro"
        is_there = target.exists()
        told: Json = {"kind": asked.map.kind, "source": asked.map.source, "files": list(ledger.names)}
        told |= ledger.told(asked.map.kind, not (of_hours(asked.map) or asked.map.rows.shape == "punch"))
        told |= {"events": 0 if kept_back or is_there else count, "imported_before": is_there and not kept_back}
        told |= {"facts": None if kept_back or not count else str(target), "bad_rows": None}
        if ledger.bad_cells:
            for made, ending in (("bad.json", "json"), ("bad.csv", "csv")):
                path = asked.out / f"import-{mark}-bad-rows.{ending}"
                (self.scratch / made).replace(path)
                told["bad_rows"] = str(path)
        if not kept_back and count and not is_there:
            facts.replace(target)
            if has_numbers:
                (self.scratch / "sequences.csv").replace(asked.out / f"import-{mark}-sequences.csv")
        if not is_there or kept_back:
            text = json.dumps(told, indent=2, ensure_ascii=False).encode("utf-8", "backslashreplace")
            private.written(asked.out / f"import-{mark}.json", text + b"\n")
        return told


class _Writer:
    """Records of all documents, and warnings of what they look like together."""

    def __init__(self, asked: ImportAsked, spool: Spool, ledger: ImportLedger, beat: Beat) -> None:
        self.asked, self.spool, self.ledger, self.beat = asked, spool, ledger, beat
        self.reviser = Reviser(asked.map, spool, ledger, asked.now)
        self.starts = self.early = 0
        self.days: list[int] = []

    def records(self) -> Iterator[Record]:
        """All of them, by document; then what has vanished."""
        total, done = self.spool.count(), 0
        for group, rows in self.spool.documents():
            together = regrouped(self.asked.map, rows, self.ledger) if self._of_punches() else [(group, rows)]
            for document, theirs in together:
                found = versions(self.asked.map, theirs, self.ledger)
                self._look(found)
                yield from self.reviser.records(document, found)
            done += len(rows)
            if not done % ROWS_BETWEEN_BEATS or done == total:
                self.beat("facts", done, total)
        if self.asked.withdraw_missing:
            yield from self._vanished()
        self._warn()

    def _of_punches(self) -> bool:
        return self.asked.map.rows.shape == "punch"

    def _vanished(self) -> Iterator[Record]:
        """Take back what this file should have and has not: of days that it covers, and only if all of it was read."""
        if self.ledger.bad_cells:
            self.ledger.warnings.append(
                "nothing was withdrawn as missing: a bad row may be of a document that seems so"
            )
            return
        for document, known in self.spool.vanished():
            day = _day_of(known.body)
            is_theirs = known.body["source"] in self.reviser.sources
            if is_theirs and (day is None or (self.days and self.days[0] <= day <= self.days[1])):
                yield self.reviser.taken_back(document, known)

    def _look(self, found: list[Version]) -> None:
        """Note the days that the file covers, and how early visits begin."""
        for body in (version.body for version in found):
            day = _day_of(body)
            if day is not None:
                self.days = [min([day, *self.days]), max([day, *self.days])]
            if start := body.get("check_in_at"):
                self.starts += 1
                self.early += (start - _midnight(start)) < EARLY_HOURS * MILLIS_IN_HOUR

    def _warn(self) -> None:
        if self.starts >= ENOUGH_STARTS and self.early * 2 > self.starts:
            words = (
                f"{self.early:,} of {self.starts:,} check-ins are between midnight and 5:00: is the time zone right?"
            )
            self.ledger.warnings.append(words)
        if "document_id" not in self.asked.map.fields and self.asked.map.kind == "EvvVisit":
            words = "the file has no ids of visits: a visit whose beginning is moved later will look like a second one"
            self.ledger.warnings.append(words)


def _midnight(instant: int) -> int:
    return midnight(civil_day(instant))


def _day_of(record: Record) -> int | None:
    instant = record.get("check_in_at") or record.get("check_out_at")
    return civil_day(instant) if instant else next((record[n] for n in DAYS if isinstance(record.get(n), int)), None)


def _mark(asked: ImportAsked) -> str:
    """The same for the same files by the same map, beside the same import before, asked the same."""
    total = hashlib.sha256(asked.map.model_dump_json().encode())
    for path in asked.files:
        with path.open("rb") as stream:
            total.update(hashlib.file_digest(stream, "sha256").digest())
    for path in sorted(asked.previous.rglob("*.avro")) if asked.previous else ():
        total.update(path.name.encode())
        total.update(path.stat().st_size.to_bytes(8))
    if asked.withdraw_missing:
        total.update(b"withdraw missing")
    return total.hexdigest()[:12]


def _short_names(files: Sequence[Path]) -> list[str]:
    names = [path.name for path in files]
    return names if len(set(names)) == len(names) else [os.fspath(path) for path in files]
