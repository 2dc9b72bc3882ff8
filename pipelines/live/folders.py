"""A folder that facts come from: files that land in it.

Files land by an atomic rename to ``<anything>.avro``; each is moved to ``taken/`` when all of it is in the journal. The
same content twice does no harm: the journal knows it by its SHA-256.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from pipelines.live.collector import Batch, Message, Taken, batches
from pipelines.live.durable import made, sync_folder
from pipelines.live.journal import Journal
from pipelines.live.seals import sha256_of
from schemas import FACTS
from schemas.avro import Container, Unreadable, encode_message, original_message, validate

LARGEST_BATCH = 2000
TAKEN = "taken"
ENDINGS = (".csv", ".gz", ".json", ".jsonl", ".ndjson", ".parquet", ".part", ".tmp", ".txt", ".xlsx", ".xml", ".zip")


class FolderIn:
    """Facts from files that land in ``folder``; what a crash left of one in the journal is not taken again.

    Which files were taken the journal's segments say, and nothing else: a file in ``taken/`` that they do not know (the
    journal is an older copy, put back) lands again, and so does one that comes again and of which something was
    rejected. Facts that are known already change nothing.
    """

    def __init__(self, folder: Path, journal: Journal) -> None:
        self.folder, self.journal = made(folder), journal
        self.done = made(folder / TAKEN)
        self._turned_away = False
        self.again = sum(self._land_again(path) for path in sorted(self.done.glob("*.avro")))

    def _land_again(self, path: Path) -> bool:
        mark = sha256_of(path)
        if mark in self.journal.taken:
            return False
        _move(path, self.folder, mark)
        return True

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

    def heard(self) -> dict[str, int]:
        """A folder is always there to be asked."""
        return {}

    def close(self) -> None:
        """Nothing to let go."""

    def _of_file(self, path: Path) -> Iterator[Batch]:
        mark = sha256_of(path)
        moving, self.journal.moving = self.journal.moving, None
        if self.journal.taken.get(mark) is False or moving == mark:
            _move(path, self.done, mark)
            return
        origin = f"{path.name}#{mark[:16]}"
        known = frozenset(self.journal.unfinished.get(origin, ()))
        messages = (message for message in _messages(path, origin, mark) if message.origin not in known)
        for batch in batches(messages, lambda: _move(path, self.done, mark), self._turn_away, LARGEST_BATCH):
            yield batch
            if self._turned_away:  # the rest of the file waits with it
                self._turned_away = False
                return

    def _turn_away(self) -> None:
        self._turned_away = True


def _move(path: Path, folder: Path, mark: str) -> None:
    """Move a file into a folder, where another content keeps its name."""
    to = folder / path.name
    if to.exists() and sha256_of(to) != mark:
        to = folder / f"{mark[:16]}-{path.name}"
    path.replace(to)
    sync_folder(folder)


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


def _message(container: Container, record: dict[str, Any], origin: str) -> Message:
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
