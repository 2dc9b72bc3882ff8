"""Claimed against verified minutes, from the facts themselves: what visits cover of the approved timesheets of a range.

Only as far as the facts alone say it: which minutes are payable is decided by the pipeline, not here. Covered are, by
provider, recipient, program and day, the minutes claimed up to the time that complete visits add up to.
"""

from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from fold.admissions import Admissions, admissions_in
from fold.door import Door, admission
from pipelines.files_below import folder_of_facts
from pipelines.report.span import ReportSpan
from rules.law import Law
from rules.periods import MILLIS_IN_MINUTE, business_day_of, month_of
from rules.visits import must_check_in, spans_by_day
from schemas.avro import Unreadable
from schemas.envelope import Fact
from schemas.evv_visit import EvvVisit
from schemas.provider_assignment import ProviderAssignment
from schemas.timesheet import Timesheet

WANTED = (Timesheet, EvvVisit, ProviderAssignment)
Relation = tuple[str, str, str]  # provider, recipient, program


class Verified:
    """``by_month``: service month -> minutes covered, uncovered, no_visit_needed."""

    def __init__(self, events: Path, span: ReportSpan, law: Law) -> None:
        self.span, self.law = span, law
        self.by_month: dict[int, Counter[str]] = defaultdict(Counter)
        newest = _newest(events, span.end)
        claims = self._claims(newest)
        visits: dict[Relation, list[EvvVisit]] = defaultdict(list)
        homes: dict[Relation, list[ProviderAssignment]] = defaultdict(list)
        for _, fact in newest:
            if isinstance(fact, EvvVisit):
                visits[_relation(fact)].append(fact)
            elif isinstance(fact, ProviderAssignment) and fact.live_in:
                homes[_relation(fact)].append(fact)
        for relation in sorted(claims):
            self._compare(claims[relation], visits[relation], homes[relation])

    def _claims(self, newest: list[tuple[int, Fact]]) -> dict[Relation, Counter[int]]:
        claims: dict[Relation, Counter[int]] = defaultdict(Counter)
        for seen, fact in newest:
            if isinstance(fact, Timesheet) and business_day_of(seen) in self.span:
                days = enumerate(fact.minutes_worked, fact.period_start)
                claims[_relation(fact)].update({day: minutes for day, minutes in days if minutes})
        return claims

    def _compare(self, claims: Counter[int], visits: list[EvvVisit], homes: list[ProviderAssignment]) -> None:
        spans = spans_by_day(visits, range(min(claims, default=0), max(claims, default=0) + 1))
        for day, minutes in claims.items():
            sums = self.by_month[month_of(day)]
            live_in = any(h.effective_from <= day <= (day if h.effective_to is None else h.effective_to) for h in homes)
            if not must_check_in(live_in, day, self.law, self.span.end):
                sums["no_visit_needed"] += minutes
                continue
            seen = sum(end - start for start, end in spans.get(day, [])) // MILLIS_IN_MINUTE
            sums["covered"] += min(seen, minutes)
            sums["uncovered"] += max(0, minutes - seen)


def _relation(fact: Any) -> Relation:
    return fact.provider_id, fact.recipient_id, fact.program


class _Sieve(Door):
    """Keeps of all facts that may be used those that are wanted, each with the cut-off that sees it first."""

    def __init__(self, admissions: Admissions) -> None:
        super().__init__(1, None, admissions=admissions)
        self.kept: list[tuple[int, Fact]] = []

    def admit(self, fact: Fact, block: int = 0) -> None:
        if isinstance(fact, WANTED):
            self.kept.append((self.admissions.obeyed(fact, admission(fact)), fact))

    def reject(self, raw: bytes, origin: str, wrong: Unreadable) -> None:
        """The replay said so already."""


def _facts(events: Path) -> list[tuple[int, Fact]]:
    """Every timesheet, visit and assignment of a folder or journal with its cut-off. Raises Misuse."""
    paths = [events / name for name in folder_of_facts(events, "--events").files]
    sieve = _Sieve(Admissions(told for path in paths for told in admissions_in(path)))
    for path in paths:
        for _ in sieve.read_file(path, path.name):
            pass
    return sieve.kept


def _newest(events: Path, end: int) -> list[tuple[int, Fact]]:
    """The highest revision of each document as of a cut-off, of timesheets the highest approved; none withdrawn."""
    newest: dict[object, tuple[int, Fact]] = {}
    for seen, fact in _facts(events):
        waits = isinstance(fact, Timesheet) and fact.recipient_approved_at is None and not fact.withdrawn
        key = fact.KIND, fact.document_id, _relation(fact), getattr(fact, "period_start", None)
        known = newest.get(key)
        if seen <= end and not waits and (known is None or _place(fact) > _place(known[1])):
            newest[key] = seen, fact
    return [each for each in newest.values() if not each[1].withdrawn]


def _place(fact: Fact) -> tuple[int, int]:
    """Of one revision sent with two contents the one recorded first stands (TIME-3)."""
    return fact.revision, -fact.recorded_at
