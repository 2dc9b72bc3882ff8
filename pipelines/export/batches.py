"""How many credits one NACHA batch and one NACHA file hold, by the widths of their fields.

Of the sums a file holds no more than a batch does (12 digits each): a batch is full by its count, a file by its sum or
its count of blocks, which is reached before those of its entries (8 digits) and of trace numbers (7).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

RECORDS_OF_A_BLOCK = 10
RECORDS_AROUND = 2  # header and control, of a batch and of a file
TRACE_DIGITS = 7  # after the 8 of the ODFI


def _digits(width: int) -> int:
    return int(10**width - 1)


@dataclass(frozen=True)
class Capacity:
    """The greatest number that each field of a control record can say. Nacha Operating Rules, Appendix Three."""

    batch_entries: int = _digits(6)
    batch_cents: int = _digits(12)
    file_batches: int = _digits(6)
    file_blocks: int = _digits(6)
    file_entries: int = min(_digits(8), _digits(TRACE_DIGITS))  # each entry has a trace number of its own
    file_cents: int = _digits(12)


NACHA = Capacity()


@dataclass
class _File:
    holds: Capacity
    sizes: list[int] = field(default_factory=list)  # entries of each batch
    entries: int = 0
    cents: int = 0
    batch_cents: int = 0

    def take(self, cents: int) -> bool:
        """Take one more credit, in a new batch if the last one is full; False if the file cannot."""
        holds = self.holds
        begins = not self.sizes or self.sizes[-1] == holds.batch_entries or self.batch_cents + cents > holds.batch_cents
        batches = len(self.sizes) + begins
        records = RECORDS_AROUND * (1 + batches) + self.entries + 1
        full = (
            batches > holds.file_batches
            or records > RECORDS_OF_A_BLOCK * holds.file_blocks
            or self.entries == holds.file_entries
            or self.cents + cents > holds.file_cents
        )
        if not full:
            self._put(cents, begins)
        return not full

    def _put(self, cents: int, begins: bool) -> None:
        if begins:
            self.sizes.append(0)
            self.batch_cents = 0
        self.sizes[-1] += 1
        self.entries += 1
        self.cents += cents
        self.batch_cents += cents


def batch_sizes(credits: Iterable[int], holds: Capacity = NACHA) -> list[int]:
    """How many of the credits (cents, in their order) each batch of a file takes: all of them unless the file is full.

    The first that does not fit ends the file, though a smaller one might: files then hold the order of ids.
    """
    file = _File(holds)
    for cents in credits:
        if not file.take(cents):
            break
    return file.sizes
