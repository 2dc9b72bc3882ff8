"""Up to which pay run an operator let stand what was sent, although this code and law would now decide otherwise.

``JOURNAL/accepted.json`` is part of the truth, as the segments are. From then on so are the outbox's letters up to that
pay run: whatever is made again from the journal starts from what they really instructed. Their SHA-256 is stored with
it.
"""

import hashlib
from pathlib import Path

import msgspec

from pipelines.live.durable import replace
from pipelines.live.seals import LETTERS, OUTBOX
from pipelines.live.segments import NO_JSON, Damaged
from rules.periods import business_day_of, iso

FILE = "accepted.json"


class Accepted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One acceptance. ``until``: the last pay run that stands as said; ``accepted_at``: when, by the job's clock;
    ``law_version``: of the law that was to be gone on with; ``letters``: SHA-256 over the outbox up to ``until``."""

    until: int
    accepted_at: int
    law_version: str
    letters: str


_decode = msgspec.json.Decoder(list[Accepted]).decode


def accepted(journal: Path) -> list[Accepted]:
    """All acceptances of a journal, oldest first. Raises Damaged."""
    try:
        known = _decode((journal / FILE).read_bytes())
    except FileNotFoundError:
        return []
    except NO_JSON:
        known = []
    if not known or not all(_is_cut_off(each.until) for each in known):
        raise Damaged(f"{FILE} is damaged: restore it from backup, with the outbox")
    return known


def _is_cut_off(instant: int) -> bool:
    try:
        business_day_of(instant)
    except (ValueError, OverflowError):
        return False
    return True


def accept(journal: Path, until: int, now: int, law_version: str) -> None:
    """From now on what was said up to this pay run stands; on the disk when this returns."""
    all_told = [*accepted(journal), Accepted(until, now, law_version, letters_mark(journal, until))]
    replace(journal / FILE, msgspec.json.format(msgspec.json.encode(all_told), indent=1) + b"\n")


def letters_mark(journal: Path, until: int) -> str:
    """SHA-256 over all that the outbox says up to a pay run."""
    mark, last = hashlib.sha256(), iso(business_day_of(until))
    for path in sorted((journal / OUTBOX).glob(f"*/{LETTERS}")):
        if path.parent.name <= last:
            mark.update(path.parent.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return mark.hexdigest()


def fault(journal: Path) -> str | None:
    """What is wrong with the letters that an acceptance rests on; None: nothing."""
    try:
        known = accepted(journal)
    except Damaged as damage:
        return str(damage)
    for each in known:
        if each.letters != letters_mark(journal, each.until):
            day = iso(business_day_of(each.until))
            return f"the outbox up to {day} is not what was accepted as said: restore outbox and {FILE} from backup"
    return None
