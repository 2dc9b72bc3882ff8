"""The seal of each closed pay run: count and SHA-256 of its letters and segments, chained from run to run.

``JOURNAL/outbox/<business day>/seal.json`` is written after the letters and before any of them is sent. It is checked
before sending, at each start and by ``journal verify``. Journals of earlier versions have no seals: their pay runs are
folded again, compared with their letters, and sealed.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from pipelines.live.durable import replace
from pipelines.live.segments import NO_JSON, Damaged, entries_of, run_folder, run_folders, segments
from rules.periods import business_day_of, iso
from schemas.ids import file_of
from schemas.journal import FOLDER, TAKEN, Entry

OUTBOX, LETTERS, SEAL, CONFIRMED, DONE = "outbox", "letters.avro", "seal.json", "confirmed", "done"
SENT = "sent"  # lies with letters that were sent before, by what is no longer there
SEALING = "sealing"  # lies in the journal while pay runs of before get their seals
RESTORING = "restoring"  # lies in it while a backup is put back
RESTORE = "restore it from backup"


class Seal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One closed pay run. ``letters``, ``entries``: how many; ``segments``: SHA-256 by file name; ``taken``: files that
    were taken to their end in it, by SHA-256: was something of the file rejected?; ``newest``: the latest instant that
    a fact up to here was recorded or published at; ``previous``: SHA-256 of the seal before, "" for the first."""

    letters: int
    letters_sha256: str
    segments: dict[str, str]
    entries: int
    taken: dict[str, bool]
    newest: int
    previous: str


class Sealed(NamedTuple):
    """A seal as it lies there. ``mark``: its SHA-256."""

    day: str
    seal: Seal
    mark: str


_decode = msgspec.json.Decoder(Seal).decode


def seals(journal: Path) -> list[Sealed]:
    """All of a journal, oldest first. Raises Damaged."""
    folder = os.fspath(journal / OUTBOX)
    days = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    found = (_read(day, os.path.join(folder, day, SEAL)) for day in days)
    return [each for each in found if each is not None]


def last_sealed(journal: Path) -> str:
    """The last pay run (business day) that has a seal; "": none has. Raises Damaged."""
    return next((each.day for each in reversed(seals(journal))), "")


def seal_of(folder: Path) -> Seal | None:
    """The seal in the folder of a pay run's letters; None: it has none. Raises Damaged."""
    sealed = _read(folder.name, os.path.join(folder, SEAL))
    return None if sealed is None else sealed.seal


def _read(day: str, path: str) -> Sealed | None:
    """None: there is none. Raises Damaged."""
    try:
        with open(path, "rb") as stream:
            raw = stream.read()
        return Sealed(day, _decode(raw), hashlib.sha256(raw).hexdigest())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except NO_JSON:
        raise Damaged(f"outbox/{day}/{SEAL} is damaged: {RESTORE}") from None


def put_seal(
    journal: Path, cut_off: int, letters: int, content: bytes, newest: int, last: Sealed | None = None
) -> Sealed:
    """Seal a pay run, on the disk when this returns. ``letters``, ``content``: what it says, counted and as a file;
    ``last``: the seal that was put or looked at last, as it was then. Raises Damaged if it is another one now."""
    day, run = iso(business_day_of(cut_off)), run_folder(journal, cut_off)
    before = [each for each in seals(journal) if each.day < day]
    if last is not None and before and before[-1].day == last.day and before[-1] != last:
        raise Damaged(f"outbox/{last.day}/{SEAL} is not what was sealed: {RESTORE}")
    entries = [entry for path in segments(run) for entry in entries_of(path)]
    seal = Seal(
        letters=letters,
        letters_sha256=hashlib.sha256(content).hexdigest(),
        segments={path.name: sha256_of(path) for path in segments(run)},
        entries=len(entries),
        taken=taken_in(entries, _entries_before(journal, run)),
        newest=newest,
        previous=before[-1].mark if before else "",
    )
    raw = msgspec.json.encode(seal)
    replace(journal / OUTBOX / day / SEAL, raw)
    return Sealed(day, seal, hashlib.sha256(raw).hexdigest())


def _entries_before(journal: Path, run: Path) -> Iterator[Entry]:
    """Entries of the pay run before: a job may have died in the middle of a file."""
    before = [folder for folder in run_folders(journal) if folder < run and segments(folder)]
    return (entry for folder in before[-1:] for path in segments(folder) for entry in entries_of(path))


def rejected_in(entries: Iterable[Entry]) -> set[str]:
    """Files (`file_of` origins) of which something was rejected."""
    return {file_of(entry.origin) for entry in entries if entry.is_rejection}


def taken_in(entries: list[Entry], before: Iterable[Entry]) -> dict[str, bool]:
    """Files that were taken to their end, by SHA-256: was something of them rejected, here or ``before``?"""
    rejected = rejected_in(entries) | rejected_in(before)
    return {entry.raw.hex(): file_of(entry.origin) in rejected for entry in entries if entry.reason == TAKEN}


def sha256_of(path: Path) -> str:
    """SHA-256 (hex) of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def faults(journal: Path) -> Iterator[str]:
    """What is not as it was sealed, and what is there or missing that no seal knows. Raises Damaged."""
    if (journal / RESTORING).exists():
        yield "a restore was not finished: empty the folder, and restore again"
    known, previous = seals(journal), ""
    for each in known:
        if each.seal.previous != previous:
            yield f"pay run {each.day} does not follow the seal before it: restore the outbox from backup"
        previous = each.mark
        yield from _faults_of_seal(journal, each)
        yield from _faults_of_letters(journal, each)
        yield from _faults_of_segments(journal, each)
    if known and not (journal / SEALING).exists():
        yield from _unsealed(journal, {each.day for each in known}, known[0].day, known[-1].day)


def _faults_of_seal(journal: Path, sealed: Sealed) -> Iterator[str]:
    """No seal follows the last one yet, which else knows it; of earlier versions ``done`` is empty."""
    done = journal / OUTBOX / sealed.day / DONE
    mark = done.read_bytes() if done.exists() else b""
    if mark and mark != sealed.mark.encode():
        yield f"outbox/{sealed.day}/{SEAL} is not what was sealed, or {DONE} beside it was changed: {RESTORE}"


def _faults_of_letters(journal: Path, sealed: Sealed) -> Iterator[str]:
    path = journal / OUTBOX / sealed.day / LETTERS
    if not path.exists():
        yield f"outbox/{sealed.day}/{LETTERS} is missing: {RESTORE}"
    elif sha256_of(path) != sealed.seal.letters_sha256:
        yield f"outbox/{sealed.day}/{LETTERS} is not what was decided: {RESTORE}"


def _faults_of_segments(journal: Path, sealed: Sealed) -> Iterator[str]:
    there = {path.name: path for path in segments(journal / FOLDER / sealed.day)}
    for name in sorted(there.keys() | sealed.seal.segments.keys()):
        if name not in there:
            yield f"{sealed.day}/{name} is missing: {RESTORE}"
        elif name not in sealed.seal.segments:
            yield f"{sealed.day}/{name} came to a pay run that was closed: take it away"
        elif sha256_of(there[name]) != sealed.seal.segments[name]:
            yield f"{sealed.day}/{name} is damaged: it is not what was closed: {RESTORE}"


def _unsealed(journal: Path, days: set[str], first: str, last: str) -> Iterator[str]:
    """Pay runs that must have a seal and have none, and entries where no pay run was closed."""
    for day in unsealed(journal):
        yield f"outbox/{day}/{SEAL} is missing: {RESTORE}"
    for folder in run_folders(journal):
        if first <= folder.name < last and folder.name not in days and segments(folder):
            yield f"segments/{folder.name} came to a pay run that was closed: take it away"


def unsealed(journal: Path) -> list[str]:
    """Pay runs (business days) that have letters and no seal; the last may have been left, or be, between the two."""
    folders = [path.parent for path in sorted((journal / OUTBOX).glob(f"*/{LETTERS}"))]
    sent = [each for each in folders if any((each / name).exists() for name in (CONFIRMED, DONE))]
    due = [each for each in folders if each in sent or each != folders[-1]]  # a job may close one meanwhile
    return [each.name for each in due if not (each / SEAL).exists()]
