"""What a replay's folder says about the people asked for, as of a pay run."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from pipelines.misuse import Misuse
from pipelines.paid_records import records_in
from pipelines.statements.ledger import Turn
from rules.periods import cut_off_of, iso
from schemas.advance_reconciliation import AdvanceReconciliation
from schemas.finding import Finding
from schemas.ids import payee_of, statement_of
from schemas.leave_balance import LeaveBalance
from schemas.pay_run import PayRun
from schemas.payment_instruction import PaymentInstruction

STEMS = {
    "PaymentInstruction": "payment_instruction",
    "Finding": "finding",
    "AdvanceReconciliation": "advance_reconciliation",
    "LeaveBalance": "leave_balance",
    "PayRun": "pay_run",
}
Person = tuple[str, str]
"""PROVIDER or RECIPIENT, and the id."""
Stored = TypeVar("Stored", PaymentInstruction, Finding, AdvanceReconciliation, LeaveBalance, PayRun)


@dataclass
class Dossier:
    """One person's records, oldest pay run first; of findings, reconciliations and balances the newest of each.
    ``turns``: what pay runs alone tell of the person's payments, by statement."""

    instructions: list[PaymentInstruction] = field(default_factory=list)
    findings: dict[str, Finding] = field(default_factory=dict)
    reconciliations: dict[int, AdvanceReconciliation] = field(default_factory=dict)
    turns: dict[str, list[Turn]] = field(default_factory=dict)
    balances: dict[int, LeaveBalance] = field(default_factory=dict)

    def turn(self, turn: Turn) -> None:
        """Take in what a pay run alone tells."""
        self.turns.setdefault(statement_of(turn.instruction_id), []).append(turn)


def pay_runs(folder: Path) -> list[int]:
    """Business days of the folder's pay runs, in order. Raises Misuse."""
    return sorted(record.run_date for record in _stored(folder, PayRun))


def last_cut_off(folder: Path, run: int | None) -> int:
    """The cut-off of a pay run (None: the last) that the folder holds. Raises Misuse."""
    runs = pay_runs(folder)
    if not runs:
        raise Misuse(f"--paid {folder} holds no pay run: name the folder that a replay wrote to")
    if run is not None and run not in runs:
        near = min(runs, key=lambda day: abs(day - run))
        raise Misuse(f"--paid {folder} has no pay run of {iso(run)}: the nearest is --run {iso(near)}")
    return cut_off_of(runs[-1] if run is None else run)


def law_version(folder: Path, cut_off: int) -> str:
    """The version of the law by which a pay run paid. Raises Misuse."""
    version: str = _pay_run(folder, cut_off).law_version
    return version


def _pay_run(folder: Path, cut_off: int) -> PayRun:
    return next(record for record in _stored(folder, PayRun) if record.cut_off == cut_off)


def people_of_run(folder: Path, cut_off: int) -> set[Person]:
    """Everybody whom a pay run pays, or tells something. Raises Misuse, also where records are missing."""
    payments = (paid for paid in _counted(folder, PaymentInstruction, cut_off) if paid.cut_off == cut_off)
    people: set[Person] = {(paid.payee_type, paid.payee_id) for paid in payments}
    people |= {
        ("RECIPIENT", each.recipient_id) for each in _stored(folder, AdvanceReconciliation) if each.cut_off == cut_off
    }
    told = (found for found in _counted(folder, Finding, cut_off) if found.cut_off == cut_off)
    people |= {person for person in map(addressed_to, told) if person}
    return people


def payments_made(folder: Path, cut_off: int) -> int:
    """How many a pay run made."""
    return _MADE["PaymentInstruction"](_pay_run(folder, cut_off))


def addressed_to(found: Finding) -> Person | None:
    """The person a finding speaks to; None if it is the county."""
    if found.addressee == "COUNTY":
        return None
    who = found.provider_id if found.addressee == "PROVIDER" else found.recipient_id
    return (found.addressee, who) if who else None


def dossiers(folder: Path, people: set[Person], cut_off: int) -> dict[Person, Dossier]:
    """What the folder holds of each person up to a cut-off. Raises Misuse, also where anybody's records are missing."""
    found: dict[Person, Dossier] = defaultdict(Dossier)
    for paid in _counted(folder, PaymentInstruction, cut_off):
        if (paid.payee_type, paid.payee_id) in people:
            found[paid.payee_type, paid.payee_id].instructions.append(paid)
    findings = (each for each in _counted(folder, Finding, cut_off) if concerned(each) & people)
    for finding in sorted(findings, key=_age):
        for person in concerned(finding) & people:
            found[person].findings[finding.finding_id] = finding
    for reconciled in sorted(_up_to(folder, AdvanceReconciliation, cut_off), key=_age):
        if ("RECIPIENT", reconciled.recipient_id) in people:
            found["RECIPIENT", reconciled.recipient_id].reconciliations[reconciled.service_month] = reconciled
    for balance in sorted(_up_to(folder, LeaveBalance, cut_off), key=_age):
        if ("PROVIDER", balance.provider_id) in people:
            found["PROVIDER", balance.provider_id].balances[balance.leave_year] = balance
    for run in _up_to(folder, PayRun, cut_off):
        for person, turn in turns_of(run):
            if person in people:
                found[person].turn(turn)
    for dossier in found.values():
        dossier.instructions.sort(key=lambda paid: (paid.cut_off, paid.instruction_id))
    return found


def concerned(found: Finding) -> set[Person]:
    """Those on whose paper a finding may stand: the one addressed, and the provider whose hours it is about."""
    addressed = addressed_to(found)
    people = {addressed} if addressed else set()
    if found.provider_id and found.outcome in ("HELD", "CUT", "DENIED"):
        people.add(("PROVIDER", found.provider_id))
    if about_payment(found) and found.recipient_id and payee_of(found.statement_id or "").kind == "ADVANCE":
        people.add(("RECIPIENT", found.recipient_id))
    return people


def turns_of(run: PayRun) -> Iterator[tuple[Person, Turn]]:
    """What a pay run alone tells of payments, and to whom each was made."""
    for one in run.came_back:
        payee = payee_of(one.instruction_id)
        person = ("RECIPIENT" if payee.provider_id is None else "PROVIDER", payee.payee_id)
        yield person, Turn(run.cut_off, one.instruction_id, one.reversed)


def about_payment(found: Finding) -> bool:
    """Is it about a payment that came back after its month had closed (TIME-6)?"""
    return found.code == "FILING_LIMIT" and found.cents is not None


def _age(record: Finding | AdvanceReconciliation | LeaveBalance) -> int:
    return record.cut_off


def _up_to(folder: Path, kind: type[Stored], cut_off: int) -> Iterator[Stored]:
    return (record for record in _stored(folder, kind) if record.cut_off <= cut_off)


_NAMES = {"PaymentInstruction": "payments", "Finding": "findings"}
_MADE: dict[str, Callable[[PayRun], int]] = {
    "PaymentInstruction": lambda run: sum(total.count for total in run.totals),
    "Finding": lambda run: run.findings,
}


def _counted(folder: Path, kind: type[Stored], cut_off: int) -> Iterator[Stored]:
    """Records up to a cut-off; when all were read, Misuse if there are not as many as each pay run made.

    What was found before the first pay run is in nobody's count.
    """
    there: Counter[int] = Counter()
    for record in _up_to(folder, kind, cut_off):
        there[record.cut_off] += 1
        yield record
    for run in _up_to(folder, PayRun, cut_off):
        made, found = _MADE[kind.KIND](run), there[run.cut_off]
        if made != found:
            raise Misuse(
                f"--paid {folder} holds {found:,} of the {made:,} {_NAMES[kind.KIND]} of the pay run of"
                f" {iso(run.run_date)}: copy it whole, or replay again"
            )


def _stored(folder: Path, kind: type[Stored]) -> Iterator[Stored]:
    for path in sorted(folder.glob(f"{STEMS[kind.KIND]}*.avro")):
        yield from records_in(path, kind)
