"""Approved documents whose minutes are still held when pay for them is overdue: a warning to the county.

Authority: RUN-1 (pay within 10 business days of receipt: secondary); TIME-3 (when a document first becomes payable).
In force: by parameter `pay_run.pays_within_business_days`. Does not cover: minutes that wait for the recipient's
approval; advances, which no document claims; incentive claims, which claim no minutes.

A document is one, whoever holds its minutes: the recipient's side says what it holds and why (`AuthorizedTime`,
`LateTime`), the provider's side knows its own, and what settlement holds for want of a tax rate follows from the law.
Months keep what they hold, closed ones too, since nothing is paid by closing; the lifetime looks at the days.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping

import msgspec

from rules.conclusions import Stamp, Statement
from rules.documents import About
from rules.findings import Findings, RuleFinding, catalog, finding_id, long_date, referred
from rules.kept import HeldDocument, HeldTime
from rules.law import Law
from rules.periods import (
    civil_day,
    hhmm,
    midnight,
    month_of,
    next_business_day,
    period_of,
)
from rules.price.filed import Filed
from rules.price.month import MonthOfWork
from rules.price.statements import draft_key
from rules.price.violations import Notice
from rules.restatement import LIFETIME, Decision, month_unit
from rules.taxes import taxable, turn_of_month
from rules.to_provider import AuthorizedTime, LateTime
from rules.worked import Worked
from schemas.ids import statement_id

HELD = "held"  # id of what a month holds
CODE = "PAY_OVERDUE"
WITHIN = "pay_run.pays_within_business_days"
SHEET, TRAVEL, CLASS, LEAVE = "Timesheet", "TravelClaim", "TrainingClaim", "SickLeaveClaim"
PAPERS = {SHEET: "timesheet", TRAVEL: "travel claim", CLASS: "training claim", LEAVE: "sick leave claim"}
_OWN = {"payable_at", "minutes"}
_SHARED = [name for name in HeldDocument.__struct_fields__ if name not in _OWN]  # with a finding


def conclude_held(work: MonthOfWork, filed: Filed, decision: Decision) -> None:
    """What a month holds of documents that are payable otherwise."""
    held = [*_by_recipients(work.times), *_by_findings(decision.conclusions.values(), filed)]
    untaxed = [*_untaxed(work.worked, decision, work.cut_off, work.law)]
    if untaxed:
        decision.look_again(month_unit(work.month), turn_of_month(work.cut_off))
    if held or untaxed:
        decision.conclusions[HELD] = HeldTime(_each_once([*held, *untaxed], work.provider_id))


def find_overdue(
    filed: Filed, leave: Collection[Worked], notice: Notice, decision: Decision, findings: Findings
) -> None:
    """PAY_OVERDUE of all months, of sick ``leave`` and of what came for closed months; asks to look again when the next
    falls due."""
    held = [each for of_unit in notice.before.values() if HELD in of_unit for each in of_unit[HELD].documents]
    late = [*map(_late, filed.late_times.values()), *_by_findings([*findings.by_id.values()], filed)]
    untaxed = [*_untaxed(leave, decision, notice.cut_off, notice.law)]
    if untaxed:
        decision.look_again(LIFETIME, turn_of_month(notice.cut_off))
    for document in _each_once([*held, *late, *untaxed], notice.provider_id):
        since = civil_day(document.payable_at)
        days: int = notice.law.value(WITHIN, since, notice.cut_off)
        overdue = midnight(_business_days_after(since, days) + 1)
        if overdue > notice.cut_off:
            decision.look_again(LIFETIME, overdue)
        else:
            _find(document, since, days, notice.provider_id, findings)


def _find(document: HeldDocument, since: int, days: int, provider_id: str, findings: Findings) -> None:
    reasons = [f"{hhmm(minutes)}, {catalog()[code]['because']}" for code, minutes in document.minutes.items()]
    words = {
        "paper": PAPERS[document.kind],
        "since": long_date(since),
        "days": str(days),
        "reasons": "; ".join(reasons),
    }
    findings.add(CODE, minutes=sum(document.minutes.values()), words=words, **_about(document, provider_id))


def _business_days_after(day: int, count: int) -> int:
    for _ in range(count):
        day = next_business_day(day)
    return day


def _about(document: HeldDocument, provider_id: str) -> About:
    return {name: getattr(document, name) for name in _SHARED} | {"provider_id": provider_id}


def _each_once(held: Iterable[HeldDocument], provider_id: str) -> list[HeldDocument]:
    """Of each document all minutes together, by code; payable since the earliest."""
    once: dict[str, HeldDocument] = {}
    for each in held:
        id = finding_id(RuleFinding(CODE, "", "", **_about(each, provider_id)))
        known = once.get(id, each)
        minutes = Counter(each.minutes) + Counter(known.minutes if known is not each else {})
        first = min(each.payable_at, known.payable_at)
        once[id] = msgspec.structs.replace(known, payable_at=first, minutes=dict(sorted(minutes.items())))
    return [once[id] for id in sorted(once)]


# --- who holds --------------------------------------------------------------------------------------------------------


def _by_recipients(times: Iterable[AuthorizedTime]) -> Iterator[HeldDocument]:
    for time in times:
        if time.held_for and time.payable is not None:
            yield _sheet(time, time.payable, time.held_for)


def _late(time: LateTime) -> HeldDocument:
    return _sheet(time, time.payable, {"FILING_LIMIT": time.minutes})


def _sheet(time: AuthorizedTime | LateTime, payable: Stamp, minutes: Mapping[str, int]) -> HeldDocument:
    return HeldDocument(
        kind=SHEET,
        document_id=time.document_id,
        period_start=time.period_start,
        recipient_id=time.recipient_id,
        program=time.program,
        statement_id=statement_id("ARREARS", time.provider_id, time.recipient_id, time.period_start),
        service_month=month_of(time.period_start),
        payable_at=payable[-1],
        minutes=dict(minutes),
    )


def _by_findings(said: Iterable[object], filed: Filed) -> Iterator[HeldDocument]:
    """What the provider's own side holds."""
    for finding in said:
        if isinstance(finding, RuleFinding) and finding.outcome == "HELD" and finding.minutes:
            fields = {name: getattr(finding, name) for name in _SHARED}
            if finding.kind == TRAVEL:  # one claim may be for several recipients
                fields |= {"recipient_id": None, "statement_id": None}
            if finding.kind != LEAVE:  # no other document is of one day
                fields |= {"service_date": None}
            payable = _first_payable(finding, filed)[-1]
            yield HeldDocument(**fields, payable_at=payable, minutes={finding.code: finding.minutes})


def _first_payable(finding: RuleFinding, filed: Filed) -> Stamp:
    """Of the document that a finding of the provider's side is about."""
    number, period = finding.document_id or "", finding.period_start or 0
    if finding.kind == LEAVE:
        return _leave_payable(finding, filed)
    if finding.kind == TRAVEL:
        return filed.travel_of((period, number)).first_standing
    if finding.kind == CLASS:
        return filed.classes.claim(number).first_standing
    times = filed.times[month_of(period)].values()
    of_sheet = (each for each in times if (each.document_id, each.period_start) == (number, period))
    payable = (e.payable for e in of_sheet if (e.recipient_id, e.program) == (finding.recipient_id, finding.program))
    return next(filter(None, payable))


def _leave_payable(finding: RuleFinding, filed: Filed) -> Stamp:
    """Of a claim for sick leave, not before its day is over."""
    day = finding.service_date or 0
    key = finding.recipient_id or "", finding.program or "", day, finding.document_id or ""
    cut_off, recorded_at = (filed.late_leave.documents.get(key) or filed.leave_claims[key]).first_standing
    return cut_off, max(recorded_at, midnight(day + 1))


def _untaxed(pieces: Collection[Worked], decision: Decision, cut_off: int, law: Law) -> Iterator[HeldDocument]:
    """Minutes of statements that settlement holds, since a tax rate of this payment year is not known (TAX-3)."""
    if not pieces:
        return
    statements = [said for said in decision.conclusions.values() if isinstance(said, Statement) and said.lines]
    waiting = {
        relationship
        for relationship in {said.relationship for said in statements}
        if not taxable(relationship, cut_off, law)
    }
    untaxed = {
        (said.kind, said.recipient_id, said.period_start): said.statement_id
        for said in statements
        if said.relationship in waiting
    }
    for worked in pieces if untaxed else ():
        period = period_of(worked.day)
        statement = untaxed.get(draft_key(worked, period))
        if worked.minutes and statement is not None:
            of_pair = worked.earning in ("SERVICE", "SICK_LEAVE")
            yield HeldDocument(
                **{"period_start": None, **referred(worked.reference, period)},
                recipient_id=worked.recipient_id if of_pair else None,
                program=worked.program if of_pair else None,
                statement_id=statement if of_pair else None,
                service_month=month_of(worked.day),
                payable_at=worked.payable[-1],
                minutes={"NOT_IN_FORCE": worked.minutes},
                service_date=worked.day if worked.earning == "SICK_LEAVE" else None,
            )
