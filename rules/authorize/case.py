"""AuthorizeTime's decision for one recipient: what its months come to, and what holds over months.

Authority: the recipient's side of "Order of the rules for one minute"; TIME-6, HOURS-1, WHO-5, EVV-5, EVV-6.
In force: by parameter. Does not cover: what happens within a month (`authorize.month`), the provider's side (`price`),
money (`settle`).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from rules.authorizations import (
    asks_for_advance,
    assignment_terms,
    authorization_terms,
    departed_terms,
    impairment_mismatch,
    limited_minutes,
)
from rules.authorize.late import LateTimesheets
from rules.authorize.month import CLAIMS, MonthFacts, MonthOfTime
from rules.authorize.tally import Key, Pair
from rules.authorize.watch import DayOfVisits, changed_days
from rules.documents import Arrival, Document, Terms, named
from rules.findings import Findings, RuleFinding, note_conflicts
from rules.kept import Claims
from rules.law import Law
from rules.overlaps import find_probation, warned_days
from rules.periods import month_of, next_month, period_of
from rules.restatement import (
    LIFETIME,
    STANDING,
    Before,
    Change,
    Decision,
    NotRead,
    Unit,
    closed,
    is_watch,
    month_unit,
    watch_unit,
)  # fmt: skip
from rules.to_provider import Engagement
from rules.visits import common, days_of
from rules.whose_case import of_recipient
from schemas.evv_visit import EvvVisit
from schemas.ids import conclusion_id
from schemas.provider_assignment import ProviderAssignment
from schemas.service_authorization import ServiceAuthorization
from schemas.timesheet import Timesheet

VisitKey = tuple[str, str, str]  # provider, program, document id


class RecipientFile:
    """The facts of one recipient."""

    def __init__(self, recipient_id: str, law: Law) -> None:
        self.recipient_id = recipient_id
        self.law = law
        self.timesheets: dict[int, dict[Key, Document[Timesheet]]] = defaultdict(dict)
        self.late = LateTimesheets()
        self.visits: dict[VisitKey, Document[EvvVisit]] = {}
        self.visits_by_day: dict[int, dict[VisitKey, Document[EvvVisit]]] = defaultdict(dict)
        self.visits_by_month: dict[int, dict[VisitKey, Document[EvvVisit]]] = defaultdict(dict)
        self.authorizations: dict[str, Terms[ServiceAuthorization]] = defaultdict(Terms)
        self.assignments: dict[Pair, Terms[ProviderAssignment]] = defaultdict(Terms)

    # --- filing
    # -----------------------------------------------------------------------------------------------------------

    def admit(self, arrival: Arrival) -> Iterable[Unit]:
        """File a Timesheet, EvvVisit, ServiceAuthorization or ProviderAssignment."""
        if arrival.kind == "EvvVisit":
            return self._admit_visit(arrival)
        if arrival.kind == "Timesheet":
            return self._admit_timesheet(arrival)
        fact = arrival.content
        if arrival.kind == "ServiceAuthorization":
            self.authorizations[fact.program].file(arrival)
        elif arrival.kind == "ProviderAssignment":
            self.assignments[fact.provider_id, fact.program].file(arrival)
        else:
            raise NotRead(arrival.kind)
        return [STANDING, *map(month_unit, self.timesheets), *map(watch_unit, self.visits_by_day), LIFETIME]

    def _admit_timesheet(self, arrival: Arrival) -> list[Unit]:
        timesheet: Timesheet = arrival.content
        month = month_unit(month_of(timesheet.period_start))
        key = (timesheet.provider_id, timesheet.program, timesheet.period_start, timesheet.document_id)
        if closed(month, arrival.cut_off, self.law):
            return [LIFETIME] if self.late.admit(key, self.timesheets.get(month.month, {}), arrival) else []
        touched = [month]
        if not self._knows(timesheet.provider_id):
            # From now on among the assignments, so that the provider learns the recipient's terms.
            self.assignments[timesheet.provider_id, timesheet.program]
            touched.append(STANDING)
        self.timesheets[month.month].setdefault(key, Document()).file(arrival)
        return touched

    def _knows(self, provider_id: str) -> bool:
        return (provider_id, "IHSS") in self.assignments or (provider_id, "WPCS") in self.assignments

    def _admit_visit(self, arrival: Arrival) -> list[Unit]:
        """A visit touches the days it counts for, now and in the revision before."""
        visit: EvvVisit = arrival.content
        key = (visit.provider_id, visit.program, visit.document_id)
        document = self.visits.setdefault(key, Document())
        days = set(days_of(document.current)) if document.revisions else set()
        if not document.file(arrival):
            return []
        days.update(days_of(document.current))
        for day in days:
            self.visits_by_day[day][key] = document
            self.visits_by_month[month_of(day)][key] = document
        standing = [STANDING] if document.conflicts else []
        return [*standing, *self._months_claiming(visit, days), *map(watch_unit, days)]

    def _months_claiming(self, visit: EvvVisit, days: Iterable[int]) -> set[Unit]:
        """Months whose timesheets the visit is compared with, or counted against another provider's visit."""
        touched = set()
        for day in days:
            sheets = self.timesheets.get(month := month_of(day))
            pair = (visit.provider_id, visit.program, period_of(day))
            if sheets is not None and (self._contested(day) or any(key[:-1] == pair for key in sheets)):
                touched.add(month_unit(month))
        return touched

    def _contested(self, day: int) -> bool:
        """Are visits of several providers known on the day?"""
        return len({provider for provider, _, _ in self.visits_by_day.get(day, ())}) > 1

    # --- deciding
    # ---------------------------------------------------------------------------------------------------------

    def followers(self, unit: Unit, change: Change, now: Before) -> Iterable[Unit]:
        """Days with visits read what was claimed; probation reads warnings."""
        said = change.now or change.before
        if isinstance(said, Claims):
            return map(watch_unit, changed_days(change))
        if isinstance(said, RuleFinding) and is_watch(unit):
            return [LIFETIME]
        return ()

    def decide(self, unit: Unit, before: Before, cut_off: int) -> Decision:
        """Authorized time and findings of a month; a day's overlaps; engagements; what lasts."""
        if unit == STANDING:
            return self._standing(self.law.as_known_at(cut_off))
        if unit == LIFETIME:
            return self._lifetime(before, cut_off)
        if is_watch(unit):
            return self._day(unit.month, before, cut_off)
        return self._month(unit.month, cut_off).decide()

    def _month(self, month: int, cut_off: int) -> MonthOfTime:
        """What a month is decided from, as it is on file now."""
        visits = self.visits_by_month.get(month, {})
        several = len({provider for provider, _, _ in visits}) > 1
        whole = range(month, next_month(month))
        days = {day for each in visits.values() for day in common(days_of(each.current), whole)} if several else ()
        facts = MonthFacts(
            self.timesheets[month],
            _by_pair(visits.values()),
            self._visits_of,
            frozenset(day for day in days if self._contested(day)),
            self.authorizations,
            self.assignments,
        )
        return MonthOfTime(month, self.recipient_id, facts, self.law.as_known_at(cut_off), cut_off)

    def _visits_of(self, pair: Pair, day: int) -> Iterator[str]:
        """References of a provider's visits of a program that count for a day, or did before they were corrected."""
        for (provider, program, _), document in self.visits_by_day.get(day, {}).items():
            if (provider, program) == pair:
                yield document.reference

    def _day(self, day: int, before: Before, cut_off: int) -> Decision:
        """EVV-5 for one day."""
        claims = before.get(month_unit(month_of(day)), {}).get(CLAIMS)
        documents = self.visits_by_day[day].values()
        return DayOfVisits(day, self.recipient_id, self.authorizations, self.assignments, self.law, cut_off).decide(
            [document for document in documents if day in days_of(document.current)],
            claims.by_provider if claims else {},
        )

    def _standing(self, law: Law) -> Decision:
        """Each provider's engagement; HOURS-1, WHO-5: what an authorization states beyond its ceiling, or otherwise
        than its services."""
        decision, findings = Decision(), Findings(of_recipient(self.authorizations))
        for provider in sorted({provider for provider, _ in self.assignments}):
            id = conclusion_id("engagement", provider, self.recipient_id)
            decision.conclusions[id] = self._engagement(provider, law)
        for terms in self.authorizations.values():
            for fact in terms.ranked:
                self._judge(fact, law, findings)
        for authorizations in self.authorizations.values():
            note_conflicts(authorizations.documents.values(), findings)
        for assignments in self.assignments.values():
            note_conflicts(assignments.documents.values(), findings)
        note_conflicts(self.visits.values(), findings)  # here, since a visit may count for several days or for none
        decision.conclusions.update(findings.by_id)
        return decision

    def _engagement(self, provider: str, law: Law) -> Engagement:
        authorizations = dict(sorted(self.authorizations.items()))
        of_provider = (item for item in sorted(self.assignments.items()) if item[0][0] == provider)
        assignments = {program: terms for (_, program), terms in of_provider}
        return Engagement(
            provider,
            self.recipient_id,
            {program: authorization_terms(terms, law) for program, terms in authorizations.items() if terms.ranked},
            {program: assignment_terms(terms) for program, terms in assignments.items() if terms.ranked},
            advance=any(map(asks_for_advance, self.authorizations.values())),
            departed=departed_terms([*authorizations.values(), *assignments.values()]),
        )

    def _judge(self, fact: ServiceAuthorization, law: Law, findings: Findings) -> None:
        where = named(fact) | {"county": fact.county}
        over = fact.monthly_minutes - limited_minutes(fact, law, fact.effective_from)
        if over:
            findings.add("AUTHORIZATION_OVER_CEILING", minutes=over, **where)
        counted = impairment_mismatch(fact, law, fact.effective_from)
        if counted is not None:
            stated = {"stated": "is" if fact.severely_impaired else "is not"}
            findings.add("IMPAIRMENT_MISMATCH", minutes=counted, words=stated, **where)

    def _lifetime(self, before: Before, cut_off: int) -> Decision:
        """TIME-6: what came for a closed month waits for a person. EVV-6: several warnings ask for a review."""
        decision, findings = Decision(), Findings(of_recipient(self.authorizations))
        self.late.find(self.recipient_id, findings)
        decision.conclusions.update(self.late.held(self.recipient_id))
        warned = warned_days(before, "RECIPIENT_OVERLAP")
        find_probation(findings, warned, self.law, cut_off, recipient_id=self.recipient_id)
        decision.conclusions.update(findings.by_id)
        return decision


def _by_pair(documents: Iterable[Document[EvvVisit]]) -> dict[Pair, list[EvvVisit]]:
    """Standing visits by provider and program."""
    visits: dict[Pair, list[EvvVisit]] = defaultdict(list)
    for document in documents:
        visit = document.current
        if not visit.withdrawn:
            visits[visit.provider_id, visit.program].append(visit)
    return visits
