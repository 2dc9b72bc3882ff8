"""The segments of a journal: where those of a pay run lie, what is in them, and the torn tail that a crash left."""

import os
from collections.abc import Iterator
from operator import attrgetter
from pathlib import Path
from typing import IO, NamedTuple

import msgspec

from fold.publications import BadPublication, PublishedLaw, published_in
from pipelines.live.durable import sync, sync_folder
from rules.periods import business_day_of, iso
from schemas.journal import FOLDER, MARKER, Entry, read_segment, whole_bytes
from schemas.physical import Unreadable

NO_JSON = (msgspec.DecodeError, UnicodeDecodeError)  # the latter where a byte within a text was changed


class Damaged(ValueError):
    """The journal is not what was written, and no torn tail explains it."""


class Cut(NamedTuple):
    """A torn tail that was cut off: nothing of it had been acknowledged."""

    segment: str
    bytes: int


def run_folder(journal: Path, cut_off: int) -> Path:
    """Where the entries of a pay run lie."""
    return journal / FOLDER / iso(business_day_of(cut_off))


def segments(folder: Path) -> list[Path]:
    """Segments of a pay run's folder, oldest first."""
    return [folder / each.name for each in _in_order(folder) if each.name.endswith(".avro")]


def run_folders(journal: Path) -> list[Path]:
    """Folders of pay runs that have entries, oldest first."""
    return [journal / FOLDER / each.name for each in _in_order(journal / FOLDER) if each.is_dir()]


def _in_order(folder: Path) -> list[os.DirEntry[str]]:
    """By name; none where there is no folder."""
    try:
        with os.scandir(folder) as found:
            return sorted(found, key=attrgetter("name"))
    except (FileNotFoundError, NotADirectoryError):
        return []


def segments_after(journal: Path, day: str) -> list[Path]:
    """Segments of the pay runs after a business day."""
    return [path for folder in run_folders(journal) if folder.name > day for path in segments(folder)]


def entries_of(path: Path, is_open: bool = False) -> Iterator[Entry]:
    """Entries of a segment; ``is_open``: of a pay run that is not closed, so a torn tail is none of its entries. Raises
    Damaged."""
    with path.open("rb") as stream:
        try:
            yield from read_segment(stream)
        except Unreadable as damage:
            if is_open and _is_torn(stream, damage.offset or 0):
                return
            raise Damaged(f"{name_of(path)} is damaged from byte {damage.offset} on: restore it from backup") from None


def published(journal: Path) -> list[PublishedLaw]:
    """Changes of law in a journal, in order. Raises Damaged."""
    try:
        return [each for path in segments_after(journal, "") for each in published_in(path)]
    except BadPublication as wrong:
        raise Damaged(str(wrong)) from None


def name_of(path: Path) -> str:
    """A segment as people are told of it."""
    return f"{path.parent.name}/{path.name}"


def _sync_as_read(stream: IO[bytes], path: Path) -> None:
    """What a job wrote that was killed is read, and need not be on the disk yet; nor its name, nor its folder's."""
    sync(stream)
    for folder in (path.parent, path.parent.parent):
        sync_folder(folder)


def without_torn_tail(path: Path) -> Cut | None:
    """Cut off what a crash left half written: it has no end marker. Raises Damaged if what is bad was written whole."""
    with path.open("rb+") as stream:
        whole, size = whole_bytes(stream), path.stat().st_size
        if whole == size > 0:
            _sync_as_read(stream, path)
            return None
        if not _is_torn(stream, whole):
            raise Damaged(f"{name_of(path)} is damaged at byte {whole}: restore it from backup")
        stream.truncate(whole)
        sync(stream)
    if not whole:
        path.unlink()
        sync_folder(path.parent)
    return Cut(name_of(path), size - whole)


def _is_torn(stream: IO[bytes], whole: int) -> bool:
    """Was what follows the whole bytes left half written, so that it has no end marker?"""
    stream.seek(whole)
    return stream.read().count(MARKER) <= (0 if whole else 1)  # the header has one too
