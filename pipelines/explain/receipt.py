"""A receipt: one payment with the bytes, the law and the arithmetic that it follows from, and its place in the chain of
pay runs. Whoever has it can check it with docs/verify/verify.py, without anything of this house (docs/receipts.md).
"""

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from fold.rows import arrival
from pipelines.explain.answer import LookedInto
from pipelines.explain.fold import ExplainFold
from pipelines.explain.paid import ExplainRefusal
from pipelines.explain.receipt_law import LawUsed
from pipelines.explain.receipt_parts import EncodedRecord, FactShown, Receipt, RunOfChain
from pipelines.explain.receipt_settled import offset_shown, part_shown, share_shown, taxes_shown
from pipelines.explain.receipt_work import (
    advance_shown,
    claims_shown,
    days_shown,
    pieces_shown,
    weeks_shown,
    work_shown,
    worth_shown,
)
from pipelines.explain.statement import Explained
from pipelines.spoken import say
from pipelines.unchanged import refuse_changed, stored
from rules.conclusions import Statement
from rules.documents import reference
from rules.periods import iso
from rules.price.leave_pay import KIND as LEAVE
from rules.settle.recipient import HELD, RecipientMonth
from schemas.avro import encode
from schemas.envelope import Fact
from schemas.ids import payee_of, statement_of
from schemas.payment_instruction import PaymentInstruction
from schemas.payment_outcome import PaymentOutcome
from schemas.symbols import TAXES
from schemas.types import Fields, Json


class Stored(NamedTuple):
    """A record of the paid folder, with its plain Avro body as it was said."""

    record: Fields
    body: bytes


def receipt_of(instruction_id: str, looked: LookedInto, folder: Path) -> Receipt:
    """The receipt of a payment that was explained. ``folder``: what was paid. Raises ExplainRefusal; Misuse where a
    pay run is not what was said."""
    said = _said(folder, statement_of(instruction_id))
    place = next(place for place, each in enumerate(said) if each.record["instruction_id"] == instruction_id)
    refuse_changed(folder, {each.record["cut_off"] for each in said[: place + 1]}, "--paid")
    if said[place].record["law_version"] != looked.fold.law.version_at(said[place].record["cut_off"]):
        raise ExplainRefusal(
            say(
                "no receipt: it was paid under another text of the law than this version's; make it with the version "
                "and the overlay (--law) that paid it"
            )
        )
    return _receipt(_explained(looked), said[: place + 1], folder)


def _explained(looked: LookedInto) -> Explained:
    each = Explained(looked.found[0], looked.fold, looked.folded, [])
    if each.waits or (each.statement.kind == "ADVANCE" and HELD in each.month.decision.conclusions):
        raise ExplainRefusal(say("no receipt: something it needs is not in force, so it stays as said before"))
    return each


def _said(folder: Path, statement_id: str) -> list[Stored]:
    """All instructions of a statement, in order."""
    found = {record["sequence"]: Stored(record, body) for record, body in stored(folder, PaymentInstruction.KIND)
             if record["statement_id"] == statement_id}  # fmt: skip
    return [found[number] for number in sorted(found)]


def _receipt(each: Explained, said: list[Stored], folder: Path) -> Receipt:
    law = LawUsed(each.law, each.known)
    chain = _chain(folder, said[0].record["cut_off"])
    own_run = next(run.record for run in chain if run.record["cut_off"] == said[-1].record["cut_off"])
    parts = _earnings(each, law) | {
        "taxes": [*taxes_shown(each.draft, law)],
        "part": part_shown(each.draft),
        "share_of_cost": share_shown(each.month, each.draft, law),
        "offset": offset_shown(each.month, each.draft),
    }
    return Receipt(
        instruction=_encoded(said[-1]),
        earlier=[_encoded(one) for one in said[:-1]],
        facts=_facts(each.fold, each.statement, set(said[-1].record["documents"])),
        relationship=each.statement.relationship,
        worth=worth_shown(each.statement),
        deductions={kind: cents for kind, cents in each.draft.deductions.items() if cents},
        law=law.shown(),
        pay_run=own_run,
        chain=[
            RunOfChain(run_date=iso(run.record["run_date"]), body=_base64(run.body), sha256=_digest(run.body))
            for run in chain
        ],
        **parts,
    )


def _earnings(each: Explained, law: LawUsed) -> Json:
    statement, parts = each.statement, Json()
    if each.side is not None:
        parts["days"] = [*days_shown(statement, each.side)] if statement.kind == "ARREARS" else []
        parts["work"] = work_shown(statement, each.side.of_provider, law)
        parts["weeks"] = [*weeks_shown(statement, each.side.of_provider, law)]
    elif isinstance(each.month, RecipientMonth) and each.draft is each.month.advance:
        taxes = [kind for kind in TAXES if kind in each.draft.deductions]
        parts["advance"] = advance_shown(each.month, each.draft, taxes, law)
    elif statement.kind == LEAVE and (leave := each.folded.leave(statement.provider_id)) is not None:
        parts["work"] = pieces_shown(statement, leave.pieces, law)
    elif statement.kind == "INCENTIVE":
        parts["claims"] = [*claims_shown(statement, each.folded.earned(statement.provider_id))]
    return parts


def _chain(folder: Path, first: int) -> list[Stored]:
    """PayRuns from a cut-off to the last, in order."""
    found = {record["cut_off"]: Stored(record, body) for record, body in stored(folder, "PayRun")}
    return [found[cut_off] for cut_off in sorted(found) if cut_off >= first]


def _encoded(each: Stored) -> EncodedRecord:
    return EncodedRecord(body=_base64(each.body), sha256=_digest(each.body), record=each.record)


def _base64(body: bytes) -> str:
    return base64.b64encode(body).decode()


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


# --- facts ------------------------------------------------------------------------------------------------------------


def _facts(fold: ExplainFold, statement: Statement, named: set[str]) -> list[FactShown]:
    """The facts that the instruction names, and corrections of its timesheets that wait. Raises ExplainRefusal."""
    standing = _standing(fold, statement)
    sheets = {fact.document_id for fact in standing.values() if reference(fact) in named and fact.KIND == "Timesheet"}
    shown = [
        fact
        for fact in standing.values()
        if reference(fact) in named or (fact.KIND == "Timesheet" and fact.document_id in sheets and _waits(fact))
    ]
    if missing := named - {reference(fact) for fact in shown}:
        count = str(len(missing))
        refused = say("no receipt: {count} of the documents that it names were not found in --events", count=count)
        raise ExplainRefusal(refused)
    return [_shown(fact) for fact in sorted(shown, key=lambda fact: (reference(fact), fact.event_id))]


def _standing(fold: ExplainFold, statement: Statement) -> Mapping[tuple[object, ...], Fact]:
    """Facts about the people of a statement: of several contents of one revision the one that stands (TIME-3)."""
    found: dict[tuple[object, ...], Fact] = {}
    for row in sorted({row[1:] for rows in fold.concerned.rows.values() for row in rows}):
        fact = arrival(("", *row)).content
        if _about(fact, statement):
            named = (getattr(fact, name) for name in type(fact).KEY_FIELDS)
            found.setdefault((fact.KIND, *named, fact.document_id, fact.revision), fact)
    return found


def _about(fact: Fact, statement: Statement) -> bool:
    if isinstance(fact, PaymentOutcome):
        return payee_of(fact.instruction_id).payee_id in (statement.provider_id, statement.recipient_id)
    provider, recipient = getattr(fact, "provider_id", None), getattr(fact, "recipient_id", None)
    of_recipient = recipient == statement.recipient_id and (provider is None or statement.kind == "ADVANCE")
    return provider == statement.provider_id or of_recipient


def _waits(fact: Fact) -> bool:
    """A revision of a timesheet that its recipient has not approved."""
    return getattr(fact, "recipient_approved_at", None) is None


def _shown(fact: Fact) -> FactShown:
    body = encode(fact)
    record = msgspec.to_builtins(fact.model_dump())
    return FactShown(document=reference(fact), body=_base64(body), sha256=_digest(body), record=record)


def receipt_json(receipt: Receipt) -> bytes:
    """As JSON, a field a line."""
    return msgspec.json.format(msgspec.json.encode(receipt), indent=1) + b"\n"
