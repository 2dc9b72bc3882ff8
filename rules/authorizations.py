"""How many minutes an authorization gives: its ceiling, its part of a month, what a severe impairment is.

Authority: HOURS-1 (WIC 12303.4(a),(b); MPP 30-765.11-.12), HOURS-7 (pro rata by days: assumption), WHO-5 (WIC
12303.4; MPP 30-701(s)(1)). In force: by parameter. Does not cover: WPCS ceilings (none), HOURS-2 (for building
authorizations only).
"""

from collections.abc import Iterable, Sequence
from typing import Any

from rules.conclusions import AssignmentTerm, AuthorizationTerm
from rules.documents import Span, Terms, reference
from rules.law import Law
from rules.periods import days_in_month, month_end
from schemas.provider_assignment import ProviderAssignment
from schemas.service_authorization import ServiceAuthorization

FOREVER = 1 << 60  # later than any day


def limited_minutes(authorization: ServiceAuthorization, law: Law, day: int) -> int:
    """Monthly minutes up to the ceiling of the funding program in force on ``day``; protective supervision drops
    first."""
    minutes = authorization.monthly_minutes
    if authorization.program == "WPCS":
        return minutes
    impairment = "severely_impaired" if authorization.severely_impaired else "not_severely_impaired"
    ceiling: int = law.value(f"hours.ceiling_minutes.{authorization.funding}.{impairment}", day)
    supervised: tuple[str, ...] = law.value("hours.protective_supervision_programs", day)
    if not authorization.severely_impaired and authorization.funding in supervised:
        allowed: int = law.value("hours.protective_supervision_minutes.not_severely_impaired", day)
        supervision = min(authorization.protective_supervision_minutes, minutes)  # a part cannot be more than the whole
        minutes -= max(0, supervision - allowed)
    return min(minutes, ceiling)


def pro_rata(spans: Sequence[Span[int]], month: int) -> int:
    """Minutes of a month from spans of (first, last, monthly minutes): floor of the sum over parts (HOURS-7)."""
    return sum(minutes * (last - first + 1) for first, last, minutes in spans) // days_in_month(month)


def divided(terms: Terms[Any], month: int) -> bool:
    """HOURS-7: has the month anything else than one document for all its days?"""
    whole = month, month_end(month)
    return [span[:-1] for span in terms.spans(*whole)] != [whole]


def counted_weekly_minutes(authorization: ServiceAuthorization, law: Law, day: int) -> int:
    """Weekly minutes of the listed services that count towards severe impairment (WHO-5)."""
    counted = set(law.value("impairment.services", day))
    assessed = {service.service for service in authorization.services if service.minutes_per_week > 0}
    if not assessed.issuperset(law.value("impairment.meal_cleanup_requires", day)):
        counted.discard("MEAL_CLEANUP")
    return sum(service.minutes_per_week for service in authorization.services if service.service in counted)


def impairment_mismatch(authorization: ServiceAuthorization, law: Law, day: int) -> int | None:
    """Counted weekly minutes where the listed services say otherwise than the recorded statement, else None."""
    if not authorization.services:
        return None
    minutes = counted_weekly_minutes(authorization, law, day)
    severe = minutes >= law.value("impairment.weekly_minutes", day)
    return None if severe == authorization.severely_impaired else minutes


def authorization_terms(terms: Terms[ServiceAuthorization], law: Law) -> list[AuthorizationTerm]:
    """What is in force over all days, for the provider's side."""
    return [
        AuthorizationTerm(
            first=span.first,
            last=span.last if span.last < FOREVER else None,
            county=span.fact.county,
            monthly_minutes=limited_minutes(span.fact, law, span.first),
            training_needs=list(span.fact.training_needs),
            reference=reference(span.fact),
        )
        for span in terms.spans(-FOREVER, FOREVER)
    ]


def assignment_terms(terms: Terms[ProviderAssignment]) -> list[AssignmentTerm]:
    """What is in force over all days, for the provider's side."""
    return [
        AssignmentTerm(
            first=span.first,
            last=span.last if span.last < FOREVER else None,
            monthly_minutes=span.fact.monthly_minutes,
            relationship=span.fact.relationship,
            live_in=span.fact.live_in,
            reference=reference(span.fact),
        )
        for span in terms.spans(-FOREVER, FOREVER)
    ]


def departed_terms(all_terms: Iterable[Terms[Any]]) -> list[tuple[int, int, str]]:
    """Days (first, last) given up by a withdrawal or other dates, with the reference of the document, sorted."""
    spans = [span for terms in all_terms for span in terms.departed(-FOREVER, FOREVER)]
    return sorted((span.first, span.last, reference(span.fact)) for span in spans)


def asks_for_advance(terms: Terms[ServiceAuthorization]) -> bool:
    """Did any revision of any of them ask for advance pay (ADV-1)?"""
    revisions = (recorded.fact for document in terms.documents.values() for recorded in document.revisions.values())
    return any(fact.pay_mode == "ADVANCE" for fact in revisions)
