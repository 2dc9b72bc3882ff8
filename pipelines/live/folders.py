"""A folder that facts come from.

A file is taken when it was renamed to a name that ends as facts do (.avro, .csv, .jsonl ...), or when nobody has
written to it for a while (``settle``). It is moved to ``taken/`` when all of it is in the journal, or to
``quarantine/`` (under its SHA-256) when it could not be read to its end. The same content is not taken twice: the
journal holds the SHA-256 of each file.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from pipelines.files_below import FACTS, is_ours
from pipelines.live.collector import Batch, batches
from pipelines.live.durable import made, sync_folder
from pipelines.live.journal import Journal
from pipelines.live.landed import LandedFile, Seen, mark_of, opened, seen
from pipelines.live.landed_text import landed

LARGEST_BATCH = 2000
TAKEN, QUARANTINE = "taken", "quarantine"
ENDINGS = (".gz", ".parquet", ".part", ".partial", ".tmp", ".tsv", ".txt", ".xlsx", ".xml", ".zip")


class FolderIn:
    """Facts from files that land in ``folder``; what a crash left of one in the journal is not taken again.

    Which files were taken the journal's segments say, and nothing else: a file in ``taken/`` or ``quarantine/`` that
    they do not know (the journal is an older copy, put back) lands again, and so does one that comes again and of which
    something was rejected. Facts that are known already change nothing. ``settle``: how long a file must have been as
    it is (seconds by ``clock``).
    """

    def __init__(
        self, folder: Path, journal: Journal, settle: float = 0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.folder, self.journal = made(folder), journal
        self.done, self.quarantine = made(folder / TAKEN), made(folder / QUARANTINE)
        self.settle, self.clock = settle, clock
        self._since: dict[Path, tuple[Seen, float]] = {}  # as a file is, and since when
        self._refused: set[Path] = set()  # what may not be read
        self._turned_away = False
        put_away = [*sorted(self.done.iterdir()), *sorted(self.quarantine.iterdir())]
        self.again = sum(self._land_again(path) for path in put_away if _lands(path))

    def _land_again(self, path: Path) -> bool:
        try:
            with opened(path) as stream:
                mark = mark_of(stream) or landed(stream, path).mark
        except OSError:  # as one that lands and may not be read: it keeps no other back
            return False
        if mark in self.journal.taken:
            return False
        _move(path, self.folder / path.name, mark)
        return True

    def batches(self) -> Iterator[Batch]:
        """What has landed until now, file by file by name; one that may not be read keeps no other back."""
        self._refused.clear()
        for path in self._settled():
            try:
                yield from self._of_file(path)
            except OSError:
                self._refused.add(path)

    def oldest(self) -> int | None:
        """Since when the oldest file waits that is not taken (epoch milliseconds of its last change); None: none."""
        return min(map(_changed, self._landed()), default=None)

    def settling(self) -> bool:
        """Has something landed that will be taken when it has been as it is for long enough?"""
        landed = self._landed()
        return len(landed) > len(self._settled()) if self.settle else False

    def _landed(self) -> list[Path]:
        return [path for path in sorted(self.folder.iterdir()) if _lands(path)]

    def _settled(self) -> list[Path]:
        """Files that nobody writes to any more, as far as anyone can tell."""
        now, before, self._since = self.clock(), self._since, {}
        for path in self._landed():
            with suppress(FileNotFoundError):
                is_now = seen(path.lstat())
                was, since = before.get(path, (None, now))
                self._since[path] = (is_now, since if was == is_now else now)
        return [path for path, (_, since) in self._since.items() if now - since >= self.settle]

    def ignored(self, until: int) -> dict[str, int]:
        """How many things lie in the folder that are never taken, by what they are; ``until`` (epoch milliseconds):
        changed no later, for a file that is being written has another name for a while. Names are of people, perhaps.
        """
        others: Counter[str] = Counter({"unreadable": len(self._refused)} if self._refused else {})
        for path in self.folder.iterdir():
            with suppress(FileNotFoundError):  # it has its name by now
                if not _lands(path) and not self._is_own(path) and _changed(path) <= until:
                    others[_what(path)] += 1
        return dict(sorted(others.items()))

    def heard(self) -> dict[str, int]:
        """A folder is always there to be asked."""
        return {}

    def _is_own(self, path: Path) -> bool:
        return path in (self.done, self.quarantine) or is_ours(path)

    def close(self) -> None:
        """Nothing to let go."""

    def _of_file(self, path: Path) -> Iterator[Batch]:
        with opened(path) as stream:
            file = landed(stream, path)
            if self.journal.taken.get(file.mark) is False or self.journal.moving == file.mark:
                self.journal.moving = None
                self._put_away(path, file)
                return
            known = frozenset(self.journal.unfinished.get(file.origin, ()))
            messages = (message for message in file.messages() if message.origin not in known)
            for batch in batches(messages, lambda: self._put_away(path, file), self._turn_away, LARGEST_BATCH):
                yield batch
                if self._turned_away:  # the rest of the file waits with it
                    self._turned_away = False
                    return

    def _turn_away(self) -> None:
        self._turned_away = True

    def _put_away(self, path: Path, file: LandedFile) -> None:
        if not file.lies_at(path):  # what does comes next; what is then in the journal twice changes nothing
            return
        place = self.quarantine / f"{file.mark}{path.suffix}" if file.damage else self.done / path.name
        _move(path, place, file.mark)


def _move(path: Path, to: Path, mark: str) -> None:
    """Move a file to a place, or beside what has its name there."""
    path.replace(to.with_name(f"{mark[:16]}-{to.name}") if to.exists() else to)
    sync_folder(to.parent)


def _lands(path: Path) -> bool:
    is_named = path.suffix in FACTS and path.name[0] != "." and not is_ours(path)
    return is_named and path.is_file() and not path.is_symlink()


def _changed(path: Path) -> int:
    return path.lstat().st_mtime_ns // 1_000_000


def _what(path: Path) -> str:
    """``.csv`` and other endings that are well known; what else it is."""
    if path.name.startswith("."):
        return "hidden"
    if path.is_symlink():
        return "link"
    if path.suffix in ENDINGS:
        return path.suffix
    return "folder" if path.is_dir() else "other"
