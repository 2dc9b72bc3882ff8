"""What is still read of a closed month: each thing that stays has somebody who would be told otherwise without it."""

import tomllib
from datetime import date
from typing import Any

import pytest

from rules.law import Law
from rules.periods import business_day_of, cut_off_after, iso
from tests.case_files import case
from tests.fold.test_key import SOON, bodies
from tests.paid import replay_plain, replay_stepwise

RUNS = "R9:2026-01-01:2026-01-16", "R1:2026-01-01:2026-01-16"  # nobody was paid for the first
DAY = 24 * 3_600_000
TWICE = """
sentence = "Two days on which {two} overlap, and a third half a year later, when the first month has closed."
law = ["EVV-6"]
facts = [
  {{kind = "ProviderAssignment", {one}1", live_in = false}},
  {{kind = "ProviderAssignment", {one}2", live_in = false}},
  {{kind = "Timesheet", id = "T1", {one}1", period = 2026-01-01, days = {{5 = "1:00", 6 = "1:00"}}}},
  {{kind = "Timesheet", id = "T2", {one}2", period = 2026-01-01, days = {{5 = "1:00", 6 = "1:00"}}}},
  {{kind = "EvvVisit", id = "V1", {one}1", in = 2026-01-05T09:00:00, out = 2026-01-05T10:00:00}},
  {{kind = "EvvVisit", id = "V2", {one}2", in = 2026-01-05T09:00:00, out = 2026-01-05T10:00:00}},
  {{kind = "EvvVisit", id = "V3", {one}1", in = 2026-01-06T09:00:00, out = 2026-01-06T10:00:00}},
  {{kind = "EvvVisit", id = "V4", {one}2", in = 2026-01-06T09:00:00, out = 2026-01-06T10:00:00}},
  {{kind = "Timesheet", id = "T5", {one}1", period = 2026-04-16, days = {{20 = "1:00"}}}},
  {{kind = "Timesheet", id = "T6", {one}2", period = 2026-04-16, days = {{20 = "1:00"}}}},
  {{kind = "Timesheet", id = "T3", {one}1", period = 2026-06-01, days = {{3 = "1:00"}}}},
  {{kind = "Timesheet", id = "T4", {one}2", period = 2026-06-01, days = {{3 = "1:00"}}}},
  {{kind = "EvvVisit", id = "V5", {one}1", in = 2026-06-03T09:00:00, out = 2026-06-03T10:00:00}},
  {{kind = "EvvVisit", id = "V6", {one}2", in = 2026-06-03T09:00:00, out = 2026-06-03T10:00:00}},
]
expect = {{}}
"""
CAME_BACK = """
sentence = "A payment of January comes back in May: closed by then, it turns other pay into a warrant."
law = ["RUN-4"]
facts = [
  {kind = "Timesheet", id = "T1", period = 2026-01-01, days = {5 = "2:00"}},
  {kind = "Timesheet", id = "T3", period = 2026-04-16, days = {20 = "2:00"}},
  {kind = "PaymentOutcome", id = "O1", outcome = "RETURNED", instruction_id = "%s", recorded = 2026-05-20T10:00:00},
  {kind = "Timesheet", id = "T2", recipient = "R2", period = 2026-06-01, days = {3 = "2:00"}},
]
expect = {}
"""


HELD = """
sentence = "A sheet of January, approved two days before its month closes and held, is overdue when it has closed."
law = ["RUN-1"]
facts = [
  {kind = "ServiceAuthorization", deceased_on = 2026-01-08},
  {kind = "Timesheet", id = "T1", period = 2026-01-01, days = {5 = "2:00", 9 = "3:00"}, recorded = 2026-03-27T10:00:00},
  {kind = "Timesheet", id = "T1", revision = 2, period = 2026-01-01, days = {5 = "2:30", 9 = "3:00"}, recorded = 2026-05-20T10:00:00},
  {kind = "Timesheet", id = "T2", period = 2026-01-16, days = {20 = "1:00"}, recorded = 2026-05-20T10:00:00},
  {kind = "Timesheet", id = "T2", revision = 2, withdrawn = true, period = 2026-01-16, recorded = 2026-06-20T10:00:00},
]
expect = {}
"""  # noqa: E501
TWO_NOTED = {"x.toml": {"overlap": {"values": [{"from": date(2026, 6, 1), "value": "note"}]}}}


def said(written: str, law: Law = SOON) -> dict[str, list[dict[str, Any]]]:
    """What is said, the same key by key and as a whole."""
    facts = case("closing", 1, tomllib.loads(written)).facts
    until = cut_off_after(max(fact.recorded_at for fact in facts) + 30 * DAY)
    whole = replay_plain(facts, law, until)
    assert bodies(replay_stepwise(facts, law, until)) == bodies(whole)
    return whole.records


@pytest.mark.parametrize(
    ("one", "two", "code"),
    (
        ('provider = "P', "providers", "RECIPIENT_OVERLAP"),
        ('recipient = "R', "recipients", "PROVIDER_OVERLAP"),
    ),
)
def test_warnings_of_a_closed_month_are_counted(one: str, two: str, code: str) -> None:
    found = [each["code"] for each in said(TWICE.format(one=one, two=two))["Finding"]]
    assert found.count(code) == 3 and found.count("PROBATION_REVIEW") == 1


def test_a_note_of_an_open_month_is_none_beside_warnings_of_a_closed_one() -> None:
    written = TWICE.format(one='provider = "P', two="providers")
    found = [each["code"] for each in said(written, SOON.amended(TWO_NOTED))["Finding"]]
    assert found.count("RECIPIENT_OVERLAP") == 3 and found.count("PROBATION_REVIEW") == 0


def test_what_a_closed_month_holds_becomes_overdue_and_grows_by_what_comes_late() -> None:
    """27 March is a Friday; the 31st is a holiday: the tenth business day after it is 13 April."""
    overdue = [
        (each["document_id"][-2:], iso(business_day_of(each["cut_off"])), each["minutes"], each["cleared"])
        for each in said(HELD)["Finding"]
        if each["code"] == "PAY_OVERDUE"
    ]
    assert overdue == [
        ("T1", "2026-04-13", 180, False),
        ("T1", "2026-05-20", 210, False),
        ("T2", "2026-06-04", 60, False),
        ("T2", "2026-06-22", 60, True),
    ]


def test_a_payment_of_a_closed_month_is_known_when_it_comes_back() -> None:
    pay = [
        {each["run_date"]: each["method"] for each in said(CAME_BACK % f"ARREARS:P1:{run}")["PaymentInstruction"]}
        for run in RUNS
    ]
    assert [list(methods.values())[-1] for methods in pay] == ["DIRECT_DEPOSIT", "WARRANT"]
