"""Decides which minutes of a provider's training claims are payable, and which county's wage they earn.

Authority: TRAIN-1 to TRAIN-6 (WIC 12316.1; the program's dates: secondary); "Precedence" of LAW.md for the catalog.
In force: for classes from 2022-10-01 to 2024-09-17, on claims first recorded by 2024-11-15 (parameters training.*).
Does not cover: the wage itself (WAGE-1), the civil day's length (TIME-5), overtime (OT-1), incentives (INC).

Units: days ``int`` days since 1970-01-01, instants and cut-offs ``int`` milliseconds, minutes ``int``.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import NamedTuple, TypeVar

from rules.conclusions import AssignmentTerm, AuthorizationTerm
from rules.documents import Document
from rules.law import Law, NotInForce
from rules.periods import civil_day
from rules.to_provider import Engagement
from schemas.course_listing import CourseListing
from schemas.training_attendance import TrainingAttendance
from schemas.training_claim import TrainingClaim

PROGRAM = ("training.channels", "training.first_class_day", "training.last_class_day", "training.last_claim_day")
PROGRAMS = ("IHSS", "WPCS")  # in the order in which their authorization names the county (TRAIN-4)

Catalog = Mapping[str, Sequence[CourseListing]]
Class = tuple[str, int]  # course, class date
Term = TypeVar("Term", AuthorizationTerm, AssignmentTerm)


class TrainingVerdict(NamedTuple):
    """One claim that asks for pay. payable + held + cut + denied = claimed.

    ``code`` names the finding for the minutes refused, None if all are payable. ``pathway`` is that of the course's
    listing, None without one.
    """

    document: Document[TrainingClaim]
    pathway: str | None
    code: str | None
    payable_minutes: int = 0
    held_minutes: int = 0
    cut_minutes: int = 0
    denied_minutes: int = 0
    attended: TrainingAttendance | None = None  # what the payable minutes were measured against

    @property
    def minutes_refused(self) -> int:
        """What ``code`` takes from the claim; 0 without one."""
        return self.held_minutes + self.cut_minutes + self.denied_minutes


def course_catalog(documents: Iterable[Document[CourseListing]]) -> dict[str, list[CourseListing]]:
    """Listings by course, the one that wins first: latest ``listed_from``; ties: latest recorded (Precedence)."""
    standing = [document for document in documents if not document.current.withdrawn]
    standing.sort(key=lambda d: (d.current.listed_from, d.first.order, d.current.document_id), reverse=True)
    courses: dict[str, list[CourseListing]] = defaultdict(list)
    for document in standing:
        courses[document.current.course_id].append(document.current)
    return dict(courses)


def listed(catalog: Catalog, course_id: str, day: int) -> CourseListing | None:
    """The listing of a course in force on a day (TRAIN-2)."""
    for listing in catalog.get(course_id, ()):
        if listing.listed_from <= day and (listing.listed_to is None or day <= listing.listed_to):
            return listing
    return None


def decide_claims(
    claims: Sequence[Document[TrainingClaim]],
    attendance: Iterable[TrainingAttendance],
    catalog: Catalog,
    enrolled: Callable[[int], bool],
    law: Law,
    known_at: int,
) -> list[TrainingVerdict]:
    """A verdict per standing claim of one provider, in the order of first recording (TRAIN-2, TRAIN-3, TRAIN-6). One
    of no minutes asks for nothing.

    ``attendance``: the provider's, not withdrawn; ``catalog``: as ``course_catalog`` makes it; ``enrolled``: on a day.
    """
    attended = _attended(attendance)
    taken: set[Class] = set()
    verdicts = []
    for document in sorted(claims, key=lambda claim: claim.first.order):
        claim = document.current
        if claim.withdrawn or not claim.minutes_claimed:
            continue
        listing = listed(catalog, claim.course_id, claim.class_date)
        denial = _denial(document, taken, enrolled, listing, law, known_at)
        if denial is None:
            taken.add((claim.course_id, claim.class_date))
        verdicts.append(_verdict(document, listing, denial, attended.get((claim.course_id, claim.class_date))))
    return verdicts


def _attended(attendance: Iterable[TrainingAttendance]) -> dict[Class, TrainingAttendance]:
    """Attendance that counts for each class: a verified one before others, then the most minutes (TRAIN-6)."""
    ranked = sorted(attendance, key=attrgetter("verified", "minutes_attended"))
    return {(record.course_id, record.class_date): record for record in ranked}


def _denial(
    document: Document[TrainingClaim],
    taken: set[Class],
    enrolled: Callable[[int], bool],
    listing: CourseListing | None,
    law: Law,
    known_at: int,
) -> str | None:
    """The first reason to deny a claim, in the order of TRAIN-6; law of the class date."""
    claim = document.current
    try:
        channels, *days = (law.value(name, claim.class_date, known_at) for name in PROGRAM)
    except NotInForce:
        return "PROGRAM_NOT_IN_FORCE"
    first_class_day, last_class_day, last_claim_day = days
    reasons = {
        "CLAIM_NOT_THROUGH_ESP": claim.channel not in channels,
        "PROGRAM_NOT_IN_FORCE": not first_class_day <= claim.class_date <= last_class_day,
        "CLAIM_TOO_LATE": _recorded_by(document) > last_claim_day,
        "TRAINING_ALREADY_CLAIMED": (claim.course_id, claim.class_date) in taken,
        "PROVIDER_NOT_ENROLLED": not enrolled(claim.class_date),
        "COURSE_NOT_IN_CATALOG": listing is None,
    }
    return next((code for code, holds in reasons.items() if holds), None)


def _recorded_by(document: Document[TrainingClaim]) -> int:
    """The earliest civil date on which any of the claim was recorded: corrections may come later (TRAIN-6)."""
    return civil_day(min(revision.fact.recorded_at for revision in document.revisions.values()))


def _verdict(
    document: Document[TrainingClaim],
    listing: CourseListing | None,
    denial: str | None,
    attended: TrainingAttendance | None,
) -> TrainingVerdict:
    """What is left of a claim after its denial, if any, and its attendance (TRAIN-2, TRAIN-3)."""
    claimed = document.current.minutes_claimed
    pathway = listing.pathway if listing else None
    if denial:
        return TrainingVerdict(document, pathway, denial, denied_minutes=claimed)
    if attended is None or not attended.verified:
        return TrainingVerdict(document, pathway, "ATTENDANCE_NOT_VERIFIED", held_minutes=claimed)
    payable = min(claimed, attended.minutes_attended)
    code = "OVER_VERIFIED_ATTENDANCE" if payable < claimed else None
    return TrainingVerdict(
        document, pathway, code, payable_minutes=payable, cut_minutes=claimed - payable, attended=attended
    )


def county(claim: TrainingClaim, engagement: Engagement | None, enrollment_county: str) -> str:
    """The county whose wage the class earns (TRAIN-4).

    ``engagement``: the provider's with the recipient named on the claim, None without one; ``enrollment_county``: of
    the enrolment in force on the class date.
    """
    terms = county_terms(claim, engagement)
    return terms[1].county if terms else enrollment_county


def county_terms(
    claim: TrainingClaim, engagement: Engagement | None
) -> tuple[AssignmentTerm, AuthorizationTerm] | None:
    """The assignment and the authorization by which the recipient named on the claim decides the county (TRAIN-4)."""
    if engagement is None or engagement.recipient_id != claim.recipient_id:
        return None
    assignment = next(_all_on(engagement.assignments, claim.class_date), None)
    authorization = next(_all_on(engagement.authorizations, claim.class_date), None)
    return (assignment, authorization) if assignment and authorization else None


def _all_on(terms: Mapping[str, Sequence[Term]], day: int) -> Iterator[Term]:
    """Terms in force on a day, by program."""
    for program in PROGRAMS:
        for term in terms.get(program, ()):
            if term.first <= day and (term.last is None or day <= term.last):
                yield term
