"""When the clock is not trusted: a machine that starts in a wrong year must neither close a year of pay runs nor reject
facts as too late.

The clock is compared with the times at which facts were published, by Pub/Sub's clock, and with those of all that was
taken; only where facts have none, as in files, with when most of them were recorded. An operator who knows that it is
right says up to which pay run (``run --trust-clock``, ``--close-run``).
"""

from collections.abc import Sequence

from pipelines.live.journal import Journal
from rules.periods import cut_offs
from schemas.cloud_journal import EARLY_MILLIS, RECORDED_LATER
from schemas.journal import TAKEN, Entry

MOST_AT_ONCE = 3
MILLIS_IN_DAY = 86_400_000
MILLIS_BETWEEN_TRIES = 10_000  # what was turned away is there to be taken again, but not at once
SAYS = "set the clock right; if it is, start with --trust-clock and the last pay run to be closed by it"


class ClockDoubt:
    """What speaks against the clock, as sentences. ``trusted``: the instant up to which an operator vouches for it."""

    def __init__(self, journal: Journal, trusted: int = 0) -> None:
        self.journal, self.trusted = journal, trusted
        self._turned_away: int | None = None  # when something last was

    def of_opening(self, open_run: int, now: int) -> str | None:
        """Why nothing is to be taken or closed now; None: no reason."""
        first = max(open_run, self.trusted + 1)
        if now < first or len(cut_offs(first, now)) <= MOST_AT_ONCE:
            return None
        return f"more than {MOST_AT_ONCE} pay runs are due at once by this machine's clock: {SAYS}"

    def of_closing(self, cut_off: int) -> str | None:
        """Why this pay run is not to be closed though its time has come; None: no reason."""
        newest = self.journal.newest
        if cut_off <= self.trusted or not newest or cut_off <= newest + MILLIS_IN_DAY:
            return None
        return f"this machine's clock has passed a cut-off more than a day after the newest fact: {SAYS}"

    def of_taking(self, entries: Sequence[Entry], now: int, newest: int, published: bool) -> str | None:
        """Why these are not to be acknowledged; None: no reason. ``newest``: the latest instant that one of them was
        ``published`` at, by the clock of a server, or, where none was, recorded at; 0: none was."""
        if now <= self.trusted:
            return None
        why = self._against(entries, now, newest, published)
        self._turned_away = now if why else self._turned_away
        return f"{why}: {SAYS}" if why else None

    def _against(self, entries: Sequence[Entry], now: int, newest: int, published: bool) -> str | None:
        if not self.journal.count and now > newest + MILLIS_IN_DAY:
            return "the journal is new, and nothing that came is of the last day by this machine's clock"
        if now + EARLY_MILLIS < max(self.journal.newest, newest if published else 0):
            return "what came was published or recorded later than this machine's clock says it is"
        events = [entry for entry in entries if entry.reason != TAKEN]
        later = sum(entry.message == RECORDED_LATER for entry in events)
        if not published and 2 * later > len(events):
            return "most of what came was recorded later than this machine's clock says it is"
        return None

    def waits(self, now: int) -> bool:
        """Was something turned away just now?"""
        return self._turned_away is not None and 0 <= now - self._turned_away < MILLIS_BETWEEN_TRIES
