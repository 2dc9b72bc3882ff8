"""Blocks between tasks: whole or not at all, the same however often a task is tried, and never another's."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.blocks import OutgoingBlocks, taken

BLOCKS = [("price", (1, b"some rows")), ("settle", (0, b"")), ("price", (1, b"more rows" * 1000)), ("price", (2, b"x"))]


def left(folder: Path, blocks: list[tuple[str, tuple[int, bytes]]] = BLOCKS) -> OutgoingBlocks:
    outgoing = OutgoingBlocks(folder, "read-7")
    outgoing.put(blocks)
    return outgoing


def test_what_was_put_is_taken_in_order(tmp_path: Path) -> None:
    files = left(tmp_path).done()
    assert [(each.stage, each.shard) for each in files] == [("price", 1), ("settle", 0), ("price", 2)]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(each.name for each in files)
    assert [[*taken(tmp_path, [each])] for each in files] == [[b"some rows", b"more rows" * 1000], [b""], [b"x"]]


def test_a_try_that_died_shows_nothing_and_the_next_leaves_the_same(tmp_path: Path) -> None:
    """Also one that goes on beside it and ends later."""
    left(tmp_path, BLOCKS[:1])
    assert all(path.name.startswith(".") for path in tmp_path.iterdir())
    slow, files = left(tmp_path), left(tmp_path).done()
    assert slow.done() == files and [*taken(tmp_path, files[:1])] == [b"some rows", b"more rows" * 1000]


@pytest.mark.parametrize(
    "damage",
    [lambda whole: whole[:-1], lambda whole: whole[:11], lambda whole: b"", lambda whole: whole[:5] + b"S" + whole[6:]],
)
def test_a_file_that_is_not_as_it_was_written_is_no_few_rows(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    files = left(tmp_path).done()
    path = tmp_path / files[0].name
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(EOFError, match="not as they were written"):
        list(taken(tmp_path, files))
    path.unlink()
    with pytest.raises(FileNotFoundError):
        list(taken(tmp_path, files))
