"""A disk that forgets: what was not synced is lost, torn or there, as chance has it, when the power is cut.

The job writes to real files in memory (/dev/shm) through its own code. Whatever must survive goes through `os.fsync`,
and that is where this looks: what a file held, and which names a folder had, when it was last synced. A power cut puts
the folder back to that, and of all that came later keeps what chance says: names each for itself, bytes up to anywhere.
The job's memory is a database of its own syncs, and a cache: it is kept, lost or damaged.
"""

import errno
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from random import Random
from stat import S_ISDIR
from typing import Final

CACHE: Final = ("memory.sqlite", "memory.sqlite-wal", "remembered.json")
SHARED: Final = "memory.sqlite-shm"  # made again by whoever opens the database
PLACE = Path("/dev/shm")
_fsync = os.fsync


class PowerCut(BaseException):
    """Nothing runs on: no handler of the job may see it, as none sees a real one."""


class ForgetfulDisk:
    """A folder on such a disk. ``cut_in``: so many syncs from now the power is cut; ``full_in``: the disk is full;
    ``other_in``: somebody else (``other``) does something."""

    def __init__(self, root: Path, random: Random) -> None:
        self.root, self.random = root, random
        self.contents: dict[int, bytes] = {}
        self.names: dict[str, dict[str, int]] = {}
        self.cut_in = self.full_in = self.other_in = 0
        self.other: Callable[[], None] = lambda: None
        self.syncs, self.cuts, self.was_full = 0, 0, False

    @contextmanager
    def mounted(self) -> Iterator[None]:
        """From now on syncs are seen."""
        os.fsync = self._sync  # type: ignore[assignment]  # the job gives it descriptors
        try:
            yield
        finally:
            os.fsync = _fsync

    def _sync(self, descriptor: int) -> None:
        self.syncs += 1
        self.cut_in, self.full_in, self.other_in = self.cut_in - 1, self.full_in - 1, self.other_in - 1
        if self.other_in == 0:
            self.other()
        if self.full_in == 0:
            self.was_full = True
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        late = self.random.random() < 0.5
        if self.cut_in == 0 and not late:
            raise PowerCut
        path, stat = os.readlink(f"/proc/self/fd/{descriptor}"), os.fstat(descriptor)
        if S_ISDIR(stat.st_mode):
            self._names(path)
        else:
            with open(f"/proc/self/fd/{descriptor}", "rb") as stream:
                self.contents[stat.st_ino] = stream.read()
        if self.cut_in == 0:
            raise PowerCut

    def _names(self, path: str) -> None:
        """What a folder has now is on the disk; so is the new place of what was moved away from it: a rename is one
        step."""
        there = {each.name: each.inode() for each in os.scandir(path)}
        gone = {inode for name, inode in self.names.get(path, {}).items() if name not in there}
        self.names[path] = there
        for folder in self._beside(path) if gone else ():
            moved = {each.name: each.inode() for each in os.scandir(folder) if each.inode() in gone}
            if moved:
                self.names.setdefault(folder, {}).update(moved)

    def _beside(self, path: str) -> list[str]:
        """Where the job moves files from a folder to: those in it, and the one it is in."""
        within = [each.path for each in os.scandir(path) if each.is_dir(follow_symlinks=False)]
        return [*within, *([os.path.dirname(path)] if path != str(self.root) else [])]

    def calm_down(self) -> None:
        """Nothing happens any more that was to happen at a sync."""
        self.cut_in = self.full_in = self.other_in = 0

    def keeps(self, path: Path) -> None:
        """As it is, it is on the disk."""
        self.contents[path.stat().st_ino] = path.read_bytes()

    def lose_power(self) -> None:
        """What is there when it comes back."""
        self.cuts += 1
        kept: dict[str, bytes | None] = {}
        placed: set[int] = set()
        self._keep(str(self.root), kept, placed)
        self._keep_moved(kept, placed)
        for folder, folders, files in os.walk(self.root, topdown=False):
            for path in (f"{folder}/{name}" for name in files):
                if path not in kept:
                    os.unlink(path)
            for path in (f"{folder}/{name}" for name in folders):
                if path not in kept:
                    os.rmdir(path)
        for path, content in kept.items():
            if content is None:
                os.makedirs(path, exist_ok=True)
            elif not os.path.exists(path) or _read(path) != content:
                Path(path).write_bytes(content)
        self.believe(kept)

    def believe(self, known: Mapping[str, bytes | None] | None = None) -> None:
        """All that is there is on the disk. ``known``: what is in each file, if somebody knows."""
        self.contents, self.names = {}, {}
        for folder, _, files in os.walk(self.root):
            inodes = self.names[folder] = {each.name: each.inode() for each in os.scandir(folder)}
            for name in files:
                path = f"{folder}/{name}"
                self.contents[inodes[name]] = (known or {}).get(path) or _read(path)

    def _keep_moved(self, kept: dict[str, bytes | None], placed: set[int]) -> None:
        """A file that was moved and is at none of its two places is at the old one: a rename is one step."""
        now = {each.inode(): each.path for folder, _, _ in os.walk(self.root) for each in os.scandir(folder)}
        for folder, names in self.names.items():
            for name, inode in names.items():
                path = f"{folder}/{name}"
                if inode in now and inode not in placed and path not in kept and folder in {*kept, str(self.root)}:
                    kept[path] = self._content(inode, now[inode])

    def _keep(self, folder: str, kept: dict[str, bytes | None], placed: set[int]) -> None:
        synced: dict[str, int] = self.names.get(folder, {})
        there = {each.name: each for each in os.scandir(folder)}
        for name in sorted({*synced, *there}):
            now = there[name].inode() if name in there else None
            inode = synced.get(name)
            if inode != now and self.random.random() < 0.5:
                inode = now
            path = f"{folder}/{name}"
            placed.update([] if inode is None else [inode])
            if name in there and there[name].is_dir() and inode is not None:
                kept[path] = None
                self._keep(path, kept, placed)
            elif name in CACHE:
                self._keep_cache(path, kept)
            elif name == SHARED:
                continue
            elif inode is not None:
                kept[path] = self._content(inode, path if now == inode else None)

    def _keep_cache(self, path: str, kept: dict[str, bytes | None]) -> None:
        chance = self.random.random()
        if chance < 0.05 or not os.path.exists(path):
            return
        content = bytearray(_read(path))
        if chance < 0.1 and content:
            content[self.random.randrange(len(content))] ^= 1 << self.random.randrange(8)
        kept[path] = bytes(content)

    def _content(self, inode: int, path: str | None) -> bytes:
        synced = self.contents.get(inode, b"")
        now = _read(path) if path is not None else synced
        if synced == now or self.random.random() < 0.4:
            return synced
        if now.startswith(synced):
            torn = now[: self.random.randint(len(synced), len(now))]
            return torn + bytes(self.random.choice((0, 0, 7)))
        if synced.startswith(now):  # it was made shorter, which is one step
            return now
        return now if self.random.random() < 0.5 else now[: self.random.randint(0, len(now))]


def _read(path: str) -> bytes:
    with open(path, "rb") as stream:
        return stream.read()
