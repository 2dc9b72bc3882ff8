"""From an instruction's lines to the days behind them.

The pieces of work are those that the rules priced; each is drafted alone by the rule that drafted them together, so
that nothing here decides what belongs where.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from pipelines.explain.tree import Node
from pipelines.explain.words import county_named, exactly, long_day, month_name, rate, short_day, word
from pipelines.law_notices import how_carried
from pipelines.spoken import joined, quoted, say
from pipelines.wording import EARNINGS, money
from rules.conclusions import Line, Statement
from rules.law import Law, NotInForce
from rules.periods import hhmm, iso, saturday_of, workweek_of
from rules.price.month import MonthOfWork
from rules.price.statements import StatementDraft, StatementKey, draft_premium, draft_straight
from rules.wages import MINIMUM, wage
from rules.worked import Worked
from schemas.payment_instruction import PaymentLine

LineKey = tuple[str, str, str, int]
CITED = {
    "OVERTIME_PREMIUM": ("overtime.weekly_threshold_minutes", "overtime.premium_divisor", "overtime.method"),
    "TRAVEL": ("travel.weekly_minutes",),
    "INCENTIVE": ("incentive.total_cents",),
}


class EarningPiece(NamedTuple):
    """Minutes of one document on one day, on one line of a statement."""

    worked: Worked
    minutes: int


def pieces(month: MonthOfWork, statement: Statement) -> dict[LineKey, list[EarningPiece]]:
    """What each line of a statement is made of."""
    key: StatementKey = statement.kind, statement.recipient_id, statement.period_start
    found: dict[LineKey, list[EarningPiece]] = defaultdict(list)
    for worked in month.worked:
        drafts: dict[StatementKey, StatementDraft] = defaultdict(StatementDraft)
        draft_straight(drafts, [worked])
        _collect(worked, drafts, key, found)
    for week in month.ended:
        saturday = saturday_of(workweek_of(week[0].day))
        method = month.law.value("overtime.method", saturday, month.cut_off)
        for worked in week:
            drafts = defaultdict(StatementDraft)
            draft_premium(drafts, [worked], month.law, method)
            _collect(worked, drafts, key, found)
    return found


def _collect(
    worked: Worked,
    drafts: Mapping[StatementKey, StatementDraft],
    key: StatementKey,
    found: dict[LineKey, list[EarningPiece]],
) -> None:
    if key in drafts:
        for (earning, program, county, mills), minutes in drafts[key].minutes.items():
            found[earning, program, county, mills or 0].append(EarningPiece(worked, minutes))


def line_nodes(
    said: Iterable[PaymentLine],
    statement: Statement,
    made_of: Mapping[LineKey, list[EarningPiece]],
    law: Law,
    known: int,
) -> Iterator[Node]:
    """One node a line of the instruction: what it is worth now, less what was said before."""
    worth = {line.key: line for line in statement.lines}
    for line in said:
        key = line.earning, line.program, line.county or "", line.rate_mills or 0
        now = worth.get(key)
        yield _line(line, now, made_of.get(key, []), statement, law, known)


def _line(
    said: PaymentLine, now: Line | None, made_of: list[EarningPiece], statement: Statement, law: Law, known: int
) -> Node:
    whole = (now.minutes, now.cents) if now else (0, 0)
    before = whole[0] - said.minutes, whole[1] - said.cents
    parts = [_worth(now, made_of, statement)] if now else []
    if any(before):
        text: str = say("Said by earlier payments: {amount}", amount=_amount(*before))
        parts.append(Node(what="said_before", text=text, cents=-before[1], minutes=-before[0]))
    text = word(said.earning, EARNINGS) + ("" if said.program == "CAREER_PATHWAYS" else f", {said.program}")
    text += " " + say("in {county}", county=county_named(said.county)) if said.county else ""
    text += ": " + (say("this run's difference") if any(before) else _amount(said.minutes, said.cents))
    return Node(
        what="line",
        text=text,
        cents=said.cents,
        minutes=said.minutes,
        rate_mills=said.rate_mills,
        rule=said.rule,
        authority=authority(said, _day(made_of, statement), law, known),
        adds=("cents", "minutes"),
        parts=parts,
    )


def _amount(minutes: int, cents: int) -> str:
    return f"{hhmm(minutes)}, {money(cents)}" if minutes else money(cents)


def _worth(line: Line, made_of: list[EarningPiece], statement: Statement) -> Node:
    if line.rate_mills is None:
        text = _amount(line.minutes, line.cents)
    else:
        text = (
            f"{hhmm(line.minutes)} × " + say("{rate} an hour", rate=rate(line.rate_mills)) + f" = {money(line.cents)}"
        )
        text += exactly(line.minutes, line.rate_mills)
    parts = list(_weeks(made_of) if line.earning == "OVERTIME_PREMIUM" else _days(made_of))
    if line.earning == "ADVANCE":
        month = month_name(statement.period_start)
        text = say("All authorized IHSS hours of {month}: {amount}", month=month, amount=text)
    return Node(
        what="worth",
        text=text,
        cents=line.cents,
        minutes=line.minutes,
        adds=("minutes",) if parts else (),
        parts=parts,
    )


def _days(made_of: Iterable[EarningPiece]) -> Iterator[Node]:
    for worked, minutes in sorted(made_of, key=lambda piece: (piece.worked.day, piece.worked.document_id)):
        text = short_day(worked.day) + f" {hhmm(minutes)}"
        yield Node(what="day", text=text, day=iso(worked.day), minutes=minutes, document=worked.reference)


def _weeks(made_of: Iterable[EarningPiece]) -> Iterator[Node]:
    """A premium by workweek."""
    weeks: dict[int, list[EarningPiece]] = defaultdict(list)
    for piece in made_of:
        weeks[workweek_of(piece.worked.day)].append(piece)
    for week, of_week in sorted(weeks.items()):
        minutes = sum(piece.minutes for piece in of_week)
        text = say(
            "Week ending {day}: {hours} of overtime fall on this statement",
            day=long_day(saturday_of(week)),
            hours=hhmm(minutes),
        )
        days = list(_days(of_week))
        yield Node(what="workweek", text=text, day=iso(week), minutes=minutes, adds=("minutes",), parts=days)


def _day(made_of: Iterable[EarningPiece], statement: Statement) -> int:
    """A day whose law a line follows from: the first that was worked for it."""
    return min((piece.worked.day for piece in made_of), default=statement.period_start)


def authority(said: PaymentLine, day: int, law: Law, known: int) -> str:
    """Where the numbers behind a line come from, with the grade where it is not the law's own text."""
    names = list(CITED.get(said.earning, ()))
    if said.county and said.earning != "OVERTIME_PREMIUM":
        names.append(f"wage.{said.county}")
        if wage(said.county, day, law, known).rate_mills == said.rate_mills != law.value(names[-1], day, known):
            names.append(MINIMUM)  # it raised a wage that is carried forward
    return joined("; ", filter(None, dict.fromkeys(cited(law, name, day, known) for name in names)))


def cited(law: Law, name: str, day: int, known: int) -> str:
    """A parameter's citation, with its grade where that is weak, and that it is carried forward where it is; empty
    where nothing is in force or there is none."""
    try:
        entry = law.entry(name, day, known)
    except (NotInForce, KeyError):
        return ""
    carried = how_carried(law, name, entry)
    grades = {"assumption": " " + say("[assumption]"), "secondary": " " + say("[secondary]")}
    return joined("; ", filter(None, (quoted(entry.citation), carried))) + grades.get(entry.grade, "")
