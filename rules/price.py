"""PriceTime's decision for one provider: what its months come to, and what lasts longer than a month.

Authority: the provider's side of LAW.md; RUN-3 (account tokens). In force: by parameter. Does not cover: taxes and what was
instructed before (`settle`); what happens within a month (`price_month`).
"""

from collections import defaultdict
from collections.abc import Iterable

from rules.conclusions import AccountTerm, AuthorizedTime, Engagement, PayeeAccount, Tail
from rules.documents import Arrival, Document, Terms
from rules.findings import Findings, note_conflicts
from rules.law import Law
from rules.periods import closing_cut_off, month_of, next_month, previous_month
from rules.price_month import MonthOfWork
from rules.price_watch import Watch, warned
from rules.restatement import LIFETIME, STANDING, Before, Change, Decision, Unit, is_watch, month_unit
from schemas.provider_enrollment import ProviderEnrollment

FOREVER = 1 << 60  # later than any day


class ProviderFile:
    """The facts of one provider, and what the recipients' side authorized."""

    def __init__(self, provider_id: str, law: Law) -> None:
        self.provider_id = provider_id
        self.law = law
        self.times: dict[int, dict[str, AuthorizedTime]] = defaultdict(dict)
        self.engagements: dict[str, Engagement] = {}
        self.enrollments: Terms[ProviderEnrollment] = Terms()
        self.payers: set[str] = set()  # settlements that pay this provider
        self.watch = Watch(provider_id, law)

    def admit(self, arrival: Arrival) -> Iterable[Unit]:
        """File what the recipients' side said, or a ProviderEnrollment."""
        if arrival.kind == "AuthorizedTime":
            return self._admit_time(arrival)
        if arrival.kind in ("VisitSpans", "VisitWarning"):
            return self.watch.admit(arrival)
        if arrival.kind == "Engagement":
            self.engagements[arrival.content.recipient_id] = arrival.content
        elif arrival.kind != "ProviderEnrollment":
            return ()
        else:
            self.enrollments.file(arrival)
        return [STANDING, *map(month_unit, self.times)]

    def _admit_time(self, arrival: Arrival) -> list[Unit]:
        """A vanished id says nothing but itself, so its month is found where it stands."""
        time: AuthorizedTime | None = arrival.content
        if time is not None:
            month = month_of(time.period_start)
            self.times[month][arrival.event_id] = time
            touched = [month_unit(month)]
            if (payer := f"R/{time.recipient_id}") not in self.payers:
                self.payers.add(payer)
                touched.append(STANDING)
            return touched
        month = next(month for month, times in self.times.items() if arrival.event_id in times)
        del self.times[month][arrival.event_id]
        return [month_unit(month)]

    def closed(self, unit: Unit, cut_off: int) -> bool:
        """TIME-6: months close; terms and lifetimes do not."""
        if unit in (STANDING, LIFETIME):
            return False
        month = month_of(unit.month)
        return closing_cut_off(month, self.law.value("filing.closes_after_months", month)) < cut_off

    def followers(self, unit: Unit, change: Change) -> Iterable[Unit]:
        """A workweek across the end of a month is read by the next one."""
        if isinstance(change.now or change.before, Tail):
            return [month_unit(next_month(unit.month))]
        return warned(unit, change)

    def decide(self, unit: Unit, before: Before, cut_off: int) -> Decision:
        """Statements and findings of a month; accounts."""
        if unit == STANDING:
            return self._standing()
        if unit == LIFETIME:
            return self._lifetime(before, cut_off)
        if is_watch(unit):
            return self.watch.decide(unit.month, cut_off)
        return MonthOfWork(
            unit.month,
            self.provider_id,
            self.times[unit.month],
            self.enrollments,
            self.engagements,
            before.get(month_unit(previous_month(unit.month)), {}).get("tail"),
            self.law,
            cut_off,
        ).decide()

    def _standing(self) -> Decision:
        decision, findings = Decision(), Findings()
        terms = self._account_terms()
        for key in sorted(self.payers):
            decision.conclusions[f"account:{key}:{self.provider_id}"] = PayeeAccount(key, self.provider_id, terms)
        note_conflicts(self.enrollments.documents.values(), findings)
        decision.conclusions.update(findings.by_id)
        return decision

    def _lifetime(self, before: Before, cut_off: int) -> Decision:
        """What adds up over years."""
        decision, findings = Decision(), Findings()
        self.watch.review(before, findings, cut_off)
        decision.conclusions.update(findings.by_id)
        return decision

    def _account_terms(self) -> list[AccountTerm]:
        """RUN-3: account tokens by day, each with when that enrolment was recorded."""
        return [
            AccountTerm(
                span.first, span.last if span.last < FOREVER else None, span.fact.account_token, _recorded(self.enrollments, span.fact)
            )
            for span in self.enrollments.spans(-FOREVER, FOREVER)
        ]


def _recorded(enrollments: Terms[ProviderEnrollment], fact: ProviderEnrollment) -> tuple[int, int]:
    document: Document[ProviderEnrollment] = enrollments.documents[fact.document_id]
    return document.revisions[fact.revision].stamp
