"""Totals that a file has of its own: set beside the rows above, and what disagrees is said. They change nothing."""

from dataclasses import dataclass
from typing import Final

from pipelines.importing.cells import BadCell
from pipelines.importing.hours import minutes
from pipelines.importing.ledger import ImportLedger
from pipelines.importing.map import ImportMap
from pipelines.importing.sources import SourceRow, is_empty
from rules.periods import hhmm

MOST_TOLD: Final = 20


@dataclass
class Totals:
    """Minutes of the rows since the last total, and of all."""

    since: int = 0
    all: int = 0
    told: int = 0

    def add(self, claimed: int) -> None:
        """A row that can be used."""
        self.since += claimed
        self.all += claimed

    def compare(self, row: SourceRow, column: str, asked: ImportMap, ledger: ImportLedger) -> None:
        """A row of totals: of the rows since the last, or of all."""
        cell = row.cells.get(column)
        if is_empty(cell):
            return
        try:
            said = minutes(cell, "hours", asked.decimal, False, lambda words: None)
        except BadCell:
            return  # a total that is none changes nothing
        if said not in (self.since, self.all) and self.told < MOST_TOLD:
            self.told += 1
            above = self.since or self.all
            words = f"the total in row {row.place:,} is {hhmm(said)}, the usable rows above it come to {hhmm(above)}"
            ledger.warnings.append(words)
        self.since = 0
