"""How the live job ends when it is asked to: Ctrl-C or SIGTERM, at any instant, with exit code 0."""

import signal
from types import FrameType


class Ended(KeyboardInterrupt):
    """It was asked to end before its first round: whatever it was at, the next start makes again."""


class Ending:
    """Listens for the wish to end. While the job comes up it is granted at once (Ended), later after the round, so
    that a pay run is whole."""

    def __init__(self) -> None:
        self.asked, self.at_once = False, True
        for wish in (signal.SIGINT, signal.SIGTERM):
            signal.signal(wish, self._ask)

    def after_the_round(self) -> None:
        """The job is up. Raises Ended if that was no longer asked for."""
        self.at_once = False
        if self.asked:
            raise Ended

    def _ask(self, number: int, frame: FrameType | None) -> None:
        again, self.asked = self.asked, True
        if self.at_once and not again:  # asked twice, it is ending already
            raise Ended
