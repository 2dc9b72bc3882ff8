"""Ids: made and taken apart here and nowhere else.

An id is its parts with a mark between them: ``:`` in ids of statements, instructions, findings and conclusions, ``/``
in references to documents and in keys of people. Ids of people and documents hold neither (`types.Identifier`). An
instruction id that a PaymentOutcome names is anybody's text: what is none of ours names nobody and no day.

Days are ``int`` days since 1970-01-01, in ids as ISO dates; ``-`` stands for nobody, or for a field that is not part
of a finding's grain.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from schemas.symbols import OF_PROVIDER, PAYMENT_KINDS, UnknownSymbol
from schemas.types import EPOCH, FIRST_DAY, LAST_DAY

NOBODY = "-"
RECIPIENT, PROVIDER = "R", "P"  # sides of a key
DAY_IN_SPANS, PERIOD_IN_TIME = 3, 4  # places of days in ids of what is said of a provider and a recipient
_MARK, _STROKE = ":", "/"
_REMEMBERED = 4096


@lru_cache(maxsize=_REMEMBERED)
def _iso(day: int) -> str:
    return date.fromordinal(EPOCH.toordinal() + day).isoformat()


def _day(text: str) -> int | None:
    """The day of an ISO date; None: it is none, or none that a record may have."""
    try:
        day = (date.fromisoformat(text) - EPOCH).days
    except ValueError:
        return None
    return day if FIRST_DAY <= day <= LAST_DAY else None


# --- statements and instructions --------------------------------------------------------------------------------------


class Payee(NamedTuple):
    """Whom an id of a statement or an instruction names; of any other text "" and None."""

    kind: str
    payee_id: str
    recipient_id: str | None

    @property
    def provider_id(self) -> str | None:
        """Who worked; None: an advance, which the recipient is paid."""
        return None if self.kind == "ADVANCE" else self.payee_id


def statement_id(kind: str, payee_id: str, recipient_id: str | None, period_start: int) -> str:
    """``kind:payee_id:recipient_id:period_start``."""
    return f"{kind}:{payee_id}:{recipient_id or NOBODY}:{_iso(period_start)}"


def instruction_id(statement_id: str, run_date: int) -> str:
    """The statement and the pay run's business day: the same decision always has the same id."""
    return f"{statement_id}:{_iso(run_date)}"


def statement_of(instruction_id: str) -> str:
    """The statement that an instruction is of."""
    return instruction_id.rpartition(_MARK)[0]


def day_of(id: str) -> int | None:
    """The day with which an id ends: a statement's pay period, an instruction's pay run; None: it is none of ours."""
    return _day(id.rpartition(_MARK)[-1])


def payee_of(id: str) -> Payee:
    """Whom a statement or an instruction pays."""
    kind, payee, recipient, *_ = (*id.split(_MARK), "", "")
    return Payee(kind, payee, None if recipient in ("", NOBODY) else recipient)


def is_instruction_id(id: str) -> bool:
    """Is it an id that this house may have given?"""
    return id.count(_MARK) == len(Payee._fields) + 1 and payee_of(id).kind in PAYMENT_KINDS and None not in (
        day_of(id), day_of(statement_of(id))
    )  # fmt: skip


# --- keys: people and settlements -------------------------------------------------------------------------------------


def provider_key(provider_id: str) -> str:
    """A provider, also as the settlement of training and incentives."""
    return f"{PROVIDER}/{provider_id}"


def recipient_key(recipient_id: str) -> str:
    """A recipient, also as the settlement of its providers' pay and its advances."""
    return f"{RECIPIENT}/{recipient_id}"


def person_of(key: str) -> tuple[str, str]:
    """The side, RECIPIENT or PROVIDER, and the id of the person."""
    side, _, id = key.partition(_STROKE)
    return side, id


def settlement_of(kind: str, payee_id: str, recipient_id: str | None) -> str:
    """The key of the settlement that pays a kind. Raises UnknownSymbol."""
    if kind not in PAYMENT_KINDS:
        raise UnknownSymbol(f"no kind of payment that is known here: {kind}")
    return provider_key(payee_id) if kind in OF_PROVIDER else recipient_key(recipient_id or "")


def settlement_that_made(instruction_id: str) -> str:
    """The key of the settlement that an instruction is of, by its id; any, if it is none of ours."""
    named = payee_of(instruction_id)
    return provider_key(named.payee_id) if named.kind in OF_PROVIDER else recipient_key(named.recipient_id or "")


# --- documents --------------------------------------------------------------------------------------------------------


class Reference(NamedTuple):
    """A revision of a document."""

    kind: str
    document_id: str
    revision: int


def reference(kind: str, document_id: str, revision: int) -> str:
    """``kind/document_id/revision``."""
    return f"{kind}/{document_id}/{revision}"


def referred(reference: str) -> Reference:
    """The document and revision that a reference names."""
    kind, document_id, revision = reference.split(_STROKE)
    return Reference(kind, document_id, int(revision))


def document_of(reference: str) -> str:
    """``kind/document_id`` of a reference."""
    return reference.rpartition(_STROKE)[0]


def number_of(document: str) -> str:
    """``document_id`` of ``kind/document_id``."""
    return document.rpartition(_STROKE)[2]


def kind_and_number(document: str) -> tuple[str, str]:
    """Kind and number of ``kind/document_id``."""
    kind, _, number = document.partition(_STROKE)
    return kind, number


class DocumentNamed(NamedTuple):
    """The document in a finding's id; ``period_start``: of its pay period, as ISO date."""

    kind: str
    document_id: str
    period_start: str | None = None


def document_name(kind: str | None, document_id: str | None, period_start: int | None = None) -> str:
    """``Kind/document_id/period_start``, the last only where the kind has one: two kinds may number alike."""
    return _STROKE.join((str(kind), str(document_id), *(() if period_start is None else (_iso(period_start),))))


# --- findings and conclusions -----------------------------------------------------------------------------------------


def finding_id(code: str, addressee: str, grain: Sequence[str | int | None]) -> str:
    """``code:addressee:`` and the fields of the grain, days as ISO dates."""
    parts = (NOBODY if part is None else _iso(part) if isinstance(part, int) else part for part in grain)
    return _MARK.join((code, addressee, *parts))


def code_of(finding_id: str) -> str:
    """The code of a finding."""
    return finding_id.partition(_MARK)[0]


def document_named(finding_id: str) -> DocumentNamed | None:
    """Which document a finding is about; None: its grain is none, or the id is of a time before kinds were in it."""
    found = next((part for part in finding_id.split(_MARK) if _STROKE in part), None)
    return DocumentNamed(*found.split(_STROKE)) if found else None


def conclusion_id(word: str, *parts: str | int) -> str:
    """Of what a decision says: a word for what it is, and every field that the next key is made of; days as dates."""
    return _MARK.join([word, *[part if isinstance(part, str) else _iso(part) for part in parts]])


def day_in(conclusion_id: str, place: int) -> int:
    """The day that is a part of it, counted from the word at 0. Raises ValueError: it is none."""
    day = _day(conclusion_id.split(_MARK)[place])
    if day is None:
        raise ValueError("no day at this place of the id")
    return day


def account_id(statement_id: str) -> str:
    """Of what was instructed for a statement."""
    return f"account{_MARK}{statement_id}"


def statement_of_account(account_id: str) -> str:
    """The statement whose account it is."""
    return account_id.partition(_MARK)[2]


def message_id(kind: str, *parts: str) -> str:
    """Of a record on its way out: the same record has the same id."""
    return _MARK.join((kind, *parts))


# --- origins: where an event came from --------------------------------------------------------------------------------


def origin_in(name: str, place: int | str) -> str:
    """``file:place``; the place: a byte, a line, or a word for what is there."""
    return f"{name}:{place}"


def origin_of_message(subscription: str, message_id: str) -> str:
    """``subscription/message id``; of the subscription's path the name."""
    return f"{subscription.rpartition(_STROKE)[2]}/{message_id}"


def file_of(origin: str) -> str:
    """The file of an origin; "" where it names none."""
    return origin.rpartition(_MARK)[0]


def message_of_origin(origin: str) -> str:
    """The message id of an origin."""
    return origin.rpartition(_STROKE)[2]


def source_of(origin: str) -> str:
    """The file, or the subscription, without the place in it."""
    head, colon, place = origin.rpartition(_MARK)
    return head if colon and place.isdigit() else origin.rpartition(_STROKE)[0] or origin
