"""A folder that facts come from: files that land in it.

Files land by an atomic rename to ``<anything>.avro``; each is moved to ``taken/`` when all of it is in the journal. The
same content twice does no harm: ``JOURNAL/taken/<SHA-256>`` remembers it (lost, it costs duplicates, no money).
"""

import hashlib
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from pipelines.live.collector import Batch, Message, Taken, batches
from pipelines.live.durable import made, sync_folder
from pipelines.live.journal import Journal
from schemas import FACTS
from schemas.avro import Container, Unreadable, encode_message, original_message, validate
from schemas.types import Fields

LARGEST_BATCH = 2000
TAKEN = "taken"
ENDINGS = (".csv", ".gz", ".json", ".jsonl", ".ndjson", ".parquet", ".part", ".tmp", ".txt", ".xlsx", ".xml", ".zip")


class FolderIn:
    """Facts from files that land in ``folder``; what a crash left of one in the journal is not taken again."""

    def __init__(self, folder: Path, journal: Journal) -> None:
        self.folder, self.known = made(folder), made(journal.folder / TAKEN)
        self.done = made(folder / TAKEN)
        self.unfinished = journal.unfinished
        for mark in journal.taken:
            (self.known / mark).touch()

    def batches(self) -> Iterator[Batch]:
        """What has landed until now, file by file in the order of names."""
        for path in self._landed():
            yield from self._of_file(path)

    def oldest(self) -> int | None:
        """Since when the oldest file waits that is not taken (epoch milliseconds of its last change); None: none."""
        return min(map(_changed, self._landed()), default=None)

    def _landed(self) -> list[Path]:
        return [path for path in sorted(self.folder.iterdir()) if _lands(path)]

    def ignored(self, until: int) -> dict[str, int]:
        """How many things lie in the folder that are never taken, by what they are; ``until`` (epoch milliseconds):
        changed no later, for a file that is being written has another name for a while. Names are of people, perhaps.
        """
        others: Counter[str] = Counter()
        for path in self.folder.iterdir():
            with suppress(FileNotFoundError):  # it has its name by now
                if not _lands(path) and path != self.done and _changed(path) <= until:
                    others[_what(path)] += 1
        return dict(sorted(others.items()))

    def close(self) -> None:
        """Nothing to let go."""

    def _of_file(self, path: Path) -> Iterator[Batch]:
        with path.open("rb") as stream:
            mark = hashlib.file_digest(stream, "sha256").hexdigest()
        if (self.known / mark).exists():
            path.replace(self.done / path.name)
            return
        origin = f"{path.name}#{mark[:16]}"
        known = self.unfinished.get(origin, ())
        messages = (message for message in _messages(path, origin, mark) if message.origin not in known)
        yield from batches(messages, lambda: self._taken(path, mark), LARGEST_BATCH)

    def _taken(self, path: Path, mark: str) -> None:
        (self.known / mark).touch()
        sync_folder(self.known)
        path.replace(self.done / path.name)
        sync_folder(self.done)


def _messages(path: Path, origin: str, mark: str) -> Iterator[Message]:
    """Facts of a container file, what is damaged as one rejection, and a mark of its end."""
    with path.open("rb") as stream:
        try:
            container = Container(stream)
            if container.kind not in FACTS:
                raise Unreadable("UNKNOWN_SCHEMA", f"{container.kind} is not a kind of fact.", offset=0)
            for position, record in container:
                yield _message(container, record, f"{origin}:{position}")
        except Unreadable as damage:
            stream.seek(damage.offset or 0)
            yield Message(stream.read(), f"{origin}:from byte {damage.offset or 0}", wrong=damage)
    yield Message(bytes.fromhex(mark), f"{origin}:end", wrong=Taken())


def _message(container: Container, record: Fields, origin: str) -> Message:
    """The record last read. A journal is read without the schemas of its writers, so what others wrote otherwise is
    written as we would; what cannot be used stays as it was."""
    try:
        if container.reader_schema is not None:
            return Message(encode_message(validate(container.kind, record)), origin)
    except Unreadable as wrong:
        return Message(original_message(container.kind, container, record), origin, wrong=wrong)
    return Message(original_message(container.kind, container, record), origin)


def _lands(path: Path) -> bool:
    return path.suffix == ".avro" and path.name[0] != "." and path.is_file()


def _changed(path: Path) -> int:
    return path.lstat().st_mtime_ns // 1_000_000


def _what(path: Path) -> str:
    """``.csv`` and other endings that are well known; what else it is."""
    if path.name.startswith("."):
        return "hidden"
    if path.suffix in ENDINGS:
        return path.suffix
    return "folder" if path.is_dir() else "other"
