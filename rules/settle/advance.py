"""A month's advance in settlement: is there one, what is it worth, how far is it accounted for?

Authority: ADV-1 to ADV-7. In force: by parameter. Does not cover: what of it was instructed before (`settle.draft`).
"""

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from rules.advance_pay import (
    Offset,
    advance_line,
    asked_for,
    estimated_deductions,
    eve,
    next_clock,
    opening,
    status,
)
from rules.authorizations import limited_minutes, pro_rata
from rules.conclusions import UNSENT, Line, ReconciliationRecord, Statement
from rules.documents import Span
from rules.instructions import ADVANCE
from rules.kept import Account, Held
from rules.law import NotInForce
from rules.periods import days_in_month, month_end
from rules.settle.draft import OutcomeReading, PaymentDraft
from rules.settle.filed import FOREVER, SettlementFacts, references
from rules.taxes import kinds_of, withholding
from rules.wages import wage
from schemas.advance_reconciliation import AdvanceReconciliation
from schemas.ids import statement_id
from schemas.provider_assignment import ProviderAssignment
from schemas.service_authorization import ServiceAuthorization
from schemas.symbols import TAXES, DeductionKind


class Advance(NamedTuple):
    """What a month's advance is worth; ``held``: why it cannot be decided now."""

    lines: list[Line]
    deductions: dict[DeductionKind, int]
    documents: list[str]
    held: Held | None = None


class Reconciled(NamedTuple):
    """How far an advance is accounted for, and the instant of the next clock."""

    record: ReconciliationRecord
    next_clock: int | None


def advance_id(recipient_id: str, month: int) -> str:
    """Statement id of a month's advance."""
    return statement_id(ADVANCE, recipient_id, recipient_id, month)


def mode(filed: SettlementFacts, month: int, account: Account | None, share_cents: int, cut_off: int) -> str:
    """ARREARS, ADVANCE, DENIED (asked for without severe impairment: arrears), or UNSETTLED before the month opens."""
    if account is not None:
        return ADVANCE
    if filed.asked_since is None:
        return "ARREARS"
    if cut_off < eve(month):
        return "UNSETTLED"
    authorization = filed.authorization_known(month, min(cut_off, opening(month)))
    if authorization is None or not asked_for(authorization):
        return "ARREARS"
    if cut_off < opening(month) and (share_cents or not authorization.severely_impaired):
        return "UNSETTLED"
    return ADVANCE if authorization.severely_impaired else "DENIED"


def worth(filed: SettlementFacts, month: int, share_cents: int, reading: OutcomeReading) -> Advance:
    """What the advance is worth by what is known now (ADV-2): nothing without an authorization of any of its days, or
    after a death before the month. Of several authorizations, or of one that was corrected to begin after the 1st, the
    county is that of the first day that has one."""
    spans = filed.authorizations["IHSS"].spans(month, month_end(month))
    if not spans or filed.died_before(month):
        return Advance([], {}, references(span.fact for span in spans))
    try:
        return _estimated(filed, spans, month, share_cents, reading)
    except NotInForce as missing:
        return Advance([], {}, [], Held("NOT_IN_FORCE", spans[0].fact.document_id, 0, missing.name, month))


def _estimated(
    filed: SettlementFacts,
    spans: Sequence[Span[ServiceAuthorization]],
    month: int,
    share_cents: int,
    reading: OutcomeReading,
) -> Advance:
    authorization, law = spans[0].fact, reading.law.as_known_at(reading.cut_off)
    minutes = pro_rata([Span(s.first, s.last, limited_minutes(s.fact, law, month)) for s in spans], month)
    hourly = wage(authorization.county, month, reading.law, reading.cut_off)
    if hourly.code is not None:
        return Advance([], {}, [], Held(hourly.code, authorization.document_id, minutes, hourly.missing, month))
    reading.assumptions.update(hourly.assumptions)
    if len(spans) > 1 or spans[0].last - spans[0].first + 1 < days_in_month(month):
        reading("hours.pro_rata", month)
    reading("advance.mode_settled", month)
    line = advance_line(minutes, authorization.county, hourly.rate_mills)
    assigned = filed.assigned(month, month_end(month))
    taxes = withholding(line.cents, estimated_kinds(assigned, month, reading), month, reading)
    deductions = estimated_deductions(line.cents, taxes, share_cents)
    documents = references([*(span.fact for span in spans), *assigned])
    return Advance([line] if minutes else [], deductions, documents)


def repriced(advance: Advance, month: int, account: Account | None, reading: OutcomeReading) -> bool:
    """WAGE-2: had the county another rate when the advance was first instructed?"""
    if account is None:
        return False
    known_at = account.said[0].cut_off
    first = [wage(line.county or "", month, reading.law, known_at) for line in advance.lines]
    pairs = zip(first, advance.lines, strict=True)
    return any(rate.code is None and rate.rate_mills != line.rate_mills for rate, line in pairs)


def estimated_kinds(
    assigned: Collection[ProviderAssignment], month: int, reading: OutcomeReading
) -> list[DeductionKind]:
    """Taxes that any IHSS provider assigned in the month pays, or all if none is assigned (ADV-2)."""
    paid = {kind for assignment in assigned for kind in kinds_of(assignment.relationship, month, reading)}
    return [kind for kind in TAXES if kind in paid or not assigned]


def advance_statement(recipient_id: str, month: int, advance: Advance, assumptions: list[str]) -> Statement:
    """The advance as a statement whose payee is the recipient."""
    return Statement(
        statement_id=advance_id(recipient_id, month),
        kind=ADVANCE,
        provider_id=recipient_id,
        recipient_id=recipient_id,
        period_start=month,
        lines=advance.lines,
        claimed_minutes=0,
        held_minutes=0,
        cut_minutes=0,
        denied_minutes=0,
        payable=None,
        relationship="NON_RELATIVE",
        live_in=False,
        offsettable=[],
        documents=advance.documents,
        assumptions=assumptions,
    )


def reconciliation(
    filed: SettlementFacts, draft: PaymentDraft, covered: Iterable[Offset], accounted_cents: int
) -> Reconciled:
    """The AdvanceReconciliation of a month (without cut-off), and when its next clock may strike (ADV-6).

    ``covered``: what it covers of each statement; ``accounted_cents``: the sum of ADVANCE_PAID.
    """
    month, now, reading = draft.statement.period_start, draft.now, OutcomeReading(draft.reading.law, draft.now.cut_off)
    advanced_minutes = draft.minutes
    reconciled_minutes = sum(each.minutes for each in covered)
    first_run = draft.account.said[0].run_date
    open_minutes = advanced_minutes - reconciled_minutes
    standing = status(open_minutes, filed.died_before(FOREVER), month, first_run, now.run_date, reading)
    reconciled = AdvanceReconciliation(
        recipient_id=draft.statement.provider_id,
        service_month=month,
        advanced_minutes=advanced_minutes,
        reconciled_minutes=reconciled_minutes,
        open_minutes=open_minutes,
        advanced_cents=draft.gross_cents - sum(draft.deductions.values()),
        accounted_cents=accounted_cents,
        status=standing,
        cut_off=UNSENT,
    )
    clock = None if standing == "RECONCILED" else next_clock(month, first_run, now.run_date, reading)
    return Reconciled(ReconciliationRecord(reconciled), clock)
