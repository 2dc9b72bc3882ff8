"""Which facts decided a statement beside those it pays by: enrolments, and what was corrected or taken back.

Authority: CONTRACT (PaymentInstruction.documents: who reads a difference must see what made it), OT-5, TRAVEL-3,
LIMIT-3. In force: always. Does not cover: the recipient's side (`authorize.documents`), settlement's own facts.

What is paid no more stands on no minutes, so it is looked for among documents of several revisions. A statement once
concluded stays, worth nothing if need be, and so do the names of what decided it, in their present revision.
"""

from collections import defaultdict
from collections.abc import Container, Iterator, Sequence
from typing import Any

from rules.conclusions import Statement
from rules.documents import Terms, reference
from rules.law import Law
from rules.overtime import is_overtime, statement_kind
from rules.periods import month_of, period_end, period_of, previous_month, saturday_of, workweek_of
from rules.price.filed import Filed
from rules.price.statements import StatementKey
from rules.restatement import Concluded
from rules.weekly_limits import workweeks_of
from rules.worked import Worked
from schemas.ids import document_of
from schemas.provider_enrollment import ProviderEnrollment

Decided = dict[StatementKey, set[str]]


def enrollments_deciding(enrollments: Terms[ProviderEnrollment], period: int) -> set[str]:
    """References of enrolments of the pay period, in force or given up, and of exemptions of its month's workweeks."""
    spans = _spans(enrollments, period, period_end(period))
    weeks = workweeks_of(month_of(period))
    exempting = {id for id, document in enrollments.documents.items() if _exempts(document.current, *document.earlier)}
    if exempting:
        spans += [s for s in _spans(enrollments, weeks[0], saturday_of(weeks[-1])) if s.fact.document_id in exempting]
    return {reference(span.fact) for span in spans}


def _spans(terms: Terms[ProviderEnrollment], first: int, last: int) -> list[Any]:
    return [*terms.spans(first, last), *terms.departed(first, last)]


def _exempts(*revisions: ProviderEnrollment) -> bool:
    return any(fact.exemption != "NONE" for fact in revisions)


class TakenBack:
    """What once stood behind the statements of a month; ``said``: what was concluded of the month before."""

    def __init__(self, month: int, filed: Filed, said: Concluded, law: Law) -> None:
        self.month, self.filed, self.said, self.law = month, filed, said, law
        before = filed.times.get(previous_month(month), {})  # a workweek across the line
        self.times = [*before.values(), *filed.times.get(month, {}).values()]

    def find(self, worked: Sequence[Worked], exempt: bool, drafted: Container[StatementKey]) -> Decided:
        """Facts to name on statements, by key. ``worked``: the month's minutes and those of the week before it;
        ``drafted``: statements that something is left of."""
        found: Decided = defaultdict(set)
        for key, references in (*self._claims(), *self._of_weeks(worked, exempt), *self._vanished(drafted)):
            if month_of(key[-1]) == self.month:
                found[key] |= references
        return found

    def _vanished(self, drafted: Container[StatementKey]) -> Iterator[tuple[StatementKey, set[str]]]:
        """Statements concluded before that nothing is left of: what decided them, in its present revision."""
        said = [each for each in self.said.values() if isinstance(each, Statement)]
        keys: dict[StatementKey, list[str]] = {(s.kind, s.recipient_id, s.period_start): s.documents for s in said}
        gone = {key: names for key, names in keys.items() if key not in drafted}
        present = self._present() if gone else {}
        for key, names in gone.items():
            yield key, {now for name in names for now in present.get(document_of(name), {name})}

    def corrected(self, statement_id: str, named: set[str]) -> set[str]:
        """Of what decided the statement when it was concluded before and is not ``named`` now: documents that came in
        another revision since, in that revision. What is paid of a workweek may stand on another period's minutes."""
        before = self.said.get(statement_id)
        missing = [name for name in before.documents if name not in named] if isinstance(before, Statement) else []
        present = self._present() if missing else {}
        return {now for name in missing for now in present.get(document_of(name), ()) if now != name}

    def _claims(self) -> Iterator[tuple[StatementKey, set[str]]]:
        """Travel and classes claimed by an earlier revision, and classes whose attendance was corrected."""
        for travel in self.filed.travel.get(self.month, {}).values():
            for claim in travel.earlier:
                for trip in claim.trips:
                    yield ("ARREARS", trip.to_recipient_id, claim.period_start), {travel.reference}
        for recipient, day, references in self.filed.classes.corrected(self.month):
            yield ("TRAINING", recipient, period_of(day)), references

    def _of_weeks(self, worked: Sequence[Worked], exempt: bool) -> Iterator[tuple[StatementKey, set[str]]]:
        """Timesheets that gave up minutes of a workweek, on the statements of its other minutes: the premium, the
        limit of an exemption and travel stand on all of them."""
        given_up = self._given_up()
        pieces = [each for each in worked if workweek_of(each.day) in given_up] if given_up else []
        minutes = {week: sum(sum(sheets.values()) for sheets in days.values()) for week, days in given_up.items()}
        for each in pieces:
            minutes[workweek_of(each.day)] += each.minutes
        for each in pieces:
            week, kind, recipient = workweek_of(each.day), statement_kind(each), each.recipient_id
            of_week = {reference for sheets in given_up[week].values() for reference in sheets}
            if is_overtime(minutes[week], each.day, self.law):
                yield (kind, recipient, period_of(saturday_of(week))), of_week
            if exempt or each.earning == "TRAVEL":
                yield (kind, recipient, period_of(each.day)), of_week if exempt else {*given_up[week].get(each.day, ())}

    def _given_up(self) -> dict[int, dict[int, dict[str, int]]]:
        """Workweek -> day -> timesheet -> minutes that an earlier revision claimed and the present one does not."""
        weeks: dict[int, dict[int, dict[str, int]]] = {}
        for time in self.times:
            for index, minutes in enumerate(time.given_up):
                day = time.period_start + index
                if minutes:
                    weeks.setdefault(workweek_of(day), {}).setdefault(day, {})[time.documents[0]] = minutes
        return weeks

    def _present(self) -> dict[str, set[str]]:
        """References as they are now, by kind and document id."""
        filed = self.filed
        travel = [filed.travel.get(month, {}) for month in (previous_month(self.month), self.month)]
        documents = [*filed.documents(), *(claim for claims in travel for claim in claims.values())]
        names = {name for time in self.times for name in time.documents}
        names |= {id for engagement in filed.engagements.values() for *_, id in engagement.departed}
        present: dict[str, set[str]] = defaultdict(set)
        for name in (*names, *(document.reference for document in documents)):
            present[document_of(name)].add(name)
        return present
