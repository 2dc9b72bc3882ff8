"""Decides which claimed minutes electronic visits do not cover, and what that does to them: in California nothing.

Authority: EVV-1 and EVV-4 (42 USC 1396b(l)(5)), EVV-2, EVV-3 (WIC 10836(g): visits never change pay, so the policy of
IHSS and WPCS is `record`). In force: a policy from `evv.policy.<PROGRAM>`, checking in for providers who do not live
in from `evv.check_in_from`. Does not cover: who lives in, which minutes got past WHO-3, which document comes first
(authorize); visits of two relations at once (overlaps).

Choices where EVV-4 is silent. Time that two visits of one relation both cover counts once. Spans are added to the
millisecond, then whole minutes count. A visit without a span (no check-in, no check-out, or one not after the other)
belongs to the civil day of its check-in, else of its check-out; one with neither to no day. The minutes of a day that
visits do not cover are one number, and only the first reason of the day carries it, so that no minute is taken, or
counted in a report, twice: NO_VISIT, else HOURS_EXCEED_VISITS, else VISIT_INCOMPLETE, else
CHECK_OUT_NOT_AFTER_CHECK_IN. A reason without minutes holds and denies nothing: under those policies its outcome is
NOTED.

Units: day ``int`` epoch days, instants and spans ``int`` epoch milliseconds (start, end), end excluded.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from rules.conclusion import Closed
from rules.law import Law, NotInForce
from rules.periods import MILLIS_IN_MINUTE, civil_day, hhmm, midnight, month_of
from schemas.evv_visit import EvvVisit
from schemas.symbols import FindingOutcome

Span = tuple[int, int]
Policy = Literal["record", "warn", "hold", "deny"]

REMEMBERED = 60 * 60  # visits whose days are asked for again and again while their month is decided
OUTCOMES: dict[str, FindingOutcome] = {"record": "NOTED", "warn": "WARNING", "hold": "HELD", "deny": "DENIED"}
TAKING = ("hold", "deny")
EFFECTS = {
    "record": "Your pay is not changed.",
    "warn": "This is a warning; your pay is not changed.",
    "hold": "This time waits until this is corrected: {minutes}.",
    "deny": "This time is not paid unless this is corrected: {minutes}.",
}
NOTHING_TAKEN = "No minutes are taken for this alone."


class Reason(NamedTuple):
    """One EVV-4 code on a day, the minutes it alone accounts for, and words for its sentence."""

    code: str
    minutes: int
    words: dict[str, str]


class Gap(NamedTuple):
    """What visits do not bear out of one day's claim. ``uncovered_minutes`` is the sum of the reasons' minutes."""

    day: int
    uncovered_minutes: int
    reasons: list[Reason]


class VisitVerdict(NamedTuple):
    """A reason under a policy: what its finding says. ``words`` fill the sentence in findings.toml."""

    code: str
    outcome: str
    minutes: int
    words: dict[str, str]


def must_check_in(live_in: bool, day: int, law: Law, known_at: int | None = None) -> bool:
    """Whether a provider checks in and out that day (EVV-2). ``live_in``: SOC 2298 for that recipient."""
    if live_in:
        return False
    first_day: int = law.value("evv.check_in_from", day, known_at)
    return day >= first_day


def policy(program: str, day: int, law: Law, known_at: int | None = None) -> Policy | None:
    """What visits do to pay of that program (EVV-3); None before there is a policy: nothing is compared."""
    name = f"evv.policy.{program}"
    try:
        in_force: Policy = law.value(name, day, known_at)
    except NotInForce:
        return None
    return in_force


def days_of(visit: EvvVisit) -> range:
    """The civil days the visit counts for; none if it has neither check-in nor check-out."""
    return _days_between(visit.check_in_at, visit.check_out_at)


def visit_is_over(visit: EvvVisit, is_closed: Closed) -> bool:
    """Are the months closed of all days that it counts for? One without days counts for none yet."""
    days = days_of(visit)
    return len(days) > 0 and is_closed(month_of(days[0])) and is_closed(month_of(days[-1]))


@lru_cache(maxsize=REMEMBERED)
def _days_between(start: int | None, end: int | None) -> range:
    if start is None:
        # Midnight ends a day: a check-out at 0:00 is of the day before.
        return range(0) if end is None else range(civil_day(end - 1), civil_day(end - 1) + 1)
    last = end - 1 if end is not None and end > start else start
    return range(civil_day(start), civil_day(last) + 1)


def common(days: range, others: range) -> range:
    """The days of both."""
    return range(max(days.start, others.start), min(days.stop, others.stop))


def spans_by_day(visits: Iterable[EvvVisit], within: range | None = None) -> dict[int, list[Span]]:
    """Spans of complete visits cut at Pacific midnights: by day in order, sorted, apart from each other.

    ``within``: the days asked for, None for all; a check-out in the wrong century must not cost a century of days.
    Visits that overlap or touch are one span. The time that passed counts, also when daylight saving starts or ends.
    """
    spans: dict[int, list[Span]] = {}
    for visit in visits:
        start, end = visit.check_in_at, visit.check_out_at
        if start is None or end is None or end <= start:
            continue
        for day in days_of(visit) if within is None else common(days_of(visit), within):
            spans.setdefault(day, []).append((max(start, midnight(day)), min(end, midnight(day + 1))))
    return {day: union(spans[day]) if len(spans[day]) > 1 else spans[day] for day in sorted(spans)}


def union(spans: Iterable[Span]) -> list[Span]:
    """The time covered by any of the spans: sorted, apart from each other."""
    apart: list[Span] = []
    for start, end in sorted(spans):
        if apart and start <= apart[-1][1]:
            apart[-1] = apart[-1][0], max(end, apart[-1][1])
        else:
            apart.append((start, end))
    return apart


def compare(claims: Mapping[int, int], visits: Sequence[EvvVisit]) -> list[Gap]:
    """What the visits of one provider, recipient and program do not bear out (EVV-4), by day in order.

    ``claims``: minutes by day that got past WHO-3, summed over documents; a day without is not judged. ``visits``: the
    standing ones, in any order. A gap may have 0 uncovered minutes: one visit is flawed, the others suffice.
    """
    spans = spans_by_day(visits, range(min(claims, default=0), max(claims, default=0) + 1))
    flaws = _flaws(visits)
    gaps = (_gap(day, claims[day], spans.get(day, []), flaws.get(day)) for day in sorted(claims) if claims[day])
    return [gap for gap in gaps if gap.reasons]


def verdicts(gap: Gap, policy: Policy) -> list[VisitVerdict]:
    """What the findings of a gap say; under ``hold`` and ``deny`` its uncovered minutes are also to be taken."""
    return [_verdict(reason, policy) for reason in gap.reasons]


def _verdict(reason: Reason, policy: Policy) -> VisitVerdict:
    takes_nothing = policy in TAKING and not reason.minutes
    effect = NOTHING_TAKEN if takes_nothing else EFFECTS[policy].format(minutes=hhmm(reason.minutes))
    outcome = OUTCOMES["record" if takes_nothing else policy]
    return VisitVerdict(reason.code, outcome, reason.minutes, reason.words | {"effect": effect})


def take(uncovered_minutes: int, minutes_by_document: Sequence[int]) -> list[int]:
    """Minutes each document of a day loses: the one first payable last loses first.

    ``minutes_by_document``: that day's minutes, by the documents' order of becoming payable (ties: document id).
    """
    losses = [0] * len(minutes_by_document)
    for place in reversed(range(len(losses))):
        losses[place] = min(uncovered_minutes, minutes_by_document[place])
        uncovered_minutes -= losses[place]
    return losses


class _Flaws(NamedTuple):
    """Why visits of a day have no span: what is missing, and whether one ends no later than it starts."""

    missing: frozenset[str]
    backwards: bool


def _flaws(visits: Iterable[EvvVisit]) -> dict[int, _Flaws]:
    flaws: dict[int, _Flaws] = {}
    for visit in visits:
        start, end = visit.check_in_at, visit.check_out_at
        if start is not None and end is not None and start < end:
            continue
        missing = {"check-in"} if start is None else {"check-out"} if end is None else set()
        for day in days_of(visit):
            known = flaws.get(day, _Flaws(frozenset(), False))
            flaws[day] = _Flaws(known.missing | missing, known.backwards or not missing)
    return flaws


def _gap(day: int, claimed: int, spans: list[Span], flaws: _Flaws | None) -> Gap:
    covered = sum(end - start for start, end in spans) // MILLIS_IN_MINUTE
    uncovered = max(claimed - covered, 0)
    found: list[tuple[str, dict[str, str]]] = []
    if not spans and flaws is None:
        found.append(("NO_VISIT", {}))
    if spans and uncovered:
        found.append(("HOURS_EXCEED_VISITS", {"claimed": hhmm(claimed)}))
    if flaws is not None and flaws.missing:
        found.append(("VISIT_INCOMPLETE", {"missing": ", and another no ".join(sorted(flaws.missing))}))
    if flaws is not None and flaws.backwards:
        found.append(("CHECK_OUT_NOT_AFTER_CHECK_IN", {}))
    reasons = [Reason(code, 0 if place else uncovered, words) for place, (code, words) in enumerate(found)]
    return Gap(day, uncovered, reasons)
