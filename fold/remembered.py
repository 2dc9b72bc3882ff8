"""What a key knows between pay runs, beside what it concluded; `fold.key_memory` makes bytes of it."""

from fold.rows import Row
from rules.restatement import Memory


class Remembered(Memory):
    """A key's memory with the arrivals that may still matter.

    ``rows``: arrivals in the order of recording, of documents not forgotten. ``gone``: of each document that was (by
    digest), its revisions with the digest of each. ``closed``: the last month that was forgotten.
    """

    __slots__ = ("closed", "gone", "rows")

    def __init__(self) -> None:
        super().__init__()
        self.closed = 0
        self.rows: list[Row] = []
        self.gone: dict[bytes, list[tuple[int, bytes]]] = {}
