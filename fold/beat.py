"""Progress that crosses workers: each step appends a line to a file, whoever watches reads it."""

import os
from collections import Counter
from pathlib import Path
from typing import NamedTuple


class Beat(NamedTuple):
    """Tells that one more part of a stage is done. ``path`` "": nobody watches."""

    path: str

    def __call__(self, stage: str) -> None:
        """One more part of ``stage`` (a file read, a shard folded). One short append is atomic."""
        if self.path:
            descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            try:
                os.write(descriptor, f"{stage}\n".encode())
            finally:
                os.close(descriptor)


def done_so_far(path: Path) -> Counter[str]:
    """Parts done, by stage."""
    return Counter(path.read_text("ascii").split()) if path.exists() else Counter()
