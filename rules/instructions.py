"""Decides how a payee is paid, and writes a payment instruction as the contract has it.

Authority: RUN-2 (order of a payment's content), RUN-3 (method), RUN-4 (a warrant after RETURNED), TAX-4 (live-in
exclusion), ADV-7 (spend by). In force: always. Does not cover: amounts (`adjustment`), account numbers (resolved
downstream), ACH files.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from rules.conclusions import AccountTerm, Line, Stamp, Statement
from rules.kept import PastInstruction
from rules.periods import month_end, month_of
from schemas.payment_instruction import Deduction, PaymentInstruction, PaymentLine
from schemas.symbols import PaymentMethod

ADVANCE: Final = "ADVANCE"
LIVED_IN = ("ARREARS", "SICK_LEAVE")  # kinds whose wages a live-in certification excludes (TAX-4)
Method = tuple[PaymentMethod, str | None]


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


class Behind(NamedTuple):
    """What stands behind an instruction. ``sequence``: its number among those of its statement; ``standing``: those of
    them that stand, itself the last; ``reversed_ids``: those that do not."""

    sequence: int
    standing: Sequence[PastInstruction]
    outstanding_cents: int
    documents: list[str]
    assumptions: list[str]
    law_version: str
    reversed_ids: list[str]


def payee_of(statement: Statement) -> str:
    """The recipient of an advance, else the provider."""
    return statement.recipient_id or "" if statement.kind == ADVANCE else statement.provider_id


def instruction(statement: Statement, said: PastInstruction, method: Method, behind: Behind) -> PaymentInstruction:
    """The contract's record."""
    advance = statement.kind == ADVANCE
    return PaymentInstruction(
        instruction_id=said.instruction_id,
        payee_type="RECIPIENT" if advance else "PROVIDER",
        payee_id=payee_of(statement),
        provider_id=None if advance else statement.provider_id,
        recipient_id=statement.recipient_id,
        kind=statement.kind,
        period_start=statement.period_start,
        statement_id=statement.statement_id,
        sequence=behind.sequence,
        run_date=said.run_date,
        cut_off=said.cut_off,
        method=method[0],
        account_token=method[1],
        lines=[_line(line) for line in said.lines],
        gross_cents=said.gross_cents,
        deductions=[Deduction(kind=kind, cents=cents) for kind, cents in said.deductions.items()],
        net_cents=said.net_cents,
        gross_to_date_cents=sum(each.gross_cents for each in behind.standing),
        net_to_date_cents=sum(each.net_cents for each in behind.standing),
        outstanding_cents=behind.outstanding_cents,
        claimed_minutes=statement.claimed_minutes,
        paid_minutes=paid_minutes(statement),
        held_minutes=statement.held_minutes,
        cut_minutes=statement.cut_minutes,
        denied_minutes=statement.denied_minutes,
        spend_by=month_end(month_of(statement.period_start)) if advance else None,
        income_tax_excluded=statement.kind in LIVED_IN and statement.live_in,
        documents=behind.documents,
        assumptions=behind.assumptions,
        law_version=behind.law_version,
        reversed=behind.reversed_ids,
    )


def paid_minutes(statement: Statement) -> int:
    """Service minutes that are paid: what was claimed, less what was held, cut and denied."""
    return sum(line.minutes for line in statement.lines if line.earning == "SERVICE")


def _line(line: Line) -> PaymentLine:
    return PaymentLine(
        earning=line.earning,
        program=line.program,
        county=line.county,
        minutes=line.minutes,
        rate_mills=line.rate_mills,
        cents=line.cents,
        rule=line.rule,
    )
