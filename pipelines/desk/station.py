"""What every page of a running desk shares: where things lie, the law, the clock, and who may decide."""

import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from fold.publications import obeying
from pipelines.desk.county import CountyQuestions
from pipelines.desk.index import Beat, index_path, is_as_written, is_fresh, refreshed
from pipelines.desk.origins import DeskOrigin, JournalOrigin
from pipelines.desk.passwords import PasswordDoor
from pipelines.desk.shelf import DeskShelf
from pipelines.live.clock import Clock, machine_clock
from pipelines.live.segments import Damaged, published
from pipelines.misuse import Misuse
from pipelines.spoken import quoted, say
from pipelines.statements.contact import Contacts
from rules.law import Law
from schemas.avro import Unreadable

SECONDS_BETWEEN_LOOKS = 2.0
SECONDS_BETWEEN_PROOFS = 3_600.0  # of every bit of the index
TROUBLES = (Misuse, Damaged, Unreadable, OSError, sqlite3.DatabaseError)
"""What the desk reads was damaged or taken away while it is open."""


@dataclass
class Station:
    """``law``: by which was paid; ``deciders``: officers who may file facts; ``land``: where these go; ``docs``: the
    docs site; ``token``: lets in whoever knows it, "": passwords do."""

    origin: DeskOrigin
    law: Law
    token: str = ""
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    passwords: PasswordDoor | None = None
    deciders: tuple[str, ...] = ()
    land: Path | None = None
    clock: Clock = machine_clock
    docs: str | None = None
    contacts: Contacts = field(default_factory=lambda: Contacts(None))
    counties: CountyQuestions = field(default_factory=CountyQuestions)

    def __post_init__(self) -> None:
        self._lock, self._looked, self._maker = threading.Lock(), 0.0, threading.Thread()
        self._proved = time.monotonic()
        self.trouble = ""  # why what is there now cannot be taken in

    @property
    def accesses(self) -> Path:
        """Who saw whom."""
        return index_path(self.origin).with_suffix(".desk.access")

    @property
    def log(self) -> Path:
        """What was decided here."""
        return index_path(self.origin).with_suffix(".desk.decisions")

    @property
    def journal(self) -> Path | None:
        """The journal, if this is the desk of one."""
        return self.origin.events if isinstance(self.origin, JournalOrigin) else None

    def make(self, beat: Beat) -> None:
        """Make the index, or see that it is of what is there."""
        self._obey()
        refreshed(self.origin, beat)

    def _obey(self) -> None:
        """What was published on the journal, up to now."""
        if self.journal is not None:
            self.law = obeying(self.law, published(self.journal))

    @contextmanager
    def shelf(self, on: int | None = None) -> Iterator[DeskShelf]:
        """The index, open. If files came since it was made, another thread takes them in."""
        self._look()
        with closing(DeskShelf(index_path(self.origin), on)) as shelf:
            yield shelf

    @property
    def is_making(self) -> bool:
        """Are files being taken in that came since?"""
        return self._maker.is_alive()

    def wait(self) -> None:
        """Until what came is taken in."""
        if self._maker.is_alive():
            self._maker.join()

    def _look(self) -> None:
        with self._lock:
            now = time.monotonic()
            if self._maker.is_alive() or now - self._looked < SECONDS_BETWEEN_LOOKS:
                return
            self._looked = now
            with self._noticing():
                if now - self._proved >= SECONDS_BETWEEN_PROOFS or not is_fresh(self.origin):
                    self._proved = now
                    self._obey()
                    self._maker = threading.Thread(target=self._take_in, daemon=True)
                    self._maker.start()  # whether all is well it says when it ends
                else:
                    self.trouble = ""

    def _take_in(self) -> None:
        with self._noticing():
            refreshed(self.origin)
            self.trouble = ""

    @contextmanager
    def _noticing(self) -> Iterator[None]:
        """What cannot be taken in is said on every page, which goes on showing what was there."""
        try:
            yield
        except TROUBLES as wrong:
            self.trouble = in_words(wrong)

    def distrust(self) -> None:
        """The index could not be read: unless it was the machine's fault it is made anew as soon as somebody looks."""
        if not self.is_sound:
            index_path(self.origin).unlink(missing_ok=True)
        self._looked = float("-inf")

    @property
    def is_sound(self) -> bool:
        """Is every bit of the index what was written?"""
        path = index_path(self.origin)
        return path.is_file() and is_as_written(path)


def in_words(wrong: Exception) -> str:
    """What is wrong, and what to do, in a line. A journal that is damaged names its file and the remedy."""
    if isinstance(wrong, Misuse):
        return wrong.format_message()
    if isinstance(wrong, Damaged):
        return say("The journal is not as it was written. {damage}.", damage=quoted(str(wrong)))
    path = getattr(wrong, "filename", None) or ""
    reason = getattr(wrong, "strerror", None) or type(wrong).__name__
    return say("{path}: {reason}. Put it back, or make room.", path=str(path), reason=quoted(reason))
