"""CloseRun: is it complete? One PayRun per cut-off, also when nothing was paid, and the tally of the whole.

The plain-function twin is `fold.pay_runs.closed`.
"""

from collections.abc import Iterable
from typing import Any

import apache_beam as beam

from fold.beat import Beat
from fold.pay_runs import closed
from fold.publications import ToldLaw, obeying_told
from fold.tally_parts import parts
from rules.law import Law
from schemas.avro import encode
from transforms.write_records import RecordFolder


class CloseRun(beam.PTransform):
    """Tallies to PayRun records (tag ``records``), in the way of ``fold`` (`transforms.restate`)."""

    def __init__(self, fold: Any) -> None:
        super().__init__()
        self.fold = fold

    def expand(self, tallies: beam.PCollection) -> Any:
        return tallies | self.fold.close()


class CloseRunBounded(beam.PTransform):
    """Tallies of all files and shards, in parts, to the file of PayRuns (tag ``records``: its name) and one tally, in
    parts too (tag ``tally``)."""

    def __init__(self, law: Law, published: Any, until: Any, beat: Beat, out: RecordFolder) -> None:
        super().__init__()
        self.close, self.beside = _Close(law, beat, out), (published, until)

    def expand(self, tallies: beam.PCollection) -> Any:
        return (
            tallies
            | "OnOneKey" >> beam.WithKeys("all")
            | "GroupAll" >> beam.GroupByKey()
            | "Close" >> beam.ParDo(self.close, *self.beside).with_outputs("records", "tally")
        )


class _Close(beam.DoFn):
    def __init__(self, law: Law, beat: Beat, out: RecordFolder) -> None:
        self.law, self.beat, self.out = law, beat, out

    def process(self, element: tuple[str, Iterable[bytes]], published: list[ToldLaw], until: int) -> Iterable[Any]:
        runs, tally = closed(element[1], obeying_told(self.law, published), until)
        yield beam.pvalue.TaggedOutput("records", self.out.put("PayRun", "close", 0, map(encode, runs)))
        for part in parts(tally):
            yield beam.pvalue.TaggedOutput("tally", part)
        self.beat("close")
