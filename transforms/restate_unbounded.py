"""Restate on unbounded input: each key has one bytes value of state and one event-time timer at its next cut-off.

The bounded way is `transforms.restate`; both decide with `rules.restatement.step`, and the plain-function twin is
`fold.key`. A runner may fire a timer late, twice, or all timers at once when the input ends. So the callback decides
whatever is due in state, whichever timer fired, and nothing after ``until``.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import apache_beam as beam
import msgspec
from apache_beam.coders import BytesCoder
from apache_beam.transforms.timeutil import TimeDomain
from apache_beam.transforms.userstate import ReadModifyWriteStateSpec, TimerSpec, on_timer

from fold.key import KeyFold
from fold.rows import Keyed, catalog_of
from fold.run_sums import run_sum, summing_key
from fold.shard import Shard
from fold.stages import STAGES
from rules.conclusion import AUTHORIZE, METHOD, PRICE, SETTLE
from rules.law import Law
from transforms.close_run_unbounded import CloseRunUnbounded
from transforms.keyed import typed
from transforms.moments import decides, wakes_at

_encode = msgspec.msgpack.Encoder().encode


class Unbounded:
    """How the stages fold and runs are closed while facts keep coming. ``catalog``: bodies of CourseListings, which are
    law: a change of them is a new deployment. ``until``: the last cut-off that is decided, None: no end."""

    def __init__(self, law: Law, catalog: list[bytes], until: int | None = None) -> None:
        self.law, self.catalog, self.until = law, catalog, until

    def restate(self, stage: str) -> beam.PTransform:
        """The fold of a stage."""
        return RestateUnbounded(stage, self)

    def close(self) -> beam.PTransform:
        """The last step of a pay run."""
        return CloseRunUnbounded(self.law, self.until)


class RestateUnbounded(beam.PTransform):
    """(key, row) of a stage to rows of later stages (by tag), records (tag ``records``) and what to sum (``tally``)."""

    def __init__(self, stage: str, how: Unbounded) -> None:
        super().__init__()
        self.stage, self.how = stage, how

    def expand(self, rows: beam.PCollection) -> Any:
        tags = [stage for stage in STAGES if stage != self.stage]
        fold = FOLDS[self.stage](self.how.law, self.how.catalog, self.how.until)
        return typed(rows | "Fold" >> beam.ParDo(fold).with_outputs(*tags, "records", "tally"), *tags, "tally")


def _fold_of(stage: str) -> type[beam.DoFn]:
    """A stage's own DoFn class: stages that share the name of a timer get each other's callbacks."""
    kept = ReadModifyWriteStateSpec("kept", BytesCoder())
    wake = TimerSpec(f"{stage}-wake", TimeDomain.WATERMARK)

    class FoldKey(beam.DoFn):
        """(key, row) to what the key concludes when its pay runs are due."""

        def __init__(self, law: Law, catalog: list[bytes], until: int | None) -> None:
            self.law, self.catalog, self.until = law, catalog, until

        def setup(self) -> None:
            self.fold = KeyFold(stage, self.law, catalog_of(self.catalog), self.until)

        def process(
            self, element: Keyed, state: Any = beam.DoFn.StateParam(kept), timer: Any = beam.DoFn.TimerParam(wake)
        ) -> None:
            known, due = self.fold.arrive(state.read(), element[1])
            if due is not None:
                state.write(known)
                timer.set(wakes_at(stage, due))

        @on_timer(wake)
        def decide(
            self,
            key: str = beam.DoFn.KeyParam,
            fired: Any = beam.DoFn.TimestampParam,
            state: Any = beam.DoFn.StateParam(kept),
            timer: Any = beam.DoFn.TimerParam(wake),
        ) -> Iterator[Any]:
            before = state.read()
            known, due, said = self.fold.wake(key, before, decides(stage, fired))
            if known is not before:
                state.write(known)
            if due is not None:
                timer.set(wakes_at(stage, due))
            yield from outputs(key, said)

    FoldKey.__name__ = FoldKey.__qualname__ = f"Fold{stage.title()}"
    return FoldKey


FoldAuthorize, FoldPrice, FoldSettle, FoldMethod = (_fold_of(stage) for stage in STAGES)
FOLDS = {AUTHORIZE: FoldAuthorize, PRICE: FoldPrice, SETTLE: FoldSettle, METHOD: FoldMethod}


def outputs(key: str, said: Iterable[Shard]) -> Iterator[Any]:
    """What a key said at some cut-offs: one element a row and a record, and per run what it adds up to."""
    for shard in said:
        for (stage, _), rows in shard.dealer.hands.items():
            yield from (beam.pvalue.TaggedOutput(stage, (row[0], _encode(row))) for row in rows)
        for kind, records in shard.records.items():
            yield from (beam.pvalue.TaggedOutput("records", (kind, _encode(record))) for record in records)
        for cut_off, totals in shard.tally.runs.items():
            yield beam.pvalue.TaggedOutput("tally", (summing_key(key, cut_off), run_sum(cut_off, totals)))
