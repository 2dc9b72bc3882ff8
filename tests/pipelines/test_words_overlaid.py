"""Words with a number of the law follow an overlay: findings, statements in both languages, the report."""

import re
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from pipelines.command import cli
from pipelines.report.wording import advance_clock, consequence
from pipelines.statements.language import LOCALES, language
from pipelines.statements.sentences import said as said_again
from rules.law import Law
from rules.periods import civil_date, cut_off_of, epoch_day
from schemas.avro import validate
from tests.case_files import Case
from tests.pipelines.statements.statement_world import every_case, said, write_case
from tests.schemas.samples import SAMPLES

LAW = Law.load()
LADDER = "The ladder: notice, notice with material"
OVERLAID = [
    ("evv.probation_months", 11, "The third overlap of a provider in", "within 12 months", "within 11 months"),
    (
        "incentive.training_minutes",
        890,
        "Training cut after the incentive was paid",
        "cut below 15:00",
        "cut below 14:50",
    ),
    (
        "incentive.training_minutes",
        890,
        "Held class time does not count",
        "complete 15:00 of paid",
        "complete 14:50 of paid",
    ),
    (
        "incentive.service_minutes",
        2401,
        "39:59 in the month are one minute",
        "40:00 of paid service",
        "40:01 of paid service",
    ),
    (
        "incentive.service_months.SIX_MONTH_ASSIGNMENT",
        7,
        "The first month is not",
        "6 months in a row",
        "7 months in a row",
    ),
    ("incentive.last_service_month", date(2024, 10, 1), "39:59 in the month are", "end of November", "end of October"),
    ("pay_run.pays_within_business_days", 9, "Denied in the end, a sheet", "10 business days", "9 business days"),
    (
        "violation.usual_weekly_minutes",
        2405,
        "Hours of both programs for",
        "The limit was 40:00.",
        "The limit was 40:05.",
    ),
    (
        "violation.usual_weekly_minutes",
        2405,
        "Hours of both programs for",
        "within 40:00 a week",
        "within 40:05 a week",
    ),
    ("violation.weeks_of_normal_overtime", 3, "Worked example 5: 71:00", "its limit is 123:00", "its limit is 92:15"),
    (
        "limit.several_recipients_minutes",
        3950,
        "Worked example 6: 66:01",
        "The limit was 66:00.",
        "The limit was 65:50.",
    ),
    (
        "travel.weekly_minutes",
        419,
        "Worked example 7: of 7:01",
        "The limit is 7:00, and that is paid",
        "The limit is 6:59, and that is paid",
    ),
    ("travel.weekly_minutes", 419, "Worked example 7: of 7:01", "At most 7:00 a week", "At most 6:59 a week"),
    ("exemption.weekly_minutes", 5390, "Worked example 9", "90:00 a week", "89:50 a week"),
    ("exemption.monthly_minutes", 21500, "Worked example 9", "360:00 a month", "358:20 a month"),
    ("exemption.wpcs_daily_minutes", 710, "A waiver exemption allows 12:00", "12:00 a day", "11:50 a day"),
    ("exemption.wpcs_monthly_minutes", 21500, "A waiver exemption allows 12:00", "360:00 a month", "358:20 a month"),
    ("violation.material_days", 13, LADDER, "material by 3 March", "material by 2 March"),
    ("violation.dispute_days", 11, "Worked example 6: 66:01", "review it by 26 January", "review it by 27 January"),
    ("violation.ineligible_days", [0, 0, 80, 300], LADDER, "WPCS for 90 days", "WPCS for 80 days"),
    ("violation.ineligible_days", [0, 0, 80, 300], LADDER, "WPCS for 365 days", "WPCS for 300 days"),
]


def overlaid(name: str, value: Any) -> Law:
    """The law with another value of one parameter in place of its last."""
    since = civil_date(LAW.parameters[name].entries[-1].from_day)
    table: Any = {"values": [{"from": since, "value": value}]}
    for part in reversed(name.split(".")):
        table = {part: table}
    return LAW.amended({"other.toml": table})


@cache
def told(sentence: str, law: Law) -> str:
    """Everything that is said in the cases whose sentence begins so."""
    cases = [one for one, _ in every_case() if one.sentence.startswith(sentence)]
    found = [each for one in cases for each in said(one, law).get("Finding", []) if not each["cleared"]]
    return "\n".join(f"{each['message']} {each['next_step']}" for each in found)


@pytest.mark.parametrize(("name", "value", "sentence", "own", "other"), OVERLAID)
def test_a_finding_says_the_parameter(name: str, value: Any, sentence: str, own: str, other: str) -> None:
    assert own in told(sentence, LAW)
    assert other in told(sentence, overlaid(name, value)) and own not in told(sentence, overlaid(name, value))


@pytest.mark.parametrize("code", [*LOCALES])
def test_a_statement_says_it_in_both_languages(code: str) -> None:
    law = overlaid("violation.ineligible_days", [0, 0, 80, 300])
    found = [validate("Finding", each) for each in said(ladder(), law).get("Finding", [])]
    steps = [said_again(each, language(code)).next_step for each in found]  # type: ignore[arg-type]
    assert {day for step in steps for day in re.findall(r"\b(80|90|300|365)\b", step)} == {"80", "300"}


def test_the_report_says_the_parameter() -> None:
    days = [0, 0, 80, 300]
    week = epoch_day(date(2026, 1, 4))
    step = {"count": 3, "consequence": "INELIGIBLE_90_DAYS", "workweek_start": week, "due_by": week + 22}
    third: Any = validate("Finding", SAMPLES["Finding"] | step)
    assert consequence(third, LAW) == "3rd: ineligible for 90 days, if the county so decides"
    assert consequence(third, overlaid("violation.ineligible_days", days)).startswith("3rd: ineligible for 80 days")
    assert consequence(third, None) == "3rd: ineligible, if the county so decides", "by another law than the one here"
    assert consequence(replace(third, count=None, consequence=None), LAW) == "Does not count"


@pytest.mark.parametrize(
    ("status", "name", "own"),
    [
        ("PRESUMED_OVERPAYMENT", "advance.presumed_overpayment_days", "45 days: presumed overpaid"),
        ("MOVE_TO_ARREARS_REVIEW", "advance.move_to_arrears_review_days", "75 days: review"),
        ("MAY_MOVE_TO_ARREARS", "advance.may_move_to_arrears_days", "90 days: may move to arrears"),
    ],
)
def test_the_report_says_the_clock_of_an_advance(status: str, name: str, own: str) -> None:
    month = epoch_day(date(2026, 2, 1))
    own_fields = {"status": status, "service_month": month, "cut_off": cut_off_of(epoch_day(date(2026, 6, 1)))}
    advance: Any = validate("AdvanceReconciliation", SAMPLES["AdvanceReconciliation"] | own_fields)
    assert advance_clock(advance, LAW)[0] == own
    assert advance_clock(advance, overlaid(name, 33))[0] == re.sub(r"\d+", "33", own)
    assert advance_clock(advance, None)[0] == re.sub(r".*: ", "", own).capitalize()


def ladder() -> Case:
    """All four violations of a provider."""
    return next(one for one, _ in every_case() if one.sentence.startswith(LADDER))


def reported(paid: Path, *more: str) -> tuple[int, str]:
    """Exit code and page of a report on a folder."""
    out = paid / "report.html"
    with pytest.raises(SystemExit) as exit:
        cli.main(["report", "--paid", str(paid), "--out", str(out), "--quiet", *more])
    return int(exit.value.code or 0), out.read_text("utf-8") if out.exists() else ""


def test_the_report_is_by_the_law_that_paid(tmp_path: Path) -> None:
    overlay = tmp_path / "law"
    overlay.mkdir()
    (overlay / "a.toml").write_text(
        "[violation.ineligible_days]\nvalues = [{ from = 1900-01-01, value = [0, 0, 80, 300] }]"
    )
    own, other = (write_case(tmp_path / str(law), ladder(), Law.load(law)) for law in (None, overlay))
    assert "3rd: ineligible for 90 days" in reported(own)[1]
    assert "3rd: ineligible for 80 days" in reported(other, "--law", str(overlay))[1]
    unknown = reported(other)[1]
    assert "3rd: ineligible, if" in unknown and "90 days" not in unknown
    assert reported(own, "--law", str(overlay))[0] == 2
