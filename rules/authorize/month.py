"""One recipient's service month: timesheets in the order of the rules of the recipient's side.

Authority: TIME-2, WHO-6, WHO-2, WHO-3, EVV-4, HOURS-5, HOURS-4, in this order. In force: by parameter.
Does not cover: what holds over months (`authorize`), the provider's side (`price.month`).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from rules.authorizations import divided, limited_minutes, pro_rata
from rules.authorize.documents import deaths, terms_deciding
from rules.authorize.sheets import find_duplicates, hold_moved
from rules.authorize.tally import ByDay, HoursTally, Key, Pair, about, covered, days_with_minutes, id_of
from rules.authorized_time import Use, cut_to_month
from rules.claimed_time import claim, given_up
from rules.documents import Document, Span, Terms, reference
from rules.findings import Findings, note_conflicts
from rules.kept import Claims
from rules.law import Law
from rules.periods import month_end, period_end
from rules.restatement import Decision, Trace
from rules.to_provider import AuthorizedTime, VisitWarning
from rules.visits import OUTCOMES, TAKING, Gap, Policy, compare, must_check_in, policy, take, verdicts
from rules.whose_case import of_recipient
from schemas.evv_visit import EvvVisit
from schemas.ids import conclusion_id
from schemas.provider_assignment import ProviderAssignment
from schemas.service_authorization import ServiceAuthorization
from schemas.timesheet import Timesheet

CLAIMS = "claims"
DUPLICATE = "duplicate_sheet"  # the parameter


class MonthFacts(NamedTuple):
    """What the month is decided from: timesheets and standing visits of the month, and terms of all days."""

    timesheets: Mapping[Key, Document[Timesheet]]
    visits: Mapping[Pair, Sequence[EvvVisit]]
    visits_of: Callable[[Pair, int], Iterable[str]]  # references of those that count, or once counted, for a day
    contested: frozenset[int]  # days on which visits of several providers are known
    authorizations: Mapping[str, Terms[ServiceAuthorization]]
    assignments: Mapping[Pair, Terms[ProviderAssignment]]


class MonthOfTime(Trace):
    """What a recipient's month is decided from, and what it comes to."""

    def __init__(self, month: int, recipient_id: str, facts: MonthFacts, law: Law, cut_off: int) -> None:
        self.month, self.recipient_id, self.facts, self.law, self.cut_off = month, recipient_id, facts, law, cut_off
        self.decision, self.findings = Decision(self), Findings(of_recipient(facts.authorizations))
        self.tallies: list[HoursTally] = []

    def decide(self) -> Decision:
        """Authorized time of each timesheet, and findings."""
        documents = self.facts.timesheets
        tallies = self.tallies = [self._tally(key, documents[key]) for key in sorted(documents)]
        hold_moved(tallies, documents, self._find)
        policy_of = partial(self.law.value, DUPLICATE, known_at=self.cut_off)
        find_duplicates(tallies, documents, policy_of, self.findings)
        dead_from = self._days_after_death()
        for tally in tallies:
            self._strike_unpayable_days(tally, dead_from)
            tally.past_terms = list(tally.use.minutes)
        if self.facts.contested:
            self._remember_claims(tallies)
        self._compare_visits(tallies)
        for program in sorted({tally.key[1] for tally in tallies}):
            self._cut(program, [tally for tally in tallies if tally.key[1] == program])
        for tally in tallies:
            self.decision.conclusions[id_of(tally.key, self.recipient_id)] = self._authorized_time(tally)
        note_conflicts(documents.values(), self.findings)
        self.decision.conclusions.update(self.findings.by_id)
        return self.decision

    def _tally(self, key: Key, document: Document[Timesheet]) -> HoursTally:
        claimed = claim(document)
        provider, program, period, document_id = key
        last = period_end(period)
        tally = HoursTally(
            key,
            claimed,
            Use(provider, document_id, list(claimed.minutes), claimed.places, claimed.approved),
            claimed.awaiting + claimed.early,
            covered(self.facts.assignments[provider, program], period, last),
            covered(self.facts.authorizations[program], period, last),
        )
        self._find("AWAITING_RECIPIENT_APPROVAL", tally, claimed.awaiting_by_day())
        self._find("CLAIMED_BEFORE_WORKED", tally, claimed.early_by_day())
        return tally

    def _days_after_death(self) -> int | None:
        """The first day that WHO-6 holds; of several recorded dates the earliest, since a hold can be lifted."""
        standing = [fact for terms in self.facts.authorizations.values() for fact in terms.ranked]
        deaths = [fact.deceased_on for fact in standing if fact.deceased_on is not None]
        return min(deaths) + 1 if deaths else None

    def _strike_unpayable_days(self, tally: HoursTally, dead_from: int | None) -> None:
        """WHO-6, WHO-2, WHO-3 in this order."""
        period, days = tally.period, range(len(tally.use.minutes))
        if dead_from is not None:
            self._find("RECIPIENT_DECEASED", tally, tally.hold(day for day in days if period + day >= dead_from))
        for code, covering in (("PROVIDER_NOT_ASSIGNED", tally.assigned), ("NO_AUTHORIZATION", tally.authorized)):
            if not all(covering):  # each is a fact or None
                denied = tally.strike(day for day in days if covering[day] is None)
                tally.denied += sum(denied.values())
                self._find(code, tally, denied)

    # --- visits -------------------------------------------------------------------------------------------------------

    def _remember_claims(self, tallies: list[HoursTally]) -> None:
        """What got past WHO-3, for who watches visits that overlap."""
        claims: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        for tally in tallies:
            for day, minutes in days_with_minutes(tally):
                if day in self.facts.contested:
                    claims[tally.key[0]][day] += minutes
        self.decision.conclusions[CLAIMS] = Claims({provider: dict(days) for provider, days in claims.items()})

    def _compare_visits(self, tallies: list[HoursTally]) -> None:
        """EVV-4, for the days on which a provider must check in and there is a policy."""
        pairs: dict[Pair, list[HoursTally]] = defaultdict(list)
        for tally in tallies:
            pairs[tally.pair].append(tally)
        for pair, of_pair in pairs.items():
            claims: dict[int, int] = defaultdict(int)
            for tally in of_pair:
                if not any(assignment is not None and not assignment.live_in for assignment in tally.assigned):
                    continue
                for day, minutes in days_with_minutes(tally):
                    rule = self._checks_in(tally, day)
                    if rule is not None:
                        claims[day] += minutes
                    tally.witnesses.update(self.facts.visits_of(pair, day) if rule in TAKING else ())
            payable = [tally for tally in of_pair if tally.claim.payable]
            for gap in compare(claims, self.facts.visits.get(pair, ())) if claims else ():
                self._judge(pair, gap, sorted(payable, key=lambda tally: tally.order))

    def _checks_in(self, tally: HoursTally, day: int) -> Policy | None:
        """What visits do to the provider's pay of the day; None where there need be none."""
        if not must_check_in(tally.assigned[day - tally.period].live_in, day, self.law, self.cut_off):
            return None
        return policy(tally.key[1], day, self.law, self.cut_off)

    def _judge(self, pair: Pair, gap: Gap, tallies: list[HoursTally]) -> None:
        """What a gap does under the policy of its day: noted, warned of, held or denied."""
        provider, program = pair
        rule = policy(program, gap.day, self.law, self.cut_off)
        assert rule is not None
        whose = {"provider_id": provider, "recipient_id": self.recipient_id, "program": program}
        about = {"service_date": gap.day, "service_month": self.month, **whose}
        for verdict in verdicts(gap, rule):
            said = {"outcome": verdict.outcome, "minutes": verdict.minutes, "words": verdict.words}
            self.findings.add(verdict.code, **said, **about)
            if verdict.outcome == "WARNING":
                id = conclusion_id("warning", provider, self.recipient_id, program, gap.day, verdict.code)
                self.decision.conclusions[id] = VisitWarning(provider, self.recipient_id, gap.day)
        if rule in TAKING:
            self._take(gap, rule, tallies)

    @staticmethod
    def _take(gap: Gap, rule: Policy, tallies: list[HoursTally]) -> None:
        of_day = [tally for tally in tallies if 0 <= gap.day - tally.period < len(tally.use.minutes)]
        days = [gap.day - tally.period for tally in of_day]
        losses = take(gap.uncovered_minutes, [tally.use.minutes[day] for tally, day in zip(of_day, days, strict=True)])
        for tally, day, minutes in zip(of_day, days, losses, strict=True):
            tally.use.minutes[day] -= minutes
            tally.held += minutes if rule == "hold" else 0
            tally.denied += minutes if rule == "deny" else 0
            tally.lose(gap.reasons[0].code, OUTCOMES[rule], {day: minutes})

    # --- hours --------------------------------------------------------------------------------------------------------

    def _cut(self, program: str, tallies: list[HoursTally]) -> None:
        """HOURS-5, HOURS-4."""
        authorized = self.authorized_minutes(program)
        own = {tally.key[0]: self.assigned_minutes(tally.pair) for tally in tallies}
        cut_to_month([tally.use for tally in tallies], authorized, own)
        for tally in tallies:
            tally.cut = sum(tally.use.over_assigned.values()) + sum(tally.use.over_authorized.values())
            self._find("OVER_ASSIGNED_HOURS", tally, tally.use.over_assigned)
            self._find("OVER_AUTHORIZED_HOURS", tally, tally.use.over_authorized)

    def authorized_minutes(self, program: str) -> int:
        """HOURS-4: minutes of the month for all providers together."""
        spans = self.facts.authorizations[program].spans(self.month, month_end(self.month))
        return pro_rata(
            [Span(s.first, s.last, limited_minutes(s.fact, self.law, self.month)) for s in spans], self.month
        )

    def assigned_minutes(self, pair: Pair) -> int | None:
        """HOURS-5: the provider's own minutes of the month; None where an assignment in force states none."""
        spans = self.facts.assignments[pair].spans(self.month, month_end(self.month))
        if any(span.fact.monthly_minutes is None for span in spans):
            return None
        return pro_rata([Span(s.first, s.last, s.fact.monthly_minutes or 0) for s in spans], self.month)

    # --- conclusions --------------------------------------------------------------------------------------------------

    def _authorized_time(self, tally: HoursTally) -> AuthorizedTime:
        provider, program, period, document_id = tally.key
        terms = (self.facts.authorizations[program], self.facts.assignments[tally.pair])
        beside = tally.witnesses | terms_deciding(terms, self.month) | deaths(self.facts.authorizations, self.month)
        limiting = terms if self.assigned_minutes(tally.pair) is not None else terms[:1]
        return AuthorizedTime(
            provider_id=provider,
            recipient_id=self.recipient_id,
            program=program,
            period_start=period,
            document_id=document_id,
            revision=tally.claim.standing.revision,
            recorded=self.facts.timesheets[tally.key].first.stamp,
            payable=tally.claim.payable,
            places=tally.claim.places,
            minutes=tally.use.minutes,
            counties=[
                fact.county if fact and minutes else ""
                for fact, minutes in zip(tally.authorized, tally.use.minutes, strict=True)
            ],
            claimed=tally.claim.claimed,
            held=tally.held,
            cut=tally.cut,
            denied=tally.denied,
            documents=[reference(tally.claim.standing), *sorted(beside)],
            assumptions=self._assumptions(tally, any(divided(each, self.month) for each in limiting)),
            past_terms=tally.past_terms if tally.past_terms != tally.use.minutes else [],
            withdrawn=tally.claim.standing.withdrawn,
            approved=tally.claim.approved if tally.claim.approved != tally.use.minutes else [],
            held_for=tally.held_for,
            given_up=given_up(self.facts.timesheets[tally.key], tally.claim),
        )

    def _assumptions(self, tally: HoursTally, pro_rata: bool) -> list[str]:
        names = ["hours.order_in_document"] if tally.cut else []
        names += ["hours.pro_rata"] if pro_rata else []
        if "POSSIBLE_DUPLICATE" in tally.held_for:
            names += self.law.assumptions(DUPLICATE, tally.period, self.cut_off)
        return names

    def _find(self, code: str, tally: HoursTally, by_day: ByDay) -> None:
        minutes = sum(by_day.values())
        if minutes:
            tally.lose(code, self.findings.outcome(code), by_day)
            self.findings.add(code, minutes=minutes, **about(tally.key, self.recipient_id))
