"""One provider's training claims of a month: what is paid, at which county's wage, and why the rest is not.

Authority: TRAIN-1 to TRAIN-6 (WIC 12316.1), WAGE-1, TIME-3 (which revision stands), TIME-6 (a closed month stays as it
was decided). In force: by parameters training.*. Does not cover: the refusals themselves (`training`), TIME-5 and
overtime (`price.month`), incentives (`price.incentives`).

A class belongs to the month of its date. A claim that comes for a closed month, and a change of one that was decided in
it, wait for a person beside what stands; a later revision for an open month takes the claim there.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from rules.documents import Arrival, Document, Terms, reference
from rules.late_claims import LateClaims
from rules.law import Law
from rules.periods import month_of
from rules.to_provider import Engagement
from rules.training import PROGRAM as CONDITIONS
from rules.training import Catalog, TrainingVerdict, county, county_terms, course_catalog, decide_claims
from rules.wages import wage
from rules.worked import Worked
from schemas.course_listing import CourseListing
from schemas.provider_enrollment import ProviderEnrollment
from schemas.training_attendance import TrainingAttendance
from schemas.training_claim import TrainingClaim

PROGRAM: Final = "CAREER_PATHWAYS"
Closed = Callable[[int, int], bool]  # is the month closed to facts first seen by the cut-off?


class PricedClass(NamedTuple):
    """One claim: minutes with a rate (None: there are none), minutes refused (code, minutes, what is missing), and the
    facts beside the claim that it stands on (kind/document_id/revision)."""

    claim: TrainingClaim
    pathway: str | None
    worked: Worked | None
    refused: list[tuple[str, int, str]]
    references: set[str]


class Circumstances(NamedTuple):
    """What decides a class beside its claim."""

    enrollments: Terms[ProviderEnrollment]
    engagements: dict[str, Engagement]
    law: Law
    cut_off: int


class Classes:
    """Training claims and attendance of one provider; ``catalog``: all revisions of listings by course."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.claims: dict[str, Document[TrainingClaim]] = {}
        self.late: LateClaims[TrainingClaim] = LateClaims()
        self.attendance: dict[str, Document[TrainingAttendance]] = {}

    @property
    def months(self) -> set[int]:
        """Months that a claim is for."""
        return {month_of(document.current.class_date) for document in self.claims.values()}

    def hold_late(self, arrival: Arrival, closed: Closed) -> bool:
        """TIME-6: does a TrainingClaim come for a closed month, or change one that was decided in it? Keep it apart."""
        claim: TrainingClaim = arrival.content
        known = self.claims.get(claim.document_id)
        months = {month_of(each.class_date) for each in (claim, known.current if known else claim)}
        if not any(closed(month, arrival.cut_off) for month in months):
            return False
        self.late.hold(claim.document_id, known, arrival)
        return True

    def file_claim(self, arrival: Arrival) -> set[int]:
        """File a TrainingClaim for an open month; the months it touches, since a revision may name another day."""
        id = arrival.content.document_id
        waiting, known = self.late.documents.get(id), self.claims.get(id)
        if waiting is not None:
            waiting.file(arrival)
        if waiting is None or waiting.current is not arrival.content:
            return _file(self.claims.setdefault(id, Document()), arrival)
        self.claims[id] = self.late.documents.pop(id)
        return {month_of(each.current.class_date) for each in (waiting, known or waiting)}

    def claim(self, number: str) -> Document[TrainingClaim]:
        """A claim as it is known, too late or not."""
        return self.late.documents.get(number) or self.claims[number]

    def file_attendance(self, arrival: Arrival) -> set[int]:
        """File a TrainingAttendance; the months with claims that it touches."""
        document = self.attendance.setdefault(arrival.content.document_id, Document())
        return _file(document, arrival) & self.months

    def priced(self, month: int, circumstances: Circumstances) -> list[PricedClass]:
        """All standing claims of a month, in the order of first recording."""
        claims = [document for document in self.claims.values() if month_of(document.current.class_date) == month]
        if not claims:
            return []
        catalog = self._listings({document.current.course_id for document in claims}, circumstances.cut_off)
        attended = {id: each.current for id, each in self.attendance.items() if not each.current.withdrawn}
        verdicts = decide_claims(
            claims,
            [attended[id] for id in sorted(attended)],
            catalog,
            lambda day: circumstances.enrollments.on(day) is not None,
            circumstances.law,
            circumstances.cut_off,
        )
        return [_priced(verdict, circumstances) for verdict in verdicts]

    def corrected(self, month: int) -> Iterator[tuple[str | None, int, set[str]]]:
        """Recipient, day and facts of each class of a month that an earlier revision claimed, or whose attendance an
        earlier revision named: these decide too."""
        for document in self.claims.values():
            for claim in (document.current, *document.earlier):
                records = [each.reference for each in self.attendance.values() if _attended(each.earlier, claim)]
                if month_of(claim.class_date) == month and (records or claim is not document.current):
                    yield claim.recipient_id, claim.class_date, {document.reference, *records}

    def _listings(self, courses: set[str], cut_off: int) -> dict[str, list[CourseListing]]:
        """As known at a pay run: a listing that a live job admitted later is not known yet, any other always was."""
        documents: dict[tuple[str, str], Document[CourseListing]] = {}
        for course in courses:
            for fact in self.catalog.get(course, ()):
                if fact.admitted_cut_off is not None and fact.admitted_cut_off > cut_off:
                    continue
                arrival = Arrival(0, fact.recorded_at, fact.source, fact.event_id, b"", fact.KIND, fact)
                documents.setdefault((course, fact.document_id), Document()).file(arrival)
        return course_catalog(documents.values())

    def documents(self) -> Iterator[Document[TrainingClaim] | Document[TrainingAttendance]]:
        """Every document, in canonical order."""
        yield from (self.claims[id] for id in sorted(self.claims))
        yield from (self.attendance[id] for id in sorted(self.attendance))


def _attended(records: Iterable[TrainingAttendance], claim: TrainingClaim) -> bool:
    return any((each.course_id, each.class_date) == (claim.course_id, claim.class_date) for each in records)


def _file(document: Document[TrainingClaim] | Document[TrainingAttendance], arrival: Arrival) -> set[int]:
    months = {month_of(document.current.class_date)} if document.revisions else set()
    document.file(arrival)
    return months | {month_of(document.current.class_date)}


def _priced(verdict: TrainingVerdict, circumstances: Circumstances) -> PricedClass:
    """TRAIN-4, WAGE-1."""
    claim = verdict.document.current
    refused = [(verdict.code, verdict.minutes_refused, "")] if verdict.code and verdict.minutes_refused else []
    enrollment = circumstances.enrollments.on(claim.class_date)
    if not verdict.payable_minutes or enrollment is None:
        return PricedClass(claim, verdict.pathway, None, refused, set())
    engagement = circumstances.engagements.get(claim.recipient_id or "")
    of_county = county(claim, engagement, enrollment.county)
    rate = wage(of_county, claim.class_date, circumstances.law, circumstances.cut_off)
    references = _references(verdict, engagement)
    if rate.code is not None:
        refused.append((rate.code, verdict.payable_minutes, rate.missing))
        return PricedClass(claim, verdict.pathway, None, refused, references)
    worked = Worked(
        day=claim.class_date,
        earning="TRAINING",
        payable=verdict.document.first_standing,
        recorded=verdict.document.first.stamp,
        document_id=claim.document_id,
        reference=verdict.document.reference,
        recipient_id=claim.recipient_id,
        program=PROGRAM,
        county=of_county,
        rate_mills=rate.rate_mills,
        minutes=verdict.payable_minutes,
        assumptions=rate.assumptions + _assumed(claim.class_date, circumstances),
    )
    return PricedClass(claim, verdict.pathway, worked, refused, references)


def _assumed(day: int, circumstances: Circumstances) -> tuple[str, ...]:
    """Parameters of grade assumption behind a class that is paid."""
    law, known_at = circumstances.law, circumstances.cut_off
    return tuple(found for name in CONDITIONS for found in law.assumptions(name, day, known_at))


def _references(verdict: TrainingVerdict, engagement: Engagement | None) -> set[str]:
    attended = verdict.attended
    records = {reference(attended)} if attended else set()
    return records | {term.reference for term in county_terms(verdict.document.current, engagement) or ()}
