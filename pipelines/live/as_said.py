"""Memory made to agree with what was really sent, where this code and law would have decided the past otherwise.

Used while a journal is folded again up to an accepted pay run (`accepted`). At its end two things must be right, so
that the next pay run sends differences to what was really sent and never pays twice (MONEY-2):

* the account of every statement holds the instructions that were sent (`InstructedLedger`), and the share of cost
  charged follows from them. Every statement that this code would have paid otherwise is decided again at the next pay
  run;
* a finding, reconciliation or benefit record that was last sent otherwise is sent again, or cleared (`LastSent`).

A month that is closed by then stays as it is (TIME-6). A notice that was never sent is sent then, with its own date.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from fold.key_memory import NEVER, packed, whole
from fold.opening import OpenedFile
from fold.remembered import Remembered
from fold.rows import arrival, conclusion_row
from pipelines.live.as_instructed import Around, as_instructed
from pipelines.live.believed import State
from pipelines.live.memory import CountyMemory
from pipelines.live.outbox import Letter, identity
from pipelines.live.pay_run import RunLetters
from rules.adjustment import deductions_said
from rules.conclusion import SETTLE
from rules.conclusions import ContractRecord, Line, Statement, worth_nothing
from rules.findings import RuleFinding
from rules.instructions import ADVANCE
from rules.kept import Account, Charges, PastInstruction
from rules.law import Law
from rules.periods import cut_off_after
from rules.restatement import Unit, closed, month_unit
from rules.settle.case import SettlementFile
from rules.settle.draft import PaymentDraft
from rules.settle.filed import month_of_statement
from schemas.finding import Finding
from schemas.ids import account_id, payee_of, settlement_of, statement_of_account
from schemas.payment_instruction import PaymentInstruction

SHARE: Final = "SHARE_OF_COST"


class Kept:
    """What is remembered of one settlement, and its case file made again from it."""

    def __init__(self, key: str, known: bytes, law: Law) -> None:
        self.memory = whole(key, known)
        self.key, case = key, OpenedFile(SETTLE, key, self.memory, law, {}).case
        assert isinstance(case, SettlementFile)
        self.case = case

    def file(self, month: int, id: str, cut_off: int, statement: Statement) -> None:
        """A statement that arrived with a pay run."""
        row = conclusion_row(self.key, cut_off, id, Statement.__name__, statement)
        self.memory.rows[month].append(row)
        self.case.admit(arrival(row))


class InstructedLedger:
    """Accounts as they were really instructed, in what a pay run of the past is about to be remembered as."""

    def __init__(self, memory: CountyMemory, law: Law, until: int) -> None:
        self.memory, self.law, self.until = memory, law, until
        self.statements: set[str] = set()

    def kept_to(self, run: RunLetters, letters: Iterable[Letter]) -> RunLetters:
        """The pay run, with the accounts that its real letters make of it."""
        real, ours = _instructed(letters), _instructed(run.letters)
        by_key: dict[str, list[str]] = defaultdict(list)
        for id in sorted({*real, *ours}):
            if id not in real or id not in ours or _money(real[id]) != _money(ours[id]):
                made = real.get(id) or ours[id]
                by_key[settlement_of(made.kind, made.payee_id, made.recipient_id)].append(id)
        if not by_key:
            return run
        states = {(state.stage, state.key): state for state in run.states}
        for key, ids in by_key.items():
            state = states.get((SETTLE, key))
            kept = Kept(key, self.memory.reader.packed(SETTLE, key) if state is None else state.body, self.law)
            for id in ids:
                self._set_account(kept, id, real.get(id), run.told.cut_off)
            states[SETTLE, key] = _state(SETTLE, key, kept.memory, self.law)
        return run._replace(states=list(states.values()))

    def _set_account(self, kept: Kept, id: str, real: PaymentInstruction | None, cut_off: int) -> None:
        month = month_of_statement(id)
        assert month is not None, "an instruction's statement ends with its day"
        self.statements.add(id)
        unit = month_unit(month)
        conclusions = kept.memory.said[unit] = {**kept.memory.said[unit]}
        name = account_id(id)
        said: list[PastInstruction] = [*conclusions[name].said] if name in conclusions else []
        thought = said.pop() if said and said[-1].cut_off == cut_off else None
        statement = _filed(kept, month, id, real)
        if real is not None:
            advanced = real.kind != ADVANCE and any(map(_is_of_advance, conclusions))
            around = Around(thought, said, _likely_class(thought, statement, said), advanced)
            said.append(as_instructed(real, around, self.law))
        conclusions.pop(name, None)
        if said:
            conclusions[name] = Account(said)
        self._set_charges(kept, unit, cut_off)
        _look_again(kept.memory, unit, self.until)

    def _set_charges(self, kept: Kept, unit: Unit, cut_off: int) -> None:
        """What stands charged of the month's share of cost, in the order in which it was (SOC-5)."""
        conclusions = kept.memory.said[unit] = {**kept.memory.said[unit]}
        known = dict.fromkeys(id for id, _ in conclusions.get("charges", Charges([])).charged)
        accounts = {statement_of_account(name): each for name, each in conclusions.items() if isinstance(each, Account)}
        charged = {id: self._share_of(kept, unit, id, account, cut_off) for id, account in accounts.items()}
        first = {id: _first_charged(account) for id, account in accounts.items()}
        order = sorted(charged, key=lambda id: (first[id], [*known].index(id) if id in known else len(known), id))
        conclusions.pop("charges", None)
        if charges := [(id, charged[id]) for id in order if charged[id]]:
            conclusions["charges"] = Charges(charges)

    def _share_of(self, kept: Kept, unit: Unit, id: str, account: Account, cut_off: int) -> int:
        filed = kept.case.filed
        statement = filed.statements[unit.month].get(id)
        if statement is None:  # an advance: its share is not charged, but part of what it is worth
            return 0
        standing = PaymentDraft(statement, account, filed, self.law, cut_off).said
        return deductions_said(standing).get(SHARE, 0)


def _instructed(letters: Iterable[Letter]) -> dict[str, PaymentInstruction]:
    """PaymentInstructions by statement."""
    found = (letter.record for letter in letters if letter.kind == PaymentInstruction.KIND)
    return {record.statement_id: record for record in found if isinstance(record, PaymentInstruction)}


def _is_of_advance(conclusion_id: str) -> bool:
    return payee_of(statement_of_account(conclusion_id)).kind == ADVANCE


def _money(instruction: PaymentInstruction) -> list[object]:
    """What an account knows of an instruction."""
    deductions = {each.kind: each.cents for each in instruction.deductions}
    lines = sorted([[str(getattr(each, name)) for name in Line.__struct_fields__] for each in instruction.lines])
    return [instruction.instruction_id, lines, deductions, instruction.net_cents]


def _likely_class(thought: PastInstruction | None, statement: Statement | None, before: list[PastInstruction]) -> str:
    known = [each.relationship for each in (thought, statement, *reversed(before)) if each is not None]
    return known[0] if known else "NON_RELATIVE"


def _filed(kept: Kept, month: int, id: str, real: PaymentInstruction | None) -> Statement | None:
    """The statement on file. One that this code never made but that was paid is put there, worth nothing."""
    of_month = kept.case.filed.statements[month]
    if id not in of_month and real is not None and real.provider_id is not None:  # an advance is paid to no provider
        about = real.provider_id, real.recipient_id, real.period_start, real.documents
        kept.file(month, id, real.cut_off, worth_nothing(id, real.kind, *about))
    return of_month.get(id)


def _first_charged(account: Account) -> int:
    return next((said.cut_off for said in account.said if SHARE in said.deductions), 0)


def unsaid(states: Iterable[State], run: RunLetters, again: set[tuple[str, ...]], law: Law) -> list[State]:
    """States of the keys that hold a conclusion that was last sent otherwise: forgotten, and sent again next run."""
    until, following, changed = run.told.cut_off, cut_off_after(run.told.cut_off), []
    for state in states:
        memory = whole(state.key, state.body)
        otherwise = [
            (unit, id)
            for unit, conclusions in memory.said.items()
            for id, each in conclusions.items()
            if _id(id, each) in again and not closed(unit, following, law)
        ]
        for unit, id in otherwise:
            memory.said[unit] = {other: each for other, each in memory.said[unit].items() if other != id}
            _look_again(memory, unit, until)
        if otherwise:
            changed.append(_state(state.stage, state.key, memory, law))
    return changed


def _state(stage: str, key: str, memory: Remembered, law: Law) -> State:
    return State(stage, key, memory.due(law) or NEVER, packed(memory))


def _look_again(memory: Remembered, unit: Unit, until: int) -> None:
    """At the first pay run after the past, if not before."""
    memory.reviews[unit] = min(memory.reviews.get(unit, until + 1), until + 1)


def _id(id: str, conclusion: object) -> tuple[str, ...]:
    """Kind and id of a conclusion that leaves the house; nothing for others."""
    if isinstance(conclusion, RuleFinding):
        return Finding.KIND, id
    return identity(conclusion.content) if isinstance(conclusion, ContractRecord) else ()
