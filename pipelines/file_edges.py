"""Files as edges: a folder of facts in, a folder of records out; all is known before anything is decided."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import apache_beam as beam
import msgspec

from fold.beat import Beat
from fold.rejections import in_order
from fold.stages import STAGES
from fold.tally import merged
from pipelines.facts_at import facts_at
from pipelines.importing.text_facts import FolderDoor
from rules.law import Law
from schemas.avro import encode
from schemas.rejection import Rejection
from transforms.decode_events import DecodeFiles, ReadAhead
from transforms.restate import Bounded
from transforms.write_records import RecordFolder

_decode_rejection = msgspec.msgpack.Decoder(Rejection).decode


class Dealing(NamedTuple):
    """``shards``: how finely work is dealt. ``until``: the last cut-off to decide (None: the latest that facts name).
    ``beat``: hears how far the work is."""

    shards: int
    until: int | None
    beat: Beat = Beat()


class Files(NamedTuple):
    """The files of a replay: facts below ``events``, records in ``out``, both at any address. ``names``: of the files
    of facts, None: all that are there when the pipeline runs (at an address)."""

    events: str
    out: str
    names: list[str] | None
    dealing: Dealing

    def decode(self) -> beam.PTransform:
        """Blocks of rows by stage; also the catalog (tag ``catalog``) and changes of law (tag ``law``)."""
        return _Decode(self)

    def fold(self, decoded: Mapping[str, beam.PCollection], law: Law) -> Bounded:
        """Shard by shard."""
        last = decoded["tally"] | "LastCutOff" >> beam.CombineGlobally(LastCutOff(self.dealing.until))
        catalog = beam.pvalue.AsList(decoded["catalog"])
        until, out = beam.pvalue.AsSingleton(last), RecordFolder(self.out)
        published = beam.pvalue.AsList(decoded["law"])
        return Bounded(law, published, until, catalog, self.dealing.shards, self.dealing.beat, out)

    def encode(self) -> beam.PTransform:
        """Whoever concluded records has written them: names of Avro files, one a kind, stage and shard."""
        return beam.Map(str)


class _Decode(beam.PTransform):
    def __init__(self, files: Files) -> None:
        super().__init__()
        self.files = files

    def expand(self, pipeline: beam.Pipeline) -> Any:
        events, (shards, until, beat) = self.files.events, self.files.dealing
        names = pipeline | "Names" >> self._names() | "Spread" >> beam.Reshuffle()
        ahead = names | "ReadAhead" >> beam.ParDo(ReadAhead(events)).with_outputs("law", main="admissions")
        decode = DecodeFiles(events, shards, until, beat, self.files.out, FolderDoor)
        tags = (*STAGES, "rejections", "catalog", "tally")
        read = names | "Decode" >> beam.ParDo(decode, beam.pvalue.AsList(ahead.admissions)).with_outputs(*tags)
        none = pipeline | "NoRejection" >> beam.Create([b""])  # for the file is there also where nothing is refused
        rejections = (
            [read.rejections, none]
            | "Refused" >> beam.Flatten()
            | "OnOneKey" >> beam.WithKeys("all")
            | "Together" >> beam.GroupByKey()
            | "WriteRejections" >> beam.Map(_write_rejections, RecordFolder(self.files.out))
        )
        return {tag: read[tag] for tag in tags} | {"records": rejections, "law": ahead.law}

    def _names(self) -> beam.PTransform:
        return ListFacts(self.files.events) if self.files.names is None else beam.Create(self.files.names)


class ListFacts(beam.PTransform):
    """Names of all files of facts below an address."""

    def __init__(self, events: str) -> None:
        super().__init__()
        self.events = events

    def expand(self, pipeline: beam.Pipeline) -> beam.PCollection:
        listed = beam.FlatMap(_listed, self.events).with_output_types(str)
        return pipeline | beam.Impulse() | "List" >> listed


def _listed(_: bytes, events: str) -> list[str]:
    return facts_at(events).files


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


def _write_rejections(of_all: tuple[str, Iterable[bytes]], out: RecordFolder) -> str:
    rejections = in_order(map(_decode_rejection, filter(None, of_all[1])))
    return out.put("Rejection", "read", 0, map(encode, rejections))
