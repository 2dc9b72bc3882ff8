"""The outbox: all records of a pay run are written and synced as a whole, then sent, then marked as confirmed.

``JOURNAL/outbox/<business day>/letters.avro`` is renamed into place, then its seal is written (`seals`). From then on
the pay run is decided: whatever fails, the same letters with the same ids and bytes are sent; letters that differ from
their seal are not. ``confirmed`` counts those that arrived; ``done`` marks that all did, and holds the SHA-256 of the
seal.
"""

import hashlib
import zlib
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import NamedTuple, Protocol

import fastavro

from pipelines.live.clock import day_of
from pipelines.live.durable import made, replace, sync, sync_folder
from pipelines.live.seals import (
    CONFIRMED,
    DONE,
    LETTERS,
    OUTBOX,
    RESTORE,
    SEAL,
    SEALING,
    SENT,
    put_seal,
    seal_of,
    seals,
    sha256_of,
)
from pipelines.live.segments import Damaged
from rules.periods import business_day_of, cut_off_of, iso
from schemas import REPEATED, private
from schemas.avro import Unreadable, decode_message, encode_message, fields_of, outgoing
from schemas.envelope import OutgoingRecord
from schemas.ids import message_id
from schemas.payment_instruction import PaymentInstruction
from schemas.physical import BAD_SCHEMA
from schemas.rejection import Rejection
from schemas.streams import BAD_BYTES

MARKER = b"ihss.v1 letters."
SCHEMA = fastavro.parse_schema(
    {
        "type": "record",
        "name": "ihss.journal.v1.Letter",
        "fields": [
            {"name": "kind", "type": "string"},
            {"name": "id", "type": "string"},
            {"name": "body", "type": "bytes"},
        ],
    }
)
ORDER = ("Rejection", *REPEATED, "PaymentInstruction", "PayRun")


class Letter(NamedTuple):
    """A record on its way out: ``body`` is its single-object message, ``id`` is what a consumer deduplicates on."""

    kind: str
    id: str
    body: bytes

    @property
    def record(self) -> OutgoingRecord:
        """What it says. Raises Unreadable."""
        record = decode_message(self.body, self.kind)
        assert isinstance(record, OutgoingRecord), "no letter holds a fact"
        return record


class NotSent(ConnectionError):
    """The other side did not confirm: to be tried again."""


class OtherContent(ValueError):
    """The other side has a pay run of this day that says something else: nobody may overwrite what was sent."""


class Sink(Protocol):
    """Where letters go."""

    def send(self, run: str, letters: list[Letter], first: int, confirm: Callable[[int], None]) -> None:
        """Send the letters from the place ``first`` on, and confirm how many have arrived, all told. Raises NotSent,
        OtherContent."""

    def said(self, run: str) -> list[Letter] | None:
        """All that is there of a pay run, in the order of its letters; None: nothing whole is, or nobody can look."""

    def close(self) -> None:
        """Let go of connections."""


def letter_of(record: OutgoingRecord, id: str) -> Letter:
    """The letter of a record. Raises Unreadable for one that nobody could read."""
    return Letter(record.KIND, id, encode_message(outgoing(type(record), fields_of(record))))


def letter_id(record: OutgoingRecord, run: str) -> str:
    """What no other letter has: an instruction's own id, else that of the record and the pay run."""
    if isinstance(record, PaymentInstruction):
        return record.instruction_id
    if isinstance(record, Rejection):
        return message_id(record.KIND, hashlib.sha256(record.origin.encode() + record.raw).hexdigest(), run)
    return message_id(*identity(record), run)


def identity(record: OutgoingRecord) -> tuple[str, ...]:
    """Kind and key of a record."""
    return record.KIND, *(str(getattr(record, name)) for name in record.KEY)


class DecidedRuns:
    """All pay runs that were decided, by business day, and what each says. Nothing of a journal is changed here."""

    def __init__(self, journal: Path) -> None:
        self.journal, self.folder = journal, journal / OUTBOX

    def decided(self) -> list[int]:
        """Cut-offs of the pay runs that are decided. Where there is no seal at all, letters are enough."""
        sealed = [] if (self.journal / SEALING).exists() else sorted(self.folder.glob(f"*/{SEAL}"))
        decided = sealed or sorted(self.folder.glob(f"*/{LETTERS}"))
        return [cut_off_of(day_of(path.parent.name)) for path in decided]

    def last_decided(self) -> int | None:
        """The cut-off of the last pay run that was decided."""
        return max(self.decided(), default=None)

    def unsealed(self) -> list[int]:
        """Cut-offs of decided pay runs that have no seal: they were decided before there were seals."""
        return [cut_off for cut_off in self.decided() if not (self._run(cut_off) / SEAL).exists()]

    def letters(self, cut_off: int) -> list[Letter] | None:
        """What a pay run says; None if it is not decided. Raises Damaged."""
        folder = self._run(cut_off)
        return self._letters(folder) if (folder / LETTERS).exists() else None

    def records(self, cut_off: int) -> Iterator[OutgoingRecord]:
        """What a pay run says, as records. Raises Damaged."""
        for letter in self.letters(cut_off) or ():
            try:
                record = letter.record
            except Unreadable:
                raise self._damaged(self._run(cut_off)) from None
            yield record

    def _letters(self, folder: Path) -> list[Letter]:
        content, seal = (folder / LETTERS).read_bytes(), seal_of(folder)
        if seal is not None and hashlib.sha256(content).hexdigest() != seal.letters_sha256:
            raise Damaged(f"outbox/{folder.name}/{LETTERS} is not what was decided: {RESTORE}")
        try:
            return [Letter(**record) for record in fastavro.reader(BytesIO(content))]  # type: ignore[arg-type]
        except (*BAD_BYTES, *BAD_SCHEMA):
            raise self._damaged(folder) from None

    def _damaged(self, folder: Path) -> Damaged:
        return Damaged(f"outbox/{folder.name}/{LETTERS} is damaged: {RESTORE}")

    def _run(self, cut_off: int) -> Path:
        return self.folder / iso(business_day_of(cut_off))


class Outbox(DecidedRuns):
    """Where pay runs are decided, and what of them has arrived."""

    def __init__(self, journal: Path, sink: Sink) -> None:
        super().__init__(journal)
        self.sink = sink
        for folder in (made(self.folder), *sorted(path for path in self.folder.iterdir() if path.is_dir())[-1:]):
            sync_folder(folder)  # a job may have been killed after it renamed, and before it synced
        self._last = next(reversed(seals(journal)), None)  # which the next one must follow

    def decide(self, cut_off: int, letters: list[Letter], newest: int = 0, sent: bool = False) -> None:
        """From now on this is what the pay run says. ``newest``: see `seals.Seal`; ``sent``: it was sent before, by
        what is no longer there."""
        folder = made(self._run(cut_off))
        (folder / SENT).unlink(missing_ok=True)  # of an attempt that a crash ended
        if sent:
            replace(folder / SENT, b"")  # first, so that no crash leaves letters that would be sent again
        content = BytesIO()
        fastavro.writer(content, SCHEMA, [letter._asdict() for letter in letters], sync_marker=MARKER)
        replace(folder / LETTERS, content.getvalue())
        self._last = put_seal(self.journal, cut_off, len(letters), content.getvalue(), newest, self._last)

    def seal_all(self, newest: int) -> None:
        """Seal pay runs that were decided before there were seals, and are as this journal says them."""
        replace(self.journal / SEALING, b"")  # so that the next start goes on if this one dies
        for cut_off in self.decided():
            folder = self._run(cut_off)
            content, done = (folder / LETTERS).read_bytes(), (folder / DONE).exists()
            if done:
                replace(folder / DONE, b"")  # it may name a seal that is lost; a crash leaves one that names none
            self._last = put_seal(self.journal, cut_off, len(self._letters(folder)), content, newest)
            if done:
                replace(folder / DONE, self._last.mark.encode())
        (self.journal / SEALING).unlink()

    def send_all(self) -> int:
        """Send what is decided and not done, oldest pay run first; how many letters that were. Safe to run twice."""
        return sum(self._send(folder) for folder in reversed(self.waiting()))

    def waiting(self) -> list[Path]:
        """Folders of the pay runs that are decided and not done, newest first."""
        waiting = []
        for folder in sorted(self.folder.iterdir(), reverse=True):
            if (folder / DONE).exists():
                break
            if (folder / SEAL).exists():
                waiting.append(folder)
        return waiting

    def _send(self, folder: Path) -> int:
        letters = self._letters(folder)
        first = _confirmed(folder / CONFIRMED, len(letters))
        if letters[first:] and not (folder / SENT).exists():
            with private.appended(folder / CONFIRMED) as stream:

                def confirm(arrived: int) -> None:
                    stream.write(_line(arrived))
                    sync(stream)

                self.sink.send(folder.name, letters, first, confirm)
        replace(folder / DONE, self._mark_of_seal(folder).encode())
        return len(letters) - first

    def _mark_of_seal(self, folder: Path) -> str:
        """As this job put it, if it did; "": an earlier version put none."""
        if self._last is not None and self._last.day == folder.name:
            return self._last.mark
        return sha256_of(folder / SEAL) if (folder / SEAL).exists() else ""


def _line(arrived: int) -> bytes:
    """How many letters have arrived, with a check."""
    number = b"%d" % arrived
    return b"%b %08x\n" % (number, zlib.crc32(number))


def _confirmed(path: Path, letters: int) -> int:
    """How many of so many letters have arrived. A line that is not as it was written does not count: what is sent twice
    is deduplicated, what is not sent is not paid."""
    lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
    numbers = [int(number) for line in lines if (number := line.partition(b" ")[0]).isdigit()]
    return max((number for number in numbers if number <= letters and _line(number) in lines), default=0)
