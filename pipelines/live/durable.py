"""What must survive a power cut: synced files, synced folders, and one owner of a folder."""

import errno
import fcntl
import os
from pathlib import Path
from typing import IO

from pipelines.misuse import Misuse
from schemas import private

OF_A_JOB = "--journal {folder} belongs to a job that is running: end that one first"
NOT_OURS = (errno.EACCES, errno.EPERM, errno.EROFS, errno.EINVAL)
"""Why a folder's parent cannot be synced that is another's, or read only: then no job made the folder."""
LOST = "{path} was moved or deleted while the job ran, so another could begin beside it: this one has ended"


class LockLost(RuntimeError):
    """The folder may have another owner by now: nothing more may be written to it."""


def sync(stream: IO[bytes]) -> None:
    """All that was written to the stream is on the disk when this returns. Raises OSError when it is full."""
    stream.flush()
    os.fsync(stream.fileno())


def sync_file(path: Path) -> None:
    """What was written to the file is on the disk when this returns."""
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


def sync_folder(folder: Path) -> None:
    """The names in a folder are on the disk when this returns."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def made(folder: Path) -> Path:
    """The folder, there to stay: also one that is there already, for who made it may have been killed before its name
    was on the disk."""
    missing = [each for each in (*reversed(folder.parents), folder) if not each.is_dir()]
    private.folder(folder)
    for each in missing or [folder]:
        try:
            sync_folder(each.parent)
        except OSError as wrong:
            if missing or wrong.errno not in NOT_OURS:
                raise
    return folder


def replace(path: Path, content: bytes) -> None:
    """Put ``content`` at ``path``, whole or not at all."""
    unfinished = path.with_name(f".{path.name}.unfinished")
    with private.created(unfinished) as stream:
        stream.write(content)
        sync(stream)
    unfinished.replace(path)
    sync_folder(path.parent)


class Owned:
    """A folder that only this process writes to; whoever else comes gets the ``refusal``, as Misuse.

    The folder itself is locked, by its descriptor, and a file in it: for file systems that lock no folders, and so that
    ``check`` sees when somebody has put another in its place.
    """

    def __init__(self, folder: Path, refusal: str = OF_A_JOB, name: str = "lock") -> None:
        self._folder, self._path = made(folder), folder / name
        self._stream = private.appended(self._path)
        self._descriptor = os.open(folder, os.O_RDONLY)
        try:
            _lock_folder(self._descriptor)
            _lock(self._stream.fileno())
            self.check()
        except (BlockingIOError, LockLost):
            self._let_go()
            raise Misuse(refusal.format(folder=folder)) from None

    def check(self) -> None:
        """Raises LockLost if the lock's file or the folder is not the one that is held."""
        for path, descriptor in ((self._path, self._stream.fileno()), (self._folder, self._descriptor)):
            try:
                there, held = path.stat(), os.fstat(descriptor)
            except FileNotFoundError:
                raise LockLost(LOST.format(path=path)) from None
            if (there.st_ino, there.st_dev) != (held.st_ino, held.st_dev):
                raise LockLost(LOST.format(path=path))

    def _let_go(self) -> None:
        self._stream.close()
        os.close(self._descriptor)

    def __enter__(self) -> "Owned":
        return self

    def __exit__(self, *_: object) -> None:
        self._let_go()


def _lock(descriptor: int) -> None:
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _lock_folder(descriptor: int) -> None:
    """Raises BlockingIOError when another holds it; a file system that locks no folders is left alone."""
    try:
        _lock(descriptor)
    except BlockingIOError:
        raise
    except OSError:
        return
