"""PriceTime's decision for one provider: what its months come to, and what lasts longer than a month.

Authority: the provider's side of LAW.md; RUN-3 (account tokens), RUN-4 (what came back). In force: by parameter.
Does not cover: taxes and what was instructed before (`settle`); what happens within a month (`price.month`).
"""

from collections.abc import Iterable

from rules.conclusions import AccountTerm, BenefitRecord, PayeeAccount
from rules.documents import Arrival, Document, Terms
from rules.findings import Findings, note_conflicts
from rules.kept import CareerMonth, HeldTime, ServiceDays, Tail, WeeksJudged
from rules.law import Law
from rules.periods import month_of, next_month, previous_month
from rules.price.benefits import conclude_benefits, months_looking_back
from rules.price.filed import Filed
from rules.price.incentives import JudgedClaims, conclude_incentives
from rules.price.month import MonthOfWork
from rules.price.overdue import conclude_held, find_overdue
from rules.price.paid_service import conclude_service, moves_leave
from rules.price.sick_leave import JudgedLeave, SickLeave
from rules.price.violations import Notice, find_late_claims, find_violations
from rules.price.watch import OverlapWatch, warned
from rules.restatement import (
    LIFETIME,
    STANDING,
    Before,
    Change,
    Decision,
    NotRead,
    Trace,
    Unit,
    closed,
    is_watch,
    month_unit,
)
from rules.to_provider import AuthorizedTime
from rules.training import Catalog
from rules.whose_case import of_provider
from schemas.ids import conclusion_id, provider_key, recipient_key
from schemas.provider_enrollment import ProviderEnrollment

FOREVER = 1 << 60  # later than any day


class JudgedLifetime(Trace):
    """What adds up over years, as it was decided; None: nothing is claimed, or earned."""

    def __init__(self, incentives: JudgedClaims | None, leave: JudgedLeave | None) -> None:
        self.incentives, self.leave = incentives, leave


class ProviderFile:
    """The facts of one provider, and what the recipients' side authorized."""

    def __init__(self, provider_id: str, law: Law, catalog: Catalog) -> None:
        self.provider_id = provider_id
        self.law = law
        self.filed = Filed(catalog)
        self.payers: set[str] = set()  # settlements that pay this provider
        self.watch = OverlapWatch(provider_id, law)

    def admit(self, arrival: Arrival) -> Iterable[Unit]:
        """File what the recipients' side said, or a fact about the provider."""
        if arrival.kind == "AuthorizedTime":
            return self._admit_time(arrival)
        if arrival.kind in ("VisitSpans", "VisitWarning"):
            return self.watch.admit(arrival)
        if arrival.kind == "LateTime":
            self.filed.file_late(arrival)
            return [LIFETIME]
        if arrival.kind == "Engagement":
            self.filed.engagements[arrival.content.recipient_id] = arrival.content
        elif arrival.kind == "PaymentOutcome":
            return [STANDING] if self.filed.file_outcome(arrival) else []
        elif arrival.kind == "ProviderEnrollment":
            self.filed.enrollments.file(arrival)
        else:
            return self._admit_claim(arrival)
        return [STANDING, *map(month_unit, self.filed.months), *self.watch.crowded(), LIFETIME]

    def _admit_time(self, arrival: Arrival) -> list[Unit]:
        """A vanished id says nothing but itself, so its month is found where it stands."""
        time: AuthorizedTime | None = arrival.content
        months = self.filed.times
        if time is not None:
            month = month_of(time.period_start)
            months[month][arrival.event_id] = time
            return [month_unit(month), *self.watch.contested(month), *self._payer(time.recipient_id)]
        month = next(month for month, times in months.items() if arrival.event_id in times)
        del months[month][arrival.event_id]
        return [month_unit(month), *self.watch.contested(month)]

    def _payer(self, recipient_id: str | None) -> list[Unit]:
        """A settlement that pays this provider (None: its own) must learn the account, once."""
        payer = provider_key(self.provider_id) if recipient_id is None else recipient_key(recipient_id)
        if payer in self.payers:
            return []
        self.payers.add(payer)
        return [STANDING]

    def _admit_claim(self, arrival: Arrival) -> list[Unit]:
        """What the provider claims beside time, or the county decides; STANDING tells of conflicting revisions."""
        if arrival.kind == "TravelClaim":
            return self._admit_travel(arrival)
        if arrival.kind == "SickLeaveClaim":
            late = closed(month_unit(month_of(arrival.content.service_date)), arrival.cut_off, self.law)
            self.filed.file_leave(arrival, late)
            return [STANDING, LIFETIME, *self._payer(None)]
        if arrival.kind == "HoursException":
            return [STANDING, *map(month_unit, self.filed.file_exception(arrival))]
        if arrival.kind == "ViolationDecision":
            self.filed.decisions.setdefault(arrival.content.document_id, Document()).file(arrival)
            return [STANDING, LIFETIME]
        return self._admit_career(arrival)

    def _admit_career(self, arrival: Arrival) -> list[Unit]:
        """Training and incentives. From the first training claim on, months keep what incentives look at."""
        classes = self.filed.classes
        if arrival.kind == "IncentiveClaim":
            self.filed.incentives.setdefault(arrival.content.document_id, Document()).file(arrival)
            return [STANDING, LIFETIME, *self._payer(None)]
        if arrival.kind == "TrainingAttendance":
            return [STANDING, *map(month_unit, classes.file_attendance(arrival))]
        if arrival.kind != "TrainingClaim":
            raise NotRead(arrival.kind)
        if classes.hold_late(arrival, lambda month, cut_off: closed(month_unit(month), cut_off, self.law)):
            return [LIFETIME]
        first, waited = not classes.claims, arrival.content.document_id in classes.late.documents
        months = classes.file_claim(arrival)
        touched = [STANDING, *map(month_unit, self.filed.months if first else months), *self._payer(None)]
        return [*touched, LIFETIME] if waited else touched

    def _admit_travel(self, arrival: Arrival) -> list[Unit]:
        unit = month_unit(month_of(arrival.content.period_start))
        late = closed(unit, arrival.cut_off, self.law)
        self.filed.file_travel(arrival, late)
        payers = [self._payer(trip.to_recipient_id) for trip in arrival.content.trips]
        return [LIFETIME if late else unit, *(touched for each in payers for touched in each)]

    def followers(self, unit: Unit, change: Change, now: Before) -> Iterable[Unit]:
        """A workweek across the end of a month is read by the next one; violations add up over years."""
        said = change.now or change.before
        if isinstance(said, Tail):
            return [month_unit(next_month(unit.month))]
        if isinstance(said, CareerMonth):
            return [LIFETIME] if self.filed.incentives else []
        if isinstance(said, BenefitRecord):
            months = months_looking_back(change, self.law)
            return map(month_unit, sorted(set(months) & set(self.filed.months))) if months else []
        if isinstance(said, ServiceDays):
            notice = Notice(self.provider_id, now, self.law.as_known_at(change.cut_off), change.cut_off)
            return [LIFETIME] if moves_leave(unit.month, change.before, self.filed, notice) else []
        return [LIFETIME] if isinstance(said, (WeeksJudged, HeldTime)) else warned(unit, change)

    def decide(self, unit: Unit, before: Before, cut_off: int) -> Decision:
        """Statements and findings of a month; accounts; violations over the years."""
        if unit == STANDING:
            return self._standing()
        if unit == LIFETIME:
            return self._lifetime(before, cut_off)
        if is_watch(unit):
            return self.watch.decide(unit.month, self.filed, cut_off)
        month = self._month(unit.month, before, cut_off)
        decision = month.decide()
        notice = Notice(self.provider_id, before, month.law, cut_off)
        conclude_held(month, self.filed, decision)
        conclude_service(unit.month, month.worked, month.law, decision)
        conclude_benefits(unit.month, month.worked, self.filed.engagements.values(), notice, decision)
        return decision

    def _month(self, month: int, before: Before, cut_off: int) -> MonthOfWork:
        """What a month is decided from, as it is on file now."""
        tail = before.get(month_unit(previous_month(month)), {}).get("tail")
        said = before.get(month_unit(month), {})
        return MonthOfWork(month, self.provider_id, self.filed, tail, said, self.law.as_known_at(cut_off), cut_off)

    def _lifetime(self, before: Before, cut_off: int) -> Decision:
        """What adds up over years."""
        decision, findings = Decision(), Findings(of_provider(self.filed.engagements, self.filed.enrollments))
        self.watch.review(before, findings, cut_off)
        notice = Notice(self.provider_id, before, self.law.as_known_at(cut_off), cut_off)
        find_violations(self.filed, notice, findings)
        incentives = conclude_incentives(self.filed, notice, decision, findings)
        leave = SickLeave(self.filed, notice)
        decision.trace = JudgedLifetime(incentives, leave.decide(decision, findings))
        find_late_claims(self.filed, findings)
        find_overdue(self.filed, leave.pieces, notice, decision, findings)
        decision.conclusions.update(findings.by_id)
        return decision

    def _standing(self) -> Decision:
        decision, findings = Decision(), Findings(of_provider(self.filed.engagements, self.filed.enrollments))
        terms, returned = self._account_terms(), [*self.filed.returned()]
        for key in sorted(self.payers):
            account = PayeeAccount(key, self.provider_id, terms, returned)
            decision.conclusions[conclusion_id("account", key, self.provider_id)] = account
        note_conflicts(self.filed.documents(), findings)
        decision.conclusions.update(findings.by_id)
        return decision

    def _account_terms(self) -> list[AccountTerm]:
        """RUN-3: account tokens by day, each with when that enrolment was recorded."""
        enrollments = self.filed.enrollments
        return [
            AccountTerm(
                span.first,
                span.last if span.last < FOREVER else None,
                span.fact.account_token,
                _recorded(enrollments, span.fact),
                span.fact.county,
            )
            for span in enrollments.spans(-FOREVER, FOREVER)
        ]


def _recorded(enrollments: Terms[ProviderEnrollment], fact: ProviderEnrollment) -> tuple[int, int]:
    document: Document[ProviderEnrollment] = enrollments.documents[fact.document_id]
    return document.revisions[fact.revision].stamp
