"""DecodeEvents on unbounded input, the second half: give each fact to a pay run that is still open.

Facts are spread over a fixed number of keys, called doors. Each door sets a timer at its next cut-off. The timer holds
the watermark, so no later stage decides that cut-off before every door has passed it, and a fact that its door accepts
in time is in time for all later stages. Doors set their first timer when the job begins, before the first fact
(`OpenDoors`); without it the first fact could reach a pay run that is closed.

Event time is publish time, so the watermark keeps a pay run open until everything published before it has arrived. A
fact that arrives later all the same goes to the next open pay run, and an Admission is published so that replays do
the same.

Each door stores digests of the events it accepted in the last month. A copy of one of them that arrives late is
dropped without an Admission, which would move the original too.
"""

from collections.abc import Iterator
from typing import Any

import apache_beam as beam
import msgspec
from apache_beam.coders import BytesCoder
from apache_beam.transforms.timeutil import TimeDomain
from apache_beam.transforms.userstate import BagStateSpec, ReadModifyWriteStateSpec, TimerSpec, on_timer

from fold.admitted import DOORS, MARK, Admitted, admitted_in
from fold.rows import Keyed, fact_row
from fold.run_sums import ALL, RunSum
from fold.stages import claims_pay, routes
from rules.periods import business_day_of, cut_off_after, month_of
from transforms.moments import PASSED, decides, wakes_at

KEPT = 32 * 24 * 3_600_000  # milliseconds: longer than Pub/Sub can send a message again (31 days)
_encode = msgspec.msgpack.Encoder().encode


class _Passed(msgspec.Struct, array_like=True):
    """What a door knows: the last cut-off passed, the one it waits for, the first that saw a claim of pay, and the last
    one passed when it forgot events of long ago."""

    passed: int = 0
    due: int | None = None
    first_claim: int | None = None
    forgot: int = 0


_decode_passed = msgspec.msgpack.Decoder(_Passed).decode


class OpenDoors(beam.PTransform):
    """All doors, opened before the first fact: they wait from the cut-off ``begins`` on."""

    def __init__(self, begins: int, doors: int = DOORS) -> None:
        super().__init__()
        self.begins, self.doors = begins, doors

    def expand(self, pipeline: beam.Pipeline) -> beam.PCollection:
        opened = beam.FlatMap(_opened, self.begins, self.doors).with_output_types(Keyed)
        return pipeline | beam.Impulse() | "Open" >> opened


def _opened(_: bytes, begins: int, doors: int) -> Iterator[Keyed]:
    nothing = Admitted(begins, 0, "", b"").packed()
    yield from ((f"{door:02d}", nothing) for door in range(doors))


class JournalTooShort(RuntimeError):
    """A fact of a pay run that was said before this job began, and its journal did not hold it: cancel, wait until the
    journal has been written, and begin again."""


_DOOR = ReadModifyWriteStateSpec("door", BytesCoder())
_SEEN = BagStateSpec("seen", BytesCoder())
_DOOR_WAKE = TimerSpec("door-wake", TimeDomain.WATERMARK)


class AdmitFacts(beam.DoFn):
    """(door, fact) to rows by stage, Admissions (tag ``records``) and the first claim of pay (tag ``tally``).

    A door wakes at each cut-off and remembers that it has passed. ``until``: facts of later pay runs are not yet due.
    ``after``: the last pay run that was said before this job began; a fact of it that comes too late, and that the
    journal did not hold, may have been paid already. Raises JournalTooShort.
    """

    def __init__(self, until: int | None, after: int | None = None) -> None:
        self.until, self.after = until, after

    def process(
        self,
        element: Keyed,
        state: Any = beam.DoFn.StateParam(_DOOR),
        seen: Any = beam.DoFn.StateParam(_SEEN),
        timer: Any = beam.DoFn.TimerParam(_DOOR_WAKE),
    ) -> Iterator[Any]:
        admitted, packed = admitted_in(element), state.read()
        door = _Passed() if packed is None else _decode_passed(packed)
        if admitted.kind and admitted.cut_off <= door.passed:
            if any(each.endswith(admitted.mark) for each in seen.read()):
                return
            admitted, missed = self._moved(admitted, door.passed), admitted.cut_off
            yield beam.pvalue.TaggedOutput("records", ("Admission", _encode(admission(admitted, missed))))
        if self.until is not None and admitted.cut_off > self.until:
            return
        door.due = min(admitted.cut_off, door.due or admitted.cut_off)
        timer.set(wakes_at(PASSED, door.due))
        if admitted.kind:
            if admitted.cut_off > (self.after or 0) - KEPT:
                _forget(seen, door)
                seen.add(_seen(admitted))
            yield from _dealt(element[0], admitted, door)
        if (changed := _encode(door)) != packed:
            state.write(changed)

    def _moved(self, late: Admitted, passed: int) -> Admitted:
        if self.after is not None and late.cut_off <= self.after:
            raise JournalTooShort(f"a {late.kind} of the pay run that ended at {late.cut_off} is not in the journal")
        return late.moved(cut_off_after(passed))

    @on_timer(_DOOR_WAKE)
    def close(
        self,
        fired: Any = beam.DoFn.TimestampParam,
        state: Any = beam.DoFn.StateParam(_DOOR),
        timer: Any = beam.DoFn.TimerParam(_DOOR_WAKE),
    ) -> None:
        door, now = _decode_passed(state.read()), decides(PASSED, fired)
        while door.due is not None and door.due <= now:
            door.passed, door.due = door.due, cut_off_after(door.due)
        state.write(_encode(door))
        if door.due is not None and (self.until is None or door.due <= self.until):
            timer.set(wakes_at(PASSED, door.due))


def _dealt(key: str, admitted: Admitted, door: _Passed) -> Iterator[Any]:
    fact = admitted.fact
    if claims_pay(fact) and (door.first_claim is None or admitted.cut_off < door.first_claim):
        door.first_claim = admitted.cut_off
        yield beam.pvalue.TaggedOutput("tally", (ALL, RunSum(admitted.cut_off, None).packed()))
    for stage, to in routes(fact):
        row = fact_row(to, admitted.cut_off, fact, admitted.body)
        yield beam.pvalue.TaggedOutput(stage, (to, _encode(row)))


def _seen(admitted: Admitted) -> bytes:
    return admitted.cut_off.to_bytes(MARK) + admitted.mark


def _forget(seen: Any, door: _Passed) -> None:
    """Once a month, before an event is noted: not when a pay run passes, which would be told the events each time."""
    if _month(door.forgot) == _month(door.passed):
        return
    kept = {each for each in seen.read() if int.from_bytes(each[:MARK]) > door.passed - KEPT}
    seen.clear()
    for each in sorted(kept):
        seen.add(each)
    door.forgot = door.passed


def _month(cut_off: int) -> int:
    return month_of(business_day_of(cut_off)) if cut_off else 0


def admission(admitted: Admitted, missed: int) -> dict[str, Any]:
    """The Admission of a fact that missed its pay run."""
    fact = admitted.fact
    return {
        "source": fact.source,
        "event_id": fact.event_id,
        "kind": fact.KIND,
        "arrived_at": admitted.arrived_at,
        "admitted_cut_off": admitted.cut_off,
        "cut_off": missed,
    }
