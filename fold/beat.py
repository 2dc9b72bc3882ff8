"""Progress that crosses workers: each step appends a line to a file, whoever watches reads it."""

from collections import Counter
from pathlib import Path
from typing import NamedTuple

from schemas import private


class Beat(NamedTuple):
    """Tells that one more part of a stage is done. ``path`` "": nobody watches."""

    path: str

    def __call__(self, stage: str) -> None:
        """One more part of ``stage`` (a file read, a shard folded). One short append is atomic."""
        if self.path:
            with private.appended(Path(self.path)) as stream:
                stream.write(f"{stage}\n".encode())


def done_so_far(path: Path) -> Counter[str]:
    """Parts done, by stage."""
    return Counter(path.read_text("ascii").split()) if path.exists() else Counter()
