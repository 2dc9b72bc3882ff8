"""CloseRun: is it complete? One PayRun per cut-off, also when nothing was paid, and the tally of the whole.

The plain-function twin is :func:`pay_runs`.
"""

import hashlib
from collections.abc import Iterable
from typing import Any

import apache_beam as beam
import msgspec

from rules.law import Law
from rules.periods import business_day_of, cut_offs
from transforms.beat import Beat
from transforms.tally import RunTotals, Tally, merged
from transforms.write_records import pack


def pay_runs(tally: Tally, law: Law, until: int) -> list[dict[str, Any]]:
    """PayRun records from the first cut-off after the earliest fact that claims pay to ``until``."""
    if tally.first_claim is None:
        return []
    return [
        pay_run(cut_off, tally.runs.get(cut_off, RunTotals()), law) for cut_off in cut_offs(tally.first_claim, until)
    ]


def pay_run(cut_off: int, run: RunTotals, law: Law) -> dict[str, Any]:
    """The PayRun of a cut-off: what was said in it."""
    ids = sorted(id.encode() for id in run.ids)
    return {
        "run_date": business_day_of(cut_off),
        "cut_off": cut_off,
        "totals": [_totals(name, amounts) for name, amounts in sorted(run.totals.items())],
        "instructions_sha256": hashlib.sha256(b"".join(id + b"\n" for id in ids)).hexdigest(),
        "findings": run.findings,
        "assumptions": sorted(run.assumptions),
        "law_version": law.version,
        "came_back": [msgspec.structs.asdict(one) for one in sorted(run.came_back, key=lambda one: one.instruction_id)],
    }


def _totals(name: str, amounts: list[int]) -> dict[str, Any]:
    kind, method = name.split()
    count, gross, net = amounts
    return {"kind": kind, "method": method, "count": count, "gross_cents": gross, "net_cents": net}


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
        tally = merged(element[1])
        runs = pay_runs(tally, self.law, until)
        yield beam.pvalue.TaggedOutput("records", pack("PayRun", "close", 0, runs))
        yield beam.pvalue.TaggedOutput("tally", tally.packed())
        self.beat("close")
