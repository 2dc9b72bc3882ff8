"""What a user asked wrongly, and how it is said: one line with the remedy, exit code 2."""

import errno
import os
import re
from contextlib import suppress
from datetime import date
from pathlib import Path

from typer.exceptions import TyperException

# What a machine refuses, not what a programmer got wrong: a file that a bug expects and does not find is not here.
OF_THE_MACHINE = {
    errno.EACCES: "ask for the right to it, or name another place",
    errno.EPERM: "ask for the right to it, or name another place",
    errno.EROFS: "name a place that can be written to",
    errno.ENOSPC: "make room, then do it again",
    errno.EDQUOT: "make room, then do it again",
    errno.EIO: "the disk has a fault: copy what is on it, then do it again from the copy",
    errno.EEXIST: "name a folder, or a place where nothing is",
    errno.EISDIR: "name a file, not a folder",
    errno.ENOTDIR: "name a folder, not a file",
    errno.ENAMETOOLONG: "name a shorter path",
    errno.EMFILE: "allow more open files (ulimit -n), then do it again",
}

OF_THE_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EIO)
YEARS = range(1900, 2200)  # of the records (schemas/types.py)


class Misuse(TyperException):
    """What the user asked cannot be done; the message is one line with the remedy."""


class MachineLost(Misuse):
    """What was asked was right, and a machine that it needs is gone: exit code 1, and nothing was published."""


def refused_by_machine(error: OSError) -> Misuse | None:
    """The one line for what the machine does not allow; None for any other error, which is a bug and shows as one."""
    remedy = OF_THE_MACHINE.get(error.errno or 0)
    where = f"{error.filename}: " if error.filename else ""
    return Misuse(f"{where}{error.strerror}: {remedy}") if remedy else None


def day_asked(text: str, option: str, asked: str | None = None) -> int:
    """The epoch day of YYYY-MM-DD in 1900 to 2199. Raises Misuse, with the words of ``asked`` if given."""
    from rules.periods import epoch_day

    # fromisoformat alone would take 20260228 and 2026-W09-6 too, which nobody means.
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) and int(text[:4]) in YEARS:
        with suppress(ValueError):
            return epoch_day(date.fromisoformat(text))
    raise Misuse(asked or f"{option} {text} is not a day: write YYYY-MM-DD, such as 2026-02-28")


def journal_asked(folder: Path) -> None:
    """Raises Misuse unless the folder holds a journal."""
    from schemas.journal import is_journal

    if not is_journal(folder):
        raise Misuse(f"--journal {folder} is no journal: name the folder that a job was given")


def readable(path: Path, option: str) -> None:
    """Raises Misuse unless the file may be read."""
    if not os.access(path, os.R_OK):
        raise Misuse(f"{option} {path} may not be read: ask for the right to it, or leave it out")


def writable_folder(folder: Path, option: str) -> None:
    """Makes a folder, if need be. Raises Misuse unless files can be put there."""
    from schemas import private

    try:
        private.folder(folder)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "not a name for a folder"
        raise Misuse(f"{option} {folder} cannot be made ({why}): name a folder you may write to") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise Misuse(f"{option} {folder} may not be written to: name a folder you may write to")


def file_written(path: Path, content: bytes | str, option: str, rights: int | None = None) -> None:
    """Put a file where the user asked, whole or not at all, with the folders above it; for the owner's eyes where no
    rights are named. Raises Misuse; OSError of a disk that is full or has a fault, which is nobody's misuse."""
    from schemas import private

    try:
        private.folder(path.parent)
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        private.written(path, content, private.OWN_EYES if rights is None else rights)
    except OSError as error:
        if error.errno in OF_THE_DISK:
            raise
        raise Misuse(f"{option} {path} cannot be written ({error.strerror}): name a file you may write") from error
