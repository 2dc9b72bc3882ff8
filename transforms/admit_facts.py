"""DecodeEvents on unbounded input: messages to facts and rejections, and the door that knows which pay runs are closed.

Event time is publish time, so the watermark holds a pay run open until all that was published before it has come. If it
ever went ahead, a fact for a closed pay run goes to the next open one, and an Admission says so for replays to obey.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import apache_beam as beam
import msgspec
from apache_beam.coders import BytesCoder
from apache_beam.transforms.timeutil import TimeDomain
from apache_beam.transforms.userstate import ReadModifyWriteStateSpec, TimerSpec, on_timer

from rules.periods import cut_off_after
from schemas import FACTS
from schemas.avro import Unreadable
from schemas.cloud_journal import Delivery, record_of
from schemas.envelope import Fact
from transforms.close_run_unbounded import Said, summing_key
from transforms.door import Door, fact_delivered
from transforms.keyed import Keyed
from transforms.moments import PASSED, decides, instant, wakes_at
from transforms.rows import arrival, fact_body, fact_row, shard_of
from transforms.stages import claims_pay, routes

DOORS = 64  # keys that facts are dealt to; few, for each counts the pay runs
_encode = msgspec.msgpack.Encoder().encode
_decode_values = msgspec.msgpack.Decoder(list[Any]).decode


class Admitted(msgspec.Struct, array_like=True):
    """A fact before the door: the pay run that sees it first if that is still open, and its validated values."""

    cut_off: int
    arrived_at: int
    kind: str
    body: bytes

    def packed(self) -> bytes:
        """Bytes for the way between steps."""
        return _encode(self)

    @property
    def fact(self) -> Any:
        """The fact."""
        return arrival(("", self.cut_off, 0, "", "", self.body, self.kind)).content

    def moved(self, cut_off: int) -> "Admitted":
        """The same fact, first seen by another pay run."""
        values = _decode_values(self.body)
        values[list(FACTS[self.kind].model_fields).index("admitted_cut_off")] = cut_off
        return Admitted(cut_off, self.arrived_at, self.kind, _encode(values))


class _Passed(msgspec.Struct, array_like=True):
    """What a door knows: the last cut-off passed, the one it waits for, and the first that saw a claim of pay."""

    passed: int = 0
    due: int | None = None
    first_claim: int | None = None


_decode_admitted = msgspec.msgpack.Decoder(Admitted).decode
_decode_passed = msgspec.msgpack.Decoder(_Passed).decode


class Subscription(NamedTuple):
    """Where messages of a kind come from."""

    kind: str
    name: str


class DecodeMessages(beam.DoFn):
    """Messages of one subscription to (door, fact) and rejections (tag ``records``)."""

    def __init__(self, subscription: Subscription, doors: int = DOORS) -> None:
        self.subscription, self.doors = subscription, doors

    def process(self, message: Any, published: Any = beam.DoFn.TimestampParam) -> Iterator[Any]:
        kind, name = self.subscription
        origin = f"{name}/{message.message_id}"
        delivery = Delivery(origin, instant(published), kind, dict(message.attributes or {}), message.data)
        try:
            yield keyed(fact_delivered(record_of(delivery), delivery.arrived_at), delivery.arrived_at, self.doors)
        except Unreadable as wrong:
            yield beam.pvalue.TaggedOutput("records", ("Rejection", _encode(rejection(delivery, wrong))))


def keyed(fact: Fact, arrived_at: int, doors: int = DOORS) -> Keyed:
    """A fact that knows its pay run, on the way to a door."""
    cut_off = fact.admitted_cut_off or cut_off_after(fact.recorded_at)
    door = f"{shard_of(fact.document_id, doors):02d}"
    return door, Admitted(cut_off, arrived_at, fact.KIND, fact_body(fact)).packed()


def rejection(delivery: Delivery, wrong: Unreadable) -> dict[str, Any]:
    """The Rejection of a message, seen when it was published."""
    door = Door(1, None)
    door.reject(delivery.body, delivery.origin, wrong)
    return door.rejections[0] | {"seen_at": delivery.arrived_at}


_DOOR = ReadModifyWriteStateSpec("door", BytesCoder())
_DOOR_WAKE = TimerSpec("door-wake", TimeDomain.WATERMARK)


class AdmitFacts(beam.DoFn):
    """(door, fact) to rows by stage, Admissions (tag ``records``) and the first claim of pay (tag ``tally``).

    A door wakes at each cut-off and remembers that it has passed. ``until``: facts of later pay runs are not yet due.
    """

    def __init__(self, until: int | None) -> None:
        self.until = until

    def process(
        self,
        element: Keyed,
        state: Any = beam.DoFn.StateParam(_DOOR),
        timer: Any = beam.DoFn.TimerParam(_DOOR_WAKE),
    ) -> Iterator[Any]:
        admitted, packed = _decode_admitted(element[1]), state.read()
        door = _Passed() if packed is None else _decode_passed(packed)
        if admitted.cut_off <= door.passed:
            admitted, missed = admitted.moved(cut_off_after(door.passed)), admitted.cut_off
            yield beam.pvalue.TaggedOutput("records", ("Admission", _encode(admission(admitted, missed))))
        if self.until is not None and admitted.cut_off > self.until:
            return
        fact = admitted.fact
        door.due = min(admitted.cut_off, door.due or admitted.cut_off)
        timer.set(wakes_at(PASSED, door.due))
        if claims_pay(fact) and (door.first_claim is None or admitted.cut_off < door.first_claim):
            door.first_claim = admitted.cut_off
            yield beam.pvalue.TaggedOutput("tally", (summing_key(element[0]), Said(admitted.cut_off, None).packed()))
        if (changed := _encode(door)) != packed:
            state.write(changed)
        for stage, key in routes(fact):
            row = fact_row(key, admitted.cut_off, fact, admitted.body)
            yield beam.pvalue.TaggedOutput(stage, (key, _encode(row)))

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
        if self.until is None or door.due is None or door.due <= self.until:
            timer.set(wakes_at(PASSED, door.due))


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
