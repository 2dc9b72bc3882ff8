"""What an id, or part of one, may mean: the people, documents, payments, statements and findings of a paid folder."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pipelines.report.records import ReportFolder
from schemas.advance_reconciliation import AdvanceReconciliation
from schemas.benefit_hours import BenefitHours
from schemas.envelope import OutgoingRecord
from schemas.finding import Finding
from schemas.ids import document_name, document_named, document_of, number_of
from schemas.leave_balance import LeaveBalance
from schemas.payment_instruction import PaymentInstruction

PROVIDER, RECIPIENT, PERSON = "provider", "recipient", "person"
DOCUMENT, INSTRUCTION, STATEMENT, FINDING = "document", "instruction", "statement", "finding"
KINDS = (PROVIDER, RECIPIENT, PERSON, DOCUMENT, INSTRUCTION, STATEMENT, FINDING)
PEOPLE = (PROVIDER, RECIPIENT, PERSON)
BY_THEMSELVES = (*PEOPLE, DOCUMENT)
"""Whose ids are not made of others: the id of a statement holds those of its people."""
NO_KIND = "Document"  # of a finding of before kinds were in its id


class FoundId(NamedTuple):
    """Something with an id; ``kind``: one of KINDS. Of a document the id is its kind and number."""

    kind: str
    id: str

    @property
    def short(self) -> str:
        """Without the kind of a document."""
        return number_of(self.id) if self.kind == DOCUMENT else self.id


def found(folder: ReportFolder, text: str, more: Iterable[FoundId] = ()) -> list[FoundId]:
    """What the text means, in the order of KINDS: those whose id it is, else those whose id it is part of; upper and
    lower case are one. ``more``: named elsewhere. Raises Misuse for a folder that cannot be read."""
    wanted = text.casefold()
    return nearest({each for each in _all(folder) if wanted in each.id.casefold()} | {*more}, text)


def nearest(near: set[FoundId], text: str) -> list[FoundId]:
    """Of what a text is part of, what it most likely means; see `found`."""
    wanted = text.casefold()
    known = {each.id for each in near if each.kind in (PROVIDER, RECIPIENT)}
    near = {each for each in near if each.kind != PERSON or each.id not in known}
    exact = {each for each in near if wanted in (each.id.casefold(), each.short.casefold())}
    by_themselves = {each for each in near if each.kind in BY_THEMSELVES}
    return sorted(exact or by_themselves or near, key=lambda each: (KINDS.index(each.kind), each.id))


def _all(folder: ReportFolder) -> Iterator[FoundId]:
    for kind in (PaymentInstruction, Finding, BenefitHours, LeaveBalance, AdvanceReconciliation):
        for record in folder.records(kind):
            yield from named_by(record)


def named_by(record: OutgoingRecord) -> Iterator[FoundId]:
    """What a record names, and itself if it has an id."""
    match record:
        case PaymentInstruction():
            yield from _people(record.provider_id, record.recipient_id)
            yield FoundId(INSTRUCTION, record.instruction_id)
            yield FoundId(STATEMENT, record.statement_id)
            yield from (FoundId(DOCUMENT, document_of(each)) for each in record.documents)
        case Finding():
            yield from _people(record.provider_id, record.recipient_id, record.other_id)
            yield FoundId(FINDING, record.finding_id)
            if document := document_of_finding(record):
                yield FoundId(DOCUMENT, document)
        case BenefitHours() | LeaveBalance():
            yield from _people(record.provider_id, None)
        case AdvanceReconciliation():
            yield from _people(None, record.recipient_id)


def _people(provider: str | None, recipient: str | None, other: str | None = None) -> Iterator[FoundId]:
    for kind, id in zip(PEOPLE, (provider, recipient, other), strict=True):
        if id is not None:
            yield FoundId(kind, id)


def document_of_finding(told: Finding) -> str | None:
    """The document that a finding is about, by kind and number."""
    named = document_named(told.finding_id)
    if named is not None:
        return document_name(named.kind, named.document_id)
    return document_name(NO_KIND, told.document_id) if told.document_id else None
