"""One valid record per kind, as physical values; ``changed`` makes the wrong ones."""

from __future__ import annotations

from typing import Any

JANUARY_1 = 20454  # 2026-01-01
JANUARY_4 = 20457  # 2026-01-04, a Sunday
JANUARY_20 = 20473
NOON = 1_767_297_600_000  # 2026-01-01T20:00Z, noon in California
HOUR = 3_600_000

ENVELOPE: dict[str, Any] = {
    "event_id": "e-1",
    "source": "esp",
    "recorded_at": NOON,
    "admitted_cut_off": None,
    "document_id": "D1",
    "revision": 1,
    "withdrawn": False,
}
PAIR = {"provider_id": "P1", "recipient_id": "R1", "program": "IHSS"}

FACTS: dict[str, dict[str, Any]] = {
    "Timesheet": PAIR
    | {
        "period_start": JANUARY_1,
        "minutes_worked": [480, 0, 61] * 5,
        "channel": "ESP",
        "provider_signed_at": NOON,
        "recipient_approved_at": NOON + HOUR,
    },
    "EvvVisit": PAIR
    | {
        "check_in_at": NOON,
        "check_out_at": NOON + HOUR,
        "check_in_place": "HOME",
        "check_out_place": "COMMUNITY",
        "method": "TTS",
    },
    "ServiceAuthorization": {
        "recipient_id": "R1",
        "program": "IHSS",
        "county": "43",
        "effective_from": JANUARY_1,
        "effective_to": None,
        "monthly_minutes": 16980,
        "funding": "PCSP",
        "severely_impaired": True,
        "protective_supervision_minutes": 20000,
        "services": [{"service": "FEEDING", "minutes_per_week": 300}, {"service": "DOMESTIC", "minutes_per_week": 60}],
        "pay_mode": "ADVANCE",
        "concurrent_care": False,
        "training_needs": ["COMPLEX_PHYSICAL_CARE_NEEDS"],
        "deceased_on": None,
        "payee_account_token": "tok-9",
    },
    "ProviderAssignment": PAIR
    | {
        "effective_from": JANUARY_1,
        "effective_to": JANUARY_20,
        "monthly_minutes": 6000,
        "relationship": "CHILD_18_TO_20",
        "live_in": True,
    },
    "ProviderEnrollment": {
        "provider_id": "P1",
        "county": "01",
        "effective_from": JANUARY_1,
        "effective_to": None,
        "account_token": None,
        "exemption": "EXEMPTION_2",
        "exemption_from": JANUARY_1,
        "exemption_to": JANUARY_20,
    },
    "IncomeAssessment": {
        "recipient_id": "R1",
        "effective_from": JANUARY_1,
        "effective_to": None,
        "category": "NONE",
        "couple": False,
        "blind": True,
        "blind_spouse": False,
        "unearned_cents": 100000,
        "earned_cents": 50000,
        "impairment_work_expense_cents": 0,
        "blind_work_expense_cents": 1,
    },
    "TravelClaim": {
        "provider_id": "P1",
        "period_start": JANUARY_1,
        "trips": [{"service_date": JANUARY_4, "to_recipient_id": "R2", "program": "WPCS", "minutes": 25}],
    },
    "CourseListing": {
        "course_id": "C1",
        "title": "Moving safely — lifting",
        "pathway": "GENERAL_HEALTH_AND_SAFETY",
        "listed_from": JANUARY_1,
        "listed_to": None,
    },
    "TrainingAttendance": {
        "provider_id": "P1",
        "course_id": "C1",
        "class_date": JANUARY_4,
        "minutes_attended": 120,
        "verified": True,
    },
    "TrainingClaim": {
        "channel": "ESP",
        "provider_id": "P1",
        "course_id": "C1",
        "class_date": JANUARY_4,
        "minutes_claimed": 120,
        "recipient_id": None,
    },
    "IncentiveClaim": {
        "channel": "OTHER",
        "provider_id": "P1",
        "incentive": "SIX_MONTH_ASSIGNMENT",
        "pathway": "ADULT_EDUCATION",
        "recipient_id": "R1",
    },
    "HoursException": {
        "provider_id": "P1",
        "recipient_id": "R1",
        "workweek_start": JANUARY_4,
        "extra_minutes": 90,
    },
    "ViolationDecision": {"provider_id": "P1", "workweek_start": JANUARY_4, "decision": "UPHELD"},
    "PaymentOutcome": {
        "instruction_id": "ARREARS:P1:R1:2026-01-01:2026-01-20",
        "outcome": "RECOVERED",
        "cents": 1250,
        "reason": None,
    },
}

CONCLUSIONS: dict[str, dict[str, Any]] = {
    "PaymentInstruction": {
        "instruction_id": "ARREARS:P1:R1:2026-01-01:2026-01-20",
        "payee_type": "PROVIDER",
        "payee_id": "P1",
        "provider_id": "P1",
        "recipient_id": "R1",
        "kind": "ARREARS",
        "period_start": JANUARY_1,
        "statement_id": "ARREARS:P1:R1:2026-01-01",
        "sequence": 1,
        "run_date": JANUARY_20,
        "cut_off": NOON,
        "method": "WARRANT",
        "account_token": None,
        "lines": [
            {
                "earning": "SERVICE",
                "program": "IHSS",
                "county": "43",
                "minutes": 2760,
                "rate_mills": 20440,
                "cents": 94024,
                "rule": "WAGE-1",
            },
            {
                "earning": "INCENTIVE",
                "program": "CAREER_PATHWAYS",
                "county": None,
                "minutes": 0,
                "rate_mills": None,
                "cents": -50000,
                "rule": "INC-1",
            },
        ],
        "gross_cents": 44024,
        "deductions": [{"kind": "FICA", "cents": 6210}, {"kind": "OVERPAYMENT_CARRIED", "cents": -5}],
        "net_cents": 37819,
        "gross_to_date_cents": 44024,
        "net_to_date_cents": 37819,
        "outstanding_cents": 0,
        "claimed_minutes": 2760,
        "paid_minutes": 2760,
        "held_minutes": 0,
        "cut_minutes": 0,
        "denied_minutes": 0,
        "spend_by": None,
        "income_tax_excluded": True,
        "documents": ["Timesheet/D1/1"],
        "assumptions": ["overtime_allocation"],
        "law_version": "f00d",
        "reversed": [],
    },
    "Finding": {
        "finding_id": "OVER_AUTHORIZED_HOURS:PROVIDER:-:-:-:-:D1",
        "code": "OVER_AUTHORIZED_HOURS",
        "outcome": "CUT",
        "rule": "HOURS-4",
        "authority": "WIC 12303.4",
        "addressee": "PROVIDER",
        "provider_id": "P1",
        "recipient_id": "R1",
        "other_id": None,
        "program": "IHSS",
        "document_id": "D1",
        "statement_id": None,
        "service_date": None,
        "workweek_start": None,
        "service_month": JANUARY_1,
        "minutes": 20,
        "cents": None,
        "count": None,
        "consequence": None,
        "due_by": None,
        "message": "20 minutes are above the authorized hours.",
        "next_step": "Ask the county.",
        "cut_off": NOON,
        "cleared": False,
        "county": None,
    },
    "AdvanceReconciliation": {
        "recipient_id": "R1",
        "service_month": JANUARY_1,
        "advanced_minutes": 16980,
        "reconciled_minutes": 980,
        "open_minutes": 16000,
        "advanced_cents": 500000,
        "accounted_cents": 30000,
        "status": "MAY_MOVE_TO_ARREARS",
        "cut_off": NOON,
    },
    "BenefitHours": {
        "provider_id": "P1",
        "county": "43",
        "service_month": JANUARY_1,
        "paid_minutes": 2760,
        "authorized_minutes": 16980,
        "eligible": None,
        "cut_off": NOON,
    },
    "PayRun": {
        "run_date": JANUARY_20,
        "cut_off": NOON,
        "totals": [{"kind": "ARREARS", "method": "NONE", "count": 1, "gross_cents": 3, "net_cents": -4}],
        "instructions_sha256": "0123456789abcdef" * 4,
        "findings": 2,
        "assumptions": [],
        "law_version": "f00d",
        "came_back": [],
        "content_sha256": "",
        "previous_sha256": "",
        "facts": 0,
    },
    "Rejection": {
        "raw": b"\xc3\x01\x00",
        "origin": "timesheets.avro:7",
        "reason": "INVALID",
        "field": "minutes_worked[3]",
        "message": "Input should be less than or equal to 1500",
        "seen_at": None,
    },
    "Admission": {
        "source": "esp",
        "event_id": "e-1",
        "kind": "Timesheet",
        "arrived_at": NOON + HOUR,
        "admitted_cut_off": NOON + 36 * HOUR,
        "cut_off": NOON + 12 * HOUR,
    },
}

SAMPLES: dict[str, dict[str, Any]] = {kind: ENVELOPE | own for kind, own in FACTS.items()} | CONCLUSIONS


def changed(kind: str, **fields: Any) -> dict[str, Any]:
    """The sample of a kind with other values in some fields."""
    return SAMPLES[kind] | fields
