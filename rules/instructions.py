"""Decides how a payee is paid, and writes a payment instruction as the contract has it.

Authority: RUN-2 (order of a payment's content), RUN-3 (method), RUN-4 (a warrant after RETURNED), TAX-4 (live-in
exclusion), ADV-7 (spend by). In force: always. Does not cover: amounts (`adjustment`), account numbers (resolved
downstream), ACH files.
"""

from collections.abc import Sequence
from typing import Any

from rules.conclusions import AccountTerm, Line, Stamp, Statement
from rules.kept import Said
from rules.periods import month_end, month_of

ADVANCE = "ADVANCE"
Method = tuple[str, str | None]


def method_of(net_cents: int, terms: Sequence[AccountTerm], run_date: int, returned: Stamp | None) -> Method:
    """DIRECT_DEPOSIT and its token, WARRANT, or NONE when no money moves.

    ``returned``: when the payee's latest RETURNED outcome was recorded, if there is one.
    """
    if net_cents == 0:
        return "NONE", None
    if returned is not None and not any(term.token is not None and term.recorded > returned for term in terms):
        return "WARRANT", None
    in_force = [term for term in terms if term.first <= run_date and (term.last is None or run_date <= term.last)]
    chosen = max(in_force or terms, key=lambda term: term.first, default=None)
    if chosen is None or chosen.token is None:
        return "WARRANT", None
    return "DIRECT_DEPOSIT", chosen.token


def instruction_fields(statement: Statement, said: Said, sequence: int, standing: Sequence[Said]) -> dict[str, Any]:
    """The contract's fields that follow from the statement and what was said of it (``said``: last of ``standing``)."""
    advance = statement.kind == ADVANCE
    payee = statement.recipient_id if advance else statement.provider_id
    return {
        "instruction_id": said.instruction_id,
        "payee_type": "RECIPIENT" if advance else "PROVIDER",
        "payee_id": payee,
        "provider_id": None if advance else statement.provider_id,
        "recipient_id": statement.recipient_id,
        "kind": statement.kind,
        "period_start": statement.period_start,
        "statement_id": statement.statement_id,
        "sequence": sequence,
        "run_date": said.run_date,
        "cut_off": said.cut_off,
        "lines": [_line(line) for line in said.lines],
        "gross_cents": said.gross_cents,
        "deductions": [{"kind": kind, "cents": cents} for kind, cents in said.deductions.items()],
        "net_cents": said.net_cents,
        "gross_to_date_cents": sum(each.gross_cents for each in standing),
        "net_to_date_cents": sum(each.net_cents for each in standing),
        "spend_by": month_end(month_of(statement.period_start)) if advance else None,
        "income_tax_excluded": statement.kind == "ARREARS" and statement.live_in,
    } | minutes_fields(statement)


def minutes_fields(statement: Statement) -> dict[str, int]:
    """What became of the service minutes claimed: claimed = paid + held + cut + denied."""
    return {
        "claimed_minutes": statement.claimed_minutes,
        "paid_minutes": sum(line.minutes for line in statement.lines if line.earning == "SERVICE"),
        "held_minutes": statement.held_minutes,
        "cut_minutes": statement.cut_minutes,
        "denied_minutes": statement.denied_minutes,
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "earning": line.earning,
        "program": line.program,
        "county": line.county,
        "minutes": line.minutes,
        "rate_mills": line.rate_mills,
        "cents": line.cents,
        "rule": line.rule,
    }
