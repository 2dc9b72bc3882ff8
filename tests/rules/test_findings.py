"""The id of a finding, and whose case it is (CONTRACT, Finding)."""

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from rules.conclusions import AuthorizationTerm
from rules.documents import Arrival, Terms, named
from rules.findings import Findings, RuleFinding, catalog, finding_id, referred
from rules.to_provider import Engagement
from rules.whose_case import county_of, of_provider, of_recipient
from schemas import FACTS
from schemas.avro import validate
from schemas.ids import DocumentNamed, document_named
from tests.case_files import case_files
from tests.paid import replay_plain
from tests.rules.settlement import day
from tests.schemas.samples import SAMPLES

GRAINS = {  # of the contract's page; `document` brings key fields with it
    "document": ("document",),
    "provider, recipient, program, service date": ("provider_id", "recipient_id", "program", "service_date"),
    "recipient, both providers, service date": ("provider_id", "recipient_id", "other_id", "service_date"),
    "provider, both recipients, service date": ("provider_id", "recipient_id", "other_id", "service_date"),
    "as the two above": ("provider_id", "recipient_id", "other_id", "service_date"),
    "person": ("provider_id", "recipient_id"),
    "provider, workweek, (V1, V2) recipient": ("provider_id", "workweek_start"),
    "document, recipient": ("recipient_id", "document"),
    "statement": ("statement_id",),
    "recipient, service month": ("recipient_id", "service_month"),
    "provider, service month": ("provider_id", "service_month"),
}


class Told(NamedTuple):
    """What the page says of a code."""

    outcome: str
    grain: tuple[str, ...]
    addressee: str


def contract() -> dict[str, Told]:
    """docs/contract.md, "Finding": code -> outcome, grain, addressee."""
    page = (Path(__file__).parents[2] / "docs" / "contract.md").read_text("utf-8")
    table = page.partition("| code | outcome | grain | addressee |\n")[2].partition("\n\n")[0]
    found = {}
    for row in table.splitlines()[1:]:
        codes, outcome, grain, addressee = (cell.strip() for cell in row.strip("|").split("|"))
        groups = codes.split(" / ")
        outcomes = outcome.split(" / ") if " / " in outcome else [outcome] * len(groups)
        for group, outcome in zip(groups, outcomes, strict=True):
            for code in group.split(", "):
                found[code] = Told(outcome.split(" or ")[0], GRAINS[grain], re.split(r"[ (]", addressee)[0])
    return found


KEYS = {  # what a finding about each kind begins with, and how its document is named
    "Timesheet": ("P1:R1:-:IHSS", "Timesheet/D1/2026-01-01"),
    "EvvVisit": ("P1:R1:-:IHSS", "EvvVisit/D1"),
    "ServiceAuthorization": ("-:R1:-:IHSS", "ServiceAuthorization/D1"),
    "ProviderAssignment": ("P1:R1:-:IHSS", "ProviderAssignment/D1"),
    "ProviderEnrollment": ("P1:-:-:-", "ProviderEnrollment/D1"),
    "IncomeAssessment": ("-:R1:-:-", "IncomeAssessment/D1"),
    "TravelClaim": ("P1:-:-:-", "TravelClaim/D1/2026-01-01"),
    "CourseListing": ("-:-:-:-", "CourseListing/D1"),
    "TrainingAttendance": ("P1:-:-:-", "TrainingAttendance/D1"),
    "TrainingClaim": ("P1:-:-:-", "TrainingClaim/D1"),
    "IncentiveClaim": ("P1:-:-:-", "IncentiveClaim/D1"),
    "SickLeaveClaim": ("P1:R1:-:IHSS", "SickLeaveClaim/D1"),
    "HoursException": ("P1:R1:-:-", "HoursException/D1"),
    "ViolationDecision": ("P1:-:-:-", "ViolationDecision/D1"),
    "PaymentOutcome": ("-:-:-:-", "PaymentOutcome/D1"),
}


def test_codes_outcomes_grains_and_addressees_are_those_of_the_contract() -> None:
    told = contract()
    for code in ("V1", "V2"):
        told[code] = told[code]._replace(grain=("provider_id", "recipient_id", "workweek_start"))
    entries = catalog().items()
    said = {code: Told(each["outcome"], tuple(each["grain"]), each["addressee"]) for code, each in entries}
    by_policy = {code: said[code].outcome for code, each in told.items() if each.outcome == "by policy"}
    assert {code: each._replace(outcome=by_policy.get(code, each.outcome)) for code, each in told.items()} == said


@pytest.mark.parametrize("kind", FACTS)
def test_a_finding_about_a_document_names_it_whole(kind: str) -> None:
    fact = validate(kind, SAMPLES[kind])
    finding = RuleFinding("CONFLICTING_REVISION", "NOTED", "COUNTY", **named(fact))
    people, document = KEYS[kind]
    of_day = "2026-01-04" if "service_date" in fact.KEY_FIELDS else "-"
    assert finding_id(finding) == f"CONFLICTING_REVISION:COUNTY:{people}:{document}:-:{of_day}:-:-"
    assert document_named(finding_id(finding)) == DocumentNamed(*document.split("/"))


def test_a_claim_for_several_recipients_is_one_finding_for_each() -> None:
    about = {"provider_id": "P1", "program": "IHSS", **referred("TravelClaim/C1/2", day("2026-01-16"))}
    travel = RuleFinding("OVER_TRAVEL_LIMIT", "CUT", "PROVIDER", recipient_id="R2", **about)
    assert finding_id(travel) == "OVER_TRAVEL_LIMIT:PROVIDER:P1:R2:-:-:TravelClaim/C1/2026-01-16:-:-:-:-"


def test_ids_that_name_no_document() -> None:
    for id in ("DAY_TOO_LONG:PROVIDER:-:-:-:-:T1:-:-:-:-", "V3:PROVIDER:P1:-:-:-:-:-:-:2026-01-04:-"):
        assert document_named(id) is None  # the first is of a time before kinds were in it


def test_every_code_that_can_hold_minutes_says_why_in_a_word() -> None:
    """Without one PAY_OVERDUE could not name it; by policy visits and duplicates can hold."""
    holding = {code for code, entry in catalog().items() if entry["outcome"] == "HELD"} - {"INCENTIVE_NOT_YET_EARNED"}
    holding |= {code for code, each in contract().items() if each.outcome == "by policy"} | {"POSSIBLE_DUPLICATE"}
    assert {code for code, entry in catalog().items() if entry.get("because")} == holding


# --- whose case it is -------------------------------------------------------------------------------------------------


def term(first: str, last: str | None, county: str) -> AuthorizationTerm:
    return AuthorizationTerm(day(first), None if last is None else day(last), county, 0, [], "")


TERMS = [term("2026-01-01", "2026-01-31", "01"), term("2026-03-01", None, "03")]


@pytest.mark.parametrize(
    ("on", "county"),
    [
        ("2025-12-31", "01"),  # the first after
        ("2026-01-01", "01"),
        ("2026-01-31", "01"),
        ("2026-02-15", "01"),  # the latest before
        ("2026-03-01", "03"),
        (None, "03"),  # at last
    ],
)
def test_the_county_on_a_day(on: str | None, county: str) -> None:
    assert county_of(TERMS, None if on is None else day(on)) == county
    assert county_of(reversed(TERMS), None if on is None else day(on)) == county
    assert county_of([], 0) is None


def test_of_two_programs_the_findings_own_comes_first_then_ihss() -> None:
    authorizations = {"WPCS": filed(county="02", program="WPCS"), "IHSS": filed(county="01")}
    whose = of_recipient(authorizations)
    found = {program: whose(RuleFinding("V1", "", "", program=program)) for program in ("IHSS", "WPCS", None)}
    assert found == {"IHSS": "01", "WPCS": "02", None: "01"}
    assert of_recipient({})(RuleFinding("V1", "", "")) is None


def test_a_recipient_who_is_named_comes_before_the_enrolment() -> None:
    enrolled = filed(kind="ProviderEnrollment", county="09", effective_to=None)
    whose = of_provider({"R1": Engagement("P1", "R1", {"IHSS": TERMS}, {})}, enrolled)
    in_march = {"service_date": day("2026-03-05")}
    assert whose(RuleFinding("V1", "", "", recipient_id="R1", **in_march)) == "03"
    assert whose(RuleFinding("V1", "", "", recipient_id="R2", **in_march)) == "09"
    assert whose(RuleFinding("V3", "", "", **in_march)) == "09"
    assert of_provider({}, Terms())(RuleFinding("V3", "", "")) is None


def filed(kind: str = "ServiceAuthorization", **fields: object) -> Terms:
    terms: Terms = Terms()
    fact = validate(kind, SAMPLES[kind] | {"withdrawn": False} | fields)
    terms.file(Arrival(0, 0, "", fact.event_id, b"", kind, fact))
    return terms


@pytest.mark.parametrize(
    ("about", "last"),
    [
        ({"service_date": 7, "service_month": day("2026-01-01")}, 7),
        ({"workweek_start": day("2026-01-04")}, day("2026-01-10")),
        ({"period_start": day("2026-01-16"), "service_month": day("2026-01-01")}, day("2026-01-31")),
        ({"service_month": day("2026-02-01")}, day("2026-02-28")),
        ({}, None),
    ],
)
def test_the_last_day_a_finding_is_about(about: dict[str, int], last: int | None) -> None:
    assert RuleFinding("V1", "", "", **about).last_day == last


def test_in_all_cases_of_the_law_findings_name_a_county() -> None:
    """But for a recipient never authorized and a provider never enrolled: whose case that is nobody has said."""
    told = (replay_plain(one.facts, file.law, one.cut_off).records for file in case_files() for one in file.cases)
    found = [said for records in told for said in records.get("Finding", [])]
    assert len(found) > 500
    nobodys = {said["code"] for said in found if said["county"] is None}
    assert nobodys == {"NO_AUTHORIZATION", "PROVIDER_NOT_ENROLLED"}


def test_a_county_that_is_given_is_not_looked_up() -> None:
    findings = Findings(lambda finding: "43")
    findings.add("V3", provider_id="P1", county="17")
    findings.add("V3", provider_id="P2")
    assert [each.county for each in findings.by_id.values()] == ["17", "43"]
