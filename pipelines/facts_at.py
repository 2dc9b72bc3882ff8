"""The files of facts below an address, and those that nobody reads: what `pipelines.files_below` is for folders."""

from pathlib import PurePosixPath
from typing import NamedTuple

from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems

from pipelines.files_below import FACTS, JOURNALLED, OURS, TRUTH, TRUTH_BEGINS
from schemas.journal import FOLDER
from transforms.addresses import StoredFile, stored

HEAD = 64  # bytes in which truth.json says what it is


class FactsAt(NamedTuple):
    """``files`` are read, ``ignored`` are not: names below the address, sorted. ``sizes``: of the files, bytes."""

    files: list[str]
    ignored: list[str]
    sizes: list[int]


def facts_at(events: str) -> FactsAt:
    """What lies below an address. Raises OSError if nobody may look."""
    found = stored(events)
    inside = f"{FOLDER}/"
    is_journal = any(each.name.startswith(inside) for each in found)
    if is_journal:
        found = [each for each in found if each.name.startswith(inside)]
    read: list[StoredFile] = []
    ignored: list[str] = []
    for each in found:
        path = PurePosixPath(each.name)
        if path.suffix not in (JOURNALLED if is_journal else FACTS):
            ignored.append(each.name)
        elif not OURS.fullmatch(path.name) and not _is_truth(events, path):
            read.append(each)
    return FactsAt([each.name for each in read], ignored, [each.size for each in read])


def _is_truth(events: str, path: PurePosixPath) -> bool:
    if path.name != TRUTH:
        return False
    there = f"{events.rstrip('/')}/{path}"
    with FileSystems.open(there, compression_type=CompressionTypes.UNCOMPRESSED) as stream:
        return bool(TRUTH_BEGINS.match(stream.read(HEAD)))
