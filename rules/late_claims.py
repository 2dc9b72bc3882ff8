"""Claims, and changes of them, that came for a closed month: held for a person, beside what stands.

Authority: TIME-6, TIME-3 (a duplicate changes nothing, a conflict is told). In force: by parameter. Does not cover:
when a month closes (`price`), timesheets, of which a part may have been approved in time (`authorize.late`).
"""

from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

from rules.documents import Arrival, Document

F = TypeVar("F", bound=Any)
Standing = Callable[[Any], Document[F] | None]  # the document of a key that stands, if any


class LateClaims(Generic[F]):
    """Documents as they would be had they come in time, by key."""

    def __init__(self) -> None:
        self.documents: dict[object, Document[F]] = {}

    def hold(self, key: object, standing: Document[F] | None, arrival: Arrival) -> None:
        """Keep a revision apart from the document that stands, unless it is a duplicate."""
        document = self.documents.get(key) or (standing or Document()).copy()
        if document.file(arrival):
            self.documents[key] = document

    def waiting(self, standing: Standing[F], asked: Callable[[F], int]) -> Iterator[tuple[F, int]]:
        """FILING_LIMIT: the present revisions, and minutes beyond those of the document that stands. ``asked``: minutes
        that a revision asks for, were it not withdrawn."""
        for key, document in sorted(self.documents.items()):
            known = standing(key)
            minutes = _minutes(document, asked)
            if known is not None or minutes:
                yield document.current, max(0, minutes - (_minutes(known, asked) if known else 0))

    def conflicts(self, standing: Standing[F]) -> Iterator[Document[F]]:
        """Documents of which another content came too late."""
        for key, document in sorted(self.documents.items()):
            known = standing(key)
            if len(document.conflicts) > (len(known.conflicts) if known else 0):
                yield document


def _minutes(document: Document[F], asked: Callable[[F], int]) -> int:
    return 0 if document.current.withdrawn else asked(document.current)
