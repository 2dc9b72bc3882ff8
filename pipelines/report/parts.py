"""What a page is made of: sections of sentences, charts and tables. No words or figures of its own."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from schemas.finding import Finding

Cells = tuple[Any, ...]
"""Raw values of a row, one for each column."""
Form = Literal["text", "law", "count", "hours", "dollars", "day", "month", "story"]
FIGURES = {"count", "hours", "dollars"}
NARROW = 3  # columns of figures that a telephone has room for


class Cited(NamedTuple):
    """A rule, which the page links to its paragraph, and the outside text behind it ("": said elsewhere in the row)."""

    rule: str
    authority: str


def cited(finding: Finding) -> Cited:
    """The rule of a finding."""
    return Cited(finding.rule, finding.authority)


@dataclass(frozen=True)
class Story:
    """A cell that tells why and what to do: a few words, what people were told, the next step, a command, the rule."""

    why: str
    told: str
    next_step: str
    command: str | None = None
    law: Cited | None = None


@dataclass(frozen=True)
class Column:
    """A column's title and what its cells hold: minutes for hours, cents for dollars, epoch days for dates, a Story,
    what is Cited for law."""

    title: str
    form: Form = "text"

    @property
    def figures(self) -> bool:
        return self.form in FIGURES


@dataclass(frozen=True)
class Table:
    """Rows of raw values, None where there is nothing to say. ``more``: how many rows were left out.

    ``wide``: too wide for a telephone, where each row becomes a card. ``bold_last``: the last row is a total. ``find``:
    one looks for rows in it, so it has a box to filter them by.
    """

    caption: str
    columns: list[Column]
    rows: list[Cells]
    more: int = 0
    wide: bool = False
    bold_last: bool = False
    find: bool = False

    @property
    def stacked(self) -> bool:
        """On a telephone its figures stand below the row's name, as they do not fit beside it."""
        return not self.wide and len(self.columns) > NARROW


@dataclass(frozen=True)
class Chart:
    """A chart in two widths, as SVG; ``says`` is what somebody who cannot see it is told."""

    title: str
    says: str
    wide: str
    narrow: str


@dataclass(frozen=True)
class Section:
    """One part of the page; ``lead`` are sentences, ``id`` its anchor."""

    id: str
    title: str
    lead: list[str] = field(default_factory=list)
    parts: list[Table | Chart] = field(default_factory=list)
    note: str = ""


def rules_named(sections: list[Section]) -> Iterator[str]:
    """Law ids of all cells, as often as they stand there."""
    tables = (part for section in sections for part in section.parts if isinstance(part, Table))
    for value in (value for table in tables for row in table.rows for value in row):
        named = value.law if isinstance(value, Story) else value
        if isinstance(named, Cited):
            yield named.rule


def top(rows: list[Cells], most: int) -> tuple[list[Cells], int]:
    """The first ``most`` rows and the number of the others."""
    return rows[:most], max(0, len(rows) - most)
