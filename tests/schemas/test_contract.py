"""Every published schema against CONTRACT.md: names, order, types, symbols and defaults, typed in from the contract."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Literal, Union, get_args, get_origin

import pytest

import schemas
from schemas.physical import schema_path
from tests.schemas.models import REQUIRED, annotations, defaults, json_schema
from tests.schemas.samples import SAMPLES

PATHWAYS = (
    "(GENERAL_HEALTH_AND_SAFETY ADULT_EDUCATION COGNITIVE_IMPAIRMENTS_AND_BEHAVIORAL_HEALTH"
    " COMPLEX_PHYSICAL_CARE_NEEDS TRANSITION_TO_HOME_AND_COMMUNITY_BASED_LIVING)"
)

ENVELOPE = """
event_id string, source string, recorded_at time, admitted_cut_off time?, document_id string, revision int,
withdrawn boolean
"""

PARTS = {
    "Service": """
        service string, minutes_per_week int
    """,
    "Trip": """
        service_date date, to_recipient_id string, program (IHSS WPCS), minutes int
    """,
    "PaymentLine": """
        earning (SERVICE OVERTIME_PREMIUM TRAVEL TRAINING INCENTIVE ADVANCE SICK_LEAVE), program (IHSS WPCS
        CAREER_PATHWAYS), county string?, minutes int, rate_mills long?, cents long, rule string
    """,
    "Deduction": """
        kind (FICA MEDICARE SDI SHARE_OF_COST ADVANCE_PAID OVERPAYMENT_CARRIED), cents long
    """,
    "CameBack": """
        instruction_id string, net_cents long, reversed boolean
    """,
    "RunTotal": """
        kind (ARREARS ADVANCE TRAINING INCENTIVE SICK_LEAVE), method (DIRECT_DEPOSIT WARRANT NONE), count int,
        gross_cents long, net_cents long
    """,
}

KINDS = {
    "Timesheet": """
        provider_id string, recipient_id string, program (IHSS WPCS), period_start date, minutes_worked array of
        int, channel (ESP TTS PAPER), provider_signed_at time, recipient_approved_at time?
    """,
    "EvvVisit": """
        provider_id string, recipient_id string, program (IHSS WPCS), check_in_at time?, check_out_at time?,
        check_in_place (HOME COMMUNITY), check_out_place (HOME COMMUNITY), method (MOBILE_APP ESP TTS MANUAL)
    """,
    "ServiceAuthorization": """
        recipient_id string, program (IHSS WPCS), county string, effective_from date, effective_to date?,
        monthly_minutes int, funding (PCSP CFCO IPO IHSS_R WPCS), severely_impaired boolean,
        protective_supervision_minutes int, services array of Service, pay_mode (ARREARS ADVANCE), concurrent_care
        boolean, training_needs array of Pathway, deceased_on date?, payee_account_token string?
    """,
    "ProviderAssignment": """
        provider_id string, recipient_id string, program (IHSS WPCS), effective_from date, effective_to date?,
        monthly_minutes int?, relationship (NON_RELATIVE SPOUSE PARENT MINOR_CHILD CHILD_18_TO_20 DOMESTIC_PARTNER),
        live_in boolean
    """,
    "ProviderEnrollment": """
        provider_id string, county string, effective_from date, effective_to date?, account_token string?, exemption
        (NONE EXEMPTION_1 EXEMPTION_2 EXEMPTION_WPCS), exemption_from date?, exemption_to date?
    """,
    "IncomeAssessment": """
        recipient_id string, effective_from date, effective_to date?, category (SSI_LINKED EXPANSION SSI_1619B
        WORKING_DISABLED NONE), couple boolean, blind boolean, blind_spouse boolean default false, unearned_cents long,
        earned_cents long, impairment_work_expense_cents long, blind_work_expense_cents long
    """,
    "TravelClaim": """
        provider_id string, period_start date, trips array of Trip
    """,
    "CourseListing": """
        course_id string, title string, pathway Pathway, listed_from date, listed_to date?
    """,
    "TrainingAttendance": """
        provider_id string, course_id string, class_date date, minutes_attended int, verified boolean
    """,
    "TrainingClaim": """
        channel (ESP OTHER), provider_id string, course_id string, class_date date, minutes_claimed int,
        recipient_id string?
    """,
    "IncentiveClaim": """
        channel (ESP OTHER), provider_id string, incentive (TRAINING ONE_MONTH_ASSIGNMENT SIX_MONTH_ASSIGNMENT),
        pathway Pathway, recipient_id string?
    """,
    "SickLeaveClaim": """
        channel (ESP PAPER), provider_id string, recipient_id string, program (IHSS WPCS), service_date date,
        minutes int
    """,
    "HoursException": """
        provider_id string, recipient_id string, workweek_start date, extra_minutes int
    """,
    "ViolationDecision": """
        provider_id string, workweek_start date, decision (OVERTURNED TRAINING_COMPLETED UPHELD)
    """,
    "PaymentOutcome": """
        instruction_id string, outcome (ACCEPTED SETTLED RETURNED VOIDED STALE RECOVERED), cents long?, reason
        string?
    """,
    "PaymentInstruction": """
        instruction_id string, payee_type (PROVIDER RECIPIENT), payee_id string, provider_id string?, recipient_id
        string?, kind (ARREARS ADVANCE TRAINING INCENTIVE SICK_LEAVE), period_start date, statement_id string, sequence
        int, run_date date, cut_off time, method (DIRECT_DEPOSIT WARRANT NONE), account_token string?, lines array of
        PaymentLine, gross_cents long, deductions array of Deduction, net_cents long, gross_to_date_cents long,
        net_to_date_cents long, outstanding_cents long, claimed_minutes int, paid_minutes int, held_minutes int,
        cut_minutes int, denied_minutes int, spend_by date?, income_tax_excluded boolean, documents array of string,
        assumptions array of string, law_version string, reversed array of string default []
    """,
    "Finding": """
        finding_id string, code string, outcome (NOTED WARNING HELD CUT DENIED VIOLATION NOTICE), rule string,
        authority string, addressee (PROVIDER RECIPIENT COUNTY), provider_id string?, recipient_id string?, other_id
        string?, program (IHSS WPCS)?, document_id string?, statement_id string?, service_date date?, workweek_start
        date?, service_month date?, minutes int?, cents long?, count int?, consequence string?, due_by date?,
        message string, next_step string, cut_off time, cleared boolean, county string?
    """,
    "AdvanceReconciliation": """
        recipient_id string, service_month date, advanced_minutes int, reconciled_minutes int, open_minutes int,
        advanced_cents long, accounted_cents long, status (OPEN DUE PRESUMED_OVERPAYMENT MOVE_TO_ARREARS_REVIEW
        MAY_MOVE_TO_ARREARS RECONCILED), cut_off time
    """,
    "LeaveBalance": """
        provider_id string, leave_year date, granted_minutes int, used_minutes int, left_minutes int, earned_on date?,
        usable_from date?, ends_on date, cut_off time
    """,
    "BenefitHours": """
        provider_id string, county string, service_month date, paid_minutes int, authorized_minutes int, eligible
        boolean?, cut_off time
    """,
    "PayRun": """
        run_date date, cut_off time, totals array of RunTotal, instructions_sha256 string, findings int, assumptions
        array of string, law_version string, came_back array of CameBack default [],
        content_sha256 string default "", previous_sha256 string default "", facts long default 0
    """,
    "Rejection": """
        raw bytes, origin string, reason (UNREADABLE UNKNOWN_SCHEMA INVALID CONTRADICTORY), field string?, message
        string, seen_at time?
    """,
    "Admission": """
        source string, event_id string, kind string, arrived_at time, admitted_cut_off time, cut_off time
    """,
}


def rows(table: str) -> list[tuple[str, str]]:
    """``name type`` of each field of a table."""
    fields = [tuple(" ".join(row.split()).split(" ", 1)) for row in table.split(",")]
    return [(name, kind.replace("Pathway", PATHWAYS)) for name, kind in fields]


def spoken(schema, named: dict) -> str:
    """An Avro type in the words of the tables above."""
    if isinstance(schema, list):
        null, kind = schema
        assert null == "null"
        return spoken(kind, named) + "?"
    if isinstance(schema, str):
        return named.get(schema, schema)
    if schema["type"] == "array":
        return "array of " + spoken(schema["items"], named)
    if schema["type"] == "record":
        check_fields(schema, rows(PARTS[schema["name"]]), named)
        return schema["name"]
    if schema["type"] == "enum":
        return named.setdefault(schema["name"], symbols(schema))
    return {"int/date": "date", "long/timestamp-millis": "time"}[f"{schema['type']}/{schema['logicalType']}"]


def symbols(enum: dict) -> str:
    assert enum["default"] == "UNKNOWN" == enum["symbols"][0]
    return f"({' '.join(enum['symbols'][1:])})"


def check_fields(schema: dict, expected: list[tuple[str, str]], named: dict) -> None:
    assert [(field["name"], spoken(field["type"], named) + added(field)) for field in schema["fields"]] == expected
    for field in schema["fields"]:
        if isinstance(field["type"], list):
            assert "default" in field and field["default"] is None, field["name"]


def added(field: dict) -> str:
    """What is read where an older writer has no such field."""
    return f" default {json.dumps(field['default'])}" if field.get("default") is not None else ""


def test_the_roll_is_the_contract():
    assert list(schemas.KINDS) == list(KINDS)
    facts, arrivals = len(schemas.FACTS), len(schemas.ARRIVALS)
    assert list(schemas.CONCLUSIONS) == list(KINDS)[facts:-arrivals]
    assert list(schemas.ARRIVALS) == list(KINDS)[-arrivals:]
    assert SAMPLES.keys() == KINDS.keys()
    page = (Path(__file__).parents[2] / "docs" / "contract.md").read_text("utf-8")
    assert not [kind for kind in schemas.FACTS if f"\n### {kind}\n" not in page]
    assert {path.name for path in schema_path("Timesheet").parent.glob("*.avsc")} == {
        schema_path(kind).name for kind in KINDS
    }


@pytest.mark.parametrize("kind", KINDS)
def test_schema_says_what_the_contract_says(kind):
    schema = json.loads(schema_path(kind).read_text())
    assert (schema["namespace"], schema["name"], schema["type"]) == ("ihss.v1", kind, "record")
    envelope = rows(ENVELOPE) if kind in schemas.FACTS else []
    check_fields(schema, envelope + rows(KINDS[kind]), {})


@pytest.mark.parametrize("kind", KINDS)
def test_model_has_the_fields_of_its_schema(kind):
    model = schemas.KINDS[kind]
    schema = json.loads(schema_path(kind).read_text())
    assert model.KIND == model.__name__ == kind
    assert list(defaults(model)) == [field["name"] for field in schema["fields"]]
    optional = [name for name, default in defaults(model).items() if default is not REQUIRED]
    assert optional == [field["name"] for field in schema["fields"] if "default" in field]


@pytest.mark.parametrize("kind", KINDS)
def test_model_takes_the_symbols_of_its_schema(kind):
    text = schema_path(kind).read_text()
    model = json.dumps(json_schema(schemas.KINDS[kind]))
    declared = {symbol for enum in re.findall(r'"symbols": \[([^]]*)', text) for symbol in re.findall(r'"(\w+)"', enum)}
    accepted = {symbol for enum in re.findall(r'"enum": \[([^]]*)', model) for symbol in re.findall(r'"(\w+)"', enum)}
    assert accepted == declared - {"UNKNOWN"}


PYTHON = {"int": "int", "long": "int", "string": "str", "boolean": "bool", "bytes": "bytes"}


def typed(schema, named: dict) -> str:
    """An Avro type as the Python type that a struct must have for it."""
    if isinstance(schema, list):
        return typed(schema[1], named) + " | None"
    if isinstance(schema, str):
        return named.get(schema) or PYTHON[schema]
    if schema["type"] == "array":
        return f"list[{typed(schema['items'], named)}]"
    if schema["type"] == "enum":
        return named.setdefault(schema["name"], f"Literal[{', '.join(map(repr, schema['symbols'][1:]))}]")
    return schema["name"] if schema["type"] == "record" else "int"


def said_of(annotation) -> str:
    """A Python type in the words of `typed`."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return said_of(parts[0])
    if origin is Literal:
        return f"Literal[{', '.join(map(repr, parts))}]"
    if origin is list:
        return f"list[{said_of(parts[0])}]"
    if origin in (Union, UnionType):
        return " | ".join("None" if part is NoneType else said_of(part) for part in parts)
    return annotation.__name__


@pytest.mark.parametrize("kind", schemas.CONCLUSIONS)
def test_a_struct_has_the_types_of_its_schema(kind):
    """Symbols in order, parts too: what mypy holds a rule to is what is written."""
    waiting, named = [(json.loads(schema_path(kind).read_text()), schemas.CONCLUSIONS[kind])], {}
    while waiting:
        schema, struct = waiting.pop()
        fields = annotations(struct)
        assert list(fields) == [field["name"] for field in schema["fields"]]
        for field in schema["fields"]:
            assert said_of(fields[field["name"]]) == typed(field["type"], named), field["name"]
            items = field["type"].get("items") if isinstance(field["type"], dict) else None
            if isinstance(items, dict) and items["type"] == "record":
                waiting.append((items, get_args(fields[field["name"]])[0]))


KEY_FIELDS = {
    "Timesheet": "provider_id recipient_id program period_start",
    "EvvVisit": "provider_id recipient_id program",
    "ServiceAuthorization": "recipient_id program",
    "ProviderAssignment": "provider_id recipient_id program",
    "ProviderEnrollment": "provider_id",
    "IncomeAssessment": "recipient_id",
    "TravelClaim": "provider_id period_start",
    "CourseListing": "course_id",
    "TrainingAttendance": "provider_id",
    "TrainingClaim": "provider_id",
    "IncentiveClaim": "provider_id",
    "HoursException": "provider_id recipient_id",
    "ViolationDecision": "provider_id",
    "PaymentOutcome": "instruction_id",
}


@pytest.mark.parametrize("kind", KEY_FIELDS)
def test_key_fields_never_change(kind):
    assert tuple(KEY_FIELDS[kind].split()) == schemas.FACTS[kind].KEY_FIELDS
