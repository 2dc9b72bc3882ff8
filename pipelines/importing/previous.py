"""What an import before wrote: documents with their latest revision, the sender's numbers, and the ids of people."""

import csv
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from pipelines.importing.map import ImportMap
from pipelines.importing.revisions import keys_of, remembered
from pipelines.importing.spool import Spool
from pipelines.misuse import Misuse
from schemas import FACTS, private
from schemas.avro import Container, Unreadable
from schemas.types import Fields

PEOPLE = ("provider_id", "recipient_id")


def learn(folder: Path, asked: ImportMap, spool: Spool) -> dict[str, frozenset[str]]:
    """Tell the spool what is known of the map's kind; ids that are known, by field. Raises Misuse."""
    ids: dict[str, set[str]] = defaultdict(set)
    for path in sorted(folder.rglob("*.avro")):
        for kind, record in _records(path):
            for name in PEOPLE:
                if isinstance(record.get(name), str):
                    ids[name].add(record[name])
            if kind == asked.kind:
                keys = keys_of(kind, record)
                spool.know(record["document_id"], keys, record["revision"], record["withdrawn"], remembered(record))
    for document, last in sequences_of(folder):
        spool.know_sequence(document, last)
    return {name: frozenset(found) for name, found in ids.items()}


def _records(path: Path) -> Iterator[tuple[str, Fields]]:
    with path.open("rb") as stream:
        try:
            container = Container(stream)
            if container.kind in FACTS:
                for _, record in container:
                    yield container.kind, record
        except Unreadable as damage:
            raise Misuse(
                f"--previous {path} cannot be read whole ({damage.message}): name a folder of whole facts"
            ) from None


def sequences_of(folder: Path) -> Iterator[tuple[str, int]]:
    """The sender's numbers that imports before noted."""
    for path in sorted(folder.rglob("import-*-sequences.csv")):
        with path.open(encoding="utf-8", newline="") as stream:
            yield from ((document, int(last)) for document, last in csv.reader(stream))


def write_sequences(spool: Spool, path: Path) -> bool:
    """Note the sender's numbers for the next import, each id as it is; whether there are any."""
    found = False
    with private.text(path) as stream:
        rows = csv.writer(stream, lineterminator="\n")
        for each in spool.sequences():
            rows.writerow(each)
            found = True
    return found
