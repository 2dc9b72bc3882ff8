"""Folders at any address that Beam reads: of this machine, ``gs://``, and whatever file system is registered.

Work is done in folders of this machine, which are private. A file comes from its address as a copy and is sent there
under a temporary name, then renamed, so that it is there whole or not at all, and sending it twice does no harm.
"""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from apache_beam.io.filesystem import BeamIOError, CompressionTypes
from apache_beam.io.filesystems import FileSystems
from apache_beam.options.pipeline_options import PipelineOptions

from schemas import private

AT = "://"
EMULATOR = "STORAGE_EMULATOR_HOST"
AS_IT_IS = CompressionTypes.UNCOMPRESSED
CHUNK = 1 << 20  # bytes


class StoredFile(NamedTuple):
    """A file by its name below a folder, and its size in bytes."""

    name: str
    size: int


def is_address(folder: str) -> bool:
    """Whether it is no folder of this machine."""
    return AT in folder


def options_here() -> list[str]:
    """Beam's options where a server of this machine stands for Cloud Storage: it asks nobody who they are."""
    return ["--no_auth"] if EMULATOR in os.environ else []


def set_options(arguments: list[str]) -> None:
    """Let this process reach addresses by Beam's options."""
    FileSystems.set_options(PipelineOptions(arguments))


def stored(folder: str) -> list[StoredFile]:
    """All files below an address, sorted by name. Raises OSError if nobody may look or there is no such place."""
    below = f"{folder.rstrip('/')}/"
    (match,) = FileSystems.match([f"{below}**"])
    found = (StoredFile(each.path.removeprefix(below), each.size_in_bytes) for each in match.metadata_list)
    return sorted(each for each in found if each.name and not each.name.endswith("/"))


@contextmanager
def brought(folder: str, name: str) -> Iterator[Path]:
    """A folder of this machine in which the file lies under its name: the folder itself, or one with a copy."""
    if not is_address(folder):
        yield Path(folder)
        return
    with TemporaryDirectory() as here:
        bring(folder, name, Path(here))
        yield Path(here)


def bring(folder: str, name: str, to: Path) -> Path:
    """A copy of a file below an address. Raises OSError."""
    path = to / name
    private.folder(path.parent)
    address = f"{folder.rstrip('/')}/{name}"
    with FileSystems.open(address, compression_type=AS_IT_IS) as there, private.created(path) as here:
        shutil.copyfileobj(there, here, CHUNK)
    return path


@contextmanager
def sent(folder: str) -> Iterator[Path]:
    """A folder of this machine; when the block ends without an error, the files put into it are at the address."""
    if not is_address(folder):
        yield Path(folder)
        return
    with TemporaryDirectory() as here:
        yield Path(here)
        for path in sorted(Path(here).iterdir()):
            _send(path, folder)


def _send(path: Path, folder: str) -> None:
    there = f"{folder.rstrip('/')}/{path.name}"
    unfinished = f"{folder.rstrip('/')}/.{path.name}.{secrets.token_hex(8)}"
    with path.open("rb") as here, FileSystems.create(unfinished, compression_type=AS_IT_IS) as stream:
        shutil.copyfileobj(here, stream, CHUNK)
    FileSystems.rename([unfinished], [there])


def move(names: list[str], folder: str, to: str) -> None:
    """Give files of a folder their names in another. Those that are there already and no longer here were moved by a
    try before. Raises FileNotFoundError for one that is in neither."""
    here, there = ({each.name for each in stored(each)} for each in (folder, to))
    if missing := [name for name in names if name not in here | there]:
        raise FileNotFoundError(f"{len(missing)} files are neither in {folder} nor in {to}, such as {missing[0]}")
    moving = [name for name in names if name in here]
    if moving:
        FileSystems.rename(*([f"{each.rstrip('/')}/{name}" for name in moving] for each in (folder, to)))


def remove(folder: str, names: list[str]) -> None:
    """Delete files below an address; one that is gone already is no error."""
    if names:
        try:
            FileSystems.delete([f"{folder.rstrip('/')}/{name}" for name in names])
        except BeamIOError as error:
            if left := {each.name for each in stored(folder)} & set(names):
                raise OSError(f"{len(left)} files in {folder} could not be deleted") from error
