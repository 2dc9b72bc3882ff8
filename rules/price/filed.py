"""What is on file about one provider: facts, and what the recipients' side said.

Authority: TIME-3 (which revision stands); RUN-4 (what came back); LIMIT-4 (exceptions add up), LIMIT-6 (which decision
holds). In force: always. Does not cover: what follows from them (`price`, `price.month`).
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from rules.conclusions import Return
from rules.documents import Arrival, Document, Terms
from rules.late_claims import LateClaims
from rules.periods import month_end, month_of, saturday_of, workweek_of
from rules.price.training import Classes
from rules.to_provider import AuthorizedTime, Engagement, LateTime
from rules.training import Catalog
from schemas.hours_exception import HoursException
from schemas.incentive_claim import IncentiveClaim
from schemas.payment_outcome import PaymentOutcome
from schemas.provider_enrollment import ProviderEnrollment
from schemas.sick_leave_claim import SickLeaveClaim
from schemas.travel_claim import TravelClaim
from schemas.violation_decision import ViolationDecision

ClaimKey = tuple[int, str]  # period start, document id
LeaveKey = tuple[str, str, int, str]  # recipient, program, service date, document id


def leave_key(claim: SickLeaveClaim) -> LeaveKey:
    """What makes a claim for sick leave one, of one provider."""
    return claim.recipient_id, claim.program, claim.service_date, claim.document_id


class Filed:
    """Everything known about one provider, by what it is asked for."""

    def __init__(self, catalog: Catalog) -> None:
        self.times: dict[int, dict[str, AuthorizedTime]] = defaultdict(dict)
        self.engagements: dict[str, Engagement] = {}
        self.enrollments: Terms[ProviderEnrollment] = Terms()
        self.travel: dict[int, dict[ClaimKey, Document[TravelClaim]]] = defaultdict(dict)
        self.late_travel: LateClaims[TravelClaim] = LateClaims()
        self.late_times: dict[str, LateTime] = {}
        self.classes = Classes(catalog)
        self.incentives: dict[str, Document[IncentiveClaim]] = {}
        self.leave_claims: dict[LeaveKey, Document[SickLeaveClaim]] = {}
        self.late_leave: LateClaims[SickLeaveClaim] = LateClaims()
        self.exceptions: dict[tuple[str, str], Document[HoursException]] = {}
        self.decisions: dict[str, Document[ViolationDecision]] = {}
        self.outcomes: dict[tuple[str, str], Document[PaymentOutcome]] = {}

    @property
    def months(self) -> list[int]:
        """Months with time, travel or training, and those that only hold the end of another's last workweek, whose
        premium and violations are theirs."""
        months = dict.fromkeys([*self.times, *self.travel, *self.classes.months])
        return list(months | dict.fromkeys(month_of(saturday_of(workweek_of(month_end(month)))) for month in months))

    def file_travel(self, arrival: Arrival, late: bool) -> None:
        """File a TravelClaim; ``late``: its month has closed."""
        claim: TravelClaim = arrival.content
        key = claim.period_start, claim.document_id
        if late:
            self.late_travel.hold(key, self.travel_standing(key), arrival)
        else:
            self.travel[month_of(claim.period_start)].setdefault(key, Document()).file(arrival)

    def file_leave(self, arrival: Arrival, late: bool) -> None:
        """File a SickLeaveClaim; ``late``: its month has closed."""
        claim: SickLeaveClaim = arrival.content
        key = leave_key(claim)
        if late:
            self.late_leave.hold(key, self.leave_claims.get(key), arrival)
        else:
            self.leave_claims.setdefault(key, Document()).file(arrival)

    def travel_standing(self, key: ClaimKey) -> Document[TravelClaim] | None:
        """The claim that its month was, or will be, decided by."""
        return self.travel.get(month_of(key[0]), {}).get(key)

    def file_late(self, arrival: Arrival) -> None:
        """File a LateTime; one that vanished is as if it had never been."""
        self.late_times.pop(arrival.event_id, None)
        if arrival.content is not None:
            self.late_times[arrival.event_id] = arrival.content

    def travel_of(self, key: ClaimKey) -> Document[TravelClaim]:
        """A travel claim as it is known, too late or not."""
        return self.late_travel.documents.get(key) or self.travel[month_of(key[0])][key]

    def file_exception(self, arrival: Arrival) -> set[int]:
        """File an HoursException; the months it touches (a revision may name another week)."""
        fact: HoursException = arrival.content
        document = self.exceptions.setdefault((fact.recipient_id, fact.document_id), Document())
        before = [document.current.workweek_start] if document.revisions else []
        document.file(arrival)
        return {month_of(saturday_of(week)) for week in (*before, document.current.workweek_start)}

    def extra_minutes(self, recipient_id: str, workweek: int) -> int:
        """LIMIT-4: approved exceptions of a recipient and workweek together."""
        standing = (d.current for (recipient, _), d in self.exceptions.items() if recipient == recipient_id)
        return sum(fact.extra_minutes for fact in standing if fact.workweek_start == workweek and not fact.withdrawn)

    def decided_weeks(self) -> dict[int, str]:
        """LIMIT-6: what the county decided for a workweek; of several decisions the one first recorded last."""
        standing = [document for document in self.decisions.values() if not document.current.withdrawn]
        standing.sort(key=lambda document: (document.first.order, document.current.document_id))
        return {document.current.workweek_start: document.current.decision for document in standing}

    def file_outcome(self, arrival: Arrival) -> bool:
        """File a PaymentOutcome of this provider's pay; does it, or did it, say RETURNED?"""
        key = arrival.content.instruction_id, arrival.content.document_id
        document = self.outcomes.setdefault(key, Document())
        document.file(arrival)
        return any(recorded.fact.outcome == "RETURNED" for recorded in document.revisions.values())

    def returned(self) -> Iterator[Return]:
        """RUN-4: payments that are said to have come back."""
        for (instruction_id, _), document in sorted(self.outcomes.items()):
            if document.current.outcome == "RETURNED" and not document.current.withdrawn:
                stamp = document.revisions[document.current.revision].stamp
                yield instruction_id, stamp

    def documents(self) -> Iterator[Document[Any]]:
        """All that belongs to no month, in canonical order."""
        yield from self.enrollments.documents.values()
        yield from self.classes.documents()
        yield from (document for _, document in sorted(self.incentives.items()))
        yield from (document for _, document in sorted(self.leave_claims.items()))
        yield from (document for _, document in sorted(self.exceptions.items()))
        yield from (document for _, document in sorted(self.decisions.items()))
