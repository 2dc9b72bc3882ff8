"""A person's statement for a pay period (for an advance: a month), ready to be written in a language."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from pipelines.paid_year import YearFigures, year_figures
from pipelines.statements.language import Language
from pipelines.statements.ledger import Paid, StatementReversals, Sums, came_back, summed
from pipelines.statements.paid_folder import Dossier, Person, about_payment
from pipelines.statements.points import VISITS, Point, can_be_said, in_order, period_of_finding, point_of
from rules.periods import month_end, period_end, year_of
from schemas.finding import Finding
from schemas.ids import payee_of, statement_id
from schemas.leave_balance import LeaveBalance
from schemas.symbols import DEDUCTIONS

TAKING = ("HELD", "CUT", "DENIED")


@dataclass(frozen=True)
class StatementRow:
    """One line of pay: minutes and cents of this payment and of all so far."""

    earning: str
    program: str
    rate_mills: int | None
    minutes: int
    cents: int
    cents_so_far: int


@dataclass(frozen=True)
class StatementWork:
    """Lines of pay for one recipient (None: for nobody in particular)."""

    recipient_id: str | None
    rows: list[StatementRow]


@dataclass(frozen=True)
class Hours:
    """What became of the minutes claimed for one recipient: claimed = paid + held + cut + denied."""

    recipient_id: str | None
    claimed: int
    paid: int
    held: int
    cut: int
    denied: int


@dataclass(frozen=True)
class PrintedStatement:
    """Everything on the paper. ``run`` is the business day of the payment (None: nothing was paid yet).

    ``owed``: cents paid too much for this period that still stand so; ``back``: cents of this payment that came back.
    """

    payee_type: str
    payee_id: str
    period_start: int
    period_end: int
    run: int | None
    as_of: int
    this: Sums
    before: Sums
    so_far: Sums
    methods: dict[str, int]
    works: list[StatementWork]
    hours: list[Hours]
    points: list[Point]
    visits: dict[str, list[Point]]
    returned: list[StatementReversals]
    back: int
    year: int
    year_to_date: YearFigures
    leave: LeaveBalance | None
    live_in_for: list[str]
    spend_by: int | None
    owed: int
    county: str | None
    instruction_ids: list[str]
    finding_ids: list[str]

    @property
    def year_is_over(self) -> bool:
        """Nothing will be added to the year's sums."""
        return self.year < year_of(self.as_of)

    @property
    def deductions(self) -> list[tuple[str, int, int]]:
        """Kind, cents now, cents so far; those that are or were there."""
        kinds = [kind for kind in DEDUCTIONS if self.this.deductions.get(kind) or self.so_far.deductions.get(kind)]
        return [(kind, self.this.deductions.get(kind, 0), self.so_far.deductions.get(kind, 0)) for kind in kinds]


def periods_of(dossier: Dossier) -> list[int]:
    """Pay periods that a statement can be made of: something was paid, or hours were not."""
    held = {
        period_of_finding(each) for each in dossier.findings.values() if each.outcome in TAKING and not each.cleared
    }
    return sorted({paid.period_start for paid in dossier.instructions} | {each for each in held if each is not None})


def statement_of(person: Person, dossier: Dossier, period: int, as_of: int, language: Language) -> PrintedStatement:
    """The statement of a pay period, as of a business day: that of the dossier's last pay run."""
    own = [paid for paid in dossier.instructions if paid.period_start == period]
    run = max((paid.run_date for paid in own), default=None)
    now = [paid for paid in own if paid.run_date == run]
    of_statements = _by_statement(dossier.instructions)
    gone = [back for id, each in of_statements.items() for back in came_back(each, dossier.turns.get(id, ()))]
    lost = {back.instruction.instruction_id for back in gone}
    standing = [paid for paid in own if paid.instruction_id not in lost]
    known = [each for each in dossier.findings.values() if period_of_finding(each) == period]
    findings = [each for each in known if not each.cleared]
    year = year_of(as_of if run is None else run)
    of_year = [paid for paid in dossier.instructions if year_of(paid.run_date) == year]
    return PrintedStatement(
        payee_type=person[0],
        payee_id=person[1],
        period_start=period,
        period_end=month_end(period) if person[0] == "RECIPIENT" else period_end(period),
        run=run,
        as_of=as_of,
        this=summed(now),
        before=summed(paid for paid in standing if paid.run_date != run),
        so_far=summed(standing),
        methods=_methods(now),
        works=_works(now, standing),
        hours=_hours(person, own, known),
        points=_points(person, findings, language, as_of),
        visits=_visits(person, findings, language),
        returned=[_back(back, findings) for back in gone if back.instruction.period_start == period],
        back=sum(paid.net_cents for paid in now if paid.instruction_id in lost),
        year=year,
        year_to_date=year_figures(paid for paid in of_year if paid.instruction_id not in lost),
        leave=_leave(dossier, as_of),
        live_in_for=sorted({paid.recipient_id or "" for paid in now if paid.income_tax_excluded}),
        spend_by=next((paid.spend_by for paid in now if paid.spend_by), None),
        owed=sum(each.cents or 0 for each in findings if each.code == "OVERPAYMENT"),
        county=next((line.county for paid in reversed(own) for line in paid.lines if line.county), None),
        instruction_ids=[paid.instruction_id for paid in now],
        finding_ids=[each.finding_id for each in findings],
    )


def _leave(dossier: Dossier, as_of: int) -> LeaveBalance | None:
    """The balance of the leave year of a day, by what its pay run knew; None: nothing was ever said of it."""
    begun = [year for year in dossier.balances if year <= as_of]
    newest = dossier.balances[max(begun)] if begun else None
    return newest if newest and as_of <= newest.ends_on else None


def _back(back: StatementReversals, findings: Sequence[Finding]) -> StatementReversals:
    """Whether a person has to see to it, since the month is closed."""
    asked = {each.statement_id for each in findings if about_payment(each)}
    return replace(back, too_late=back.alone and back.instruction.statement_id in asked)


def _by_statement(instructions: Iterable[Paid]) -> dict[str, list[Paid]]:
    by_id: dict[str, list[Paid]] = defaultdict(list)
    for paid in sorted(instructions, key=lambda paid: (paid.statement_id, paid.sequence)):
        by_id[paid.statement_id].append(paid)
    return by_id


def _methods(now: Sequence[Paid]) -> dict[str, int]:
    """Cents by method; NONE only where nothing moves at all."""
    moved: dict[str, int] = defaultdict(int)
    for paid in now:
        moved[paid.method] += paid.net_cents
    return {method: cents for method, cents in sorted(moved.items()) if cents} or {"NONE": 0}


def _works(now: Sequence[Paid], standing: Sequence[Paid]) -> list[StatementWork]:
    recipients = sorted({paid.recipient_id or "" for paid in (*now, *standing)}, key=lambda who: (not who, who))
    return [work for who in recipients if (work := _work(who or None, now, standing)).rows]


def _work(recipient: str | None, now: Sequence[Paid], standing: Sequence[Paid]) -> StatementWork:
    this = summed(paid for paid in now if paid.recipient_id == recipient).lines
    so_far = summed(paid for paid in standing if paid.recipient_id == recipient).lines
    keys = [key for key in {**so_far, **this} if any(this.get(key, ())) or any(so_far.get(key, ()))]
    rows = []
    for key in sorted(keys, key=lambda key: (_ORDER.index(key[0]), key[1], key[2], key[3] or 0)):
        minutes, cents = this.get(key, (0, 0))
        rows.append(StatementRow(key[0], key[1], key[3], minutes, cents, so_far.get(key, (0, 0))[1]))
    return StatementWork(recipient, rows)


_ORDER = ("SERVICE", "OVERTIME_PREMIUM", "TRAVEL", "TRAINING", "SICK_LEAVE", "INCENTIVE", "ADVANCE")


def _hours(person: Person, own: Sequence[Paid], findings: Sequence[Finding]) -> list[Hours]:
    """Per recipient of an ARREARS statement that is paid for, or of which hours are not."""
    return [] if person[0] == "RECIPIENT" else [*hours_by_statement(own, findings).values()]


def hours_by_statement(instructions: Iterable[Paid], findings: Iterable[Finding]) -> dict[str, Hours]:
    """What became of the hours of each ARREARS statement. ``findings``: also those that were cleared."""
    own, said = _by_statement(instructions), defaultdict(list)
    for each in findings:
        if statement := _service_statement(each):
            said[statement].append(each)
    ids = sorted({*(id for id in own if payee_of(id).kind == "ARREARS"), *said})
    counted = {id: _counted(payee_of(id).recipient_id or "", own.get(id, []), said[id]) for id in ids}
    return {id: hours for id, hours in counted.items() if hours.claimed}


def _service_statement(finding: Finding) -> str | None:
    """The ARREARS statement whose service minutes a finding takes from."""
    travel = finding.code in ("OVER_TRAVEL_LIMIT", "TRAVEL_WITHOUT_TWO_RECIPIENTS")
    if finding.outcome not in TAKING or travel or about_payment(finding):
        return None
    if finding.statement_id is not None:
        return finding.statement_id if payee_of(finding.statement_id).kind == "ARREARS" else None
    period = period_of_finding(finding) if finding.code in VISITS else None
    return None if period is None else statement_id("ARREARS", finding.provider_id or "", finding.recipient_id, period)


def _counted(recipient: str, own: Sequence[Paid], said: Sequence[Finding]) -> Hours:
    """As the last instruction says, unless findings are newer: a change in these alone makes no instruction."""
    last = own[-1] if own else None
    if last and all(each.cut_off <= last.cut_off for each in said):
        return Hours(
            recipient, last.claimed_minutes, last.paid_minutes, last.held_minutes, last.cut_minutes, last.denied_minutes
        )
    standing = [each for each in said if not each.cleared]
    taken = [sum(each.minutes or 0 for each in standing if each.outcome == outcome) for outcome in TAKING]
    paid = last.paid_minutes if last else 0
    return Hours(recipient, paid + sum(taken), paid, *taken)


def _points(person: Person, findings: Sequence[Finding], language: Language, as_of: int) -> list[Point]:
    told = (each for each in findings if each.outcome != "NOTED" and not about_payment(each))
    return in_order([point_of(each, person[0], language, today=as_of) for each in told if can_be_said(each, person[0])])


def _visits(person: Person, findings: Sequence[Finding], language: Language) -> dict[str, list[Point]]:
    """Visits that do not bear out the hours, without effect on pay, by title."""
    noted: dict[str, list[Point]] = defaultdict(list)
    for each in sorted(findings, key=lambda each: (each.code, each.service_date or 0)):
        if each.outcome == "NOTED" and each.code in VISITS and person[0] == "PROVIDER":
            point = point_of(each, person[0], language)
            noted[point.title].append(point)
    return noted
