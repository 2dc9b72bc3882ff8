"""The world a case stands in unless it says otherwise: defaults per kind, and the terms of everyone it names."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

TERMS = ("ServiceAuthorization", "ProviderAssignment", "ProviderEnrollment", "IncomeAssessment", "CourseListing")
SINCE = date(2015, 12, 1)
FACT = {"source": "case", "revision": 1, "withdrawn": False}
WORK = {"provider_id": "P1", "recipient_id": "R1", "program": "IHSS"}

ALIASES: dict[str, tuple[str, ...]] = {
    "id": ("document_id",),
    "days": ("days",),
    "period": ("period_start",),
    "approved": ("recipient_approved_at",),
    "signed": ("provider_signed_at",),
    "token": ("account_token", "payee_account_token"),
    "minutes": ("minutes", "extra_minutes", "minutes_claimed", "minutes_attended"),
    "services": ("services",),
    "needs": ("training_needs",),
    "course": ("course_id",),
    "date": ("class_date", "service_date"),
    "month": ("service_month",),
    "from": ("effective_from", "listed_from"),
    "to": ("effective_to", "listed_to"),
    "in": ("check_in_at",),
    "out": ("check_out_at",),
    "irwe": ("impairment_work_expense_cents",),
    "bwe": ("blind_work_expense_cents",),
    "payee": ("payee_id",),
}  # fmt: skip

# Shorthand and defaults of the parts of a fact.
TO = {"to": "to_recipient_id", "recipient": "to_recipient_id", "date": "service_date", "day": "service_date"}
PARTS: dict[str, tuple[dict[str, str], dict[str, Any]]] = {
    "services": ({"minutes": "minutes_per_week"}, {}),
    "trips": (TO, {"program": "IHSS"}),
}

DEFAULTS: dict[str, dict[str, Any]] = {
    "Timesheet": FACT | WORK | {"channel": "ESP"},
    "EvvVisit": FACT | WORK | {"check_in_place": "HOME", "check_out_place": "HOME", "method": "MOBILE_APP"},
    "ServiceAuthorization": FACT | {
        "recipient_id": "R1", "program": "IHSS", "county": "43", "effective_from": SINCE, "monthly_minutes": "283:00",
        "funding": "PCSP", "severely_impaired": True, "protective_supervision_minutes": 0, "services": [],
        "pay_mode": "ARREARS", "concurrent_care": False, "training_needs": [],
    },
    "ProviderAssignment": FACT | WORK | {"effective_from": SINCE, "relationship": "NON_RELATIVE", "live_in": True},
    "ProviderEnrollment": FACT | {
        "provider_id": "P1", "county": "43", "effective_from": SINCE, "account_token": "account-1", "exemption": "NONE",
    },
    "IncomeAssessment": FACT | {
        "recipient_id": "R1", "effective_from": SINCE, "category": "SSI_LINKED", "couple": False, "blind": False,
        "blind_spouse": False, "unearned_cents": 0, "earned_cents": 0, "impairment_work_expense_cents": 0,
        "blind_work_expense_cents": 0,
    },
    "TravelClaim": FACT | {"provider_id": "P1"},
    "CourseListing": FACT | {
        "document_id": "listing", "course_id": "C1", "title": "Course", "pathway": "GENERAL_HEALTH_AND_SAFETY",
        "listed_from": date(2022, 9, 1),
    },
    "TrainingAttendance": FACT | {"provider_id": "P1", "course_id": "C1", "verified": True},
    "TrainingClaim": FACT | {"provider_id": "P1", "course_id": "C1", "channel": "ESP"},
    "IncentiveClaim": FACT | {"provider_id": "P1", "channel": "ESP", "pathway": "GENERAL_HEALTH_AND_SAFETY"},
    "SickLeaveClaim": FACT | WORK | {"channel": "ESP"},
    "HoursException": FACT | {"provider_id": "P1", "recipient_id": "R1"},
    "ViolationDecision": FACT | {"provider_id": "P1"},
    "PaymentOutcome": FACT,
}  # fmt: skip


def standard_world(facts: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Terms for every provider, recipient and program that the facts name, in effect since 2015-12-01."""
    works = sorted({work for fact in facts for work in _works(fact)})
    needs = sorted({(recipient, program) for _, recipient, program in works} | set(_authorized(facts)))
    for provider, recipient, program in works:
        yield _term("ProviderAssignment", provider_id=provider, recipient_id=recipient, program=program)
    for recipient, program in needs:
        funding = "WPCS" if program == "WPCS" else "PCSP"
        yield _term("ServiceAuthorization", recipient_id=recipient, program=program, funding=funding)
    for provider in sorted({fact["provider_id"] for fact in facts if "provider_id" in fact}):
        yield _term("ProviderEnrollment", provider_id=provider)
    for recipient in sorted({recipient for recipient, _ in needs}):
        yield _term("IncomeAssessment", recipient_id=recipient)


def _term(kind: str, **fields: str) -> dict[str, Any]:
    return DEFAULTS[kind] | fields | {"kind": kind, "document_id": "-".join(["standing", *fields.values()])}


def _works(fact: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(provider, recipient, program) of the work that a fact names."""
    if "provider_id" not in fact:
        return
    if fact.get("recipient_id") is not None:
        yield fact["provider_id"], fact["recipient_id"], fact.get("program", "IHSS")
    for trip in fact.get("trips", ()):
        to = trip.get("to_recipient_id") or trip.get("recipient") or trip["to"]
        yield fact["provider_id"], to, trip.get("program", "IHSS")


def _authorized(facts: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """(recipient, program) of facts about a recipient alone."""
    for fact in facts:
        if "recipient_id" in fact and fact["recipient_id"] is not None and "provider_id" not in fact:
            yield fact["recipient_id"], fact.get("program", "IHSS")
