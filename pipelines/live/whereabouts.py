"""An index of each closed pay run by person (`fold.places`), so that `explain` reads no more than it must.

``JOURNAL/places/<business day>.index``. No pay depends on it: it is made when a pay run is sent, and made again when it
does not fit the segments.
"""

import os
from pathlib import Path

from fold.fact_files import places_in
from fold.places import OF_JOURNAL, IndexPart, file_seen, index_at, packed
from pipelines.live.durable import made
from pipelines.live.segments import run_folder, run_folders, segments
from rules.periods import business_day_of, iso
from schemas import private

ONE_SHARD = 1
OWN_FOLDER = 0o700


def note_run(journal: Path, cut_off: int) -> None:
    """Make the index of a closed pay run, unless it has one that is true."""
    _note(journal, run_folder(journal, cut_off))


def note_all(journal: Path, last: int) -> None:
    """The same for all pay runs up to a cut-off that was decided."""
    for left in set((journal / OF_JOURNAL).glob("*")) - set((journal / OF_JOURNAL).glob("*.index")):
        left.unlink()  # by a job that was killed while it wrote
    closed = iso(business_day_of(last))
    for folder in run_folders(journal):
        if folder.name <= closed:
            _note(journal, folder)


def _note(journal: Path, run: Path) -> None:
    names = [path.relative_to(journal).as_posix() for path in segments(run)]
    path = made(journal / OF_JOURNAL) / f"{run.name}.index"
    if _is_true(path, journal, names):
        os.utime(path)  # restored segments are younger than it: now nobody has to compare contents again
    elif names:
        private.written(path, packed((_part(journal, name) for name in names), ONE_SHARD))


def _is_true(path: Path, journal: Path, names: list[str]) -> bool:
    index = index_at(path)
    return index is not None and [*index.files] == names and all(index.unchanged(journal, name) for name in names)


def _part(journal: Path, name: str) -> IndexPart:
    with (journal / name).open("rb") as stream:
        return IndexPart(file_seen(journal, name), places_in(stream))
