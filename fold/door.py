"""Where facts come in (the "door"): each is decoded, validated and given to the first pay run that may use it.

What `DecodeEvents` does, without an engine. Input that cannot be used becomes a Rejection with its original bytes; a
bug crashes.
"""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from fold.admissions import Admissions, as_told
from fold.places import Places
from fold.rows import Dealer, fact_body, fact_row
from fold.stages import claims_pay, routes
from fold.tally import Tally
from rules.periods import cut_off_after, is_cut_off
from schemas import ARRIVALS, FACTS
from schemas.admission import Admission
from schemas.avro import Container, Unreadable, decode_message, original_message, validate
from schemas.cloud_journal import Deliveries, Delivery, arrived, is_cloud_journal, record_of
from schemas.envelope import Crossing, Fact
from schemas.ids import origin_in
from schemas.journal import NO_EVENTS, Entry, is_segment, segment_blocks
from schemas.rejection import Rejection
from schemas.symbols import RejectionReason
from schemas.types import Fields

LARGEST_RAW = 1 << 20  # bytes of a rejected event that its Rejection carries; beyond, its SHA-256 and place


def admission(fact: Fact) -> int:
    """The pay run that sees a fact first: a pure function of the message.

    Raises Unreadable (CONTRADICTORY) when ``admitted_cut_off`` is none or too early.
    """
    first = cut_off_after(fact.recorded_at)
    admitted = fact.admitted_cut_off
    if admitted is None or admitted == first:
        return first
    if admitted < first or not is_cut_off(admitted):
        raise Unreadable(
            "CONTRADICTORY", "A cut-off at or after the first one that follows recorded_at.", "admitted_cut_off"
        )
    return admitted


def fact_of(entry: Entry) -> Fact:
    """The fact of a journal's entry, with the pay run that the journal names. Raises Unreadable."""
    fact = decode_message(entry.raw)
    if not isinstance(fact, Fact):
        raise Unreadable("UNKNOWN_SCHEMA", f"{fact.KIND} is not a kind of fact.")
    return fact.model_copy(update={"admitted_cut_off": entry.admitted_cut_off})


def fact_delivered(record: Crossing, arrived_at: int) -> Fact:
    """The fact that a message held, with the pay run that its arrival admits it to. Raises Unreadable."""
    fact = arrived(record, arrived_at)
    return fact.model_copy(update={"admitted_cut_off": cut_off_after(max(fact.recorded_at, arrived_at))})


class Door:
    """Facts to rows for their stages; what cannot be used to rejections. ``until`` None: all that is recorded is
    due. ``places``: where to note in which block whose facts lie. ``admissions``: what is known of facts that came
    late."""

    def __init__(
        self, shards: int, until: int | None, places: Places | None = None, admissions: Admissions | None = None
    ) -> None:
        self.dealer, self.tally, self.until = Dealer(shards), Tally(), until
        self.places, self.admissions = places, admissions or Admissions()
        self.rejections: list[Rejection] = []
        self.catalog: list[bytes] = []

    def read_file(self, path: Path, name: str) -> Iterator[None]:
        """Read a container file of facts or a piece of a journal; yields now and then, when blocks may be full.

        ``name`` is its origin in rejections; spelled out where it holds what would forge a line.
        """
        name = name if name.isprintable() else repr(name)
        with path.open("rb") as stream:
            try:
                if is_segment(stream):
                    for block, entries in segment_blocks(stream):
                        for entry in entries:
                            self.read_entry(entry, block)
                            yield
                    return
                if is_cloud_journal(stream):
                    yield from self._read_deliveries(Deliveries(stream))
                    return
                container = Container(stream)
                if container.kind not in (*FACTS, *ARRIVALS):
                    raise Unreadable("UNKNOWN_SCHEMA", f"{container.kind} is not a kind of fact.", offset=0)
                for number, (position, record) in enumerate(container):
                    self.read_record(container, record, origin_in(name, position))
                    if not number % 1024:
                        yield
            except Unreadable as damage:
                self._reject_rest(path, name, damage)

    def read_record(self, container: Container, record: Fields, origin: str) -> None:
        """One record of a container."""
        self.tally.inputs += 1
        try:
            self.take(validate(container.kind, record), container.block_offset)
        except Unreadable as wrong:
            self.reject(original_message(container), origin, wrong)

    def read_entry(self, entry: Entry, block: int = 0) -> None:
        """One entry of a journal: the pay run that the journal names sees it first, and what was rejected stays so."""
        if entry.reason in NO_EVENTS:
            return
        self.tally.inputs += 1
        try:
            if entry.reason is not None:
                raise Unreadable(cast(RejectionReason, entry.reason), entry.message or "", entry.field)
            self.admit(fact_of(entry), block)
        except Unreadable as wrong:
            self.reject(entry.raw, entry.origin, wrong)

    def _read_deliveries(self, deliveries: Deliveries) -> Iterator[None]:
        for number, (_, delivery) in enumerate(deliveries.messages()):
            self.read_delivery(delivery, deliveries.block_offset)
            if not number % 1024:
                yield

    def read_delivery(self, delivery: Delivery, block: int = 0) -> None:
        """One message of a journal that the cloud kept: when it was published decides which pay run sees it first."""
        self.tally.inputs += 1
        try:
            record = record_of(delivery)
            self.take(record if record.KIND in ARRIVALS else fact_delivered(record, delivery.arrived_at), block)
        except Unreadable as wrong:
            self.reject(delivery.body, delivery.origin, wrong)

    def take(self, record: Crossing, block: int = 0) -> None:
        """A trusted record: a fact, or what is said of one that came late, which is reference and was read before."""
        if record.KIND not in ARRIVALS:
            return self.admit(cast(Fact, record), block)
        as_told(cast(Admission, record))
        if self.places is not None:
            self.places.note(record, block)
        self.tally.count(self.tally.used, record.KIND)

    def admit(self, fact: Fact, block: int = 0) -> None:
        """A trusted fact: to the stages that read it, if it is due. ``block``: where in its file it begins."""
        if self.places is not None:
            self.places.note(fact, block)
        if fact.KIND == "CourseListing":
            self.tally.count(self.tally.used, fact.KIND)
            self.catalog.append(fact_body(fact))
            return
        cut_off = self.admissions.obeyed(fact, admission(fact))
        if self.until is not None and cut_off > self.until:
            self.tally.count(self.tally.not_yet_due, fact.KIND)
            return
        self.tally.count(self.tally.used, fact.KIND)
        self.tally.latest_cut_off = max(self.tally.latest_cut_off, cut_off)
        if claims_pay(fact):
            self.tally.claim_seen(cut_off)
        self.deal(fact, cut_off)

    def deal(self, fact: Fact, cut_off: int) -> None:
        """A fact that is due, to the stages that read it."""
        body = fact_body(fact)
        for stage, key in routes(fact):
            self.dealer.deal(stage, fact_row(key, cut_off, fact, body))

    def reject(self, raw: bytes, origin: str, wrong: Unreadable) -> None:
        """A Rejection; its raw bytes stay where they are when they are too many to carry."""
        if len(raw) > LARGEST_RAW:
            self._reject_unseen(len(raw), hashlib.sha256(raw).hexdigest(), origin, wrong)
        else:
            self._note_rejection(raw, origin, wrong, wrong.message)

    def _reject_unseen(self, size: int, sha256: str, origin: str, wrong: Unreadable) -> None:
        message = f"{wrong.message} {size} bytes with SHA-256 {sha256} stay at {origin}."
        self._note_rejection(b"", origin, wrong, message)

    def _note_rejection(self, raw: bytes, origin: str, wrong: Unreadable, message: str) -> None:
        self.tally.count(self.tally.rejections, wrong.reason)
        self.rejections.append(
            Rejection(raw=raw, origin=origin, reason=wrong.reason, field=wrong.field, message=message)
        )

    def _reject_rest(self, path: Path, name: str, damage: Unreadable) -> None:
        """All of a file from its damage on, as one input."""
        offset = damage.offset or 0
        origin = origin_in(name, offset)
        self.tally.inputs += 1
        with path.open("rb") as stream:
            size = stream.seek(0, os.SEEK_END) - offset
            stream.seek(offset)
            if size > LARGEST_RAW:  # a file may be larger than the memory
                self._reject_unseen(size, hashlib.file_digest(stream, "sha256").hexdigest(), origin, damage)
            else:
                self.reject(stream.read(), origin, damage)
        self.tally.rejected_files.append((name, damage.reason, damage.message))
