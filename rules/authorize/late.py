"""Timesheets, and revisions of them, that came for a closed month: held for a person, beside what stays as decided.

Authority: TIME-6, TIME-3 (a duplicate changes nothing, a conflict is told). In force: by parameter. Does not cover:
when a month closes (`authorize`), travel claims (`price.filed`).
"""

from collections.abc import Iterator, Mapping

from rules.authorize.tally import Key, about, id_of
from rules.claimed_time import Claim, claim
from rules.documents import Arrival, Document
from rules.findings import Findings, note_conflicts
from rules.to_provider import LateTime
from schemas.timesheet import Timesheet

Timesheets = Mapping[Key, Document[Timesheet]]


class LateTimesheets:
    """Documents as they would be had they come in time, by key; those of the closed month are left as they are."""

    def __init__(self) -> None:
        self.documents: dict[Key, Document[Timesheet]] = {}
        self.closed: dict[Key, Document[Timesheet]] = {}

    def admit(self, key: Key, month: Timesheets, arrival: Arrival) -> bool:
        """File a revision of a document of the closed ``month``, or a new one; False if it says nothing new."""
        closed = month.get(key, Document())
        document = self.documents.get(key) or closed.copy()
        if not document.file(arrival):
            return False
        self.documents[key], self.closed[key] = document, closed
        return True

    def find(self, recipient_id: str, findings: Findings) -> None:
        """FILING_LIMIT with the minutes claimed beyond those that had been approved when the month closed."""
        for key, document in self.documents.items():
            closed, claimed = self.closed[key], claim(document)
            if closed.revisions or claimed.claimed:
                beyond = self._beyond(key, claimed)
                sentence = None if beyond else "nothing_more"
                findings.add("FILING_LIMIT", minutes=beyond, message=sentence, **about(key, recipient_id))
            if len(document.conflicts) > len(closed.conflicts):
                note_conflicts([document], findings)

    def held(self, recipient_id: str) -> Iterator[tuple[str, LateTime]]:
        """(id, minutes) of those that were approved: what the provider's side must know (RUN-1)."""
        for key, document in self.documents.items():
            provider, program, period, document_id = key
            claimed = claim(document)
            minutes = self._beyond(key, claimed)
            if minutes and claimed.payable is not None:
                said = LateTime(provider, recipient_id, program, period, document_id, minutes, claimed.payable)
                yield f"late-{id_of(key, recipient_id)}", said

    def _beyond(self, key: Key, claimed: Claim) -> int:
        return max(0, claimed.claimed - _approved_in_time(self.closed[key]))


def _approved_in_time(closed: Document[Timesheet]) -> int:
    return sum(claim(closed).minutes) if closed.revisions else 0
