"""The outbox: what a pay run says is written and synced as a whole, then sent, then marked as confirmed.

``JOURNAL/outbox/<business day>/letters.avro`` appears whole: from then on the pay run is decided, and whatever dies,
the same letters with the same ids and bytes go out. ``confirmed`` counts those that arrived, ``done`` says all did.
"""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import NamedTuple, Protocol

import fastavro

from pipelines.live.clock import day_of
from pipelines.live.durable import made, replace, sync
from rules.periods import business_day_of, cut_off_of, iso
from schemas.avro import decode_message, encode_message, fields_of, outgoing
from schemas.envelope import OutgoingRecord

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
ORDER = ("Rejection", "Finding", "AdvanceReconciliation", "BenefitHours", "PaymentInstruction", "PayRun")
LETTERS, CONFIRMED, DONE = "letters.avro", "confirmed", "done"


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


class Sink(Protocol):
    """Where letters go."""

    def send(self, run: str, letters: list[Letter], first: int, confirm: Callable[[int], None]) -> None:
        """Send the letters from the place ``first`` on, and confirm how many have arrived, all told. Raises NotSent."""

    def close(self) -> None:
        """Let go of connections."""


def letter_of(record: OutgoingRecord, id: str) -> Letter:
    """The letter of a record. Raises Unreadable for one that nobody could read."""
    return Letter(record.KIND, id, encode_message(outgoing(type(record), fields_of(record))))


class Outbox:
    """All pay runs that were decided, by business day, and what of them has arrived."""

    def __init__(self, journal: Path, sink: Sink) -> None:
        self.folder, self.sink = made(journal / "outbox"), sink

    def last_decided(self) -> int | None:
        """The cut-off of the last pay run that was decided."""
        days = [path.parent.name for path in self.folder.glob(f"*/{LETTERS}")]
        return cut_off_of(day_of(max(days))) if days else None

    def decide(self, cut_off: int, letters: list[Letter], sent: bool = False) -> None:
        """From now on this is what the pay run says. ``sent``: it was sent before, by what is no longer there."""
        folder = made(self._run(cut_off))
        content = BytesIO()
        fastavro.writer(content, SCHEMA, [letter._asdict() for letter in letters], sync_marker=MARKER)
        replace(folder / LETTERS, content.getvalue())
        if sent:
            replace(folder / DONE, b"")

    def letters(self, cut_off: int) -> list[Letter] | None:
        """What a pay run says; None if it is not decided."""
        path = self._run(cut_off) / LETTERS
        if not path.exists():
            return None
        with path.open("rb") as stream:
            return [Letter(**record) for record in fastavro.reader(stream)]  # type: ignore[arg-type]

    def send_all(self) -> int:
        """Send what is decided and not done, oldest pay run first; how many letters that were. Safe to run twice."""
        return sum(self._send(folder) for folder in reversed(self.waiting()))

    def waiting(self) -> list[Path]:
        """Folders of the pay runs that are decided and not done, newest first."""
        waiting = []
        for folder in sorted(self.folder.iterdir(), reverse=True):
            if (folder / DONE).exists():
                break
            if (folder / LETTERS).exists():
                waiting.append(folder)
        return waiting

    def _send(self, folder: Path) -> int:
        letters = self.letters(cut_off_of(day_of(folder.name))) or []
        first = _confirmed(folder / CONFIRMED)
        if letters[first:]:
            with (folder / CONFIRMED).open("ab") as stream:

                def confirm(arrived: int) -> None:
                    stream.write(f"{arrived}\n".encode())
                    sync(stream)

                self.sink.send(folder.name, letters, first, confirm)
        replace(folder / DONE, b"")
        return len(letters) - first

    def _run(self, cut_off: int) -> Path:
        return self.folder / iso(business_day_of(cut_off))


def _confirmed(path: Path) -> int:
    """How many letters have arrived; a line that was not written to its end does not count."""
    lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
    return int(lines[-1]) if lines else 0
