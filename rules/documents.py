"""Which revision of a document stands, and which of several documents is in force on a day.

Authority: TIME-3 (every kind), "Precedence" of LAW.md. A timesheet that waits for approval is `claimed_time`'s
question. In force: always. Does not cover: key fields that move (DOCUMENT_MOVED), which the compositions see.
"""

from collections.abc import Iterator
from typing import Any, Generic, NamedTuple, TypeVar

from schemas import ids
from schemas.envelope import Fact

F = TypeVar("F", bound=Any)


class Arrival(NamedTuple):
    """One thing that reaches a case file: a fact, or a conclusion of the stage before (``content`` None: vanished).

    Tuples sort as the law orders by recording: pay run, ``recorded_at``, ``source``, ``event_id``, encoded content.
    """

    cut_off: int
    recorded_at: int
    source: str
    event_id: str
    body: bytes
    kind: str
    content: Any

    @property
    def order(self) -> tuple[int, int, str, str, bytes]:
        """The place in the order of recording."""
        return self.cut_off, self.recorded_at, self.source, self.event_id, self.body


class Recorded(NamedTuple, Generic[F]):
    """A revision with its place in the order of recording."""

    order: tuple[int, int, str, str, bytes]
    fact: F

    @property
    def stamp(self) -> tuple[int, int]:
        """Pay run that first saw it, and ``recorded_at``: what "earliest recorded" compares."""
        return self.order[0], self.order[1]


OF_THE_MESSAGE = ("event_id", "source", "recorded_at", "admitted_cut_off")


def same_content(one: object, other: object) -> bool:
    """Is it the same revision sent again? All but what belongs to the message is compared (TIME-3)."""
    theirs = vars(other)
    return all(theirs[name] == value for name, value in vars(one).items() if name not in OF_THE_MESSAGE)


def content(fact: object) -> str:
    """What `same_content` compares, to look it up by."""
    return repr([value for name, value in vars(fact).items() if name not in OF_THE_MESSAGE])


NAMED_BY = ("provider_id", "recipient_id", "program", "period_start", "service_date")


About = dict[str, Any]
"""Fields of a finding that say what it is about."""


def named(fact: Fact) -> About:
    """What makes a document one, as fields of a finding about it: its kind, its key fields and its id."""
    keys = {name: getattr(fact, name) for name in NAMED_BY if name in fact.KEY_FIELDS}
    return {"kind": fact.KIND, "document_id": fact.document_id, **keys}


class Document(Generic[F]):
    """All revisions of one document, the first recorded of each number standing."""

    __slots__ = ("conflicts", "current", "revisions")

    def __init__(self) -> None:
        self.revisions: dict[int, Recorded[F]] = {}
        self.conflicts: dict[str, F] = {}  # by content, so that a sender gone mad costs no more than another
        self.current: F

    @property
    def first(self) -> Recorded[F]:
        """The revision recorded first: a document is as old as this one."""
        return next(iter(self.revisions.values()))

    def file(self, arrival: Arrival) -> bool:
        """Add a revision, in the order of recording; False if it was a duplicate or lost against one that stands."""
        fact = arrival.content
        known = self.revisions.get(fact.revision)
        if known is None:
            self.revisions[fact.revision] = Recorded(arrival.order, fact)
            if len(self.revisions) == 1 or fact.revision > self.current.revision:
                self.current = fact
            return True
        if same_content(known.fact, fact):
            return False
        return self.conflicts.setdefault(content(fact), fact) is fact

    def copy(self) -> "Document[F]":
        """The same document once more, to file what this one must not know."""
        same: Document[F] = Document()
        same.revisions, same.conflicts = dict(self.revisions), dict(self.conflicts)
        if self.revisions:
            same.current = self.current
        return same

    @property
    def first_standing(self) -> tuple[int, int]:
        """When the earliest revision was recorded that claims something: payable since, where no approval is needed."""
        claims = [recorded.stamp for recorded in self.revisions.values() if not recorded.fact.withdrawn]
        return min(claims, default=self.first.stamp)

    @property
    def reference(self) -> str:
        """``kind/document_id/revision`` of the revision in force."""
        return reference(self.current)

    @property
    def earlier(self) -> list[F]:
        """Revisions that claimed or stated something until the one in force came: a pay run saw them before it."""
        if len(self.revisions) == 1:
            return []
        seen, _ = self.revisions[self.current.revision].stamp
        return [each.fact for each in self.revisions.values() if each.stamp[0] < seen and not each.fact.withdrawn]


def reference(fact: Fact) -> str:
    """``kind/document_id/revision``."""
    return ids.reference(fact.KIND, fact.document_id, fact.revision)


class Span(NamedTuple, Generic[F]):
    """Days from ``first`` to ``last`` (inclusive) on which ``fact`` is in force."""

    first: int
    last: int
    fact: F


class Terms(Generic[F]):
    """Documents with effective dates, of which one is in force on a day: the latest ``effective_from``; ties: the
    latest recorded; then the larger document id. Withdrawn ones are never in force."""

    __slots__ = ("_departed", "_ranked", "_spans", "documents")

    def __init__(self) -> None:
        self.documents: dict[str, Document[F]] = {}
        self._departed: dict[tuple[int, int], list[Span[F]]] = {}
        self._ranked: list[F] | None = None
        self._spans: dict[tuple[int, int], list[Span[F]]] = {}

    def file(self, arrival: Arrival) -> bool:
        """File a revision under its document id."""
        self._ranked = None
        self._spans.clear()
        self._departed.clear()
        return self.documents.setdefault(arrival.content.document_id, Document()).file(arrival)

    @property
    def ranked(self) -> list[F]:
        """Standing revisions, the one that wins first."""
        if self._ranked is None:
            standing = [d for d in self.documents.values() if not d.current.withdrawn]
            standing.sort(key=lambda d: _rank(d.current, d), reverse=True)
            self._ranked = [d.current for d in standing]
        return self._ranked

    def on(self, day: int) -> F | None:
        """The document in force on a day."""
        for fact in self.ranked:
            if fact.effective_from <= day and (fact.effective_to is None or day <= fact.effective_to):
                return fact
        return None

    def days(self, first: int, last: int) -> set[int]:
        """Of the days from ``first`` to ``last`` those on which anything is in force."""
        return {day for start, end, _ in self.spans(first, last) for day in range(start, end + 1)}

    def spans(self, first: int, last: int) -> list[Span[F]]:
        """What is in force from ``first`` to ``last``, in order; days without anything are left out. Do not change
        the list."""
        known = self._spans.get((first, last))
        if known is None:
            known = self._spans[first, last] = self._find_spans(first, last)
        return known

    def _find_spans(self, first: int, last: int) -> list[Span[F]]:
        if len(self.ranked) == 1:
            return _within(self.ranked[0], first, last)
        spans: list[Span[F]] = []
        edges = sorted(edge for edge in self._edges() if first < edge <= last)
        starts = [first, *edges]
        ends = [edge - 1 for edge in edges] + [last]
        for start, end in zip(starts, ends, strict=True):
            fact = self.on(start)
            if fact is None:
                continue
            if spans and spans[-1].fact is fact and spans[-1].last == start - 1:
                spans[-1] = Span(spans[-1].first, end, fact)
            else:
                spans.append(Span(start, end, fact))
        return spans

    def departed(self, first: int, last: int) -> list[Span[F]]:
        """Days from ``first`` to ``last`` that a document gave up by its present revision (``fact``: a withdrawal, or
        other dates): an earlier one would be in force on them. Do not change the list."""
        known = self._departed.get((first, last))
        if known is None:
            changed = [document for document in self.documents.values() if len(document.revisions) > 1]
            given_up = [span for document in changed for span in self._given_up(document, first, last)]
            known = self._departed[first, last] = given_up
        return known

    def _given_up(self, document: Document[F], first: int, last: int) -> Iterator[Span[F]]:
        for fact in document.earlier:
            for start, end, _ in _within(fact, first, last):
                starts = [start, *sorted(edge for edge in self._edges() if start < edge <= end)]
                for day, following in zip(starts, [*starts[1:], end + 1], strict=True):
                    if self._would_win(document, fact, day):
                        yield Span(day, following - 1, document.current)

    def _would_win(self, document: Document[F], earlier: F, day: int) -> bool:
        """Is nothing in force on the day that stands before an earlier revision of a document?"""
        now = self.on(day)
        if now is None or now is document.current:
            return now is None
        other = self.documents[now.document_id]
        return _rank(earlier, document) > _rank(now, other)

    def _edges(self) -> set[int]:
        """Days on which something may start or has just ended."""
        edges = {fact.effective_from for fact in self.ranked}
        return edges | {fact.effective_to + 1 for fact in self.ranked if fact.effective_to is not None}


def _rank(fact: F, document: Document[F]) -> tuple[int, tuple[int, int, str, str, bytes], str]:
    """Precedence of a revision of a document among others: the higher is in force."""
    return fact.effective_from, document.first.order, fact.document_id


def _within(fact: F, first: int, last: int) -> list[Span[F]]:
    """The days from first to last on which a document without rivals is in force."""
    start = max(first, fact.effective_from)
    end = last if fact.effective_to is None else min(last, fact.effective_to)
    return [Span(start, end, fact)] if start <= end else []
