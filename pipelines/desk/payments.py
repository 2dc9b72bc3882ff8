"""A payment's page: why it is what it is, what differs from the one before, its papers, and where it was exported to.

The explanation is that of `explain`, held against what the index says was paid.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from pipelines.desk.shelf import DeskShelf
from pipelines.desk.station import Station
from pipelines.explain.answer import Answer, Question, Sources, answer, question_of
from pipelines.explain.paid import ExplainRefusal, Paid
from pipelines.export.ledger import Exported, exported_of
from pipelines.export.run import ExportRefusal, PaidRun
from pipelines.export.warrants import export_warrants
from pipelines.find.search import PROVIDER, RECIPIENT, FoundId
from pipelines.statements.documents import PapersAsked, papers_of
from pipelines.statements.paid_folder import Dossier, Person, concerned, turns_of
from rules.periods import cut_off_after
from schemas.advance_reconciliation import AdvanceReconciliation
from schemas.finding import Finding
from schemas.ids import PROVIDER as PROVIDER_SIDE
from schemas.ids import day_of, payee_of, person_of, settlement_of, statement_of
from schemas.leave_balance import LeaveBalance
from schemas.pay_run import PayRun
from schemas.payment_instruction import PaymentInstruction
from schemas.symbols import PAYMENT_KINDS

MINUTES = ("claimed", "paid", "held", "cut", "denied")


class IndexedPaid(Paid):
    """What was paid, as the index has it: `explain` is held against it."""

    def __init__(self, shelf: DeskShelf, folder: Path) -> None:
        super().__init__(folder)
        self.shelf = shelf

    @property
    def last_pay_run(self) -> int | None:
        """The cut-off of the newest."""
        return self.shelf.newest

    def instructions(self, settlement: str) -> list[PaymentInstruction]:
        """All instructions of a settlement, in order."""
        side, id = person_of(settlement)
        named = FoundId(PROVIDER if side == PROVIDER_SIDE else RECIPIENT, id)
        found = self.shelf.records(PaymentInstruction, named, self.shelf.newest)
        own = [each for each in found if settlement_of(each.kind, each.payee_id, each.recipient_id or "") == settlement]
        return sorted(own, key=lambda each: (each.statement_id, each.sequence))


class ComparedRow(NamedTuple):
    """A line of two statements beside each other: ``form`` is hours or dollars."""

    what: str
    name: str
    form: str
    before: int
    now: int


class Compared(NamedTuple):
    """A statement and the one of the pay period before, to the same payee for the same person."""

    statement_id: str
    before: int
    now: int
    rows: list[ComparedRow]


class ExportedLine(NamedTuple):
    """How the payment leaves the house: the line of the list of warrants, the file it was exported to."""

    line: str
    sent: Exported | None


class PaymentPage(NamedTuple):
    """``paid``: all instructions of the statement as of the shelf; ``told``: the explanation, or ``refusal`` why there
    is none; ``pending``: it is looked at as of now, and what is newer than the last pay run is not paid yet."""

    statement_id: str
    asked: PaymentInstruction | None
    paid: list[PaymentInstruction]
    told: Answer | None
    refusal: str
    compared: Compared | None
    exported: ExportedLine | None
    pending: bool


def sources(station: Station, shelf: DeskShelf) -> Sources:
    """What `explain` reads."""
    folder = station.origin.paid or station.origin.events
    return Sources(station.origin.events, IndexedPaid(shelf, folder), station.law)


def payment_page(station: Station, shelf: DeskShelf, id: str, as_of: str) -> PaymentPage:
    """The page of an instruction, or of a statement. ``as_of``: "" (a payment: its own pay run), "run" (the shelf's)
    or "now"."""
    asked = shelf.instruction(id)
    statement = statement_of(id) if asked else id
    said = [each for each in _of_payee(shelf, statement) if each.statement_id == statement]
    question = _question(station, shelf, id if asked and not as_of else statement, as_of == "now")
    told, refusal = None, ""
    try:
        told = answer(question, sources(station, shelf))
        told.statements = [each for each in told.statements if each.document == statement]
    except ExplainRefusal as refused:
        refusal = refused.words
    own = next((each for each in said if each.instruction_id == id), None)
    exported = None if own is None else _exported(station, shelf, own)
    return PaymentPage(statement, own, said, told, refusal, _compared(shelf, statement), exported, as_of == "now")


def _question(station: Station, shelf: DeskShelf, id: str, now: bool) -> Question:
    try:
        return question_of(id)
    except ValueError:
        payee, period = payee_of(id), day_of(id) or 0
    until = cut_off_after(station.clock()) if now else shelf.on
    paid_until = shelf.newest if now else None
    return Question(None, payee.provider_id, payee.recipient_id, period, until, payee.kind, paid_until)


def _of_payee(shelf: DeskShelf, statement: str) -> list[PaymentInstruction]:
    payee = payee_of(statement)
    who = FoundId(RECIPIENT, payee.payee_id) if payee.provider_id is None else FoundId(PROVIDER, payee.payee_id)
    return [*shelf.records(PaymentInstruction, who)]


def _compared(shelf: DeskShelf, statement: str) -> Compared | None:
    """Beside the statement of the pay period before; None: there is none."""
    payee, period = payee_of(statement), day_of(statement) or 0
    like = [each for each in _of_payee(shelf, statement) if payee_of(each.statement_id) == payee]
    earlier = [each.period_start for each in like if each.period_start < period]
    now = [each for each in like if each.statement_id == statement]
    if not earlier or not now:
        return None
    before = [each for each in like if each.period_start == max(earlier)]
    one, other = _sums(before), _sums(now)
    rows = [
        ComparedRow(*key, one[key], other[key]) for key in dict.fromkeys((*one, *other)) if (one[key] or other[key])
    ]
    net = sum(each.net_cents for each in before), sum(each.net_cents for each in now)
    return Compared(before[-1].statement_id, net[0], net[1], sorted(rows, key=lambda row: row[:3]))


def _sums(said: Sequence[PaymentInstruction]) -> Counter[tuple[str, str, str]]:
    """Amounts of a statement to date; hours as the last instruction counts them."""
    sums: Counter[tuple[str, str, str]] = Counter()
    for name in MINUTES:
        sums["1hours", name, "hours"] = getattr(said[-1], f"{name}_minutes")
    for line in (line for each in said for line in each.lines):
        sums["2earning", line.earning, "dollars"] += line.cents
    for taken in (taken for each in said for taken in each.deductions):
        sums["3deduction", taken.kind, "dollars"] -= taken.cents
    return sums


def _exported(station: Station, shelf: DeskShelf, paid: PaymentInstruction) -> ExportedLine:
    folder, sent = station.origin.paid, None
    if folder is not None:
        try:
            sent = exported_of(folder, paid.run_date).get(paid.instruction_id)
        except ExportRefusal:  # it is no list of exports; who exports is told so
            sent = None
    line = ""
    if paid.method == "WARRANT" and paid.net_cents:
        text, _ = export_warrants(_run_of(shelf, paid.run_date), station.law)
        line = next((line for line in text.splitlines() if line.endswith(paid.instruction_id)), "")
    return ExportedLine(line, sent)


def _run_of(shelf: DeskShelf, day: int) -> PaidRun:
    rows = shelf.rows("SELECT record FROM payments WHERE run_date = ? ORDER BY instruction_id", day)
    control = shelf.all_of(PayRun, [shelf.one("SELECT record FROM runs WHERE run_date = ?", day)])
    return PaidRun(day, tuple(shelf.all_of(PaymentInstruction, [row[0] for row in rows])), control[0])


def paper(station: Station, shelf: DeskShelf, statement: str, language: str) -> str | None:
    """The statement of earnings that a payee gets for a pay period, as HTML; None: there is none."""
    payee = payee_of(statement)
    if payee.kind not in PAYMENT_KINDS or day_of(statement) is None:
        return None
    person = ("RECIPIENT" if payee.provider_id is None else "PROVIDER", payee.payee_id)
    law = station.law if paid_by(shelf) == station.law.version_at(shelf.on) else None
    asked = PapersAsked(shelf.on, day_of(statement), language, station.contacts, law)
    papers = papers_of(person, _dossier(shelf, person), asked)
    return next((each.html for each in papers if each.kind == "statement"), None)


def paid_by(shelf: DeskShelf) -> str:
    """The version of the law of the pay run as of which all is read; "": there is none."""
    run = shelf.all_of(PayRun, [shelf.one("SELECT record FROM runs WHERE cut_off = ?", shelf.on)])
    return run[0].law_version if run else ""


def _dossier(shelf: DeskShelf, person: Person) -> Dossier:
    named = FoundId(person[0].lower(), person[1])
    paid = [each for each in shelf.records(PaymentInstruction, named) if (each.payee_type, each.payee_id) == person]
    found = Dossier(sorted(paid, key=lambda each: (each.cut_off, each.instruction_id)))
    found.findings = {each.finding_id: each for each in _told(shelf.records(Finding, named), person)}
    if person[0] == "RECIPIENT":
        found.reconciliations = {each.service_month: each for each in shelf.records(AdvanceReconciliation, named)}
    found.balances = {each.leave_year: each for each in shelf.records(LeaveBalance, named)}
    for run in shelf.turning_runs():
        for whose, turn in turns_of(run):
            if whose == person:
                found.turn(turn)
    return found


def _told(findings: Iterable[Finding], person: Person) -> list[Finding]:
    return [each for each in findings if person in concerned(each)]
