"""Where a sample goes: Avro files of a few thousand records each, and the truth beside them."""

import json
import re
from collections import Counter
from pathlib import Path

from pipelines.sample.situations import ROLL
from schemas import private
from schemas.avro import write_container
from schemas.ids import document_name
from schemas.types import Fields

RECORDS_IN_A_FILE = 4000

Record = Fields
Fact = tuple[str, Record]


def snake(kind: str) -> str:
    """``EvvVisit`` -> ``evv_visit``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind).lower()


class Shelf:
    """Takes records one by one and writes a file whenever one is full. Units and names as in CONTRACT.md."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.waiting: dict[str, list[Record]] = {}
        self.written: Counter[str] = Counter()
        self.files: Counter[str] = Counter()
        private.folder(folder)

    def put(self, kind: str, record: Record) -> None:
        """Keeps a record for the next file of its kind."""
        waiting = self.waiting.setdefault(kind, [])
        waiting.append(record)
        self.written[kind] += 1
        if len(waiting) >= RECORDS_IN_A_FILE:
            self._flush(kind)

    def close(self) -> None:
        """Writes what is left."""
        for kind in sorted(self.waiting):
            if self.waiting[kind]:
                self._flush(kind)

    def _flush(self, kind: str) -> None:
        self.files[kind] += 1
        write_container(self.folder / f"{snake(kind)}-{self.files[kind]:04d}.avro", kind, self.waiting[kind])
        self.waiting[kind] = []


class Truth:
    """What was planted, by situation."""

    def __init__(self) -> None:
        self.planted: dict[str, list[Fields]] = {}
        self.repeated: Counter[str] = Counter()
        self.rejections: Counter[str] = Counter()

    def plant(self, name: str, facts: list[Fact], **grain: str) -> None:
        """Notes that the facts show situation ``name``; ``grain`` narrows it to a person or a day."""
        documents = sorted({document_name(kind, record["document_id"]) for kind, record in facts})
        self.planted.setdefault(name, []).append({"documents": documents, **grain})

    def situations(self) -> Fields:
        """Situation -> law ids, codes, what follows, and where it was planted."""
        return {
            name: {"law": ROLL[name].law, "codes": ROLL[name].codes, "follows": ROLL[name].follows, "planted": planted}
            for name, planted in sorted(self.planted.items())
        }


def write_truth(path: Path, truth: Fields) -> None:
    """Writes the truth, one line per planted instance."""
    private.written(path, json.dumps(truth, indent=1, sort_keys=True) + "\n")
