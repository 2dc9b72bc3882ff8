"""Whose case something is: the county of the recipient's authorization, else of the provider's enrolment.

Authority: CONTRACT (Finding, ``county``). In force: always. Does not cover: the county whose wage is paid (`wages`,
`travel_time`, `training`); cases that two counties share (a provider with recipients in several is its enrolment's).

On a day with none in force it is the latest that ended before, else the first after it: a case does not end with its
authorization. Of two programs the finding's own comes first, then IHSS.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

from rules.documents import Span, Terms
from rules.findings import Whose
from rules.to_provider import Engagement
from schemas.provider_enrollment import ProviderEnrollment
from schemas.service_authorization import ServiceAuthorization

FOREVER = 1 << 60  # later than any day
PROGRAMS = ("IHSS", "WPCS")


class Term(Protocol):
    """Days, both included, of which a county has the case; ``last`` None: open."""

    @property
    def first(self) -> int: ...
    @property
    def last(self) -> int | None: ...
    @property
    def county(self) -> str: ...


def county_of(terms: Iterable[Term], day: int | None) -> str | None:
    """The county that has the case on a day (None: at last); None without any term."""
    known = [*terms]
    at = FOREVER if day is None else day
    started = [term for term in known if term.first <= at]
    if started:
        return max(started, key=lambda term: at if term.last is None else min(at, term.last)).county
    return min(known, key=lambda term: term.first).county if known else None


class _Spanned:
    """A document's days in force as a Term."""

    __slots__ = ("county", "first", "last")

    def __init__(self, span: Span[Any]) -> None:
        self.first, self.last, self.county = span.first, span.last, span.fact.county


def of_recipient(authorizations: Mapping[str, Terms[ServiceAuthorization]]) -> Whose:
    """Whose case findings of a recipient are, by its authorizations by program."""
    return lambda finding: county_of(
        (each for name in _first(finding.program) for each in _spans(authorizations.get(name))), finding.last_day
    )


def of_provider(engagements: Mapping[str, Engagement], enrollments: Terms[ProviderEnrollment]) -> Whose:
    """Whose case findings of a provider are: the county of the recipient named, else of the enrolment."""
    return lambda finding: county_of_work(
        engagements.get(finding.recipient_id or ""), enrollments, finding.program, finding.last_day
    )


def county_of_work(
    engagement: Engagement | None, enrollments: Terms[ProviderEnrollment], program: str | None, day: int | None
) -> str | None:
    """The county of a provider's work for a recipient (None: for nobody in particular)."""
    by_program = engagement.authorizations if engagement else {}
    recipient = county_of((each for name in _first(program) for each in by_program.get(name, ())), day)
    return recipient or county_of(_spans(enrollments), day)


def _first(program: str | None) -> Iterator[str]:
    """Programs, that of the finding first."""
    return iter(dict.fromkeys((program or PROGRAMS[0], *PROGRAMS)))


def _spans(terms: Terms[Any] | None) -> Iterator[_Spanned]:
    return map(_Spanned, terms.spans(-FOREVER, FOREVER)) if terms else iter(())
