"""Files that hold something about people: for their owner alone, whatever the umask and whatever lay there before.

All that is written goes through here; a style test sees to it.
"""

import os
import secrets
from io import TextIOWrapper
from pathlib import Path
from typing import IO

OWN_EYES, OWN_FOLDER, EVERYBODY = 0o600, 0o700, 0o644
NEW = os.O_WRONLY | os.O_CREAT


def created(path: Path, rights: int = OWN_EYES, more: int = os.O_TRUNC) -> IO[bytes]:
    """A file to be written, empty. ``more``: flags, as of `os.open`. Raises OSError."""
    descriptor = os.open(path, NEW | more, rights)
    os.fchmod(descriptor, rights)  # it may have been there, and the umask may be stricter
    return os.fdopen(descriptor, "wb" if not more & os.O_APPEND else "ab")


def new(path: Path) -> IO[bytes]:
    """A file to be written that was not there. Raises FileExistsError."""
    return created(path, more=os.O_EXCL)


def appended(path: Path) -> IO[bytes]:
    """A file to be written to at its end."""
    return created(path, more=os.O_APPEND)


def text(path: Path, rights: int = OWN_EYES, more: int = os.O_TRUNC) -> IO[str]:
    """A text file to be written, in UTF-8, its ends of line as they are written."""
    return TextIOWrapper(created(path, rights, more), encoding="utf-8", newline="")


def unfinished_name(path: Path) -> Path:
    """Where what shall be at ``path`` is written until it is whole: a name that no other writer has, on no machine."""
    return path.with_name(f".{path.name[:100]}.{secrets.token_hex(8)}")


def written(path: Path, content: bytes | str, rights: int = OWN_EYES) -> Path:
    """Put content at ``path``, whole or not at all."""
    unfinished = unfinished_name(path)
    try:
        with created(unfinished, rights) as stream:
            stream.write(content.encode() if isinstance(content, str) else content)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path


def folder(path: Path) -> Path:
    """A folder, with those above it that are missing. Raises OSError; FileExistsError where something else is."""
    for each in (*reversed(path.parents), path):
        if not each.is_dir():
            each.mkdir(OWN_FOLDER, exist_ok=True)
    return path
