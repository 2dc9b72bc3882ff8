"""CloseRun on unbounded input: one PayRun per cut-off, also when nothing was paid, after all stages of that cut-off.

The bounded way is `transforms.close_run`; both make the same PayRun. All runs are closed on one key, so sums are first
made on a few dozen keys: the last one receives a few dozen elements a run, however large the State.
"""

from collections.abc import Iterator
from typing import Any

import apache_beam as beam
import msgspec
from apache_beam.coders import BytesCoder, VarIntCoder
from apache_beam.transforms.timeutil import TimeDomain
from apache_beam.transforms.userstate import BagStateSpec, ReadModifyWriteStateSpec, TimerSpec, on_timer

from fold.content import fewer_blocks
from fold.pay_runs import FIRST, Chain, pay_run
from fold.rows import Keyed
from fold.run_sums import ALL, decoded, run_of, run_sum, summed
from fold.tally import RunTotals
from rules.law import Law
from rules.periods import cut_off_after
from transforms.moments import CLOSE, SUM, decides, wakes_at

_encode = msgspec.msgpack.Encoder().encode
_decode_chain = msgspec.msgpack.Decoder(Chain).decode


class CloseRunUnbounded(beam.PTransform):
    """(key, Said) to PayRun records (tag ``records``)."""

    def __init__(self, law: Law, until: int | None) -> None:
        super().__init__()
        self.law, self.until = law, until

    def expand(self, said: beam.PCollection) -> Any:
        claims = said | "Claims" >> beam.Filter(_is_for_all).with_output_types(Keyed)
        sums = said | "Totals" >> beam.Filter(_adds) | "Sum" >> beam.ParDo(SumRuns()).with_output_types(Keyed)
        close = beam.ParDo(CloseRuns(self.law, self.until))
        return (claims, sums) | "ToClose" >> beam.Flatten() | "Close" >> close.with_outputs("records")


def _is_for_all(element: Keyed) -> bool:
    """Is it a claim of pay, which the last key must know before the first run is closed?"""
    return element[0] == ALL


def _adds(element: Keyed) -> bool:
    return element[0] != ALL


_SUMMING = BagStateSpec("summing", BytesCoder())
_SUM_WAKE = TimerSpec("sum-wake", TimeDomain.WATERMARK)


class SumRuns(beam.DoFn):
    """What many keys said of a run to one sum of it; to several, which is as well, if a timer fires early or late."""

    def process(
        self, element: Keyed, bag: Any = beam.DoFn.StateParam(_SUMMING), timer: Any = beam.DoFn.TimerParam(_SUM_WAKE)
    ) -> None:
        bag.add(element[1])
        timer.set(wakes_at(SUM, run_of(element[0])))

    @on_timer(_SUM_WAKE)
    def add_up(self, key: str = beam.DoFn.KeyParam, bag: Any = beam.DoFn.StateParam(_SUMMING)) -> Iterator[Keyed]:
        runs, _ = summed(bag.read(), run_of(key))
        bag.clear()
        yield from ((ALL, run_sum(cut_off, fewer_blocks(totals))) for cut_off, totals in runs.items())


_CLOSING = BagStateSpec("closing", BytesCoder())
_CLOSE_DUE = ReadModifyWriteStateSpec("close-due", VarIntCoder())
_CHAIN = ReadModifyWriteStateSpec("chain", BytesCoder())
_CLOSE_WAKE = TimerSpec("close-wake", TimeDomain.WATERMARK)


class CloseRuns(beam.DoFn):
    """Sums of runs to their PayRuns, from the first run that sees a claim of pay, one for each cut-off."""

    def __init__(self, law: Law, until: int | None) -> None:
        self.law, self.until = law, until

    def process(
        self,
        element: Keyed,
        bag: Any = beam.DoFn.StateParam(_CLOSING),
        due: Any = beam.DoFn.StateParam(_CLOSE_DUE),
        timer: Any = beam.DoFn.TimerParam(_CLOSE_WAKE),
    ) -> None:
        said, known = decoded(element[1]), due.read()
        if said.totals is not None:
            bag.add(element[1])
        elif known is None or said.cut_off < known:
            known = said.cut_off
        if known is not None:
            self._wait(known, due, timer)

    @on_timer(_CLOSE_WAKE)
    def close(
        self,
        fired: Any = beam.DoFn.TimestampParam,
        bag: Any = beam.DoFn.StateParam(_CLOSING),
        due: Any = beam.DoFn.StateParam(_CLOSE_DUE),
        kept: Any = beam.DoFn.StateParam(_CHAIN),
        timer: Any = beam.DoFn.TimerParam(_CLOSE_WAKE),
    ) -> Iterator[Any]:
        cut_off, now = due.read(), decides(CLOSE, fired)
        if cut_off is None or cut_off > now:
            return
        runs, later = summed(bag.read(), now)
        bag.clear()
        for packed in later:
            bag.add(packed)
        packed = kept.read()
        chain = FIRST if packed is None else _decode_chain(packed)
        chain = chain.with_facts(run.facts for earlier, run in runs.items() if earlier < cut_off)
        while cut_off <= now:
            record, chain = pay_run(cut_off, runs.get(cut_off, RunTotals()), self.law, chain)
            yield beam.pvalue.TaggedOutput("records", ("PayRun", _encode(record)))
            cut_off = cut_off_after(cut_off)
        kept.write(_encode(chain))
        self._wait(cut_off, due, timer)

    def _wait(self, cut_off: int, due: Any, timer: Any) -> None:
        due.write(cut_off)
        if self.until is None or cut_off <= self.until:
            timer.set(wakes_at(CLOSE, cut_off))
