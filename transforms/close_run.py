"""CloseRun: is it complete? One PayRun per cut-off, also when nothing was paid, and the tally of the whole.

The plain-function twin is `fold.pay_runs.closed`.
"""

from collections.abc import Iterable
from typing import Any

import apache_beam as beam

from fold.beat import Beat
from fold.pay_runs import closed
from fold.record_files import pack
from rules.law import Law


class CloseRun(beam.PTransform):
    """Tallies to PayRun records (tag ``records``), in the way of ``fold`` (`transforms.restate`)."""

    def __init__(self, fold: Any) -> None:
        super().__init__()
        self.fold = fold

    def expand(self, tallies: beam.PCollection) -> Any:
        return tallies | self.fold.close()


class CloseRunBounded(beam.PTransform):
    """Tallies of all files and shards to PayRun records (tag ``records``) and one tally (tag ``tally``)."""

    def __init__(self, law: Law, until: Any, beat: Beat) -> None:
        super().__init__()
        self.law, self.until, self.beat = law, until, beat

    def expand(self, tallies: beam.PCollection) -> Any:
        return (
            tallies
            | "OnOneKey" >> beam.WithKeys("all")
            | "GroupAll" >> beam.GroupByKey()
            | "Close" >> beam.ParDo(_Close(self.law, self.beat), self.until).with_outputs("records", "tally")
        )


class _Close(beam.DoFn):
    def __init__(self, law: Law, beat: Beat) -> None:
        self.law, self.beat = law, beat

    def process(self, element: tuple[str, Iterable[bytes]], until: int) -> Iterable[Any]:
        runs, tally = closed(element[1], self.law, until)
        yield beam.pvalue.TaggedOutput("records", pack("PayRun", "close", 0, runs))
        yield beam.pvalue.TaggedOutput("tally", tally.packed())
        self.beat("close")
