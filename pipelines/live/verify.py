"""``journal verify``: every entry's check, numbers without gaps (a clock may go back), pay runs as they were sealed
(`seals`), letters as they were accepted."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from fold.publications import fault_of
from pipelines.live.accepted import fault
from pipelines.live.lost import last_number, missing, missing_sentence, numbers_lost
from pipelines.live.seals import faults, last_sealed
from pipelines.live.segments import Damaged, entries_of, run_folders, segments
from rules.periods import business_day_of, iso
from schemas.journal import LAW, NO_EVENTS

KINDS_OF_ENTRY: dict[str | None, str] = {None: "fact", **dict(zip(NO_EVENTS, NO_EVENTS, strict=True))}


class JournalVerdict(NamedTuple):
    """What was found; ``publications``: changes of law; ``lost``: entries that are missing, and were
    accepted as lost; ``faults`` are sentences, none if the journal is whole."""

    pay_runs: int
    facts: int
    rejections: int
    publications: int
    lost: int
    faults: list[str]


def verify(journal: Path, last: int = 0) -> JournalVerdict:
    """Read all segments and say what is wrong with them; a torn tail of an open pay run is nothing, for none of it was
    acknowledged. Changes nothing. ``last``: a number that must be there."""
    found: list[str] = []
    numbers: list[int] = []
    counts = {"fact": 0, "rejection": 0, **dict.fromkeys(NO_EVENTS, 0)}
    last = max(last, last_number(journal))  # before the segments, to which a job may write meanwhile
    closed = ""
    with _noted(found):
        closed = last_sealed(journal)
    for folder in run_folders(journal):
        for path in segments(folder):
            with _noted(found):
                numbers += _read(path, folder.name > closed, counts, found)
    found += [f"entry {number} is there twice" for number, times in Counter(numbers).items() if times > 1]
    lost = 0
    with _noted(found):
        found += [] if found else _missing(journal, numbers, last)  # of a damaged segment the numbers are not known
        lost = numbers_lost(journal, numbers)
    with _noted(found):
        found += faults(journal)
    found += [each for each in [fault(journal)] if each]
    return JournalVerdict(len(run_folders(journal)), counts["fact"], counts["rejection"], counts[LAW], lost, found)


@contextmanager
def _noted(found: list[str]) -> Iterator[None]:
    """Damage is noted, and what else there is is looked at."""
    try:
        yield
    except Damaged as damage:
        found.append(str(damage))


def _missing(journal: Path, numbers: list[int], last: int) -> list[str]:
    """Numbers must be 1, 2, 3, ..., but for those that were accepted as lost."""
    ranges = list(missing(journal, numbers, last))
    sentences = [f"entries {first} to {end} are missing" for first, end in ranges]
    return [*sentences, missing_sentence(sum(end - first + 1 for first, end in ranges))] if ranges else []


def _read(path: Path, is_open: bool, counts: dict[str, int], found: list[str]) -> list[int]:
    numbers = [0]
    for entry in entries_of(path, is_open):
        counts[KINDS_OF_ENTRY.get(entry.reason, "rejection")] += 1
        if entry.reason == LAW and (wrong := fault_of(entry)):
            found.append(f"{path.parent.name}/{path.name}: entry {entry.number}: {wrong}")
        if entry.number <= numbers[-1]:
            found.append(f"{path.parent.name}/{path.name}: entry {entry.number} is out of order")
        if iso(business_day_of(entry.admitted_cut_off)) != path.parent.name:
            found.append(f"{path.parent.name}/{path.name}: entry {entry.number} belongs to another pay run")
        numbers.append(entry.number)
    return numbers[1:]
