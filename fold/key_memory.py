"""What one key of one stage remembers between pay runs, in one bytes value: a version, then packed msgpack.

Stored are the rows that can still matter, the conclusions by unit, the reviews, and the last cut-off decided; never a
pickle of objects. The case file is built again by admitting the rows, so its classes may change freely. Rows that wait
for their pay run come first, so that storing one more does not decode the rest.
"""

import zlib
from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Any

import msgspec

from fold.remembered import Remembered
from fold.stages import CONCLUSIONS
from rules.conclusion import Conclusion
from rules.restatement import Unit

VERSION = 4
FAST = 1  # of zlib's levels: a quarter of the bytes for a tenth of the time that a decision takes
NEVER = 1 << 62  # an instant that no cut-off reaches


def _by_number(structs: Iterable[type[Conclusion]]) -> tuple[type[Conclusion], ...]:
    """Those that a key remembers, each in the place of its number in the bytes. ValueError: two have one number, or
    one is left out."""
    kept = [(struct.state_number, struct) for struct in structs if struct.state_number is not None]
    if sorted(number for number, _ in kept) != [*range(len(kept))]:
        raise ValueError(f"not 0 to {len(kept) - 1}, each once: {sorted((n, struct.__name__) for n, struct in kept)}")
    return tuple(struct for _, struct in sorted(kept, key=itemgetter(0)))


NUMBERED = _by_number(CONCLUSIONS.values())
_NUMBERS = {struct: number for number, struct in enumerate(NUMBERED)}
_DECODERS: list[Callable[[msgspec.Raw], Any]] = [msgspec.msgpack.Decoder(struct).decode for struct in NUMBERED]


class StateFromElsewhere(ValueError):
    """State that this version of the code cannot read: begin again from the journal."""


class Waiting(msgspec.Struct, array_like=True):
    """The bytes as they lie, but for the version: rows that wait for their pay run, and all else unopened.

    ``due``: the cut-off at which to decide though nothing arrives; ``arrivals_due``: the earliest of the rows.
    """

    due: int = NEVER
    arrivals_due: int = NEVER
    rows: list[bytes] = []
    rest: bytes = b""

    @property
    def wake(self) -> int:
        """The next cut-off to decide."""
        return min(self.due, self.arrivals_due)


class _Body(msgspec.Struct, array_like=True):
    decided: int
    closed: int
    rows: list[tuple[int, int, str, str, bytes, str]]
    gone: dict[bytes, list[tuple[int, bytes]]]
    reviews: list[tuple[int, int, int]]
    said: list[tuple[int, int, list[tuple[str, int, msgspec.Raw]]]]


_encode = msgspec.msgpack.Encoder().encode
_decode_waiting = msgspec.msgpack.Decoder(Waiting).decode
_decode_body = msgspec.msgpack.Decoder(_Body).decode


def opened(state: bytes | None) -> Waiting:
    """The state of a key, None: it has none yet. Raises StateFromElsewhere."""
    if state is None:
        return Waiting()
    if state[0] != VERSION:
        raise StateFromElsewhere(f"state of version {state[0]}, and this code reads {VERSION}")
    return _decode_waiting(memoryview(state)[1:])


def sealed(waiting: Waiting) -> bytes:
    """The state as bytes."""
    return bytes((VERSION,)) + _encode(waiting)


def packed(memory: Remembered) -> bytes:
    """All that a key remembers."""
    said = [
        (*unit, [(id, _NUMBERS[type(each)], each) for id, each in of_unit.items()])
        for unit, of_unit in memory.said.items()
    ]
    reviews = [(*unit, instant) for unit, instant in memory.reviews.items()]
    body = (memory.decided, memory.closed, [row[1:] for row in memory.rows], memory.gone, reviews, said)
    return zlib.compress(_encode(body), FAST)


def remembered(key: str, known: bytes) -> Remembered:
    """What the key remembers; b"": nothing yet."""
    memory = Remembered()
    if known:
        body = _decode_body(zlib.decompress(known))
        memory.decided, memory.closed, memory.gone = body.decided, body.closed, body.gone
        memory.rows = [(key, *row) for row in body.rows]
        memory.reviews = {Unit(rank, month): instant for rank, month, instant in body.reviews}
        for rank, month, of_unit in body.said:
            memory.said[Unit(rank, month)] = {id: _DECODERS[number](raw) for id, number, raw in of_unit}
    return memory
