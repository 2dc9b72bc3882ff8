"""What must outlive a power cut: files synced, names synced, one owner of a folder."""

import fcntl
import os
from pathlib import Path
from typing import IO

from pipelines.misuse import Misuse
from schemas import private

OF_A_JOB = "--journal {folder} belongs to a job that is running: end that one first"


def sync(stream: IO[bytes]) -> None:
    """All that was written to the stream is on the disk when this returns. Raises OSError when it is full."""
    stream.flush()
    os.fsync(stream.fileno())


def sync_folder(folder: Path) -> None:
    """The names in a folder are on the disk when this returns."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def made(folder: Path, mode: int = private.OWN_FOLDER) -> Path:
    """The folder, there to stay."""
    if not folder.is_dir():
        folder.mkdir(mode, parents=True, exist_ok=True)
        sync_folder(folder.parent)
    return folder


def replace(path: Path, content: bytes) -> None:
    """Put ``content`` at ``path``, whole or not at all."""
    unfinished = path.with_name(f".{path.name}.unfinished")
    with unfinished.open("wb") as stream:
        stream.write(content)
        sync(stream)
    unfinished.replace(path)
    sync_folder(path.parent)


class Owned:
    """A folder that only this process writes to; whoever else comes gets the ``refusal``, as Misuse."""

    def __init__(self, folder: Path, refusal: str = OF_A_JOB, name: str = "lock") -> None:
        self._stream = (made(folder) / name).open("ab")
        try:
            fcntl.flock(self._stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._stream.close()
            raise Misuse(refusal.format(folder=folder)) from None

    def __enter__(self) -> "Owned":
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()
