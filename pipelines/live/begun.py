"""The first pay run of a journal, and which were sent: derived from its segments and letters, not from one file that
may be lost."""

import json
from pathlib import Path

from fold.places import OF_JOURNAL
from pipelines.live.clock import Clock, day_of
from pipelines.live.durable import replace
from pipelines.live.segments import run_folders, segments
from rules.periods import business_day_of, cut_off_after, cut_off_of

FILE = "begun.json"


def first_run(journal: Path, decided: list[int], clock: Clock) -> int:
    """The cut-off of a journal's first pay run: the first that was decided; before any was, the one that was noted when
    the first entries came, or that has entries; of a new journal, the one that is open by the clock as of now."""
    if decided:
        return min(decided)
    with_entries = [cut_off_of(day_of(folder.name)) for folder in run_folders(journal) if segments(folder)]
    noted = _noted(journal / FILE)
    known = [*with_entries, *([] if noted is None else [noted])]
    return min(known) if known else cut_off_after(clock())


def note_first_run(journal: Path, cut_off: int) -> None:
    """The journal has its first entries, so the clock by which this pay run was open was believed."""
    replace(journal / FILE, json.dumps({"first_cut_off": cut_off}).encode())


def last_sent(journal: Path) -> int:
    """The cut-off of the last pay run of which there is an index (`whereabouts`), made when it was sent; 0: none."""
    days = [path.stem for path in (journal / OF_JOURNAL).glob("*.index")]
    return cut_off_of(day_of(max(days))) if days else 0


def _noted(path: Path) -> int | None:
    """None where there is no note, or one that names no cut-off: what lies in the journal says it."""
    try:
        noted = int(json.loads(path.read_bytes())["first_cut_off"])
        business_day_of(noted)
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        return None
    return noted
