"""What a claim for paid sick leave is paid by: papers that must be in force, the county's rate, its statement.

Authority: SICK-6 (29 CFR 778.218), WHO-1, WHO-2, WHO-3, WAGE-1, TAX-3, TAX-4. In force: by parameter. Does not cover:
whether there is leave to pay (`price.leave_claims`), what a statement was worth before (`settle`).
"""

from collections.abc import Iterable
from typing import Final, TypeVar

from rules.conclusions import AssignmentTerm, AuthorizationTerm, Statement
from rules.documents import Terms, reference
from rules.periods import period_end
from rules.price.filed import Filed
from rules.price.leave_claims import LeaveVerdict, Refused
from rules.price.statements import StatementDraft, StatementKey
from rules.price.violations import Notice
from rules.relationships import UNKNOWN_RELATIONSHIP, deciding_assignment
from rules.to_provider import Engagement
from rules.wages import wage
from rules.whose_case import county_of_work
from rules.worked import Worked
from schemas.ids import statement_id
from schemas.provider_enrollment import ProviderEnrollment
from schemas.sick_leave_claim import SickLeaveClaim

KIND: Final = "SICK_LEAVE"
Term = TypeVar("Term", AuthorizationTerm, AssignmentTerm)


class LeavePay:
    """Refuses by papers, prices, and puts on statements."""

    def __init__(self, filed: Filed, notice: Notice) -> None:
        self.filed, self.notice, self.law, self.cut_off = filed, notice, notice.law, notice.cut_off

    def refused(self, claim: SickLeaveClaim) -> Refused | None:
        """Why a claim is not paid, by WHO-1, WHO-2, WHO-3 and WAGE-1, in this order."""
        day, engagement = claim.service_date, self.filed.engagements.get(claim.recipient_id)
        if self.filed.enrollments.on(day) is None:
            return Refused("PROVIDER_NOT_ENROLLED", "leave")
        if engagement is None or _on(engagement.assignments.get(claim.program, ()), day) is None:
            return Refused("PROVIDER_NOT_ASSIGNED", "leave")
        authorization = _authorization(engagement, claim)
        if authorization is None:
            return Refused("NO_AUTHORIZATION", "leave")
        rate = wage(authorization.county, day, self.law, self.cut_off)
        return Refused(rate.code, words={"missing": rate.missing} if rate.missing else {}) if rate.code else None

    def worked(self, verdict: LeaveVerdict) -> Worked:
        """SICK-6: what is paid of a claim, at the rate of the county of the recipient named."""
        document, claim = verdict.document, verdict.document.current
        authorization = _authorization(self.filed.engagements[claim.recipient_id], claim)
        assert authorization is not None, "what is paid is authorized"
        rate = wage(authorization.county, claim.service_date, self.law, self.cut_off)
        own = verdict.grant.assumptions if verdict.grant else ()
        if claim.program == "WPCS":
            own += self.law.assumptions("sick_leave.balance", claim.service_date)
        return Worked(
            day=claim.service_date,
            earning=KIND,
            payable=document.first_standing,
            recorded=document.first.stamp,
            document_id=claim.document_id,
            reference=document.reference,
            recipient_id=claim.recipient_id,
            program=claim.program,
            county=authorization.county,
            rate_mills=rate.rate_mills,
            minutes=verdict.paid_minutes,
            assumptions=(*rate.assumptions, *own),
        )

    def statement(self, key: StatementKey, draft: StatementDraft, late_rates: set[str]) -> Statement:
        """Of a recipient and pay period. Class and live-in exclusion are those of the relationship (TAX-3, TAX-4)."""
        _, recipient, period = key
        last, enrollments = period_end(period), self.filed.enrollments
        engagement = self.filed.engagements.get(recipient or "")
        term = deciding_assignment(engagement.assignments, last) if engagement else None
        decided = _enrolled(enrollments, period, last) | _engaged(engagement, period, last)
        return Statement(
            statement_id=statement_id(KIND, self.notice.provider_id, recipient, period),
            kind=KIND,
            provider_id=self.notice.provider_id,
            recipient_id=recipient,
            period_start=period,
            lines=draft.lines(),
            claimed_minutes=0,
            held_minutes=0,
            cut_minutes=0,
            denied_minutes=0,
            payable=None,
            relationship=term.relationship if term else UNKNOWN_RELATIONSHIP,
            live_in=bool(term and term.live_in),
            offsettable=[],
            documents=sorted(draft.documents | decided),
            assumptions=sorted(draft.assumptions | late_rates),
            case_county=county_of_work(engagement, enrollments, None, last),
            claim=min(draft.claims, default=None),
        )


def _authorization(engagement: Engagement, claim: SickLeaveClaim) -> AuthorizationTerm | None:
    return _on(engagement.authorizations.get(claim.program, ()), claim.service_date)


def _on(terms: Iterable[Term], day: int) -> Term | None:
    return next((term for term in terms if term.first <= day and (term.last is None or day <= term.last)), None)


def _enrolled(enrollments: Terms[ProviderEnrollment], first: int, last: int) -> set[str]:
    """References of enrolments of the days, in force or given up."""
    return {reference(span.fact) for span in (*enrollments.spans(first, last), *enrollments.departed(first, last))}


def _engaged(engagement: Engagement | None, first: int, last: int) -> set[str]:
    """References of assignments and authorizations of the days, in force or given up."""
    if engagement is None:
        return set()
    in_force = {
        term.reference
        for by_program in (engagement.authorizations, engagement.assignments)
        for terms in by_program.values()
        for term in terms
        if term.first <= last and (term.last is None or first <= term.last)
    }
    return in_force | engagement.departed_on(first, last)
