"""Progress that crosses workers: each step appends a line to a file, whoever watches reads it."""

from collections import Counter
from pathlib import Path
from typing import NamedTuple

from schemas import private

BYTES_IN_PART = 1 << 16
PARTS_OF_SHARD = 16


class Beat(NamedTuple):
    """Tells that more parts of a stage are done. ``path`` "": nobody watches."""

    path: str = ""

    def __call__(self, stage: str, parts: int = 1) -> None:
        """So many more parts of ``stage``. One short append is atomic."""
        if self.path and parts:
            with private.appended(Path(self.path)) as stream:
                stream.write(f"{stage} {parts}\n".encode())

    def of_shard(self, stage: str, done: int, keys: int) -> None:
        """So many of a shard's keys are folded, one more than before."""
        if self.path:
            self(stage, PARTS_OF_SHARD * done // keys - PARTS_OF_SHARD * (done - 1) // keys)


def parts_of_file(size: int) -> int:
    """How many parts it takes to read a file of so many bytes: a large one takes longer."""
    return 1 + size // BYTES_IN_PART


def done_so_far(path: Path) -> Counter[str]:
    """Parts done, by stage, from the file and those beside it that begin with its name: a worker elsewhere has its
    own."""
    done: Counter[str] = Counter()
    for each in path.parent.glob(f"{path.name}*"):
        for line in each.read_text("ascii").splitlines():
            stage, _, parts = line.partition(" ")
            done[stage] += int(parts or 0)  # elsewhere a line may not yet be whole
    return done
