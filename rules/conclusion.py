"""What follows from facts: where it goes, and what is kept of it when its month closes.

Authority: TIME-6 (what other months still read of a closed one is kept). In force: always. Does not cover: which
conclusions there are (`conclusions`, `to_provider`, `kept`, `method`, `findings`), how they are found (`restatement`).
"""

from collections.abc import Callable
from typing import ClassVar, NamedTuple, Self

import msgspec

AUTHORIZE, PRICE, SETTLE, METHOD = "authorize", "price", "settle", "method"


class Stop(NamedTuple):
    """A stage and the key under which it reads."""

    stage: str
    key: str


OUT = Stop("out", "")  # of the house: a record of the contract
Closed = Callable[[int], bool]  # has the month closed (TIME-6)?


class Conclusion(msgspec.Struct, array_like=True, frozen=True):
    """What follows from facts, by an id; compared by value with the one before.

    ``state_number`` stands for the class in the bytes that a key remembers: a new class takes the next, and no number
    is used twice. None: it is said once and remembered by nobody. ``leaves_nothing``: where it vanished, its reader
    need not remember that it ever was.
    """

    state_number: ClassVar[int | None] = None
    leaves_nothing: ClassVar[bool] = False

    @property
    def to(self) -> Stop | None:
        """Who reads it next: a stage under a key, or those out of the house; None: only the key that it is of."""
        return None

    @classmethod
    def month_in(cls, id: str) -> int | None:
        """The service month that an id of its names, which its reader files it under; None: it is of no month."""
        return None

    def when_closed(self, month: int, is_closed: Closed) -> Self | None:
        """What other units of its own key read of it once its ``month`` has closed; None: nothing."""
        return None

    def still_read(self, is_closed: Closed, told: set[str]) -> bool:
        """Does the stage that it went to still read it? ``told``: what rows before it tell for good, of their class."""
        return True
