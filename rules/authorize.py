"""AuthorizeTime's decision for one recipient: approved, assigned, within the authorization?

Authority: the recipient's side of "Order of the rules for one minute": TIME-6, TIME-2, WHO-6, WHO-2, WHO-3, EVV-4, HOURS-5,
HOURS-4. In force: by parameter. Does not cover: the provider's side (`price`), money (`settle`).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from rules.authorizations import assignment_terms, authorization_terms, impairment_mismatch, limited_minutes, pro_rata
from rules.authorized_time import Use, cut_to_month
from rules.claimed_time import Claim, claim
from rules.conclusions import AuthorizedTime, Engagement
from rules.documents import Arrival, Document, Span, Terms
from rules.findings import Findings, note_conflicts
from rules.law import Law
from rules.periods import closing_cut_off, iso, month_end, month_of, period_end
from rules.restatement import LIFETIME, STANDING, Before, Change, Decision, Unit, month_unit
from schemas.provider_assignment import ProviderAssignment
from schemas.service_authorization import ServiceAuthorization
from schemas.timesheet import Timesheet

Key = tuple[str, str, int, str]  # provider, program, period start, document id


class Tally(msgspec.Struct):
    """One timesheet on its way through the recipient's side: minutes left by day, and what was taken."""

    key: Key
    claim: Claim
    use: Use
    held: int
    cut: int = 0
    denied: int = 0
    counties: list[str] = []

    @property
    def program(self) -> str:
        """IHSS or WPCS."""
        return self.key[1]

    def strike(self, days: Iterable[int]) -> int:
        """Take all minutes of days (numbers within the period); how many there were."""
        taken = 0
        for day in days:
            taken += self.use.minutes[day]
            self.use.minutes[day] = 0
        return taken


class RecipientFile:
    """The facts of one recipient."""

    def __init__(self, recipient_id: str, law: Law) -> None:
        self.recipient_id = recipient_id
        self.law = law
        self.timesheets: dict[int, dict[Key, Document[Timesheet]]] = defaultdict(dict)
        self.late: dict[Key, Document[Timesheet]] = {}
        self.authorizations: dict[str, Terms[ServiceAuthorization]] = defaultdict(Terms)
        self.assignments: dict[tuple[str, str], Terms[ProviderAssignment]] = defaultdict(Terms)

    def admit(self, arrival: Arrival) -> Iterable[Unit]:
        """File a Timesheet, ServiceAuthorization or ProviderAssignment."""
        if arrival.kind == "Timesheet":
            return self._admit_timesheet(arrival)
        if arrival.kind == "EvvVisit":
            return ()
        fact = arrival.content
        if arrival.kind == "ServiceAuthorization":
            self.authorizations[fact.program].file(arrival)
        else:
            self.assignments[fact.provider_id, fact.program].file(arrival)
        return [STANDING, *map(month_unit, self.timesheets)]

    def _admit_timesheet(self, arrival: Arrival) -> list[Unit]:
        timesheet: Timesheet = arrival.content
        month = month_unit(month_of(timesheet.period_start))
        key = (timesheet.provider_id, timesheet.program, timesheet.period_start, timesheet.document_id)
        if self.closed(month, arrival.cut_off):
            self.late.setdefault(key, Document()).file(arrival)
            return [LIFETIME]
        touched = [month]
        if not self._knows(timesheet.provider_id):
            self.assignments[timesheet.provider_id, timesheet.program]  # so that the provider learns the recipient's terms
            touched.append(STANDING)
        self.timesheets[month.month].setdefault(key, Document()).file(arrival)
        return touched

    def _knows(self, provider_id: str) -> bool:
        return (provider_id, "IHSS") in self.assignments or (provider_id, "WPCS") in self.assignments

    def closed(self, unit: Unit, cut_off: int) -> bool:
        """TIME-6: months close; terms and lifetimes do not."""
        if unit in (STANDING, LIFETIME):
            return False
        return closing_cut_off(unit.month, self.law.value("filing.closes_after_months", unit.month)) < cut_off

    def followers(self, unit: Unit, change: Change) -> Iterable[Unit]:
        """Months of one recipient do not read each other."""
        return ()

    def decide(self, unit: Unit, before: Before, cut_off: int) -> Decision:
        """Authorized time and findings of a month; engagements; what came too late."""
        decision = Decision()
        findings = Findings()
        if unit == STANDING:
            self._terms(decision, findings)
        elif unit == LIFETIME:
            self._filed_too_late(before, findings)
        else:
            self._month(unit.month, decision, findings)
        decision.conclusions.update(findings.by_id)
        return decision

    # --- a service month ---------------------------------------------------------------------------------------------

    def _month(self, month: int, decision: Decision, findings: Findings) -> None:
        documents = self.timesheets[month]
        tallies = [self._tally(key, documents[key], findings) for key in sorted(documents)]
        self._hold_moved(tallies, documents, findings)
        dead_from = self._days_after_death()
        for tally in tallies:
            self._strike_unpayable_days(tally, dead_from, findings)
        for program in sorted({tally.program for tally in tallies}):
            self._cut(month, program, [tally for tally in tallies if tally.program == program], findings)
        for tally in tallies:
            decision.conclusions[_id(tally.key)] = self._authorized_time(tally, month)
        note_conflicts(documents.values(), findings)

    def _tally(self, key: Key, document: Document[Timesheet], findings: Findings) -> Tally:
        claimed = claim(document)
        tally = Tally(key, claimed, Use(key[0], key[-1], claimed.minutes, claimed.places), claimed.awaiting + claimed.early)
        self._find(findings, "AWAITING_RECIPIENT_APPROVAL", tally, claimed.awaiting)
        self._find(findings, "CLAIMED_BEFORE_WORKED", tally, claimed.early)
        return tally

    def _hold_moved(self, tallies: list[Tally], documents: Mapping[Key, Document[Timesheet]], findings: Findings) -> None:
        """DOCUMENT_MOVED: one timesheet under two providers is held under both until one is withdrawn."""
        providers = defaultdict(set)
        for key, document in documents.items():
            if not document.current.withdrawn:
                providers[key[1:]].add(key[0])
        for tally in tallies:
            if len(providers[tally.key[1:]]) > 1 and not tally.claim.standing.withdrawn:
                tally.strike(range(len(tally.use.minutes)))
                tally.held = tally.claim.claimed
                self._find(findings, "DOCUMENT_MOVED", tally, tally.held)

    def _days_after_death(self) -> int | None:
        """The first day that WHO-6 holds; of several recorded dates the earliest, since a hold can be lifted."""
        deaths = [
            fact.deceased_on for terms in self.authorizations.values() for fact in terms.ranked if fact.deceased_on is not None
        ]
        return min(deaths) + 1 if deaths else None

    def _strike_unpayable_days(self, tally: Tally, dead_from: int | None, findings: Findings) -> None:
        """WHO-6, WHO-2, WHO-3 in this order; the county of each day left."""
        provider, program, period, _ = tally.key
        last = period_end(period)
        days = range(last - period + 1)
        if dead_from is not None and dead_from <= last:
            held = tally.strike(day for day in days if period + day >= dead_from)
            tally.held += held
            self._find(findings, "RECIPIENT_DECEASED", tally, held)
        assigned = _covered(self.assignments[provider, program], period, last)
        authorized = _covered(self.authorizations[program], period, last)
        for code, covering in (("PROVIDER_NOT_ASSIGNED", assigned), ("NO_AUTHORIZATION", authorized)):
            denied = tally.strike(day for day in days if covering[day] is None)
            tally.denied += denied
            self._find(findings, code, tally, denied)
        tally.counties = [
            fact.county if fact and minutes else "" for fact, minutes in zip(authorized, tally.use.minutes, strict=True)
        ]

    def _cut(self, month: int, program: str, tallies: list[Tally], findings: Findings) -> None:
        """HOURS-5, HOURS-4."""
        authorized = self._authorized_minutes(program, month)
        own = {tally.use.provider_id: self._assigned_minutes(tally.use.provider_id, program, month) for tally in tallies}
        cut_to_month([tally.use for tally in tallies], authorized, own)
        for tally in tallies:
            tally.cut = tally.use.over_assigned + tally.use.over_authorized
            self._find(findings, "OVER_ASSIGNED_HOURS", tally, tally.use.over_assigned)
            self._find(findings, "OVER_AUTHORIZED_HOURS", tally, tally.use.over_authorized)

    def _authorized_minutes(self, program: str, month: int) -> int:
        spans = self.authorizations[program].spans(month, month_end(month))
        return pro_rata([Span(s.first, s.last, limited_minutes(s.fact, self.law, month)) for s in spans], month)

    def _assigned_minutes(self, provider: str, program: str, month: int) -> int | None:
        """HOURS-5: the provider's own minutes of the month; None where an assignment in force states none."""
        spans = self.assignments[provider, program].spans(month, month_end(month))
        if any(span.fact.monthly_minutes is None for span in spans):
            return None
        return pro_rata([Span(s.first, s.last, s.fact.monthly_minutes or 0) for s in spans], month)

    def _authorized_time(self, tally: Tally, month: int) -> AuthorizedTime:
        provider, program, period, document_id = tally.key
        terms = [self.authorizations[program], self.assignments[provider, program]]
        spans = [span for each in terms for span in each.spans(month, month_end(month))]
        references = {f"{span.fact.KIND}/{span.fact.document_id}/{span.fact.revision}" for span in spans}
        whole = len(spans) == len(terms) and all(span.first == month and span.last == month_end(month) for span in spans)
        return AuthorizedTime(
            provider_id=provider,
            recipient_id=self.recipient_id,
            program=program,
            period_start=period,
            document_id=document_id,
            revision=tally.claim.standing.revision,
            recorded=self.timesheets[month][tally.key].first.stamp,
            payable=tally.claim.payable,
            places=tally.claim.places,
            minutes=tally.use.minutes,
            counties=tally.counties,
            claimed=tally.claim.claimed,
            held=tally.held,
            cut=tally.cut,
            denied=tally.denied,
            documents=[f"Timesheet/{document_id}/{tally.claim.standing.revision}", *sorted(references)],
            assumptions=(["hours.order_in_document"] if tally.cut else []) + ([] if whole else ["hours.pro_rata"]),
        )

    def _find(self, findings: Findings, code: str, tally: Tally, minutes: int) -> None:
        if minutes:
            findings.add(code, minutes=minutes, **_about(tally.key, self.recipient_id))

    # --- what came for a closed month -----------------------------------------------------------------------------------

    def _filed_too_late(self, before: Before, findings: Findings) -> None:
        """TIME-6: for a person; minutes are those beyond what the closed month already had."""
        for key, document in self.late.items():
            known = before.get(month_unit(month_of(key[2])), {}).get(_id(key))
            wanted = 0 if document.current.withdrawn else sum(document.current.minutes_worked)
            if known is not None or wanted:
                beyond = max(0, wanted - (known.claimed if known else 0))
                findings.add("FILING_LIMIT", minutes=beyond, **_about(key, self.recipient_id))

    # --- terms ------------------------------------------------------------------------------------------------------------

    def _terms(self, decision: Decision, findings: Findings) -> None:
        for provider in sorted({provider for provider, _ in self.assignments}):
            decision.conclusions[f"engagement:{provider}:{self.recipient_id}"] = self._engagement(provider)
        for terms in self.authorizations.values():
            self._judge_authorizations(terms, findings)
            note_conflicts(terms.documents.values(), findings)
        for assignments in self.assignments.values():
            note_conflicts(assignments.documents.values(), findings)

    def _engagement(self, provider: str) -> Engagement:
        return Engagement(
            provider,
            self.recipient_id,
            {program: authorization_terms(terms, self.law) for program, terms in sorted(self.authorizations.items())},
            {
                program: assignment_terms(terms)
                for (other, program), terms in sorted(self.assignments.items())
                if other == provider
            },
        )

    def _judge_authorizations(self, terms: Terms[ServiceAuthorization], findings: Findings) -> None:
        """HOURS-1, WHO-5: what an authorization states beyond its ceiling, or otherwise than its services."""
        for fact in terms.ranked:
            about = {"recipient_id": self.recipient_id, "program": fact.program, "document_id": fact.document_id}
            over = fact.monthly_minutes - limited_minutes(fact, self.law, fact.effective_from)
            if over:
                findings.add("AUTHORIZATION_OVER_CEILING", minutes=over, **about)
            counted = impairment_mismatch(fact, self.law, fact.effective_from)
            if counted is not None:
                stated = {"stated": "is" if fact.severely_impaired else "is not"}
                findings.add("IMPAIRMENT_MISMATCH", minutes=counted, words=stated, **about)


def _id(key: Key) -> str:
    """Of the conclusion: every field that the next key is made of, so that a moved claim is another id."""
    provider, program, period, document_id = key
    return f"time:{provider}:{program}:{iso(period)}:{document_id}"


def _about(key: Key, recipient_id: str) -> dict[str, Any]:
    """Fields of a finding about a timesheet."""
    provider, program, period, document_id = key
    return {
        "provider_id": provider,
        "recipient_id": recipient_id,
        "program": program,
        "document_id": document_id,
        "statement_id": f"ARREARS:{provider}:{recipient_id}:{iso(period)}",
        "service_month": month_of(period),
    }


def _covered(terms: Terms[Any], first: int, last: int) -> list[Any]:
    """The document in force on each day from first to last, None where there is none."""
    covering: list[Any] = [None] * (last - first + 1)
    for span in terms.spans(first, last):
        covering[span.first - first : span.last - first + 1] = [span.fact] * (span.last - span.first + 1)
    return covering
