"""Blocks of rows on their way from one task to the next, through files of a folder that all workers see.

A task writes a file for each stage and shard, which appears under its name when the task is done: done twice, it gives
the same files. Who reads one is told its name, its size and its checksum, so a file that is missing, cut short or
another is never taken for few rows.
"""

import secrets
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from schemas import private

LENGTH = 4  # bytes in front of a block


class BlockFile(NamedTuple):
    """Blocks for a shard of a stage, as one task left them."""

    stage: str
    shard: int
    name: str
    size: int
    checksum: int


class OutgoingBlocks:
    """What one task writes. ``task``: its name, which files bear after stage and shard."""

    def __init__(self, folder: Path, task: str) -> None:
        self._folder, self._task = folder, task
        self._try = secrets.token_hex(4)  # the same task may be tried by two workers at once
        self._known: dict[tuple[str, int], BlockFile] = {}

    def put(self, blocks: Iterable[tuple[str, tuple[int, bytes]]]) -> None:
        """Append blocks, as a dealer hands them out."""
        for stage, (shard, block) in blocks:
            name = f"{stage}.{shard}.{self._task}"
            known = self._known.get((stage, shard)) or BlockFile(stage, shard, name, 0, 0)
            content = len(block).to_bytes(LENGTH) + block
            with private.appended(self._unfinished(known)) as stream:
                stream.write(content)
            size, checksum = known.size + len(content), zlib.crc32(content, known.checksum)
            self._known[stage, shard] = known._replace(size=size, checksum=checksum)

    def done(self) -> list[BlockFile]:
        """All files, now there under their names."""
        for each in self._known.values():
            self._unfinished(each).replace(self._folder / each.name)
        return [*self._known.values()]

    def _unfinished(self, of: BlockFile) -> Path:
        return self._folder / f".{of.name}.{self._try}"


def taken(folder: Path, files: Iterable[BlockFile]) -> Iterator[bytes]:
    """The blocks of files. Raises EOFError for one that is not as it was written, FileNotFoundError."""
    for each in files:
        size = checksum = 0
        with (folder / each.name).open("rb") as stream:
            while head := stream.read(LENGTH):
                block = stream.read(int.from_bytes(head))
                size, checksum = size + len(head) + len(block), zlib.crc32(head + block, checksum)
                if len(block) == int.from_bytes(head):
                    yield block
        if (size, checksum) != (each.size, each.checksum):
            raise EOFError(f"blocks {each.name} are not as they were written")
