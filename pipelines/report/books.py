"""All that the report adds up, in one pass over the records. Money in cents, time in minutes, days epoch days."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from operator import attrgetter
from typing import Any, TypeVar

from msgspec.structs import replace

from pipelines.came_back import ReversedPayments
from pipelines.report.records import ReportFolder
from pipelines.report.span import ReportSpan, span_of
from pipelines.summary import summary_in
from pipelines.unchanged import changed
from rules.periods import business_day_of
from schemas.advance_reconciliation import AdvanceReconciliation
from schemas.benefit_hours import BenefitHours
from schemas.finding import Finding
from schemas.ids import day_of, instruction_id, statement_id
from schemas.leave_balance import LeaveBalance
from schemas.pay_run import PayRun
from schemas.payment_instruction import PaymentInstruction
from schemas.rejection import Rejection

CARRIED = ".carried_forward"  # how the assumptions end that say so (WAGE-2)
DEDUCED = {"tax.carried_forward": "SDI", "share_of_cost.carried_forward": "SHARE_OF_COST"}
Sums = defaultdict[Any, Counter[str]]
Newest = TypeVar("Newest", AdvanceReconciliation, LeaveBalance, BenefitHours)


class Payments:
    """Payment instructions, each once. ``doubtful``: those that do not add up; ``conflicting``: an id says two things;
    ``misnamed``: an id names another payee, recipient, period or run."""

    def __init__(self, span: ReportSpan) -> None:
        self.span = span
        self.ids: defaultdict[int, dict[str, int]] = defaultdict(dict)  # run -> instruction id -> what it says, hashed
        self.by_day: defaultdict[int, Sums] = defaultdict(lambda: defaultdict(Counter))  # run -> (kind, method) -> sums
        self.lines: Sums = defaultdict(Counter)  # (county, earning, program) -> minutes, cents
        self.deductions: Counter[str] = Counter()
        self.assumptions: Sums = defaultdict(Counter)  # name -> instructions, gross
        self.carried: Sums = defaultdict(Counter)  # (name, period, cut-off, counties) -> instructions, cents by county
        self.compared: Sums = defaultdict(Counter)  # (what, name) -> last, before
        self.payees: set[tuple[str, str]] = set()
        self.county_of: dict[str, str] = {}  # recipient or provider -> county of work paid
        self.advanced_on: dict[tuple[str, int], int] = {}  # (recipient, month) -> run of the first instruction
        self.net: dict[str, int] = {}  # by instruction id
        self.came_back = ReversedPayments()  # as of the end of the span
        self.doubtful = self.conflicting = self.misnamed = 0

    def add(self, paid: PaymentInstruction) -> None:
        """Take one instruction in; the same one sent again changes nothing."""
        run, id = paid.run_date, paid.instruction_id
        said = hash((paid.gross_cents, paid.net_cents, paid.kind, paid.method, paid.statement_id))
        if id in self.ids[run]:
            self.conflicting += self.ids[run][id] != said
            return
        self.ids[run][id] = said
        self.net[id] = paid.net_cents
        if paid.cut_off <= self.span.end:
            self.came_back.instruction(paid)
        self.by_day[run][paid.kind, paid.method].update(_amounts(paid))
        self.doubtful += not _adds_up(paid)
        self.misnamed += id != _named(paid)
        if paid.kind == "ADVANCE":
            month = paid.payee_id, paid.period_start
            self.advanced_on[month] = min(run, self.advanced_on.get(month, run))
        self._place(paid)
        if run in self.span:
            self._add_to_span(paid)
        if when := self.span.compares(paid.period_start, run):
            self._compare(paid, when)

    def _place(self, paid: PaymentInstruction) -> None:
        county = next((line.county for line in paid.lines if line.county), None)
        if county is not None:
            for who in filter(None, (paid.recipient_id, paid.provider_id)):
                # The highest of several, so that the order of the records does not matter.
                self.county_of[who] = max(county, self.county_of.get(who, county))

    def _add_to_span(self, paid: PaymentInstruction) -> None:
        self.payees.add((paid.payee_type, paid.payee_id))
        for line in paid.lines:
            sums = self.lines[line.county or "", line.earning, line.program]
            sums.update(minutes=line.minutes, cents=line.cents)
        for deduction in paid.deductions:
            self.deductions[deduction.kind] += deduction.cents
        for name in paid.assumptions:
            self.assumptions[name].update(instructions=1, gross=paid.gross_cents)
            if name.endswith(CARRIED):
                self._carry(name, paid)

    def _carry(self, name: str, paid: PaymentInstruction) -> None:
        """What a value carried forward had a part in: the pay of each county, or "" and a deduction."""
        cents: Counter[str] = Counter()
        if name in DEDUCED:
            cents[""] = sum(each.cents for each in paid.deductions if each.kind == DEDUCED[name])
        else:
            for line in paid.lines:
                cents[line.county or ""] += line.cents
        key = name, paid.period_start, paid.cut_off, tuple(sorted(cents))
        self.carried[key].update(cents, instructions=1)

    def _compare(self, paid: PaymentInstruction, when: str) -> None:
        self.compared["kind", paid.kind][when] += paid.net_cents
        self.compared["payee", (paid.payee_type, paid.payee_id)][when] += paid.net_cents
        for line in paid.lines:
            self.compared["county", line.county or ""][when] += line.cents

    def gone(self) -> Counter[str]:
        """Payments of the span that had come back by its end, and of these those that no instruction followed."""
        sums: Counter[str] = Counter(count=0, net=0, alone=0, alone_net=0)
        for id in self.came_back.payments:
            if day_of(id) in self.span:
                alone = self.came_back.is_alone(id)
                sums.update(count=1, net=self.net.get(id, 0), alone=alone, alone_net=alone * self.net.get(id, 0))
        return sums

    def total(self, days: Iterable[int] | None = None) -> Counter[str]:
        """Count, gross and net of some runs, or of the span."""
        total: Counter[str] = Counter(count=0, gross=0, net=0)
        for run in self.span.days if days is None else days:
            for sums in self.by_day.get(run, {}).values():
                total.update(sums)
        return total


def _amounts(paid: PaymentInstruction) -> dict[str, int]:
    return {"count": 1, "gross": paid.gross_cents, "net": paid.net_cents}


def _adds_up(paid: PaymentInstruction) -> bool:
    """Gross is the sum of the lines, net what the deductions leave of it, and every claimed minute has an end."""
    gross = sum(line.cents for line in paid.lines)
    net = paid.gross_cents - sum(deduction.cents for deduction in paid.deductions)
    ends = paid.paid_minutes + paid.held_minutes + paid.cut_minutes + paid.denied_minutes
    return (gross, net, ends) == (paid.gross_cents, paid.net_cents, paid.claimed_minutes)


def _named(paid: PaymentInstruction) -> str:
    """The id that an instruction must have (CONTRACT, PaymentInstruction)."""
    statement = statement_id(paid.kind, paid.payee_id, paid.recipient_id, paid.period_start)
    return instruction_id(statement, paid.run_date)


class ReportFindings:
    """Findings as of the end of the span. ``standing``: the newest of each id."""

    def __init__(self, span: ReportSpan, found: Iterable[Finding]) -> None:
        self.said: Counter[int] = Counter()  # run -> findings sent
        self.new: Sums = defaultdict(Counter)  # run -> code -> findings that did not stand before
        by_id: dict[str, Finding] = {}
        self.since: dict[str, int] = {}  # by id: the run in which it first stood
        for finding in _each_once(found):
            run = business_day_of(finding.cut_off)
            self.said[run] += 1
            known = by_id.get(finding.finding_id)
            stood = known is not None and not known.cleared
            if not finding.cleared and not stood:
                self.new[run][finding.code] += 1
            if finding.cut_off <= span.end:
                by_id[finding.finding_id] = finding
                self.since[finding.finding_id] = self.since[finding.finding_id] if stood else run
        self.standing = [by_id[id] for id in sorted(by_id) if not by_id[id].cleared]

    def of(self, *outcomes: str) -> list[Finding]:
        """Those that stand with one of these outcomes."""
        return [finding for finding in self.standing if finding.outcome in outcomes]


def _each_once(found: Iterable[Finding]) -> Iterator[Finding]:
    once = {(finding.cut_off, finding.finding_id): finding for finding in found}
    return (once[key] for key in sorted(once))


class Books:
    """Everything in a folder that the sections of a report are made of."""

    def __init__(self, folder: ReportFolder, first: int | None, last: int | None) -> None:
        self.runs: dict[int, PayRun] = {}
        self.contradicted: set[int] = set()
        for run in folder.records(PayRun):
            if self.runs.setdefault(run.run_date, run) != run:
                self.contradicted.add(run.run_date)
        self.span = span_of(self.runs, first, last)
        self.payments = Payments(self.span)
        for run in self.runs.values():
            if run.cut_off <= self.span.end:
                self.payments.came_back.pay_run(run)
        for paid in folder.records(PaymentInstruction):
            self.payments.add(paid)
        self.findings = ReportFindings(self.span, folder.records(Finding))
        self.advances = self._newest(folder, AdvanceReconciliation)
        self.leave = self._newest(folder, LeaveBalance)
        self.benefits = self._newest(folder, BenefitHours)
        self.rejections = [
            replace(said, raw=b"") for said in folder.records(Rejection)
        ]  # the bytes may be a megabyte each
        self.summary = summary_in(folder.path)
        self.changed = changed(folder.path, {self.runs[day].cut_off for day in self.span.days})

    def county_of(self, finding: Finding) -> str:
        """Whose case a finding is; where it does not say, the county of the recipient's paid work, else of the
        provider's; "": not known."""
        known = self.payments.county_of
        return finding.county or known.get(finding.recipient_id or "") or known.get(finding.provider_id or "") or ""

    def rejected(self) -> list[Rejection]:
        """Rejections of the span, as far as they say when they came: a live job's do, a replay's are of all runs."""
        return [said for said in self.rejections if said.seen_at is None or self.span.saw(said.seen_at)]

    def _newest(self, folder: ReportFolder, kind: type[Newest]) -> list[Newest]:
        """The newest record of each key as of the end of the span, by key."""
        newest: dict[Any, Newest] = {}
        key = attrgetter(*kind.KEY)
        for record in folder.records(kind):
            place = key(record)
            if record.cut_off <= self.span.end and record.cut_off >= newest.get(place, record).cut_off:
                newest[place] = record
        return [newest[place] for place in sorted(newest)]
