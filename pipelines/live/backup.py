"""A consistent copy of a journal, made while its job runs; checked against its manifest; and put back.

Letters are copied before segments: the segments they were made from are closed by then, and what arrives meanwhile
belongs to the open pay run. ``DIR/manifest.json`` is written last and holds the SHA-256 of each file.
"""

import shutil
from pathlib import Path

import msgspec

from pipelines.live.accepted import FILE as ACCEPTED
from pipelines.live.begun import FILE as BEGUN
from pipelines.live.durable import made, replace, sync, sync_file, sync_folder
from pipelines.live.lost import FILE as LOST
from pipelines.live.lost import last_number
from pipelines.live.seals import DONE, LETTERS, OUTBOX, RESTORING, SEAL, SEALING, SENT, seals, sha256_of, unsealed
from pipelines.live.segments import NO_JSON, run_folders, segments
from pipelines.live.verify import verify
from pipelines.misuse import Misuse, journal_asked
from schemas import private
from schemas.journal import FOLDER, whole_bytes

MANIFEST = "manifest.json"
START_ONCE = "start the job once, then back up"
OWN_FOLDER, OWN_FILE = 0o700, 0o600


class NotWhole(ValueError):
    """A copy is not what it should be: it is no backup."""


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``last_run``: the last pay run that is closed in it, "": none is; ``files``: SHA-256 by path."""

    last_run: str
    facts: int
    rejections: int
    files: dict[str, str]


def backup(journal: Path, to: Path) -> Manifest:
    """Copy a journal into an empty folder. Raises Misuse, and NotWhole if the journal itself is not whole."""
    journal_asked(journal)
    _must_be_empty(to, "name a new folder for each backup")
    if (journal / SEALING).exists() or unsealed(journal):
        raise Misuse(f"--journal {journal} is of an earlier version, before its letters had seals: {START_ONCE}")
    closed, last = [each.day for each in seals(journal)], last_number(journal)
    for name in (ACCEPTED, BEGUN, LOST):
        if (journal / name).exists():
            _copy(journal / name, to / name)
    for day in closed:
        for name in (SENT, LETTERS, SEAL, DONE):
            if (journal / OUTBOX / day / name).exists():
                _copy(journal / OUTBOX / day / name, to / OUTBOX / day / name)
    made(to / FOLDER)
    for path, size in _as_of_one_instant(journal).items():
        copy = to / path.relative_to(journal)
        _copy(path, copy)
        if path.parent.name not in closed:
            _cut(copy, size)
    return _noted(to, closed[-1] if closed else "", last)


def restore(copy: Path, journal: Path) -> Manifest:
    """Put a backup where there is no journal. Raises Misuse, and NotWhole if the copy is not what was made."""
    manifest = checked(copy)
    _must_be_whole(copy)
    _must_be_empty(journal, "move away what is there: a restored journal and another do not mix")
    replace(journal / RESTORING, b"")  # no job begins on half of it
    for name in manifest.files:
        _copy(copy / name, journal / name)
    if _files(journal) != manifest.files:
        raise NotWhole(f"{journal} is not what was copied to it: look at its disk")
    (journal / RESTORING).unlink()
    sync_folder(journal)
    return manifest


def checked(copy: Path) -> Manifest:
    """The manifest of a backup, if all is there as it says, and nothing else. Raises Misuse, NotWhole."""
    if not (copy / MANIFEST).is_file():
        raise Misuse(f"{copy} holds no {MANIFEST}: it is no backup, or one that was not finished")
    try:
        manifest = msgspec.json.decode((copy / MANIFEST).read_bytes(), type=Manifest)
    except NO_JSON:
        raise NotWhole(f"{MANIFEST} is damaged: take an older backup") from None
    there = _files(copy)
    for name in sorted(there.keys() | manifest.files.keys()):
        if there.get(name) != manifest.files.get(name):
            raise NotWhole(f"{name} is not what was copied: take an older backup")
    return manifest


def _must_be_empty(folder: Path, remedy: str) -> None:
    if folder.exists() and any(folder.iterdir()):
        raise Misuse(f"{folder} is not empty: {remedy}")
    made(folder)


def _noted(to: Path, last_run: str, last: int) -> Manifest:
    facts, rejections = _must_be_whole(to, last)
    manifest = Manifest(last_run, facts, rejections, _files(to))
    replace(to / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))
    return manifest


def _must_be_whole(journal: Path, last: int = 0) -> tuple[int, int]:
    """Facts and rejections of a journal; ``last``: a number that must be in it. Raises NotWhole."""
    verdict = verify(journal, last)
    if verdict.faults:
        raise NotWhole(verdict.faults[0])
    return verdict.facts, verdict.rejections


def _files(folder: Path) -> dict[str, str]:
    others = folder / MANIFEST, folder / RESTORING
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file() and path not in others)
    return {path.relative_to(folder).as_posix(): sha256_of(path) for path in paths}


def _copy(path: Path, to: Path) -> None:
    made(to.parent)
    with path.open("rb") as stream, private.new(to) as copy:
        shutil.copyfileobj(stream, copy)
        sync(copy)
    sync_folder(to.parent)


def _as_of_one_instant(journal: Path) -> dict[Path, int]:
    """Segments and their sizes: files only grow, so two looks that see the same saw all of them at one time."""
    before, now = None, _sizes(journal)
    while now != before:
        before, now = now, _sizes(journal)
    return now


def _sizes(journal: Path) -> dict[Path, int]:
    return {path: path.stat().st_size for folder in run_folders(journal) for path in segments(folder)}


def _cut(path: Path, size: int) -> None:
    """A segment of an open pay run up to its last whole block of then: what came since is in the next backup."""
    with path.open("rb+") as stream:
        stream.truncate(size)
        whole = whole_bytes(stream)
        stream.truncate(whole)
    sync_file(path) if whole else path.unlink()
