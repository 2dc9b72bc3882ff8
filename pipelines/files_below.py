"""The files of facts below a folder, and those that nobody reads: a command that leaves a file out says so."""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from pipelines.harmless import complain
from pipelines.misuse import Misuse
from schemas.journal import FOLDER, is_journal

TABLE = ".csv"  # by the headings of a template
TEXTS = (TABLE, ".json", ".jsonl", ".ndjson")
JOURNALLED = (".avro",)
FACTS = (*JOURNALLED, *TEXTS)
OURS = re.compile(r"import-[0-9a-f]{12}(-bad-rows|-sequences)?\.(csv|json)")
"""What import puts beside the facts that it makes."""
TRUTH, TRUTH_BEGINS = "truth.json", re.compile(rb'\{\s*"counts": \{')
"""What simulate puts there: others may have a file of this name."""
MOST_NAMED = 5


def is_ours(path: Path) -> bool:
    """Whether a file is no facts, but what our own commands put beside them. Raises OSError where it cannot be read."""
    if path.name != TRUTH or path.is_symlink() or not path.is_file():
        return bool(OURS.fullmatch(path.name))
    with path.open("rb") as stream:
        return bool(TRUTH_BEGINS.match(stream.read(64)))


class Below(NamedTuple):
    """``files`` are read, ``ignored`` are not: both as paths from ``folder`` (or an address), sorted."""

    folder: Path | str
    files: list[str]
    ignored: list[str]


def endings_of(folder: Path | str) -> Sequence[str]:
    """What files of facts below a folder end in: those of a journal are its own."""
    return JOURNALLED if is_journal(Path(folder)) else FACTS


def files_below(folder: Path) -> Below:
    """The files below a folder, of a journal those below its segments. Raises OSError for what may not be looked at.

    Ignored is what has another ending, is no file (a pipe, a link to nothing) or a link to a folder.
    """
    files: list[Path] = []
    ignored: list[Path] = []
    endings = endings_of(folder)
    for root, folders, names in os.walk(folder / FOLDER if is_journal(folder) else folder, onerror=_refuse):
        ignored += [Path(root, name) for name in folders if Path(root, name).is_symlink()]
        for path in (path for name in names if not is_ours(path := Path(root, name))):
            (files if path.suffix in endings and path.is_file() else ignored).append(path)
    return Below(folder, _from(folder, files), _from(folder, ignored))


def files_of_facts(folder: Path) -> list[Path]:
    """The same files, to be opened."""
    return [folder / name for name in files_below(folder).files]


def folder_of_facts(folder: Path, option: str) -> Below:
    """The files of facts below a folder, or a journal's. Raises Misuse if it is neither or has none."""
    if not folder.is_dir():
        raise Misuse(f"{option} {folder} is no folder: name the folder that holds the facts")
    journal = is_journal(folder)
    if journal and any(folder.glob("*.avro")):
        raise Misuse(f"{option} {folder} is a journal with other *.avro files beside it: move these to a folder apart")
    found = files_below(folder)
    others = f", only {named_files(found.ignored)}" if found.ignored else ""
    if not found.files and journal:
        remedy = "let the job take some, or name another folder"
        raise Misuse(f"{option} {folder} is a journal without a fact{others}: {remedy}")
    if not found.files:
        kinds = named_endings(FACTS)
        raise Misuse(f"No {kinds} below {option} {folder}{others}: name the folder that holds the facts")
    return found


def unread(below: Below) -> str | None:
    """The sentence that says what was left out; None for nothing."""
    if not below.ignored:
        return None
    count, read = len(below.ignored), named_endings(endings_of(below.folder))
    files, were = ("1 file", "was") if count == 1 else (f"{count:,} files", "were")
    return f"{files} below {below.folder} {were} not read (only {read}): {named_files(below.ignored)}"


def named_endings(endings: Sequence[str]) -> str:
    """Endings of names, in a list."""
    return ", ".join(f"*{ending}" for ending in endings)


def tell_unread(below: Below) -> None:
    """Say on standard error what was left out."""
    if said := unread(below):
        complain(said)


def named_files(names: Sequence[str]) -> str:
    """The first few names."""
    more = len(names) - MOST_NAMED
    return ", ".join(map(printable, names[:MOST_NAMED])) + (f" and {more:,} more" if more > 0 else "")


def printable(text: str) -> str:
    """The text, quoted where it holds what a terminal would obey or cannot show."""
    return text if text.isprintable() else repr(text)


def _refuse(error: OSError) -> None:
    raise error


def _from(folder: Path, paths: list[Path]) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in paths)
