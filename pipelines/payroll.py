"""The story of a payroll: facts are decoded, time is authorized and priced, payments are settled, runs are closed."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

import apache_beam as beam

from rules.conclusion import AUTHORIZE, METHOD, PRICE, SETTLE
from rules.law import Law
from transforms.authorize_time import AuthorizeTime
from transforms.choose_method import ChooseMethod
from transforms.close_run import CloseRun
from transforms.price_time import PriceTime
from transforms.restate import Fold
from transforms.settle_payments import SettlePayments


class Edges(Protocol):
    """Where facts come from and records go, and so how the stages between can fold."""

    def decode(self) -> beam.PTransform:
        """From the pipeline to what each stage reads (by tag), rejections (tag ``records``), a tally (``tally``)."""

    def fold(self, decoded: Mapping[str, beam.PCollection], law: Law) -> Fold:
        """How stages fold what was decoded."""

    def encode(self) -> beam.PTransform:
        """Where records go."""


class Built(NamedTuple):
    """What the first step and the last give."""

    decoded: Mapping[str, beam.PCollection]
    closed: beam.pvalue.DoOutputsTuple
    encoded: Any


def build(pipeline: beam.Pipeline, edges: Edges, law: Law) -> Built:
    """The pipeline."""
    facts = pipeline | "DecodeEvents" >> edges.decode()
    fold = edges.fold(facts, law)

    authorized = facts[AUTHORIZE] | "AuthorizeTime" >> AuthorizeTime(fold)
    priced = (facts[PRICE], authorized[PRICE]) | "ToPrice" >> beam.Flatten() | "PriceTime" >> PriceTime(fold)
    settled = (facts[SETTLE], priced[SETTLE]) | "ToSettle" >> beam.Flatten() | "SettlePayments" >> SettlePayments(fold)
    # Without a Flatten between them a runner fuses two stateful steps and wakes one too early.
    chosen = (facts[METHOD], settled[METHOD]) | "ToMethod" >> beam.Flatten() | "ChooseMethod" >> ChooseMethod(fold)
    steps = (facts, authorized, priced, settled, chosen)
    closed = [each["tally"] for each in steps] | "Tallies" >> beam.Flatten() | "CloseRun" >> CloseRun(fold)

    records = [each["records"] for each in (*steps, closed)] | "Records" >> beam.Flatten()
    return Built(facts, closed, records | "EncodeRecords" >> edges.encode())
