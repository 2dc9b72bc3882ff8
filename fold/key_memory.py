"""What one key of one stage remembers between pay runs, in one bytes value: a version, then packed msgpack.

Stored are the rows that can still matter, the conclusions by unit, the reviews, and the last cut-off decided; never a
pickle of objects. The case file is built again by admitting the rows, so its classes may change freely. Rows that wait
for their pay run come first, so that storing one more does not decode the rest.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from operator import itemgetter
from typing import Any

import msgspec

from fold.remembered import STANDING_ROWS, PutAway, Remembered
from fold.rows import Row
from fold.shelves import read_by_others
from fold.squeezing import DICTIONARY, compressed, expanded
from fold.stages import CONCLUSIONS
from rules.conclusion import Conclusion
from rules.periods import month_of
from rules.restatement import LIFETIME, STANDING, Unit

VERSION = 6
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
    """The bytes as they lie, but for the version: rows that wait for their pay run, by it, and all else unopened.

    ``due``: the cut-off at which to decide though nothing arrives. ``look``: the one at which to see whether that is so
    of a law that the job was updated with. ``decided``: the last cut-off that was; after ``idle`` there is something to
    forget, and after ``open_until`` no month is open.
    """

    due: int = NEVER
    look: int = NEVER
    decided: int = 0
    idle: int = NEVER
    open_until: int = 0
    rows: dict[int, list[bytes]] = {}
    rest: bytes = b""

    @property
    def must(self) -> int:
        """The next cut-off to decide."""
        return min((self.due, *self.rows))

    @property
    def wake(self) -> int:
        """The next cut-off to wake at."""
        return min(self.must, self.look)


Conclusions = list[tuple[str, int, msgspec.Raw]]  # id, number of the class, the struct
Rows = list[tuple[int, int, str, str, bytes, str]]


class Unread(Mapping[str, Conclusion]):
    """What was concluded of a unit, as it lies: a waking reads few of a key's conclusions."""

    __slots__ = ("_read", "_unread", "lies")

    def __init__(self, lies: msgspec.Raw) -> None:
        self.lies = lies
        self._read: dict[str, Conclusion] = {}
        self._unread: dict[str, tuple[int, msgspec.Raw]] | None = None

    def __getitem__(self, id: str) -> Conclusion:
        if id not in self._read:
            number, raw = self._ids[id]
            self._read[id] = _DECODERS[number](raw)
        return self._read[id]

    def __contains__(self, id: object) -> bool:
        return id in self._ids

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)

    @property
    def _ids(self) -> dict[str, tuple[int, msgspec.Raw]]:
        if self._unread is None:
            self._unread = {id: (number, raw) for id, number, raw in _decode_conclusions(self.lies)}
        return self._unread


class _Packed(msgspec.Struct, array_like=True):
    """``dictionary``: of `fold.squeezing`; ``months``: month, digests of its visits, its bytes."""

    dictionary: bytes
    header: bytes
    months: list[tuple[int, bytes, bytes]]


class _Header(msgspec.Struct, array_like=True):
    decided: int
    closed: int
    always: list[int]
    rows: Rows
    gone: dict[bytes, list[tuple[int, bytes]]]
    reviews: list[tuple[int, int, int]]
    said: list[tuple[int, int, msgspec.Raw]]  # Conclusions; of a month only what other units read


class _Month(msgspec.Struct, array_like=True):
    rows: Rows
    said: list[tuple[int, int, Conclusions]]


_encode = msgspec.msgpack.Encoder().encode
_decode_waiting = msgspec.msgpack.Decoder(Waiting).decode
_decode_packed = msgspec.msgpack.Decoder(_Packed).decode
_decode_header = msgspec.msgpack.Decoder(_Header).decode
_decode_conclusions = msgspec.msgpack.Decoder(Conclusions).decode
_decode_month = msgspec.msgpack.Decoder(_Month).decode


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
    """All that a key remembers. Months that are as they were stay as they lay."""
    standing, by_month = _told(memory.said)
    rows = {month: rows for month, rows in memory.rows.items() if rows and month != STANDING_ROWS}
    months = dict(memory.put_away)
    for month in sorted({*rows, *by_month}):
        months[month] = _put_away(memory, month, _encode((_bare(rows.get(month, ())), by_month.get(month, ()))))
    header = (
        memory.decided,
        memory.closed,
        sorted(memory.always),
        _bare(memory.rows.get(STANDING_ROWS, ())),
        memory.gone,
        [(*unit, instant) for unit, instant in memory.reviews.items()],
        standing,
    )
    lying = [(month, each.marks, each.body) for month, each in months.items()]
    return _encode((DICTIONARY, compressed(_encode(header)), lying))


def _put_away(memory: Remembered, month: int, body: bytes) -> PutAway:
    before, read = memory.read.get(month, (None, b""))
    marks = b"".join(sorted(memory.marks.get(month, ())))
    if before is not None and body == read and marks == before.marks:
        return before
    return PutAway(compressed(body), marks)


def _told(said: Mapping[Unit, Mapping[str, Conclusion]]) -> tuple[list[Any], dict[int, list[Any]]]:
    """What was concluded: of every unit what others read, in order; of months all else."""
    standing: list[Any] = []
    by_month: dict[int, list[Any]] = {}
    for unit, of_unit in said.items():
        if isinstance(of_unit, Unread):
            standing.append((*unit, of_unit.lies))
            continue
        month = 0 if unit in (STANDING, LIFETIME) else month_of(unit.month)
        kept: list[Any] = []
        own: list[Any] = []
        for id, each in of_unit.items():
            to = kept if not month or read_by_others(each, month) else own
            to.append((id, _NUMBERS[type(each)], each))
        standing.append((*unit, kept))
        if own:
            by_month.setdefault(month, []).append((*unit, own))
    return standing, by_month


def _bare(rows: Iterable[Row]) -> list[tuple[Any, ...]]:
    """Without the key."""
    return [row[1:] for row in rows]


def remembered(key: str, known: bytes) -> Remembered:
    """What the key remembers; b"": nothing yet. Its months are put away. Raises StateFromElsewhere."""
    memory = Remembered()
    if known:
        lies = _decode_packed(known)
        if lies.dictionary != DICTIONARY:
            raise StateFromElsewhere("state squeezed with another dictionary than this code has")
        header = _decode_header(expanded(lies.header))
        memory.put_away = {month: PutAway(body, marks) for month, marks, body in lies.months}
        memory.decided, memory.closed, memory.gone = header.decided, header.closed, header.gone
        memory.always = set(header.always)
        memory.rows[STANDING_ROWS] = [(key, *row) for row in header.rows]
        memory.reviews = {Unit(rank, month): instant for rank, month, instant in header.reviews}
        memory.said.update((Unit(rank, month), Unread(lies)) for rank, month, lies in header.said)
    return memory


def bring_out(memory: Remembered, key: str, month: int) -> list[Row]:
    """A month that was put away; its rows."""
    lies = memory.put_away.pop(month)
    body = expanded(lies.body)
    memory.read[month] = lies, body
    memory.marks[month] = lies.visits
    of_month = _decode_month(body)
    rows = memory.rows[month] = [(key, *row) for row in of_month.rows]
    for rank, of, own in of_month.said:
        unit = Unit(rank, of)
        memory.said[unit] = {**memory.said[unit], **{id: _DECODERS[number](raw) for id, number, raw in own}}
    return rows


def whole(key: str, known: bytes) -> Remembered:
    """What the key remembers, all months brought out."""
    memory = remembered(key, known)
    for month in [*memory.put_away]:
        bring_out(memory, key, month)
    return memory
