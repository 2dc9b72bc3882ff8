"""One provider's visits with several recipients on one day: were two of them at once?

Authority: EVV-5 (from 2023-07-01, under every policy), EVV-6. In force: by parameter. Does not cover: two providers
with one recipient, which the recipient's side sees (`authorize.watch`), and pay, which overlaps never change.
"""

from collections import defaultdict
from collections.abc import Iterable

from rules.documents import Arrival
from rules.findings import Findings, RuleFinding
from rules.law import Law
from rules.overlaps import Relation, find_overlap, find_probation, overlaps, policy, warned_days
from rules.periods import month_of
from rules.price.filed import Filed
from rules.restatement import LIFETIME, Before, Change, Decision, Unit, is_watch, watch_unit
from rules.to_provider import VisitSpans, VisitWarning
from rules.whose_case import of_provider


class OverlapWatch:
    """Spans and warnings of one provider, as the recipients' side told them."""

    def __init__(self, provider_id: str, law: Law) -> None:
        self.provider_id, self.law = provider_id, law
        self.spans: dict[int, dict[str, VisitSpans]] = defaultdict(dict)
        self.days: dict[str, int] = {}  # of each id, since a vanished one says nothing but its id
        self.warnings: dict[str, int] = {}

    def admit(self, arrival: Arrival) -> list[Unit]:
        """File VisitSpans or a VisitWarning; a day with one recipient needs no watching."""
        if arrival.kind == "VisitWarning":
            return self._admit_warning(arrival)
        said: VisitSpans | None = arrival.content
        if said is not None:
            self.days[arrival.event_id] = said.service_date
        day = self.days[arrival.event_id]
        of_day = self.spans[day]
        several = len(of_day) > 1
        of_day.pop(arrival.event_id, None)
        if said is not None:
            of_day[arrival.event_id] = said
        return [watch_unit(day)] if several or len(of_day) > 1 else []

    def _admit_warning(self, arrival: Arrival) -> list[Unit]:
        warning: VisitWarning | None = arrival.content
        self.warnings.pop(arrival.event_id, None)
        if warning is not None:
            self.warnings[arrival.event_id] = warning.service_date
        return [LIFETIME]

    def contested(self, month: int) -> list[Unit]:
        """Days of a month with visits to several recipients: what is claimed there is watched."""
        return [unit for unit in self.crowded() if month_of(unit.month) == month]

    def crowded(self) -> list[Unit]:
        """All days with visits to several recipients."""
        return [watch_unit(day) for day, said in self.spans.items() if len(said) > 1]

    def decide(self, day: int, filed: Filed, cut_off: int) -> Decision:
        """PROVIDER_OVERLAP or SPANS_OVERLAP of a day, per pair of recipients."""
        decision, findings = Decision(), Findings(of_provider(filed.engagements, filed.enrollments))
        claimed: dict[str, int] = defaultdict(int)
        for time in filed.times.get(month_of(day), {}).values():
            claimed[time.recipient_id] += time.compared(day)
        relations = [
            Relation(said.provider_id, said.recipient_id, said.spans, claimed[said.recipient_id])
            for said in self.spans[day].values()
        ]
        for overlap in overlaps(day, relations, self.law, cut_off):
            find_overlap(findings, day, overlap, policy(day, self.law, cut_off))
        decision.conclusions.update(findings.by_id)
        return decision

    def review(self, before: Before, findings: Findings, cut_off: int) -> None:
        """EVV-6: overlaps, and visits warned of, that stand and are enough ask for a review."""
        warned = [*warned_days(before, "PROVIDER_OVERLAP"), *self.warnings.values()]
        find_probation(findings, warned, self.law, cut_off, provider_id=self.provider_id)


def warned(unit: Unit, change: Change) -> Iterable[Unit]:
    """A warning of a watched day is counted over a lifetime."""
    return [LIFETIME] if is_watch(unit) and isinstance(change.now or change.before, RuleFinding) else []
