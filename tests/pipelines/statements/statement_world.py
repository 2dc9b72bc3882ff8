"""Folders as a replay writes them, for the tests of statements: cases of the law, and a fortnight with all in it."""

import tomllib
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from pipelines.statements.paid_folder import STEMS, Dossier, Person, concerned, turns_of
from rules.law import Law
from schemas.avro import outgoing, validate, write_container
from schemas.pay_run import PayRun
from tests.case_files import Case, case, case_files
from tests.paid import replay_plain

FORTNIGHT = """
sentence = "A share of cost, an unapproved timesheet, too many hours, a correction and a missing visit."
law = ["SOC-6"]
until = 2026-02-20
facts = [
  {kind = "ServiceAuthorization", recipient = "R1", monthly = "100:00"},
  {kind = "ServiceAuthorization", recipient = "R2", monthly = "100:00"},
  {kind = "ServiceAuthorization", recipient = "R3", monthly = "80:00", pay_mode = "ADVANCE", from = 2025-12-01},
  {kind = "ProviderAssignment", live_in = false},
  {kind = "ProviderAssignment", recipient = "R2"},
  {kind = "ProviderAssignment", recipient = "R3"},
  {kind = "ProviderAssignment", recipient = "R2", provider = "P2"},
  {kind = "IncomeAssessment", recipient = "R1", category = "NONE", unearned = "1353.94"},
  {kind = "IncomeAssessment", recipient = "R2"},
  {kind = "IncomeAssessment", recipient = "R3"},
  {kind = "Timesheet", id = "T1", JANUARY, days = {5 = "12:00", 6 = "12:00", 7 = "12:00", 8 = "12:00"}},
  {kind = "Timesheet", id = "T2", recipient = "R2", JANUARY, days = {12 = "8:00", 13 = "8:00"}},
  {kind = "Timesheet", id = "T2", recipient = "R2", JANUARY, LATER, days = {12 = "8:00", 13 = "4:00"}},
  {kind = "Timesheet", id = "T3", recipient = "R2", JANUARY, days = {14 = "3:00"}, approved = false},
  {kind = "Timesheet", id = "T4", recipient = "R3", JANUARY, days = {9 = "5:00"}},
  {kind = "Timesheet", id = "T6", JANUARY, days = {14 = "2:00"}, approved = false, recorded = 2026-01-30T10:00:00},
  {kind = "Timesheet", id = "T5", recipient = "R2", provider = "P2", JANUARY, days = {5 = "2:00"}, approved = false},
]
expect = {}
"""


@cache
def fortnight() -> Case:
    """P1 works for R1 (share of cost, violation), R2 (corrected, partly unapproved) and R3 (advance); P2 waits."""
    return case(
        "fortnight",
        1,
        tomllib.loads(
            FORTNIGHT.replace("JANUARY", "period = 2026-01-01").replace(
                "LATER", "revision = 2, recorded = 2026-01-28T10:00:00"
            )
        ),
    )


def write_case(folder: Path, one: Case, law: Law | None = None) -> Path:
    """The records of a case as files."""
    records = said(one, law or Law.load())
    folder.mkdir(parents=True, exist_ok=True)
    for kind, stem in {**STEMS, "BenefitHours": "benefit_hours"}.items():  # what a PayRun has a digest of
        write_container(folder / f"{stem}-0000.avro", kind, records.get(kind, []))
    return folder


@cache
def said(one: Case, law: Law) -> dict[str, list[dict[str, Any]]]:
    """All records of a case, once."""
    return replay_plain(list(one.facts), law, one.cut_off).records


def dossiers_of(records: dict[str, list[dict[str, Any]]]) -> dict[Person, Dossier]:
    """Everybody's, as ``dossiers`` reads them from files."""
    known: dict[Person, Dossier] = defaultdict(Dossier)
    for kind in ("PaymentInstruction", "Finding", "AdvanceReconciliation", "LeaveBalance"):
        for stored in sorted(records.get(kind, []), key=lambda stored: stored["cut_off"]):
            one: Any = validate(kind, stored)
            if kind == "PaymentInstruction":
                known[one.payee_type, one.payee_id].instructions.append(one)
            elif kind == "AdvanceReconciliation":
                known["RECIPIENT", one.recipient_id].reconciliations[one.service_month] = one
            elif kind == "LeaveBalance":
                known["PROVIDER", one.provider_id].balances[one.leave_year] = one
            else:
                for person in concerned(one):
                    known[person].findings[one.finding_id] = one
    for run in records.get("PayRun", []):
        for person, turn in turns_of(outgoing(PayRun, run)):
            known[person].turn(turn)
    return known


def every_case() -> Iterator[tuple[Case, Law]]:
    """All cases of the law, with theirs."""
    yield fortnight(), Law.load()
    yield from ((one, file.law) for file in case_files() for one in file.cases)
