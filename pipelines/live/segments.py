"""The segments of a journal, to be read: where those of a pay run lie, and what is in them."""

from collections.abc import Iterator
from pathlib import Path

from rules.periods import business_day_of, iso
from schemas.journal import FOLDER, Entry, read_segment
from schemas.physical import Unreadable


class Damaged(ValueError):
    """The journal is not what was written, and no torn tail explains it."""


def run_folder(journal: Path, cut_off: int) -> Path:
    """Where the entries of a pay run lie."""
    return journal / FOLDER / iso(business_day_of(cut_off))


def segments(folder: Path) -> list[Path]:
    """Segments of a pay run's folder, oldest first."""
    return sorted(folder.glob("*.avro"))


def run_folders(journal: Path) -> list[Path]:
    """Folders of pay runs that have entries, oldest first."""
    return sorted(path for path in (journal / FOLDER).glob("*") if path.is_dir())


def entries_of(path: Path) -> Iterator[Entry]:
    """Entries of a segment. Raises Damaged."""
    with path.open("rb") as stream:
        try:
            yield from read_segment(stream)
        except Unreadable as damage:
            raise Damaged(f"{name_of(path)} is damaged from byte {damage.offset} on: restore it from backup") from None


def name_of(path: Path) -> str:
    """A segment as people are told of it."""
    return f"{path.parent.name}/{path.name}"
