"""Which instruction is in which payment file: in one only, whatever files are called and whatever modifier they bear.

A CSV for each pay run, ``exported-2026-04-07.csv``, in the folder of its instructions or where ``--ledger`` says. It is
written before the file that it tells of, so that no file is ever there without it.
"""

import csv
import fcntl
import hashlib
from io import StringIO
from pathlib import Path
from typing import NamedTuple

from pipelines.cells import Rows
from pipelines.export.report import Export, write_files
from pipelines.export.run import ExportRefusal
from rules.periods import iso
from schemas import private

COLUMNS = ("instruction_id", "file", "sha256")
LOCK = ".exported.lock"


class Exported(NamedTuple):
    """A file, whole, and the SHA-256 of what it says."""

    file: str
    sha256: str


def exported_of(folder: Path, day: int) -> dict[str, Exported]:
    """Which file each instruction of a pay run is in, by its id, as far as exports were noted in the folder."""
    return _read(_of_run(folder, day))


def _of_run(folder: Path, day: int) -> Path:
    return folder / f"exported-{iso(day)}.csv"


def write_noted(folder: Path, export: Export, texts: dict[Path, str]) -> None:
    """Write files of an export, the last of them the one that pays, and before that note what it pays; nobody else
    exports meanwhile.

    Raises Refusal where an instruction is in another file already, or in this one when it said something else.
    """
    *_, (out, text) = texts.items()
    here = Exported(str(out.resolve()), hashlib.sha256(text.encode()).hexdigest())
    path, ids = _of_run(folder, export.run.day), [paid.instruction_id for paid in export.paid]
    try:
        private.folder(folder)
        with private.appended(folder / LOCK) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            known = _read(path)
            _refuse_again(path, {known[id] for id in ids if id in known} - {here}, known, ids)
            private.written(path, _text(known | dict.fromkeys(ids, here)))
            write_files(texts)
    except OSError as error:
        raise ExportRefusal(
            f"{path} cannot be written ({error.strerror}): name a folder for it with --ledger"
        ) from None


def _refuse_again(path: Path, others: set[Exported], known: dict[str, Exported], ids: list[str]) -> None:
    if others:
        again = sum(known.get(id) in others for id in ids)
        file = min(others).file
        raise ExportRefusal(
            f"{again:,} of these instructions are in {file} already ({path} says): name it with --after and take the"
            " next --modifier; if it was never sent, take its lines out of that list first"
        )


def _read(path: Path) -> dict[str, Exported]:
    if not path.exists():
        return {}
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            rows = csv.DictReader(lines, strict=True)
            return {row["instruction_id"]: Exported(row["file"], row["sha256"]) for row in rows}
    except (UnicodeDecodeError, KeyError, csv.Error):
        raise ExportRefusal(f"{path} is not the list that an export wrote: restore it from backup") from None


def _text(known: dict[str, Exported]) -> str:
    text = StringIO()
    Rows(text, COLUMNS).many((id, *exported) for id, exported in sorted(known.items()))
    return text.getvalue()
