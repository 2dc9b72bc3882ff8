"""The story of a payroll: facts are decoded, time is authorized and priced, payments are settled, runs are closed.

``build`` is the whole pipeline on one screen; ``pipelines.plain`` tells the same story without an engine.
"""

from pathlib import Path
from typing import NamedTuple

import apache_beam as beam

from rules.law import Law
from transforms.authorize_time import AuthorizeTime
from transforms.beat import Beat
from transforms.close_run import CloseRun
from transforms.decode_events import DecodeFiles, ReadAdmissions
from transforms.price_time import PriceTime
from transforms.settle_payments import SettlePayments
from transforms.stages import AUTHORIZE, PRICE, SETTLE, STAGES
from transforms.tally import merged
from transforms.write_records import WriteRecords, pack


class Edges(NamedTuple):
    """Where facts come from and records go: files below ``events``, records below ``out``; how finely work is dealt."""

    events: Path
    names: list[str]
    out: Path
    shards: int
    beat: Beat


def build(pipeline: beam.Pipeline, edges: Edges, law: Law, until: int | None) -> beam.PCollection:
    """The pipeline; returns the packed tally of the whole. ``until``: the last cut-off to decide, None: the latest
    that facts name."""
    names = pipeline | "Names" >> beam.Create(edges.names) | "Spread" >> beam.Reshuffle()
    late = beam.pvalue.AsList(names | "Admissions" >> beam.ParDo(ReadAdmissions(str(edges.events))))
    decode = DecodeFiles(str(edges.events), edges.shards, until, edges.beat, str(edges.out))
    read = names | "DecodeEvents" >> beam.ParDo(decode, late).with_outputs(*STAGES, "rejections", "catalog", "tally")
    last = beam.pvalue.AsSingleton(read.tally | "LastCutOff" >> beam.CombineGlobally(LastCutOff(until)))
    catalog = beam.pvalue.AsList(read.catalog)
    common = {"law": law, "until": last, "catalog": catalog, "shards": edges.shards, "beat": edges.beat}

    authorized = read[AUTHORIZE] | "AuthorizeTime" >> AuthorizeTime(**common)
    priced = (read[PRICE], authorized[PRICE]) | "ToPrice" >> beam.Flatten() | "PriceTime" >> PriceTime(**common)
    settled = (
        (read[SETTLE], priced[SETTLE]) | "ToSettle" >> beam.Flatten() | "SettlePayments" >> SettlePayments(**common)
    )
    stages = (authorized, priced, settled)
    tallies = (read.tally, *(stage.tally for stage in stages)) | "Tallies" >> beam.Flatten()
    closed = tallies | "CloseRun" >> CloseRun(law, last, edges.beat)

    rejections = read.rejections | "Rejections" >> beam.combiners.ToList() | "Pack" >> beam.Map(_packed_rejections)
    records = (rejections, closed.records, *(stage.records for stage in stages)) | "Records" >> beam.Flatten()
    records | "EncodeRecords" >> WriteRecords(str(edges.out))  # type: ignore[unused-ignore]
    return closed.tally


class LastCutOff(beam.CombineFn):
    """The last cut-off that is decided: the one asked for, else the latest that a fact names."""

    def __init__(self, until: int | None) -> None:
        self.until = until

    def create_accumulator(self) -> int:
        return self.until or 0

    def add_input(self, accumulator: int, tally: bytes) -> int:
        return self.until or max(accumulator, merged([tally]).latest_cut_off)

    def merge_accumulators(self, accumulators: list[int]) -> int:
        return max(accumulators)

    def extract_output(self, accumulator: int) -> int:
        return accumulator


def in_order(rejections: list[dict[str, object]]) -> list[dict[str, object]]:
    """Rejections by origin, then content: the same list however files were dealt."""
    return sorted(rejections, key=lambda rejection: (str(rejection["origin"]), str(rejection["message"])))


def _packed_rejections(rejections: list[dict[str, object]]) -> tuple[str, str, int, bytes]:
    return pack("Rejection", "read", 0, in_order(rejections))
