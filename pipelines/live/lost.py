"""Entries that were acknowledged and are in the journal no more: their numbers say so.

The job does not go on, for they would never be paid. When nobody has them any more, an operator accepts the loss
(``journal accept-loss``): it stays on record in ``JOURNAL/lost.json``, which is part of the truth.
"""

import json
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

import msgspec

from pipelines.live.durable import replace
from pipelines.live.seals import RESTORE, faults, last_sealed
from pipelines.live.segments import (
    NO_JSON,
    Damaged,
    entries_of,
    run_folders,
    segments,
    segments_after,
    without_torn_tail,
)
from pipelines.misuse import Misuse

FILE, HEALTH = "lost.json", "health.json"


class Lost(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Entries from one number to another that were accepted as lost, and when (epoch milliseconds)."""

    first: int
    last: int
    accepted_at: int

    def __str__(self) -> str:
        return f"entries {self.first} to {self.last}"


_decode = msgspec.json.Decoder(list[Lost]).decode


def lost(journal: Path) -> list[Lost]:
    """All that was accepted as lost. Raises Damaged."""
    try:
        return _decode((journal / FILE).read_bytes())
    except FileNotFoundError:
        return []
    except NO_JSON:
        raise Damaged(f"{FILE} is damaged: {RESTORE}") from None


def numbers_lost(journal: Path, there: Iterable[int]) -> int:
    """How many entries were accepted as lost. Raises Damaged, also if one of them is ``there`` again."""
    known = lost(journal)
    if any(each.first <= number <= each.last for number in (there if known else ()) for each in known):
        raise Damaged(f"entries that {FILE} says are lost are there again: delete it, and accept what is still missing")
    return sum(each.last - each.first + 1 for each in known)


def last_number(journal: Path) -> int:
    """The last number that the job said it gave; 0: it said nothing, or that is gone."""
    try:
        return int(json.loads((journal / HEALTH).read_bytes())["entries"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0  # it is written again, and nothing is paid by it


def missing_sentence(entries: int) -> str:
    """What people are told, and what to do."""
    return (
        f"{entries} entries were acknowledged and are not in the journal: restore its newest segments from backup;"
        " without one, have their sources send again, after `ihss-payroll journal accept-loss`"
    )


def missing(journal: Path, there: Iterable[int], last: int) -> Iterator[tuple[int, int]]:
    """(first, last) of the numbers up to ``last`` that are neither ``there`` nor accepted as lost. Raises Damaged."""
    known = {*there}
    for each in lost(journal):
        known.update(range(each.first, each.last + 1))
    for before, number in pairwise([0, *sorted(known), max([last, *known]) + 1]):
        if number > before + 1:
            yield before + 1, number - 1


def accept_loss(journal: Path, now: int) -> list[Lost]:
    """From now on the job goes on without what is missing; what that is. Raises Misuse if nothing is, Damaged."""
    for fault in faults(journal):
        raise Damaged(fault)
    for path in segments_after(journal, last_sealed(journal)):
        without_torn_tail(path)
    there = [entry.number for folder in run_folders(journal) for path in segments(folder) for entry in entries_of(path)]
    found = [Lost(*each, now) for each in missing(journal, there, last_number(journal))]
    if not found:
        raise Misuse(f"--journal {journal}: nothing is missing in it")
    replace(journal / FILE, msgspec.json.format(msgspec.json.encode([*lost(journal), *found])))
    return found
