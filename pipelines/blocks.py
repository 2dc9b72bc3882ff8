"""Blocks of rows on their way between tasks, in files: each written by one task and read when its stage begins."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from schemas import private

LENGTH = 4  # bytes in front of a block


def put(folder: Path, task: str, blocks: Iterable[tuple[str, tuple[int, bytes]]]) -> None:
    """Append blocks to the task's own files, one for each stage and shard."""
    for stage, (number, block) in blocks:
        with private.appended(folder / f"{stage}.{number}.{task}") as stream:
            stream.write(len(block).to_bytes(LENGTH) + block)


def taken(folder: Path, stage: str, number: int) -> Iterator[bytes]:
    """Blocks for a shard of a stage; they go as they are read. Raises EOFError for a file that is cut short."""
    for path in sorted(folder.glob(f"{stage}.{number}.*")):
        with path.open("rb") as stream:
            while length := stream.read(LENGTH):
                block = stream.read(int.from_bytes(length))
                if len(block) < int.from_bytes(length):
                    raise EOFError(f"blocks of {stage} {number} are cut short")
                yield block
        path.unlink()


def waiting(folder: Path, stage: str) -> list[int]:
    """Shards that something waits for."""
    return sorted({int(path.name.split(".")[1]) for path in folder.glob(f"{stage}.*")})
