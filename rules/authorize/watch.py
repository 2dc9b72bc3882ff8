"""One day of a recipient's visits: were two providers there at once, and what must each provider's side know of it?

Authority: EVV-5 (from 2023-07-01, under every policy), EVV-6. In force: by parameter. Does not cover: one provider with
two recipients, which the provider's side sees (`price.watch`), and pay, which overlaps never change.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from rules.authorize.tally import Pair
from rules.documents import Document, Terms
from rules.findings import Findings
from rules.law import Law
from rules.overlaps import Relation, find_overlap, overlaps, policy
from rules.restatement import Change, Decision
from rules.to_provider import VisitSpans
from rules.visits import must_check_in, spans_by_day
from rules.whose_case import of_recipient
from schemas.evv_visit import EvvVisit
from schemas.ids import conclusion_id
from schemas.provider_assignment import ProviderAssignment
from schemas.service_authorization import ServiceAuthorization


class DayOfVisits:
    """What a day of visits is judged by."""

    def __init__(
        self,
        day: int,
        recipient_id: str,
        authorizations: Mapping[str, Terms[ServiceAuthorization]],
        assignments: Mapping[Pair, Terms[ProviderAssignment]],
        law: Law,
        cut_off: int,
    ) -> None:
        self.day, self.recipient_id, self.law, self.cut_off = day, recipient_id, law, cut_off
        self.authorizations, self.assignments = authorizations, assignments

    def decide(self, documents: Sequence[Document[EvvVisit]], claims: Mapping[str, Mapping[int, int]]) -> Decision:
        """``claims``: minutes past WHO-3 by provider and day."""
        decision = Decision()
        relations = [
            Relation(provider, self.recipient_id, spans, claims.get(provider, {}).get(self.day, 0))
            for provider, spans in sorted(self._spans(documents).items())
        ]
        for relation in relations:
            id = conclusion_id("spans", relation.provider_id, self.recipient_id, self.day)
            spans = list(relation.spans)
            decision.conclusions[id] = VisitSpans(relation.provider_id, self.recipient_id, self.day, spans)
        if len(relations) > 1 and not self._concurrent_care():
            findings = Findings(of_recipient(self.authorizations))
            for overlap in overlaps(self.day, relations, self.law, self.cut_off):
                find_overlap(findings, self.day, overlap, policy(self.day, self.law, self.cut_off))
            decision.conclusions.update(findings.by_id)
        return decision

    def _spans(self, documents: Sequence[Document[EvvVisit]]) -> dict[str, list[tuple[int, int]]]:
        """Spans of the day by provider, of those who do not live in."""
        visits: dict[str, list[EvvVisit]] = defaultdict(list)
        for document in documents:
            visit = document.current
            if not visit.withdrawn and must_check_in(self._lives_in(visit), self.day, self.law, self.cut_off):
                visits[visit.provider_id].append(visit)
        day = range(self.day, self.day + 1)
        found = {provider: spans_by_day(of_provider, day).get(self.day) for provider, of_provider in visits.items()}
        return {provider: spans for provider, spans in found.items() if spans}

    def _lives_in(self, visit: EvvVisit) -> bool:
        terms = self.assignments.get((visit.provider_id, visit.program))
        assignment = terms.on(self.day) if terms else None
        return assignment is not None and assignment.live_in

    def _concurrent_care(self) -> bool:
        in_force = (terms.on(self.day) for terms in self.authorizations.values())
        return any(authorization is not None and authorization.concurrent_care for authorization in in_force)


def changed_days(change: Change) -> set[int]:
    """Days on which somebody's claim became another."""
    before = (
        {(p, d, m) for p, days in change.before.by_provider.items() for d, m in days.items()}
        if change.before
        else set()
    )
    now = {(p, d, m) for p, days in change.now.by_provider.items() for d, m in days.items()} if change.now else set()
    return {day for _, day, _ in before ^ now}
