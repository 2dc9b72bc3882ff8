"""Which facts say something new: a copy says nothing, whenever it comes and under whatever event id (TIME-3)."""

from collections.abc import Callable, Iterable

from rules.documents import content
from schemas.envelope import Fact

Revision = tuple[str, str, int]  # kind, document id, number


class News:
    """Facts of one key, asked about one after the other. ``earlier``: those of a fact's document that are known from
    before the first question. Its cost is linear, however often a sender repeats a number."""

    def __init__(self, earlier: Callable[[Fact], Iterable[Fact]] = lambda fact: ()) -> None:
        self._earlier = earlier
        self._first: dict[Revision, Fact] = {}
        self._said: dict[Revision, set[str]] = {}  # contents, of revisions that came more than once

    def is_new(self, fact: Fact) -> bool:
        """Does the fact say what none before it did?"""
        revision = fact.KIND, fact.document_id, fact.revision
        if revision not in self._first:
            self._first[revision] = fact
            known = {content(each) for each in self._earlier(fact)}
            if not known:
                return True
            self._said[revision] = known
        said, known = content(fact), self._said.setdefault(revision, {content(self._first[revision])})
        if said in known:
            return False
        known.add(said)
        return True
