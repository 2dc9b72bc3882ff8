"""Each thing the door refuses, by reason and field, and each it must let pass."""

from __future__ import annotations

import pytest

from schemas import FACTS, KINDS
from schemas.avro import Unreadable, fields_of, validate
from tests.schemas.models import REQUIRED, defaults
from tests.schemas.samples import JANUARY_1, JANUARY_4, JANUARY_20, NOON, SAMPLES, changed

FEBRUARY_16_LEAP = 19769  # 2024-02-16
TRIP = SAMPLES["TravelClaim"]["trips"][0]
DAY_MILLIS = 86_400_000

INVALID = [
    ("Timesheet", {"minutes_worked": [0, 0, 0, -1] + [0] * 11}, "minutes_worked[3]"),
    ("Timesheet", {"minutes_worked": [1501] + [0] * 14}, "minutes_worked[0]"),
    ("Timesheet", {"minutes_worked": [1.5] + [0] * 14}, "minutes_worked[0]"),
    ("Timesheet", {"minutes_worked": [True] + [0] * 14}, "minutes_worked[0]"),
    ("Timesheet", {"program": "UNKNOWN"}, "program"),
    ("Timesheet", {"channel": "OTHER"}, "channel"),
    ("Timesheet", {"provider_id": "P 1"}, "provider_id"),
    ("Timesheet", {"provider_id": "-P1"}, "provider_id"),
    ("Timesheet", {"provider_id": ""}, "provider_id"),
    ("Timesheet", {"provider_id": "P1\n"}, "provider_id"),
    ("Timesheet", {"recipient_id": "R" * 65}, "recipient_id"),
    ("Timesheet", {"recipient_id": None}, "recipient_id"),
    ("Timesheet", {"event_id": "Ω1"}, "event_id"),
    ("Timesheet", {"source": ""}, "source"),
    ("Timesheet", {"document_id": 7}, "document_id"),
    ("Timesheet", {"revision": 0}, "revision"),
    ("Timesheet", {"withdrawn": 1}, "withdrawn"),
    ("Timesheet", {"recorded_at": NOON * 1000}, "recorded_at"),
    ("Timesheet", {"recorded_at": None}, "recorded_at"),
    ("Timesheet", {"admitted_cut_off": -(10**15)}, "admitted_cut_off"),
    ("Timesheet", {"period_start": 2**31 - 1}, "period_start"),
    ("Timesheet", {"unheard_of": 1}, "unheard_of"),
    ("EvvVisit", {"check_in_place": "UNKNOWN"}, "check_in_place"),
    ("EvvVisit", {"method": "FAX"}, "method"),
    ("ServiceAuthorization", {"county": "00"}, "county"),
    ("ServiceAuthorization", {"county": "59"}, "county"),
    ("ServiceAuthorization", {"county": "7"}, "county"),
    ("ServiceAuthorization", {"monthly_minutes": -1}, "monthly_minutes"),
    ("ServiceAuthorization", {"training_needs": ["ADULT_EDUCATION", "UNKNOWN"]}, "training_needs[1]"),
    ("ServiceAuthorization", {"services": [{"service": "FEEDING"}]}, "services[0].minutes_per_week"),
    ("ServiceAuthorization", {"deceased_on": -30000}, "deceased_on"),
    ("ProviderEnrollment", {"account_token": ""}, "account_token"),
    ("IncomeAssessment", {"earned_cents": -1}, "earned_cents"),
    ("IncomeAssessment", {"unearned_cents": 10**15}, "unearned_cents"),
    ("TravelClaim", {"trips": [TRIP, TRIP | {"minutes": 1501}]}, "trips[1].minutes"),
    ("TravelClaim", {"trips": [TRIP | {"program": "UNKNOWN"}]}, "trips[0].program"),
    ("TrainingClaim", {"minutes_claimed": -1}, "minutes_claimed"),
    ("TrainingAttendance", {"minutes_attended": 1501}, "minutes_attended"),
    ("HoursException", {"extra_minutes": -1}, "extra_minutes"),
    ("PaymentOutcome", {"instruction_id": "ARREARS P1"}, "instruction_id"),
    ("PaymentOutcome", {"cents": -1}, "cents"),
    ("PaymentInstruction", {"method": "CASH"}, "method"),
    ("PaymentInstruction", {"payee_id": "P1\n"}, "payee_id"),
    ("PaymentInstruction", {"sequence": -1}, "sequence"),
    ("PaymentInstruction", {"sequence": True}, "sequence"),
    ("PaymentInstruction", {"net_cents": 2**63}, "net_cents"),
    ("PaymentInstruction", {"lines": [{"earning": "SERVICE"}]}, "lines[0].program"),
    ("PaymentInstruction", {"deductions": [{"kind": "FICA", "cents": 1}, {"kind": "UNION"}]}, "deductions[1].kind"),
    ("Finding", {"unheard_of": 1}, "unheard_of"),
    ("Finding", {"cleared": 1}, "cleared"),
    ("Finding", {"county": "59"}, "county"),
    ("Finding", {"minutes": 1.5}, "minutes"),
    ("PayRun", {"previous_sha256": "z"}, "previous_sha256"),
    ("PayRun", {"came_back": [{"instruction_id": "I1", "net_cents": 1}]}, "came_back[0].reversed"),
    ("Rejection", {"raw": None}, "raw"),
]

CONTRADICTORY = [
    ("Timesheet", {"minutes_worked": [0] * 13}, "minutes_worked"),
    ("Timesheet", {"minutes_worked": [0] * 16}, "minutes_worked"),
    ("Timesheet", {"minutes_worked": []}, "minutes_worked"),
    ("Timesheet", {"period_start": JANUARY_1 + 1}, "period_start"),
    ("Timesheet", {"period_start": FEBRUARY_16_LEAP, "minutes_worked": [0] * 13}, "minutes_worked"),
    ("ServiceAuthorization", {"effective_to": JANUARY_1 - 1}, "effective_to"),
    ("ServiceAuthorization", {"funding": "WPCS"}, "funding"),
    ("ProviderAssignment", {"effective_to": JANUARY_1 - 1}, "effective_to"),
    ("ProviderEnrollment", {"effective_to": JANUARY_1 - 1}, "effective_to"),
    ("ProviderEnrollment", {"exemption_to": JANUARY_1 - 1}, "exemption_to"),
    ("IncomeAssessment", {"effective_to": JANUARY_1 - 1}, "effective_to"),
    ("CourseListing", {"listed_to": JANUARY_1 - 1}, "listed_to"),
    ("EvvVisit", {"check_in_at": NOON, "check_out_at": NOON + 31 * DAY_MILLIS + 1}, "check_out_at"),
    ("TravelClaim", {"period_start": JANUARY_4}, "period_start"),
    ("TravelClaim", {"trips": [TRIP, TRIP | {"service_date": JANUARY_1 - 1}]}, "trips[1].service_date"),
    ("TravelClaim", {"trips": [TRIP | {"service_date": JANUARY_1 + 15}]}, "trips[0].service_date"),
    ("HoursException", {"workweek_start": JANUARY_1}, "workweek_start"),
    ("ViolationDecision", {"workweek_start": JANUARY_4 + 6}, "workweek_start"),
    ("PaymentOutcome", {"cents": None}, "cents"),
]

PASSES = [
    ("Timesheet", {"minutes_worked": [1500] * 15}),
    ("Timesheet", {"period_start": FEBRUARY_16_LEAP, "minutes_worked": [0] * 14}),
    ("Timesheet", {"recipient_approved_at": NOON - 9 * DAY_MILLIS}),
    ("Timesheet", {"provider_id": "9." + "a" * 62}),
    ("EvvVisit", {"check_out_at": NOON - 1}),
    ("EvvVisit", {"check_in_at": NOON, "check_out_at": NOON + 31 * DAY_MILLIS}),
    ("EvvVisit", {"check_in_at": None, "check_out_at": None}),
    ("ServiceAuthorization", {"effective_to": JANUARY_1}),
    ("ServiceAuthorization", {"program": "WPCS", "funding": "WPCS"}),
    ("ServiceAuthorization", {"protective_supervision_minutes": 16981}),
    ("ServiceAuthorization", {"deceased_on": JANUARY_1 - 1}),
    ("ProviderEnrollment", {"exemption_from": None}),
    ("TravelClaim", {"trips": []}),
    ("TravelClaim", {"trips": [TRIP | {"service_date": JANUARY_1 + 14}]}),
    ("TrainingClaim", {"class_date": JANUARY_20}),
    ("PaymentOutcome", {"outcome": "SETTLED", "cents": None}),
    ("PaymentOutcome", {"instruction_id": "TRAINING:P1:-:2026-01-01:2026-01-20"}),
]


def refusal(kind, fields) -> Unreadable:
    with pytest.raises(Unreadable) as refused:
        validate(kind, changed(kind, **fields))
    return refused.value


@pytest.mark.parametrize(("kind", "fields", "field"), INVALID)
def test_invalid(kind, fields, field):
    refused = refusal(kind, fields)
    assert (refused.reason, refused.field) == ("INVALID", field)


@pytest.mark.parametrize(("kind", "fields", "field"), CONTRADICTORY)
def test_contradictory(kind, fields, field):
    refused = refusal(kind, fields)
    assert (refused.reason, refused.field) == ("CONTRADICTORY", field)


@pytest.mark.parametrize(("kind", "fields"), PASSES)
def test_passes(kind, fields):
    assert fields_of(validate(kind, changed(kind, **fields))) == changed(kind, **fields)


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_is_required_or_has_a_default(kind):
    for name, default in defaults(KINDS[kind]).items():
        record = {key: value for key, value in SAMPLES[kind].items() if key != name}
        if default is not REQUIRED and (kind, name) != ("PaymentOutcome", "cents"):
            assert getattr(validate(kind, record), name) == default
            continue
        with pytest.raises(Unreadable) as refused:
            validate(kind, record)
        assert refused.value.field == name


@pytest.mark.parametrize("kind", FACTS)
def test_unknown_symbol_is_refused_by_field(kind):
    for name, value in SAMPLES[kind].items():
        if isinstance(value, str) and value.isupper() and "UNKNOWN" not in value and not name.endswith("_id"):
            assert refusal(kind, {name: "UNKNOWN"}).field == name


def test_the_message_tells_the_range_but_nothing_of_the_person():
    refused = refusal("Timesheet", {"provider_id": "Maria Sanchez"})
    assert "Maria" not in str(refused) and "[A-Za-z0-9]" in refused.message
    assert "1500" in refusal("Timesheet", {"minutes_worked": [1777] + [0] * 14}).message
    assert "1777" not in str(refusal("Timesheet", {"minutes_worked": [1777] + [0] * 14}))
    assert "Maria" not in str(refusal("PaymentInstruction", {"method": "Maria's"}))
    assert "Maria" not in str(refusal("PaymentInstruction", {"payee_id": "Maria Sanchez"}))


def test_a_record_cannot_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        validate("Timesheet", SAMPLES["Timesheet"]).revision = 2
    with pytest.raises(AttributeError, match="immutable"):
        validate("BenefitHours", SAMPLES["BenefitHours"]).paid_minutes = 2
