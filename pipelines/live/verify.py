"""``journal verify``: every entry's check, numbers without gaps (a clock may go back), pay runs as they were sealed
(`seals`), letters as they were accepted."""

from pathlib import Path
from typing import NamedTuple

from pipelines.live.accepted import fault
from pipelines.live.seals import entries_missing, faults
from pipelines.live.segments import Damaged, entries_of, run_folders, segments
from rules.periods import business_day_of, iso
from schemas.journal import TAKEN


class JournalVerdict(NamedTuple):
    """What was found; ``faults`` are sentences, none if the journal is whole."""

    pay_runs: int
    facts: int
    rejections: int
    faults: list[str]


def verify(journal: Path) -> JournalVerdict:
    """Read all segments and say what is wrong with them. Changes nothing."""
    found: list[str] = []
    numbers: list[int] = []
    counts = {"fact": 0, "rejection": 0, TAKEN: 0}
    for folder in run_folders(journal):
        for path in segments(folder):
            try:
                numbers += _read(path, counts, found)
            except Damaged as damage:
                found.append(str(damage))
    found += _gaps(sorted(numbers))
    found += _of_closed(journal)
    found += [each for each in (entries_missing(journal, len(numbers)), fault(journal)) if each]
    return JournalVerdict(len(run_folders(journal)), counts["fact"], counts["rejection"], found)


def _of_closed(journal: Path) -> list[str]:
    """What is not as it was when pay runs were closed."""
    try:
        return list(faults(journal))
    except Damaged as damage:
        return [str(damage)]


def _read(path: Path, counts: dict[str, int], found: list[str]) -> list[int]:
    numbers = [0]
    for entry in entries_of(path):
        counts[{None: "fact", TAKEN: TAKEN}.get(entry.reason, "rejection")] += 1
        if entry.number <= numbers[-1]:
            found.append(f"{path.parent.name}/{path.name}: entry {entry.number} is out of order")
        if iso(business_day_of(entry.admitted_cut_off)) != path.parent.name:
            found.append(f"{path.parent.name}/{path.name}: entry {entry.number} belongs to another pay run")
        numbers.append(entry.number)
    return numbers[1:]


def _gaps(numbers: list[int]) -> list[str]:
    """Numbers must be 1, 2, 3, ..., each once."""
    faults = []
    for before, number in zip([0, *numbers], numbers, strict=False):
        if number == before:
            faults.append(f"entry {number} is there twice")
        elif number > before + 1:
            faults.append(f"entries {before + 1} to {number - 1} are missing")
    return faults
