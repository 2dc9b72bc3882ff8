"""Decides whether visits of two relations were at once, whether claims prove it, and when warnings call for a review.

Authority: EVV-5 (visits stand for timesheets, and a proven overlap is warned of: assumptions; WIC 10836(g)), EVV-6 (3
in 12 months: assumption). In force: overlaps from `evv.overlap_from`, under every policy of visits; what a proven one
does by parameter `overlap`. Does not cover: which recipients may have two providers at once
(concurrent care), which providers live in and so are not judged (the compositions leave those out); pay, which
overlaps never change.

Choices where EVV-5 and EVV-6 are silent. The time two relations share is added up over the day, in whole minutes. A
relation that claimed nothing that day proves nothing: its pair is at most SPANS_OVERLAP. The 12 months of a warning
end with its service date and begin on the day after the same date 12 months earlier (clamped to the month). Each
warning that stands counts, also several of one day.

Units: day ``int`` epoch days; spans ``int`` epoch milliseconds (start, end), end excluded.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from rules.findings import Findings, RuleFinding
from rules.law import Law
from rules.periods import MILLIS_IN_MINUTE, add_months, days_in_month, month_of
from rules.restatement import Before, is_watch

Span = tuple[int, int]


class Relation(NamedTuple):
    """A provider with a recipient on one day, both programs together.

    ``spans`` of the visits cut to the day, sorted and apart (visits.spans_by_day); ``claimed_minutes`` got past WHO-3.
    """

    provider_id: str
    recipient_id: str
    spans: Sequence[Span]
    claimed_minutes: int


class Overlap(NamedTuple):
    """Two relations at once: ``a`` has the smaller (provider, recipient); ``minutes`` at once, whole ones."""

    a: Relation
    b: Relation
    minutes: int
    proven: bool

    @property
    def shares_recipient(self) -> bool:
        """Two providers with one recipient; else one provider with two recipients."""
        return self.a.recipient_id == self.b.recipient_id

    @property
    def code(self) -> str:
        """RECIPIENT_OVERLAP or PROVIDER_OVERLAP if proven, else SPANS_OVERLAP."""
        if not self.proven:
            return "SPANS_OVERLAP"
        return "RECIPIENT_OVERLAP" if self.shares_recipient else "PROVIDER_OVERLAP"

    def told(self, policy: str) -> dict[str, str]:
        """Outcome, addressee and sentence of its finding where they are not those of its code: under ``note`` an
        overlap that is proven is told to the county alone."""
        noted = self.proven and policy == "note"
        return {"outcome": "NOTED", "addressee": "COUNTY", "message": "to_county"} if noted else {}

    @property
    def people(self) -> dict[str, str]:
        """``provider_id``, ``recipient_id`` and ``other_id`` of its finding; of the pair, the smaller id first."""
        other = self.b.provider_id if self.shares_recipient else self.b.recipient_id
        return {"provider_id": self.a.provider_id, "recipient_id": self.a.recipient_id, "other_id": other}


def overlaps(day: int, relations: Iterable[Relation], law: Law, known_at: int | None = None) -> list[Overlap]:
    """All pairs of one day's relations (one per provider and recipient) that were at once, in order of their ids.

    None on days on which overlaps are not yet judged.
    """
    if day < law.value("evv.overlap_from", day, known_at):
        return []
    minutes: int = law.value("evv.overlap_minutes", day, known_at)
    present = sorted(relation for relation in relations if relation.spans)
    pairs = ((a, b) for place, a in enumerate(present) for b in present[place + 1 :])
    found = (_overlap(a, b) for a, b in pairs if (a.provider_id == b.provider_id) != (a.recipient_id == b.recipient_id))
    return [overlap for overlap in found if overlap.minutes >= minutes]


def policy(day: int, law: Law, known_at: int | None = None) -> str:
    """What a proven overlap of a day does: ``warn`` those concerned, or ``note`` it for the county."""
    in_force: str = law.value("overlap", day, known_at)
    return in_force


def _overlap(a: Relation, b: Relation) -> Overlap:
    shared = _shared_millis(a.spans, b.spans)
    together = _millis(a.spans) + _millis(b.spans) - shared
    claimed = (a.claimed_minutes + b.claimed_minutes) * MILLIS_IN_MINUTE
    both_claim = a.claimed_minutes > 0 and b.claimed_minutes > 0
    return Overlap(a, b, shared // MILLIS_IN_MINUTE, both_claim and claimed > together)


def _shared_millis(one: Sequence[Span], other: Sequence[Span]) -> int:
    return sum(max(min(end, to) - max(start, since), 0) for start, end in one for since, to in other)


def _millis(spans: Sequence[Span]) -> int:
    return sum(end - start for start, end in spans)


class Review(NamedTuple):
    """The first warning that makes enough: its service date, how many it makes, in how many months."""

    day: int
    warnings: int
    months: int


def probation(warned_on: Iterable[int], law: Law, known_at: int | None = None) -> Review | None:
    """Whether warnings are enough for a review (EVV-6); None if they are not.

    ``warned_on``: service dates of one person's standing warnings, in any order, one per warning.
    """
    days = sorted(warned_on)
    since = 0
    for place, day in enumerate(days):
        months: int = law.value("evv.probation_months", day, known_at)
        before = _months_before(day, months)
        while days[since] <= before:
            since += 1
        count = place - since + 1
        if count >= law.value("evv.probation_warnings", day, known_at):
            return Review(day, count, months)
    return None


def _months_before(day: int, months: int) -> int:
    """The same date so many months earlier, clamped to that month."""
    month = month_of(day)
    earlier = add_months(month, -months)
    return earlier + min(day - month, days_in_month(earlier) - 1)


def find_overlap(findings: Findings, day: int, overlap: Overlap, policy: str) -> None:
    """The finding of a pair of relations that were at once."""
    about = {"service_date": day, "service_month": month_of(day), **overlap.people, **overlap.told(policy)}
    findings.add(overlap.code, minutes=overlap.minutes, **about)


def find_probation(findings: Findings, warned_on: Iterable[int], law: Law, cut_off: int, **who: str) -> None:
    """PROBATION_REVIEW of a person (``who``) whose warnings on these service dates are enough (EVV-6)."""
    review = probation(warned_on, law, cut_off)
    if review is not None:
        span = f"{review.months} month{'s' if review.months > 1 else ''}"
        findings.add("PROBATION_REVIEW", service_date=review.day, count=review.warnings, words={"span": span}, **who)


def warned_days(before: Before, code: str) -> Iterator[int]:
    """Service dates of standing warnings of a code, over all watched days: what is only noted warns nobody (EVV-6)."""
    for unit, said in before.items():
        if is_watch(unit):
            yield from _dates(said.values(), code)


def _dates(said: Iterable[object], code: str) -> Iterator[int]:
    for finding in said:
        if isinstance(finding, RuleFinding) and (finding.code, finding.outcome) == (code, "WARNING"):
            assert finding.service_date is not None, "part of its grain"
            yield finding.service_date
