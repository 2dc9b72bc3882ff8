"""The answer to a question: who asked about what, read from where, and the statements explained."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from pipelines.explain.facts import Facts, FactsFolder
from pipelines.explain.fold import ExplainedFold, ExplainFold
from pipelines.explain.hours import closes, document_of, finding_node
from pipelines.explain.leave import leave_nodes
from pipelines.explain.paid import ExplainRefusal, Paid, hold_against
from pipelines.explain.statement import Decided, Explained, beside, decided, settlement, standing_findings
from pipelines.explain.tree import Node, Unbalanced, balanced
from pipelines.explain.words import long_day, period_name
from pipelines.spoken import Speaker, joined, said_in, say
from rules.law import Law
from rules.periods import business_day_of, cut_off_of, iso, month_of
from rules.price.leave_pay import KIND as LEAVE
from schemas.finding import Finding
from schemas.ids import day_of, is_instruction_id, payee_of, provider_key, recipient_key, settlement_of, statement_of
from schemas.payment_instruction import PaymentInstruction
from schemas.types import Json

FORMAT = 1  # of the JSON: raised when a reader of the one before would misread it


class Question(NamedTuple):
    """An instruction, or a provider or recipient and a pay period (an epoch day). ``until``: the last cut-off to
    look at; ``paid_until``: the last that was paid, where what came since is looked at too (None: all was)."""

    instruction_id: str | None
    provider_id: str | None
    recipient_id: str | None
    period: int
    until: int | None
    kind: str | None = None
    paid_until: int | None = None

    @property
    def settlements(self) -> list[str]:
        """Settlements that are asked about; of a provider they follow from its facts."""
        if self.kind is not None:
            return [settlement_of(self.kind, self.provider_id or "", self.recipient_id)]
        return [recipient_key(self.recipient_id)] if self.recipient_id else []


class Answer(msgspec.Struct, kw_only=True):
    """The whole explanation (docs/explain.md)."""

    format: int = FORMAT
    question: dict[str, str]
    as_of: str
    law_version: str
    held_against: str | None
    notes: list[str]
    statements: list[Node]
    beside: list[Node] = []
    leave: list[Node] = []

    def said_in(self, speaker: Speaker | None) -> "Answer":
        """The same in a language (None: in English), to be read and not to be said again."""
        statements, loose, leave = (
            [node.said_in(speaker) for node in nodes] for nodes in (self.statements, self.beside, self.leave)
        )
        notes = [said_in(note, speaker) for note in self.notes]
        return replace(self, notes=notes, statements=statements, beside=loose, leave=leave)


class Sources(NamedTuple):
    """Where to read: facts, what was paid (None: nothing to hold the answer against), and the law."""

    events: Path
    paid: Paid | None
    law: Law


class LookedInto(NamedTuple):
    """What was found about a question: its statements, and the fold that decided them."""

    question: Question
    sources: Sources
    folder: FactsFolder
    fold: ExplainFold
    folded: ExplainedFold
    found: list[Decided]


def look(question: Question, sources: Sources) -> LookedInto:
    """Find the facts and run the rules on them. Raises Refusal when there is no answer that can be stood by."""
    folder = FactsFolder(sources.events, sources.paid.index if sources.paid else None)
    facts = Facts(folder, question.until)
    recipients = [question.recipient_id] if question.recipient_id else []
    providers = [question.provider_id] if question.provider_id else []
    concerned = facts.concerned(recipients, providers)
    until = question.until or facts.door.tally.latest_cut_off
    settlements = question.settlements or [
        provider_key(question.provider_id or ""), *map(recipient_key, facts.recipients_of(question.provider_id or ""))
    ]  # fmt: skip
    fold = ExplainFold(concerned, settlements, sources.law, until)
    folded = fold.run()
    found = [each for key in settlements for each in decided(folded, key) if _asked(each, question)]
    _check(question, found, folded, sources, until)
    return LookedInto(question, sources, folder, fold, folded, found)


def answer(question: Question, sources: Sources) -> Answer:
    """Explain. Raises Refusal when there is no answer that can be stood by."""
    return answered(look(question, sources))


def _asked(each: Decided, question: Question) -> bool:
    statement = each.statement
    if question.instruction_id is not None:
        return statement_of(question.instruction_id) == statement.statement_id
    if statement.kind == "ADVANCE":
        of_month = statement.period_start == month_of(question.period)
        return of_month and question.recipient_id == statement.recipient_id and question.provider_id is None
    provider, recipient = question.provider_id, question.recipient_id
    people = provider in (None, statement.provider_id) and recipient in (None, statement.recipient_id)
    return people and statement.period_start == question.period


def _check(question: Question, found: Sequence[Decided], folded: ExplainedFold, sources: Sources, until: int) -> None:
    """Refuse what was not paid so, and what was never paid."""
    ours = folded.records(PaymentInstruction)
    ids = {each.statement.statement_id for each in found}
    if sources.paid is not None:
        keys = {settlement(each.statement) for each in found} or set(question.settlements)
        theirs = [each for key in sorted(keys) for each in sources.paid.instructions(key) if each.cut_off <= until]
        ids |= {statement_of(question.instruction_id)} if question.instruction_id else set()
        last = until if question.paid_until is None else question.paid_until
        hold_against(_of((each for each in ours if each.cut_off <= last), ids), _of(theirs, ids), sources.paid.folder)
    if question.instruction_id and not any(each.instruction_id == question.instruction_id for each in ours):
        raise ExplainRefusal(
            say("these facts make no such instruction: check the id, the facts (--events) and the law (--law)")
        )


def _of(instructions: Iterable[PaymentInstruction], statement_ids: set[str]) -> list[PaymentInstruction]:
    return [each for each in instructions if each.statement_id in statement_ids]


def answered(looked: LookedInto) -> Answer:
    """The explanation of what was found. Raises Refusal."""
    question, sources, folder, fold, folded, found = looked
    notes = _notes(folder, sources, question)
    findings = standing_findings(folded)
    try:
        statements = [Explained(each, fold, folded, findings).node() for each in found]
    except Unbalanced as wrong:
        raise _not_adding_up(wrong) from wrong
    asked: Json = {
        "instruction_id": question.instruction_id,
        "provider_id": question.provider_id,
        "recipient_id": question.recipient_id,
        "period": iso(question.period),
    }
    loose = _beside(question, found, findings, fold.law)
    return Answer(
        question={name: value for name, value in asked.items() if value is not None},
        as_of=iso(business_day_of(fold.until)),
        law_version=fold.law.version_at(fold.until),
        held_against=str(sources.paid.folder) if sources.paid else None,
        notes=notes + _nothing(question, [*statements, *loose]),
        statements=statements,
        beside=loose,
        leave=leave_of(looked),
    )


def _not_adding_up(wrong: Unbalanced) -> ExplainRefusal:
    return ExplainRefusal(say("no explanation, for it does not add up ({wrong}): please report it", wrong=str(wrong)))


def leave_of(looked: LookedInto) -> list[Node]:
    """Of a provider that is asked about as such, or by a payment of sick leave. Raises ExplainRefusal."""
    question = looked.question
    if question.provider_id is None or question.kind not in (None, LEAVE):
        return []
    judged = looked.folded.leave(question.provider_id)
    try:
        return [balanced(node) for node in leave_nodes(judged, question.period)] if judged else []
    except Unbalanced as wrong:
        raise _not_adding_up(wrong) from wrong


def _beside(question: Question, found: Sequence[Decided], findings: Sequence[Finding], law: Law) -> list[Node]:
    if question.instruction_id is not None or question.provider_id is None:
        return []
    loose = beside(findings, [each.statement for each in found], question.provider_id, question.period)
    closing = closes(month_of(question.period), law)
    return [finding_node(each, each.code, each.minutes, closing, document_of(each)) for each in loose]


def _nothing(question: Question, statements: Sequence[Node]) -> list[str]:
    if statements:
        return []
    return [say("Nothing was claimed for {period} that any pay run has seen.", period=period_name(question.period))]


def _notes(folder: FactsFolder, sources: Sources, question: Question) -> list[str]:
    """What a reader should know about how the answer was found."""
    notes: list[str] = []
    if sources.paid is None:
        notes.append(
            say("Held against no payment: name the replay's output folder (--paid) to be sure it was paid so.")
        )
    elif question.instruction_id:
        notes += _later(question, sources.paid)
    if not folder.indexes:
        files = _files(folder.names)
        notes.append(say("No index of these facts was found, so the whole folder was read: {files}.", files=files))
    elif folder.read_wholly:
        files = _files(folder.read_wholly)
        notes.append(say("New or changed since the index was made, and so read wholly: {files}.", files=files))
    if sources.law.overlaid:
        names = ", ".join(sources.law.overlaid)
        notes.append(say("WHAT-IF, not the law in force: an overlay changes {names}.", names=names))
    return notes


def _files(names: Sequence[str]) -> str:
    return say("{count} file", count="1") if len(names) == 1 else say("{count} files", count=f"{len(names):,}")


def _later(question: Question, paid: Paid) -> list[str]:
    statement_id = statement_of(question.instruction_id or "")
    said = _of((each for key in question.settlements for each in paid.instructions(key)), {statement_id})
    days = [long_day(each.run_date) for each in said if each.cut_off > (question.until or 0)]
    return [say("Later payments changed this statement: {days}.", days=joined(", ", days))] if days else []


def question_of(instruction_id: str) -> Question:
    """The question about an instruction id. Raises ValueError if it is none of ours."""
    payee, start, run = payee_of(instruction_id), day_of(statement_of(instruction_id)), day_of(instruction_id)
    if start is None or run is None or not is_instruction_id(instruction_id):
        raise ValueError("no instruction id")
    return Question(instruction_id, payee.provider_id, payee.recipient_id, start, cut_off_of(run), payee.kind)
