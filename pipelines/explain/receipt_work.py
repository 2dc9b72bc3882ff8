"""The earnings of a receipt: timesheets by day, the pieces that are paid, workweeks, an advance, incentives."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import asdict

from pipelines.explain.earnings import pieces
from pipelines.explain.evidence import Side
from pipelines.explain.hours import losses_by_day, tallies_of
from pipelines.explain.receipt_law import LawUsed
from pipelines.explain.receipt_parts import (
    AdvanceStep,
    AuthorizedSpan,
    ClaimStep,
    DayOfSheet,
    MinutesLost,
    PieceOfWeek,
    PieceOfWork,
    WeekShown,
    WorthLine,
)
from rules.authorizations import limited_minutes
from rules.authorize.tally import HoursTally
from rules.conclusions import Statement
from rules.findings import Loss
from rules.incentives import Earned, IncentiveVerdict
from rules.overtime import chronological, counted
from rules.periods import iso, month_end, period_of, saturday_of, workweek_of
from rules.price.month import MonthOfWork
from rules.price.statements import draft_key
from rules.settle.draft import PaymentDraft
from rules.settle.filed import references
from rules.settle.recipient import RecipientMonth
from rules.worked import Worked

PREMIUM = "OVERTIME_PREMIUM"
THRESHOLD, DIVISOR, METHOD = "overtime.weekly_threshold_minutes", "overtime.premium_divisor", "overtime.method"
DayOfDocument = tuple[str, str, int]  # document id, program, day


def days_shown(statement: Statement, side: Side) -> Iterator[DayOfSheet]:
    """Each day of each timesheet with minutes."""
    paid: dict[DayOfDocument, int] = defaultdict(int)
    for worked in _straight(statement, side.of_provider.worked):
        if worked.earning == "SERVICE":
            paid[worked.document_id, worked.program, worked.day] += worked.minutes
    lost: dict[DayOfDocument, list[Loss]] = defaultdict(list)
    for loss in losses_by_day(statement, side):
        lost[loss.document_id, loss.program, loss.day].append(loss)
    for tally in tallies_of(statement, side.of_recipient):
        for day, minutes in enumerate(tally.claim.by_day, tally.period):
            if minutes:
                key = tally.claim.standing.document_id, tally.key[1], day
                yield _day(tally, day, minutes, paid[key], lost[key])


def _day(tally: HoursTally, day: int, claimed: int, paid: int, lost: Iterable[Loss]) -> DayOfSheet:
    return DayOfSheet(
        document=references([tally.claim.standing])[0],
        program=tally.key[1],
        day=iso(day),
        claimed_minutes=claimed,
        paid_minutes=paid,
        lost=[MinutesLost(code=each.code, outcome=each.outcome, minutes=each.minutes) for each in lost],
    )


def _straight(statement: Statement, worked: Iterable[Worked]) -> Iterator[Worked]:
    """What is paid straight on a statement."""
    key = statement.kind, statement.recipient_id, statement.period_start
    return (each for each in worked if each.minutes and draft_key(each, period_of(each.day)) == key)


def work_shown(statement: Statement, month: MonthOfWork, law: LawUsed) -> list[PieceOfWork]:
    """The pieces of its straight pay, by day; their rates are looked up."""
    return [_piece(each, law) for each in chronological(_straight(statement, month.worked))]


def pieces_shown(statement: Statement, paid: Iterable[Worked], law: LawUsed) -> list[PieceOfWork]:
    """Paid sick leave of a statement, by day."""
    own = sorted(_straight(statement, paid), key=lambda each: (each.day, each.payable, each.document_id))
    return [_piece(each, law) for each in own]


def _piece(worked: Worked, law: LawUsed) -> PieceOfWork:
    law.wage(worked.county, worked.day)
    return PieceOfWork(
        document=worked.reference,
        day=iso(worked.day),
        earning=worked.earning,
        program=worked.program,
        county=worked.county,
        rate_mills=worked.rate_mills,
        minutes=worked.minutes,
    )


def weeks_shown(statement: Statement, month: MonthOfWork, law: LawUsed) -> Iterator[WeekShown]:
    """The workweeks whose premium is on a statement, each whole but for days that do not count (OT-5)."""
    made_of = pieces(month, statement)
    concerned = {workweek_of(each.worked.day) for key in made_of if key[0] == PREMIUM for each in made_of[key]}
    for week in month.ended:
        if (sunday := workweek_of(week[0].day)) in concerned:
            law(DIVISOR, week[-1].day)
            law(METHOD, saturday_of(sunday))
            law(THRESHOLD, week[-1].day)
            shown = [_of_week(each, law) for each in counted(week, law.law)]
            yield WeekShown(sunday=iso(sunday), pieces=shown)


def _of_week(worked: Worked, law: LawUsed) -> PieceOfWeek:
    piece = asdict(_piece(worked, law))
    return PieceOfWeek(**piece, recipient_id=worked.recipient_id, overtime_minutes=worked.overtime_minutes)


def worth_shown(statement: Statement) -> list[WorthLine]:
    """Its lines, whole."""
    return [
        WorthLine(
            earning=line.earning,
            program=line.program,
            county=line.county,
            rate_mills=line.rate_mills,
            minutes=line.minutes,
            cents=line.cents,
            rule=line.rule,
        )
        for line in statement.lines
    ]


def advance_shown(month: RecipientMonth, draft: PaymentDraft, taxes: Sequence[str], law: LawUsed) -> AdvanceStep | None:
    """How its minutes were found (ADV-2); None of an advance that is worth nothing now."""
    if not draft.statement.lines:
        return None
    [line] = draft.statement.lines
    spans = [
        AuthorizedSpan(
            document=references([span.fact])[0],
            first=iso(span.first),
            last=iso(span.last),
            monthly_minutes=limited_minutes(span.fact, law.law, month.month),
        )
        for span in month.filed.authorizations["IHSS"].spans(month.month, month_end(month.month))
    ]
    law.wage(line.county or "", month.month)
    return AdvanceStep(spans=spans, taxes=[*taxes])


def claims_shown(statement: Statement, earned: Iterable[tuple[IncentiveVerdict, Earned]]) -> Iterator[ClaimStep]:
    """The claims that an incentive statement pays."""
    for verdict, _ in earned:
        if verdict.code is None and verdict.document.reference in statement.documents and verdict.cents:
            yield ClaimStep(document=verdict.document.reference, cents=verdict.cents)
