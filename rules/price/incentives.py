"""What a provider's incentive claims come to over its lifetime: statements, and why a claim waits or is denied.

Authority: INC-1 to INC-5 (WIC 12316.1), TAX-3 (class of the recipient named on the claim). In force: by parameters
incentive.*. Does not cover: what is earned (`incentives`), which minutes are paid (`price.month`), recovery.

The months hand on what they paid (``CareerMonth``); they begin to with the first training claim, and no month in which
paid training lies can have closed by then. A paid claim is remembered by its revision, for once instructed it stays.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from rules.conclusions import Line, Statement
from rules.documents import Document, named
from rules.findings import Findings
from rules.incentives import (
    Career,
    Earned,
    IncentiveVerdict,
    PaidTraining,
    decide_claims,
    earned_by,
    first_recorded_on,
    needs_on,
)
from rules.kept import CareerMonth, PaidIncentives
from rules.law import Law
from rules.periods import month_of, period_end, period_of
from rules.price.filed import Filed
from rules.price.training import PROGRAM, PricedClass
from rules.price.violations import Notice
from rules.relationships import UNKNOWN_RELATIONSHIP, deciding_assignment
from rules.restatement import LIFETIME, Decision, Trace
from rules.to_provider import Engagement
from rules.whose_case import county_of_work
from rules.worked import Worked
from schemas.ids import statement_id
from schemas.incentive_claim import IncentiveClaim

CAREER, PAID = "career", "paid_incentives"  # ids of what a month and a lifetime keep to themselves
INCENTIVE: Final = "INCENTIVE"
_RULES = {"TRAINING": "INC-1", "ONE_MONTH_ASSIGNMENT": "INC-2", "SIX_MONTH_ASSIGNMENT": "INC-3"}
_ASSUMED = ("training.first_class_day", "incentive.paid_means", "incentive.in_regular_rate")
_ASSUMED_OF_SERVICE = ("incentive.last_service_month", "incentive.months", "incentive.service_counted_per")
_ASSUMED_OF_A_ROW = ("incentive.order_of_months",)
StatementKey = tuple[str | None, int]  # recipient named on the claim, pay period


def career_month(classes: Iterable[PricedClass], worked: Iterable[Worked]) -> CareerMonth | None:
    """What to hand on of a month once all rules have taken their minutes; None if it paid nothing."""
    training = [
        (each.worked.day, each.pathway or "", each.worked.minutes, each.worked.reference)
        for each in classes
        if each.worked is not None and each.worked.minutes
    ]
    service: dict[tuple[str, int], int] = defaultdict(int)
    for piece in worked:
        if piece.earning == "SERVICE" and piece.minutes:
            service[piece.recipient_id or "", piece.day] += piece.minutes
    paid = [(*key, minutes) for key, minutes in sorted(service.items())]
    return CareerMonth(sorted(training), paid) if training or paid else None


class JudgedClaims(Trace):
    """Incentive claims: what the provider has done, and what each comes to by it."""

    def __init__(self, record: Career, verdicts: list[IncentiveVerdict], law: Law, known_at: int) -> None:
        self.record, self.verdicts, self.law, self.known_at = record, verdicts, law, known_at

    def earned(self) -> list[tuple[IncentiveVerdict, Earned]]:
        """Each claim with what earned it, as long as nothing more is filed."""
        return [(each, earned_by(each.document, self.record, self.law, self.known_at)) for each in self.verdicts]


def conclude_incentives(filed: Filed, notice: Notice, decision: Decision, findings: Findings) -> JudgedClaims | None:
    """Statements and findings of all incentive claims, and which are paid; how they were judged, if there are any."""
    if not filed.incentives:
        return None
    months, judged = _months(notice), _judged(filed, notice)
    for verdict in judged.verdicts:
        _find(verdict, notice, findings)
    paid = [verdict for verdict in judged.verdicts if verdict.code is None]
    by_statement, corrected = _by_statement(paid), _corrected(filed.incentives.values())
    for key in sorted({*by_statement, *corrected}, key=lambda key: (key[0] or "", key[1])):
        statement = _statement(key, by_statement.get(key, []), months, filed, notice)
        names = sorted({*statement.documents, *corrected.get(key, ())})
        statement = msgspec.structs.replace(statement, documents=names)
        decision.conclusions[statement.statement_id] = statement
    if paid:
        claims = (verdict.document.current for verdict in paid)
        decision.conclusions[PAID] = PaidIncentives({claim.document_id: claim.revision for claim in claims})
    return judged


def _judged(filed: Filed, notice: Notice) -> JudgedClaims:
    known: PaidIncentives = notice.before.get(LIFETIME, {}).get(PAID) or PaidIncentives({})
    record = _record(_months(notice), filed.engagements)
    verdicts = decide_claims(filed.incentives.values(), record, known.revisions, notice.law, notice.cut_off)
    return JudgedClaims(record, verdicts, notice.law, notice.cut_off)


def _months(notice: Notice) -> list[CareerMonth]:
    return [of_unit[CAREER] for of_unit in notice.before.values() if CAREER in of_unit]


def _record(months: Iterable[CareerMonth], engagements: Mapping[str, Engagement]) -> Career:
    training: list[PaidTraining] = []
    service: dict[tuple[str, int], dict[int, int]] = defaultdict(dict)
    for month in months:
        training += (PaidTraining(day, pathway, minutes) for day, pathway, minutes, _ in month.training)
        for recipient, day, minutes in month.service:
            service[recipient, month_of(day)][day] = minutes
    return Career(training, service, lambda recipient, day: needs_on(engagements[recipient], day))


def _by_statement(paid: Iterable[IncentiveVerdict]) -> dict[StatementKey, list[IncentiveVerdict]]:
    statements: dict[StatementKey, list[IncentiveVerdict]] = defaultdict(list)
    for verdict in paid:
        statements[_key(verdict)].append(verdict)
    return statements


def _key(verdict: IncentiveVerdict) -> StatementKey:
    """INC-5: the pay period in which the claim was first recorded."""
    return verdict.document.current.recipient_id, period_of(first_recorded_on(verdict.document))


def _corrected(claims: Iterable[Document[IncentiveClaim]]) -> dict[StatementKey, set[str]]:
    """Claims that an earlier revision made on a statement: a withdrawal decides too."""
    found: dict[StatementKey, set[str]] = defaultdict(set)
    for document in claims:
        for claim in document.earlier:
            found[claim.recipient_id, period_of(first_recorded_on(document))].add(document.reference)
    return found


def _statement_id(provider_id: str, key: StatementKey) -> str:
    return statement_id(INCENTIVE, provider_id, *key)


def _statement(
    key: StatementKey,
    verdicts: Sequence[IncentiveVerdict],
    months: Iterable[CareerMonth],
    filed: Filed,
    notice: Notice,
) -> Statement:
    """The incentives of one statement as one line, since they differ in neither earning, program, county nor rate."""
    recipient, period = key
    engagement = filed.engagements.get(recipient or "")
    term = deciding_assignment(engagement.assignments, period_end(period)) if engagement else None
    rules = {_RULES[verdict.document.current.incentive] for verdict in verdicts}
    rule = rules.pop() if len(rules) == 1 else "INC-5"
    line = Line(INCENTIVE, PROGRAM, None, None, 0, sum(verdict.cents for verdict in verdicts), rule)
    return Statement(
        statement_id=_statement_id(notice.provider_id, key),
        kind=INCENTIVE,
        provider_id=notice.provider_id,
        recipient_id=recipient,
        period_start=period,
        lines=[line] if line.cents else [],
        claimed_minutes=0,
        held_minutes=0,
        cut_minutes=0,
        denied_minutes=0,
        payable=None,
        relationship=term.relationship if term else UNKNOWN_RELATIONSHIP,
        live_in=False,
        offsettable=[],
        documents=sorted(_references(verdicts, months) | ({term.reference} if term else set())),
        assumptions=sorted({name for verdict in verdicts for name in _assumptions(verdict, notice.law)}),
        case_county=county_of_work(engagement, filed.enrollments, None, period_end(period)),
        claim=min(((verdict.document.reference, PROGRAM, period) for verdict in verdicts), default=None),
    )


def _references(verdicts: Iterable[IncentiveVerdict], months: Iterable[CareerMonth]) -> set[str]:
    """The claims, and the classes in their pathways."""
    documents: list[Document[IncentiveClaim]] = [verdict.document for verdict in verdicts]
    pathways = {document.current.pathway for document in documents}
    classes = {reference for month in months for _, pathway, _, reference in month.training if pathway in pathways}
    return classes | {document.reference for document in documents}


def _assumptions(verdict: IncentiveVerdict, law: Law) -> list[str]:
    """Parameters of grade assumption behind an incentive."""
    incentive, day = verdict.document.current.incentive, first_recorded_on(verdict.document)
    names: tuple[str, ...] = _ASSUMED
    names += _ASSUMED_OF_SERVICE if incentive != "TRAINING" else ()
    names += _ASSUMED_OF_A_ROW if incentive == "SIX_MONTH_ASSIGNMENT" else ()
    return [found for name in names if law.in_force(name, day) for found in law.assumptions(name, day)]


def _find(verdict: IncentiveVerdict, notice: Notice, findings: Findings) -> None:
    claim = verdict.document.current
    code = "CLAWBACK_REVIEW" if verdict.clawback else verdict.code
    if code is not None:
        findings.add(
            code,
            recipient_id=claim.recipient_id,
            statement_id=_statement_id(notice.provider_id, _key(verdict)),
            cents=verdict.cents or None,
            words={"missing": verdict.missing} if verdict.missing else {},
            **named(claim),
        )
