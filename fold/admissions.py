"""Facts that arrived after their pay run was closed, and the pay run that took them instead.

The streaming job publishes one Admission for each such fact. A replay of its journal reads them first and gives the
same facts to the same pay runs.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, cast

from rules.periods import is_cut_off
from schemas.admission import Admission
from schemas.avro import Container, Unreadable, validate
from schemas.cloud_journal import Deliveries, is_cloud_journal, record_of
from schemas.envelope import Fact

HEAD = 4096  # bytes in which a container file names its record
Told = tuple[str, str, str, int, int]  # kind, source, event_id of the fact; the cut-off it missed; the one that took it


def as_told(admission: Admission) -> Told:
    """What a reader of facts needs of an Admission. Raises Unreadable (CONTRADICTORY) if it names no cut-off."""
    for field in ("cut_off", "admitted_cut_off"):
        if not is_cut_off(getattr(admission, field)):
            raise Unreadable("CONTRADICTORY", "No pay run ends at this instant.", field)
    named = admission.kind, admission.source, admission.event_id
    return *named, admission.cut_off, admission.admitted_cut_off


class Admissions:
    """Which facts were admitted to which pay run."""

    def __init__(self, told: Iterable[Told] = ()) -> None:
        self._by_event: dict[tuple[str, str, str], dict[int, int]] = defaultdict(dict)
        for *named, missed, admitted in told:
            moved = self._by_event[cast(tuple[str, str, str], tuple(named))]
            moved[missed] = min(admitted, moved.get(missed, admitted))

    def __bool__(self) -> bool:
        return bool(self._by_event)

    def obeyed(self, fact: Fact, cut_off: int) -> int:
        """The pay run that sees the fact first, ``cut_off`` unless it missed that one.

        An event may have been sent twice, once in time. So a fact whose arrival is known (``admitted_cut_off``) is
        moved from the very pay run that was missed; one of which only the recording is known, wherever it was.
        """
        moved = self._by_event.get((fact.KIND, fact.source, fact.event_id)) if self._by_event else None
        if moved is None:
            return cut_off
        if fact.admitted_cut_off is not None:
            return moved.get(cut_off, cut_off)
        return max(cut_off, min(moved.values()))


def admissions_in(path: Path) -> Iterator[Told]:
    """All that a file tells of admissions; what cannot be read is the reader of facts' business to reject."""
    with path.open("rb") as stream, suppress(Unreadable):
        yield from admissions_of(stream)


def admissions_of(stream: IO[bytes]) -> Iterator[Told]:
    """All that an open file tells of admissions. Raises Unreadable where it is damaged."""
    head = stream.read(HEAD)
    stream.seek(0)
    if is_cloud_journal(stream):
        yield from _delivered(stream)
    elif Admission.KIND.encode() in head:
        yield from _recorded(stream)


def _recorded(stream: IO[bytes]) -> Iterator[Told]:
    container = Container(stream)
    if container.kind == Admission.KIND:
        for _, record in container:
            try:
                yield as_told(cast(Admission, validate(container.kind, record)))
            except Unreadable:
                continue


def _delivered(stream: IO[bytes]) -> Iterator[Told]:
    for _, delivery in Deliveries(stream).messages():
        if delivery.kind == Admission.KIND:
            try:
                yield as_told(cast(Admission, record_of(delivery)))
            except Unreadable:
                continue
