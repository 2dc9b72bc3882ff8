"""What a key may forget once months have closed (TIME-6), so that its state stays small though years go by.

Nothing that is forgotten can change a record: the stateful path says what the bounded one says, which forgets nothing.
Of a closed month stay the timesheets and travel claims (a revision that comes late is held against them), and what its
conclusions say is kept of them (`rules.conclusion.Conclusion`). Of visits and outcomes that are over stay digests, by
which a document sent again is told from another under its number.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cache, lru_cache
from typing import Any

import msgspec

from fold.key_memory import bring_out
from fold.remembered import STANDING_ROWS, Remembered
from fold.rows import Row, arrival
from fold.shelves import VISIT, mark
from rules.conclusion import Closed
from rules.documents import Document, content
from rules.law import Law
from rules.periods import business_day_of, month_of, next_month, previous_month
from rules.restatement import LIFETIME, STANDING, Concluded, Unit, closed, month_unit
from rules.settle.outcomes import outcome_is_over
from rules.visits import visit_is_over
from schemas import FACTS
from schemas.symbols import GONE

DIGEST = 8  # bytes: a key knows thousands of documents at most
BODY = -2  # its place in a row
_NOTHING: dict[str, dict[str, Any]] = {  # what a stand-in of a kind that is forgotten says
    "EvvVisit": {"check_in_at": None, "check_out_at": None, "method": GONE},
    "PaymentOutcome": {"outcome": GONE},
}
_FORGOTTEN: dict[str, Callable[[Any, Closed, Concluded], bool]] = {  # may a document of the kind be?
    "EvvVisit": lambda visit, is_closed, _: visit_is_over(visit, is_closed),
    "PaymentOutcome": outcome_is_over,
}
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Any]).decode


def forget(memory: Remembered, key: str, cut_off: int, law: Law) -> None:
    """Drop what nobody reads again after this cut-off, if a month has closed since the last time."""
    last = last_closed(cut_off, law)
    if last <= memory.closed:
        return
    first, memory.closed = previous_month(memory.closed), last
    for month in [month for month in memory.put_away if first <= month <= last]:
        bring_out(memory, key, month)
    is_closed = _closed_at(cut_off, law)
    _keep_rows(memory, is_closed)
    said = {unit: _still_read(unit, of_unit, is_closed) for unit, of_unit in memory.said.items()}
    memory.said.clear()
    for unit, of_unit in said.items():  # a lifetime of which nothing is said yet is decided when law is published, too
        if of_unit or unit == LIFETIME or month_of(unit.month) in memory.put_away:
            memory.said[unit] = of_unit
    memory.reviews = {unit: at for unit, at in memory.reviews.items() if not closed(unit, cut_off, law)}


@lru_cache(maxsize=64)
def last_closed(cut_off: int, law: Law) -> int:
    """The last month that is closed at a cut-off."""
    month = previous_month(month_of(business_day_of(cut_off)))
    while month > 0 and not closed(month_unit(month), cut_off, law):
        month = previous_month(month)
    return month


def _closed_at(cut_off: int, law: Law) -> Closed:
    return cache(lambda month: closed(month_unit(month), cut_off, law))


# --- rows -------------------------------------------------------------------------------------------------------------


def _keep_rows(memory: Remembered, is_closed: Closed) -> None:
    """Rows that are still read; what was concluded of a month that no open one reads is only read for good."""
    going = _going(memory, is_closed)
    told: dict[str, set[str]] = defaultdict(set)
    kept: dict[int, list[Row]] = {month: [] for month in sorted(memory.rows)}
    for month in kept:
        long_closed = month != STANDING_ROWS and is_closed(next_month(month))
        for row in _rows_still_read(memory.rows[month], going, told, is_closed):
            kept[STANDING_ROWS if long_closed and row[-1] not in FACTS else month].append(row)
    memory.rows.clear()
    memory.rows.update(kept)
    for month, rows in kept.items():
        memory.marks[month] = {mark(arrival(row).content) for row in rows if row[-1] == VISIT}


def _rows_still_read(
    rows: Iterable[Row], going: set[bytes], told: dict[str, set[str]], is_closed: Closed
) -> Iterator[Row]:
    """In their order; of those that vanished, that they did."""
    for row in rows:
        kind = row[-1]
        if kind in _FORGOTTEN:
            if document_key(row) not in going:
                yield row
        elif kind in FACTS or not row[BODY] or arrival(row).content.still_read(is_closed, told[kind]):
            yield row


def _going(memory: Remembered, is_closed: Closed) -> set[bytes]:
    """Documents that can go, noted among those that are gone."""
    documents: dict[bytes, list[Row]] = defaultdict(list)
    for row in memory.open_rows:
        if row[-1] in _FORGOTTEN:
            documents[document_key(row)].append(row)
    lasting = memory.said.get(LIFETIME, {})
    going = set()
    for key, rows in documents.items():
        facts = [arrival(row).content for row in rows]
        is_over = _FORGOTTEN[rows[0][-1]]
        if all(_is_stand_in(each) or is_over(each, is_closed, lasting) for each in facts) and not _conflict(rows):
            going.add(key)
            known = memory.gone.setdefault(key, [])
            known += [(fact.revision, digest(fact)) for fact in facts if not _is_stand_in(fact)]
    return going


def _conflict(rows: list[Row]) -> bool:
    document: Document[Any] = Document()
    for row in rows:
        document.file(arrival(row))
    return bool(document.conflicts)


# --- documents sent again, though forgotten ---------------------------------------------------------------------------


def recalled(row: Row, memory: Remembered) -> Iterator[Row]:
    """An arrival as the case file must see it: nothing, if it repeats what was forgotten; else after stand-ins for the
    revisions of its document that were."""
    if row[-1] not in _FORGOTTEN or (known := memory.gone.get(key := document_key(row))) is None:
        yield row
        return
    fact = arrival(row).content
    if any(each == (fact.revision, digest(fact)) for each in known):
        return
    if not any(other[-1] in _FORGOTTEN and document_key(other) == key for other in memory.open_rows):
        yield from (_stand_in(row, revision) for revision in dict.fromkeys(revision for revision, _ in known))
    yield row


def _stand_in(row: Row, revision: int) -> Row:
    """A revision of the row's document of which only the number is known: it counts for no day and returns nothing."""
    key, cut_off, *_, body, kind = row
    values = dict(zip(FACTS[kind].model_fields, _decode(body), strict=True))
    values |= {"revision": revision, "withdrawn": False, **_NOTHING[kind]}
    return key, cut_off, 0, "", "", _encode(list(values.values())), kind


def _is_stand_in(fact: object) -> bool:
    return GONE in (getattr(fact, "method", None), getattr(fact, "outcome", None))


def document_key(row: Row) -> bytes:
    """A digest of what makes a document one: its kind, key fields and id."""
    fact = arrival(row).content
    named = [fact.KIND, *(getattr(fact, name) for name in fact.KEY_FIELDS), fact.document_id]
    return hashlib.blake2b(repr(named).encode(), digest_size=DIGEST).digest()


def digest(fact: object) -> bytes:
    """A digest of what `rules.documents.same_content` compares."""
    return hashlib.blake2b(content(fact).encode(), digest_size=DIGEST).digest()


# --- conclusions ------------------------------------------------------------------------------------------------------


def _still_read(unit: Unit, said: Concluded, is_closed: Closed) -> Concluded:
    """What other units read of a closed one; all of one that is not."""
    month = month_of(unit.month)
    if unit in (STANDING, LIFETIME) or not is_closed(month):
        return said
    kept = ((id, each.when_closed(month, is_closed)) for id, each in said.items())
    return {id: each for id, each in kept if each is not None}
