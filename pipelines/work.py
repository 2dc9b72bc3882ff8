"""What a replay has to do, whatever engine does it."""

from pathlib import Path
from typing import NamedTuple

from fold.beat import Beat


class Work(NamedTuple):
    """``names``: files of facts below ``events``; records go below ``out``. ``until``: the last cut-off to decide
    (None: the latest that facts name). ``shards``: how finely work is dealt."""

    events: Path
    names: list[str]
    out: Path
    shards: int
    beat: Beat
    until: int | None

    @property
    def tally(self) -> Path:
        """Where an engine leaves what it counted."""
        return self.out / "tally"
