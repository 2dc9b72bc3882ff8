"""Records wrong on purpose: copies of good ones under ids of their own, so that the good ones are paid as ever."""

from collections.abc import Callable
from random import Random

from pipelines.sample.shelf import Fact, Record
from schemas.types import Fields, days_of_pay_period

Spoiler = Callable[[Record], Fields]
Defect = tuple[str, Spoiler]  # the reason it must be rejected for, and what to change
SPOILED = ".x"  # ends the document id of a wrong copy
INVALID, CONTRADICTORY = "INVALID", "CONTRADICTORY"


def _unknown(field: str) -> Defect:
    return INVALID, lambda record: {field: "UNKNOWN"}


def _ends_before(record: Record) -> Fields:
    return {"effective_to": record["effective_from"] - 1}


def _wrong_number_of_days(record: Record) -> Fields:
    entries = 13 if days_of_pay_period(record["period_start"]) != 13 else 15
    return {"minutes_worked": [60] * entries}


def _too_many_minutes(record: Record) -> Fields:
    return {"minutes_worked": [1600, *record["minutes_worked"][1:]]}


def _trip_outside(record: Record) -> Fields:
    return {"trips": [{**record["trips"][0], "service_date": record["period_start"] - 1}]}


BLANK_ID: Defect = (INVALID, lambda record: {"document_id": f"{record['document_id'][:2]} {record['document_id'][2:]}"})
NO_REVISION: Defect = (INVALID, lambda record: {"revision": 0})
STARTS_ON_THE_SECOND: Defect = (CONTRADICTORY, lambda record: {"period_start": record["period_start"] + 1})
ENDS_BEFORE: Defect = (CONTRADICTORY, _ends_before)
NO_SUNDAY: Defect = (CONTRADICTORY, lambda record: {"workweek_start": record["workweek_start"] + 1})
EVERY_KIND = [BLANK_ID, NO_REVISION]
DEFECTS: dict[str, list[Defect]] = {
    "Timesheet": [
        (CONTRADICTORY, _wrong_number_of_days),
        STARTS_ON_THE_SECOND,
        (INVALID, _too_many_minutes),
        _unknown("channel"),
    ],
    "EvvVisit": [_unknown("method"), _unknown("check_in_place")],
    "ServiceAuthorization": [
        ENDS_BEFORE,
        _unknown("funding"),
        (CONTRADICTORY, lambda record: {"program": "IHSS", "funding": "WPCS"}),
        (INVALID, lambda record: {"county": "59"}),
    ],
    "ProviderAssignment": [ENDS_BEFORE, _unknown("relationship")],
    "ProviderEnrollment": [ENDS_BEFORE, _unknown("exemption")],
    "IncomeAssessment": [ENDS_BEFORE, _unknown("category"), (INVALID, lambda record: {"unearned_cents": -1})],
    "TravelClaim": [STARTS_ON_THE_SECOND, (CONTRADICTORY, _trip_outside)],
    "TrainingClaim": [_unknown("channel")],
    "IncentiveClaim": [_unknown("incentive")],
    "SickLeaveClaim": [_unknown("program"), _unknown("channel")],
    "HoursException": [NO_SUNDAY],
    "ViolationDecision": [NO_SUNDAY, _unknown("decision")],
    "PaymentOutcome": [_unknown("outcome"), (CONTRADICTORY, lambda record: {"outcome": "RECOVERED", "cents": None})],
}


def spoiled(fact: Fact, rng: Random) -> tuple[str, Record]:
    """A copy of the fact that must be rejected, and the reason (INVALID or CONTRADICTORY)."""
    kind, record = fact
    reason, spoil = rng.choice(DEFECTS.get(kind, []) + EVERY_KIND)
    document = f"{record['document_id']}{SPOILED}"
    copy = {**record, "document_id": document, "event_id": f"{record['event_id']}{SPOILED}{rng.getrandbits(32):08x}"}
    return reason, {**copy, **spoil(copy)}
