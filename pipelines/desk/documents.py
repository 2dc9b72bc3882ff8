"""A document's page: its revisions as they came, what was found about it and what would release it, what it paid."""

from typing import NamedTuple

from pipelines.desk.shelf import DeskShelf, RecordsAbout
from pipelines.explain.words import changed_fields, said_fields
from pipelines.find.about import Payment, about
from pipelines.find.search import DOCUMENT, FoundId
from rules.periods import business_day_of
from schemas.envelope import Fact
from schemas.finding import Finding
from schemas.rejection import Rejection


class RevisionRow(NamedTuple):
    """A revision that came: ``seen_by``: the business day of its first pay run; ``changed``: against the one before."""

    fact: Fact
    seen_by: int
    fields: list[tuple[str, str]]
    changed: str


class DocumentPage(NamedTuple):
    """``standing``: findings that hold; ``past``: those that were cleared."""

    named: FoundId
    revisions: list[RevisionRow]
    standing: list[Finding]
    past: list[Finding]
    payments: list[Payment]

    @property
    def last(self) -> Fact | None:
        """The newest revision."""
        return max((row.fact for row in self.revisions), key=lambda fact: fact.revision, default=None)


class RejectedRow(NamedTuple):
    """What could not be used, by its number in the index."""

    number: int
    record: Rejection


def document_page(shelf: DeskShelf, id: str) -> DocumentPage:
    """The page of ``Kind/number``."""
    named = FoundId(DOCUMENT, id)
    told = about(RecordsAbout(shelf, named), named)
    newest = {each.finding_id: each for each in shelf.records(Finding, named)}
    past = [each for each in newest.values() if each.cleared]
    return DocumentPage(named, _revisions(shelf, named), told.findings, past, told.payments)


def _revisions(shelf: DeskShelf, named: FoundId) -> list[RevisionRow]:
    """Newest first."""
    rows, before = [], None
    for cut_off, fact in shelf.facts(named):
        changed = changed_fields(before, fact) if before is not None and before.KIND == fact.KIND else ""
        rows.append(RevisionRow(fact, business_day_of(cut_off), said_fields(fact), changed))
        before = fact
    return rows[::-1]


def rejected_rows(shelf: DeskShelf, named: FoundId | None = None) -> list[RejectedRow]:
    """Rejections, newest first; of those whose bytes hold an id."""
    numbers = shelf.rejections(named)
    return [RejectedRow(*each) for each in zip(numbers, shelf.all_of(Rejection, numbers), strict=True)]
