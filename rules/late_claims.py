"""Claims, and changes of them, that came for a closed month: held for a person, beside what stands.

Authority: TIME-6, TIME-3 (a duplicate changes nothing, a conflict is told). In force: by parameter. Does not cover:
when a month closes (`price`), timesheets, of which a part may have been approved in time (`authorize_late`).
"""

from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

from rules.documents import Arrival, Document

F = TypeVar("F", bound=Any)


class LateClaims(Generic[F]):
    """Documents as they would be had they come in time, by key. ``standing``: the document of a key that stands, if
    any; ``asked``: minutes that a revision asks for, were it not withdrawn."""

    def __init__(self, standing: Callable[[Any], Document[F] | None], asked: Callable[[F], int]) -> None:
        self.standing, self.asked = standing, asked
        self.documents: dict[Any, Document[F]] = {}

    def hold(self, key: Any, arrival: Arrival) -> None:
        """Keep a revision apart, unless it is a duplicate."""
        document = self.documents.get(key) or (self.standing(key) or Document()).copy()
        if document.file(arrival):
            self.documents[key] = document

    def waiting(self) -> Iterator[tuple[F, int]]:
        """FILING_LIMIT: the present revisions, and minutes beyond those of the document that stands."""
        for key, document in sorted(self.documents.items()):
            standing = self.standing(key)
            minutes = self._minutes(document)
            if standing is not None or minutes:
                yield document.current, max(0, minutes - (self._minutes(standing) if standing else 0))

    def conflicts(self) -> Iterator[Document[F]]:
        """Documents of which another content came too late."""
        for key, document in sorted(self.documents.items()):
            standing = self.standing(key)
            if len(document.conflicts) > (len(standing.conflicts) if standing else 0):
                yield document

    def _minutes(self, document: Document[F]) -> int:
        return 0 if document.current.withdrawn else self.asked(document.current)
