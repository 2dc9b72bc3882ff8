"""Decides which Career Pathways incentives are earned, which wait, and which can no longer be earned.

Authority: INC-1 to INC-5, TRAIN-6 (WIC 12316.1; amounts: secondary; calendar months, 40:00 counted per recipient and
months one after another: assumptions). In force: on training from 2022-10-01 to 2024-09-17, service to November 2024
and claims recorded by 2024-11-15. Does not cover: what training and service is payable, taxes (TAX-3), recovery.

LAW.md is silent on which day the authorization must name the pathway as a need: here, on the day of service.
Units: days and months ``int`` days since 1970-01-01, cut-offs ``int`` milliseconds, minutes and cents ``int``.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

from rules.documents import Document
from rules.law import Law, NotInForce
from rules.periods import civil_date, civil_day, hhmm, next_month
from rules.to_provider import Engagement
from schemas.incentive_claim import IncentiveClaim

Service = Mapping[tuple[str, int], Mapping[int, int]]  # (recipient, service month) -> day -> payable minutes
NOT_YET_EARNED, NOT_THEN = "INCENTIVE_NOT_YET_EARNED", "this incentive did not exist on the day of your claim"
Needs = Callable[[str, int], Collection[str]]  # recipient, day -> pathways


class PaidTraining(NamedTuple):
    """Minutes of one class that are payable after all rules of the provider's side."""

    class_date: int
    pathway: str
    minutes: int


class Career(NamedTuple):
    """What the provider has done, as payable at the cut-off; the classes in any order."""

    training: Sequence[PaidTraining]
    service: Service
    needs: Needs


class IncentiveVerdict(NamedTuple):
    """One claim that stands. ``cents`` is what it is worth; ``code`` names why that is nothing, None if it is paid.

    ``missing`` says what is not yet met (INCENTIVE_NOT_YET_EARNED), was paid before (INCENTIVE_LIMIT), or is needed
    (CLAWBACK_REVIEW); ``kept``: paid at an earlier cut-off; ``clawback``: kept, and too little training stands since.
    """

    document: Document[IncentiveClaim]
    cents: int = 0
    code: str | None = None
    missing: str = ""
    kept: bool = False
    clawback: bool = False


class Earned(NamedTuple):
    """What earned a claim: paid classes of its pathway, the date they sufficed, what counts of the service after it."""

    training: list[PaidTraining]
    completed_on: int | None
    service: Mapping[tuple[str, int], int]


class IncentiveTerms(NamedTuple):
    """The law of one incentive on the day its claim was first recorded."""

    channels: Sequence[str]
    last_claim_day: int
    specialized_pathways: Sequence[str]
    cents: int
    times: int
    total_cents: int
    training_minutes: int
    service_minutes: int
    months_in_a_row: int  # after the first month with the service; 0 if that month is enough
    last_service_month: int


def needs_on(engagement: Engagement, day: int) -> frozenset[str]:
    """Pathways that the recipient's authorizations, of either program, name as a need on a day (INC-2)."""
    terms = (term for terms in engagement.authorizations.values() for term in terms)
    in_force = (term for term in terms if term.first <= day and (term.last is None or day <= term.last))
    return frozenset(pathway for term in in_force for pathway in term.training_needs)


def completed_on(training: Iterable[PaidTraining], pathway: str, minutes: int) -> int | None:
    """The class date on which paid minutes of the pathway reach ``minutes`` (INC-4); None if they do not."""
    classes = sorted(paid for paid in training if paid.pathway == pathway)
    reached = accumulate(paid.minutes for paid in classes)
    return next((paid.class_date for paid, total in zip(classes, reached, strict=True) if total >= minutes), None)


def decide_claims(
    claims: Iterable[Document[IncentiveClaim]], record: Career, instructed: Mapping[str, int], law: Law, known_at: int
) -> list[IncentiveVerdict]:
    """A verdict per standing claim of one provider, in the order of first recording (INC-5).

    ``instructed``: which revision of a document was paid at the cut-off before, by document id. What was paid counts
    towards the limits first, then what is earned by first recording; what can no longer be paid does not wait.
    """
    merits = []
    for document in sorted(claims, key=lambda claim: claim.first.order):
        if not document.current.withdrawn:
            terms = _terms(document, law, known_at)
            merits.append((_merit(document, record, instructed.get(document.current.document_id), terms), terms))
    verdicts: list[IncentiveVerdict] = []
    for verdict, terms in sorted(merits, key=lambda merit: (not merit[0].kept, merit[0].code is not None)):
        verdicts.append(_within_limits(verdict, verdicts, terms))
    return sorted(verdicts, key=lambda verdict: verdict.document.first.order)


def _terms(document: Document[IncentiveClaim], law: Law, known_at: int) -> IncentiveTerms | None:
    """None if something the incentive needs is not in force on the day of the claim."""
    incentive, day = document.current.incentive, first_recorded_on(document)
    in_a_row = incentive == "SIX_MONTH_ASSIGNMENT"
    try:
        return IncentiveTerms(
            channels=law.value("training.channels", day, known_at),
            last_claim_day=law.value("training.last_claim_day", day, known_at),
            specialized_pathways=law.value("training.specialized_pathways", day, known_at),
            cents=law.value(f"incentive.cents.{incentive}", day, known_at),
            times=law.value(f"incentive.times.{incentive}", day, known_at),
            total_cents=law.value("incentive.total_cents", day, known_at),
            training_minutes=law.value("incentive.training_minutes", day, known_at),
            service_minutes=law.value("incentive.service_minutes", day, known_at),
            months_in_a_row=law.value(f"incentive.service_months.{incentive}", day, known_at) if in_a_row else 0,
            last_service_month=law.value("incentive.last_service_month", day, known_at),
        )
    except NotInForce:
        return None


def earned_by(document: Document[IncentiveClaim], record: Career, law: Law, known_at: int) -> Earned:
    """What the provider has done for a claim, by what is payable now."""
    claim, terms = document.current, _terms(document, law, known_at)
    training = sorted(each for each in record.training if each.pathway == claim.pathway)
    completed = completed_on(training, claim.pathway, terms.training_minutes) if terms else None
    if terms and completed is not None and claim.incentive != "TRAINING":
        return Earned(training, completed, _service_minutes(claim, record, completed, terms))
    return Earned(training, completed, {})


def first_recorded_on(document: Document[IncentiveClaim]) -> int:
    """The civil date whose pay period the claim's statement belongs to (INC-5); it never moves."""
    return civil_day(document.first.fact.recorded_at)


def _recorded_by(document: Document[IncentiveClaim]) -> int:
    """The earliest civil date on which any of the claim was recorded: corrections may come later (TRAIN-6)."""
    return civil_day(min(revision.fact.recorded_at for revision in document.revisions.values()))


def _merit(
    document: Document[IncentiveClaim], record: Career, instructed: int | None, terms: IncentiveTerms | None
) -> IncentiveVerdict:
    """What a claim is worth, limits aside."""
    claim = document.current
    if terms is None:
        return IncentiveVerdict(document, code=NOT_YET_EARNED, missing=NOT_THEN)
    if instructed is not None and _asks(document.revisions[instructed].fact) == _asks(claim):
        completed = completed_on(record.training, claim.pathway, terms.training_minutes)
        needed = hhmm(terms.training_minutes) if completed is None else ""
        return IncentiveVerdict(document, terms.cents, missing=needed, kept=True, clawback=completed is None)
    if claim.channel not in terms.channels:
        return IncentiveVerdict(document, code="CLAIM_NOT_THROUGH_ESP")
    if _recorded_by(document) > terms.last_claim_day:
        return IncentiveVerdict(document, code="CLAIM_TOO_LATE")
    if missing := _missing(claim, record, terms):
        return IncentiveVerdict(document, code=NOT_YET_EARNED, missing=missing)
    return IncentiveVerdict(document, terms.cents)


def _asks(claim: IncentiveClaim) -> tuple[str, str, str | None]:
    """What a claim asks for: a correction that asks for something else is not the claim that was paid."""
    return claim.incentive, claim.pathway, claim.recipient_id


def _within_limits(
    verdict: IncentiveVerdict, decided: Iterable[IncentiveVerdict], terms: IncentiveTerms | None
) -> IncentiveVerdict:
    """INCENTIVE_LIMIT where what was decided before leaves no room: times, one per pathway, or the total."""
    if terms is None or verdict.kept or verdict.code not in (None, NOT_YET_EARNED):
        return verdict
    claim = verdict.document.current
    paid = [other for other in decided if other.code is None]
    alike = [other.document.current for other in paid if other.document.current.incentive == claim.incentive]
    full = len(alike) >= terms.times or sum(other.cents for other in paid) + terms.cents > terms.total_cents
    if any(other.pathway == claim.pathway for other in alike):
        return IncentiveVerdict(verdict.document, code="INCENTIVE_LIMIT", missing="was already paid for this pathway")
    if full:
        return IncentiveVerdict(verdict.document, code="INCENTIVE_LIMIT", missing="was paid as often as it can be")
    return verdict


def _missing(claim: IncentiveClaim, record: Career, terms: IncentiveTerms) -> str:
    """What is not yet met, in words; "" if all is (INC-1 to INC-4)."""
    if claim.incentive != "TRAINING" and claim.pathway not in terms.specialized_pathways:
        return "it needs training in a specialized pathway"
    completed = completed_on(record.training, claim.pathway, terms.training_minutes)
    if completed is None:
        paid = sum(training.minutes for training in record.training if training.pathway == claim.pathway)
        return f"you still need to complete {hhmm(terms.training_minutes - paid)} of paid training in this pathway"
    if claim.incentive == "TRAINING":
        return ""
    return _missing_service(_service_minutes(claim, record, completed, terms), completed, terms)


def _service_minutes(
    claim: IncentiveClaim, record: Career, completed: int, terms: IncentiveTerms
) -> dict[tuple[str, int], int]:
    """What counts for INC-2, by recipient and month: days after the 15th hour on which the pathway is a need."""
    return {
        (recipient, month): sum(
            minutes for on, minutes in days.items() if on > completed and claim.pathway in record.needs(recipient, on)
        )
        for (recipient, month), days in record.service.items()
        if claim.recipient_id in (None, recipient) and month <= terms.last_service_month
    }


def _missing_service(counted: Mapping[tuple[str, int], int], completed: int, terms: IncentiveTerms) -> str:
    met = [key for key, minutes in counted.items() if minutes >= terms.service_minutes]
    enough = f"you need {hhmm(terms.service_minutes)} of paid service for one recipient who needs this pathway"
    end = f"by the end of {civil_date(terms.last_service_month):%B %Y}"
    if not met:
        most = hhmm(max(counted.values(), default=0))
        day = civil_date(completed)
        return f"{enough}, in one month, after {day.day} {day:%B %Y} and {end}. Your best month so far: {most}"
    first = min(month for _, month in met)
    later: dict[str, list[int]] = defaultdict(list)
    for recipient, month in met:
        later[recipient] += [month] if month > first else []
    longest = max(map(_longest_row, later.values()))
    if longest >= terms.months_in_a_row:
        return ""
    row = f"{terms.months_in_a_row} months in a row after {civil_date(first):%B %Y} and {end}"
    return f"{enough}, in {row}. Months in a row so far: {longest}"


def _longest_row(months: Iterable[int]) -> int:
    """How many of the months follow one another at most."""
    longest = row = 0
    expected = None
    for month in sorted(months):
        row = row + 1 if month == expected else 1
        longest, expected = max(longest, row), next_month(month)
    return longest
