"""How the live job ends when it is asked to: Ctrl-C or SIGTERM, at any instant. It runs for years, so that is a good
end, exit code 0; but not where it was to close pay runs up to a day (``--close-run``) and has not."""

import signal
from types import FrameType

OF_A_SIGNAL = 128


class Ended(KeyboardInterrupt):
    """It was asked to end before its first round: whatever it was at, the next start makes again."""


class Ending:
    """Listens for the wish to end. While the job comes up it is granted at once (Ended), later after the round, so
    that a pay run is whole."""

    def __init__(self) -> None:
        self.asked, self.at_once = False, True
        self.number = 0  # of the signal
        for wish in (signal.SIGINT, signal.SIGTERM):
            signal.signal(wish, self._ask)

    def after_the_round(self) -> None:
        """The job is up. Raises Ended if that was no longer asked for."""
        self.at_once = False
        if self.asked:
            raise Ended

    @property
    def exit_code(self) -> int:
        """Of a job that was stopped before its work was done, as shells know it."""
        return OF_A_SIGNAL + self.number

    def _ask(self, number: int, frame: FrameType | None) -> None:
        again, self.asked = self.asked, True
        self.number = number
        if self.at_once and not again:  # asked twice, it is ending already
            raise Ended
