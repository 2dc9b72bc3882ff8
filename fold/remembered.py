"""What a key knows between pay runs, beside what it concluded; `fold.key_memory` makes bytes of it."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from fold.rows import Row
from rules.restatement import Memory

MARK = 2  # bytes of a digest of a visit: one in a hundred brings out a month in vain
STANDING_ROWS = 0  # in place of a month: rows that every waking reads


class PutAway(NamedTuple):
    """A month as it lies: its bytes, and digests of the visits in it (`fold.shelves.mark`)."""

    body: bytes
    marks: bytes

    @property
    def visits(self) -> set[bytes]:
        """The digests, each by itself."""
        return {self.marks[place : place + MARK] for place in range(0, len(self.marks), MARK)}


class Remembered(Memory):
    """A key's memory with the arrivals that may still matter.

    ``rows``: arrivals by month, in the order of recording, of documents not forgotten; the months in ``put_away`` are
    still closed up, and of them ``said`` has only what other units read. ``marks``: of the visits of open months.
    ``read``: how a month lay that was brought out, with what was in its bytes. ``always``: months that every waking
    brings out, since something came for them when they had closed. ``gone``: of each document that was forgotten (by
    digest), its revisions with the digest of each. ``closed``: the last month that was forgotten.
    """

    __slots__ = ("always", "closed", "gone", "marks", "put_away", "read", "rows")

    def __init__(self) -> None:
        super().__init__()
        self.closed = 0
        self.rows: dict[int, list[Row]] = defaultdict(list)
        self.put_away: dict[int, PutAway] = {}
        self.read: dict[int, tuple[PutAway, bytes]] = {}
        self.marks: dict[int, set[bytes]] = defaultdict(set)
        self.always: set[int] = set()
        self.gone: dict[bytes, list[tuple[int, bytes]]] = {}

    @property
    def open_rows(self) -> Iterator[Row]:
        """Of all months that are open, and those of none."""
        return chain.from_iterable(self.rows.values())
