"""How the live job ends on Ctrl-C or SIGTERM, at any instant, without damage.

A job that runs until it is stopped exits with 0. One that was to close a pay run and has not exits as programs do that
a signal ends: 128 and the signal's number.
"""

import signal
from types import FrameType

BY_SIGNAL = 128


class Ended(KeyboardInterrupt):
    """It was asked to end before its first round: whatever it was at, the next start makes again."""


class JobEnding:
    """Listens for the wish to end. While the job comes up it is granted at once (Ended), later after the round, so
    that a pay run is whole."""

    def __init__(self) -> None:
        self.asked, self.at_once, self.number = False, True, 0
        for wish in (signal.SIGINT, signal.SIGTERM):
            signal.signal(wish, self._ask)

    def after_the_round(self) -> None:
        """The job is up. Raises Ended if that was no longer asked for."""
        self.at_once = False
        if self.asked:
            raise Ended

    @property
    def too_early(self) -> int:
        """The exit code if something was still to do."""
        return BY_SIGNAL + self.number

    def _ask(self, number: int, frame: FrameType | None) -> None:
        again, self.asked, self.number = self.asked, True, self.number or number
        if self.at_once and not again:  # asked twice, it is ending already
            raise Ended
