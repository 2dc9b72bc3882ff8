"""What the tests of settlement say in short: days, lines, statements, facts as arrivals, and what came out."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from rules.conclusions import AccountTerm, InstructionRecord, Line, Offsettable, PayeeAccount, Statement
from rules.documents import Arrival
from rules.law import Law
from rules.money import line_cents
from rules.periods import cut_off_of, epoch_day
from rules.restatement import Change, restate
from rules.settle.case import SettlementFile
from schemas import FACTS
from schemas.avro import fields_of

LAW = Law.load()
RATE = 20440
FACT = {"source": "test", "event_id": "e", "revision": 1, "withdrawn": False}


def day(written: str) -> int:
    return epoch_day(date.fromisoformat(written))


def run(written: str) -> int:
    """The cut-off of a business day."""
    return cut_off_of(day(written))


def line(minutes: int, earning: str = "SERVICE", program: str = "IHSS", rate_mills: int = RATE) -> Line:
    return Line(earning, program, "43", rate_mills, minutes, line_cents(minutes, rate_mills), "WAGE-1")


def statement(
    lines: Sequence[Line],
    provider: str = "P1",
    period: str = "2026-01-01",
    relationship: str = "NON_RELATIVE",
    payable: int = 0,
    kind: str = "ARREARS",
) -> Statement:
    """Everything of IHSS service can be offset; ``payable`` orders statements."""
    service = [each for each in lines if each.earning == "SERVICE"]
    minutes = sum(each.minutes for each in service)
    document = f"T-{provider}-{period}"
    return Statement(
        statement_id=f"{kind}:{provider}:R1:{period}",
        kind=kind,
        provider_id=provider,
        recipient_id="R1",
        period_start=day(period),
        lines=list(lines),
        claimed_minutes=minutes,
        held_minutes=0,
        cut_minutes=0,
        denied_minutes=0,
        payable=((payable, 0), document),
        relationship=relationship,
        live_in=False,
        offsettable=[
            Offsettable((payable, 0), document, each.county or "", each.rate_mills or 0, each.minutes)
            for each in service
            if each.program == "IHSS"
        ],
        documents=[f"Timesheet/{document}/1"],
        claim=(f"Timesheet/{document}/1", "IHSS", day(period)),
        assumptions=[],
        bearing_cents=sum(line.cents for line in lines if line.program == "IHSS" and line.earning != "TRAVEL"),
    )


def arrives(cut_off: int, said: Statement) -> Arrival:
    return Arrival(cut_off, 0, "", said.statement_id, b"", "Statement", said)


def vanishes(cut_off: int, statement_id: str) -> Arrival:
    return Arrival(cut_off, 0, "", statement_id, b"", "Statement", None)


def account(cut_off: int, provider: str = "P1", token: str | None = "token", recorded: int = 0) -> Arrival:
    terms = [AccountTerm(day("2016-01-01"), None, token, (recorded, recorded))]
    said = PayeeAccount("R/R1", provider, terms)
    return Arrival(cut_off, 0, "", f"account:R/R1:{provider}", b"", "PayeeAccount", said)


def fact(kind: str, cut_off: int, document_id: str, **fields: Any) -> Arrival:
    """A fact recorded a minute before the cut-off."""
    recorded_at = cut_off - 60_000
    model = FACTS[kind](**FACT | {"document_id": document_id, "recorded_at": recorded_at} | fields)
    body = f"{document_id}/{model.revision}".encode()
    return Arrival(cut_off, recorded_at, model.source, model.event_id, body, kind, model)


def assessment(cut_off: int, share_cents: int, revision: int = 1) -> Arrival:
    """An assessment since 2016 that makes this share in 2026 (individual level 1,233.94, exclusion 20.00)."""
    return fact(
        "IncomeAssessment",
        cut_off,
        "I1",
        revision=revision,
        recipient_id="R1",
        effective_from=day("2016-01-01"),
        category="NONE",
        couple=False,
        blind=False,
        unearned_cents=123394 + 2000 + share_cents,
        earned_cents=0,
        impairment_work_expense_cents=0,
        blind_work_expense_cents=0,
    )


def authorization(cut_off: int, revision: int = 1, **fields: Any) -> Arrival:
    """100:00 a month in advance since 2026."""
    given: dict[str, Any] = {
        "recipient_id": "R1", "program": "IHSS", "county": "43", "effective_from": day("2026-01-01"),
        "monthly_minutes": 6000, "funding": "PCSP", "severely_impaired": True, "protective_supervision_minutes": 0,
        "services": [], "pay_mode": "ADVANCE", "concurrent_care": False, "training_needs": [],
    }  # fmt: skip
    return fact("ServiceAuthorization", cut_off, "A1", revision=revision, **given | fields)


def outcome(cut_off: int, instruction_id: str, what: str, cents: int | None = None, document: str = "O1") -> Arrival:
    return fact("PaymentOutcome", cut_off, document, instruction_id=instruction_id, outcome=what, cents=cents)


def changes(arrivals: Sequence[Arrival], until: int, key: str = "R/R1", law: Law = LAW) -> list[Change]:
    return list(restate(SettlementFile(key, law), sorted(arrivals, key=lambda arrival: arrival[:5]), until, law))


def settled(arrivals: Sequence[Arrival], until: int | None = None, key: str = "R/R1") -> list[dict[str, Any]]:
    """The fields of the payment instructions, in the order in which they were said."""
    until = until or max(arrival.cut_off for arrival in arrivals)
    said = [change.now for change in changes(arrivals, until, key)]
    return [fields_of(each.content) for each in said if isinstance(each, InstructionRecord)]


def deducted(instruction: dict[str, Any], kind: str) -> int:
    return sum(each["cents"] for each in instruction["deductions"] if each["kind"] == kind)
