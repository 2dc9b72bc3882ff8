"""Files as edges: a folder of facts in, a folder of records out; all is known before anything is decided."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import apache_beam as beam
import msgspec

from fold.record_files import Packed, pack
from fold.rejections import in_order
from fold.stages import STAGES
from fold.tally import merged
from pipelines.importing.text_facts import FolderDoor
from pipelines.work import Work
from rules.law import Law
from schemas.rejection import Rejection
from transforms.decode_events import DecodeFiles, ReadAdmissions
from transforms.restate import Bounded
from transforms.write_records import WriteRecords

_decode_rejection = msgspec.msgpack.Decoder(Rejection).decode


class Files(NamedTuple):
    """The files of a replay."""

    work: Work

    def decode(self) -> beam.PTransform:
        """Blocks of rows by stage; also the catalog (tag ``catalog``)."""
        return _Decode(self)

    def fold(self, decoded: Mapping[str, beam.PCollection], law: Law) -> Bounded:
        """Shard by shard."""
        last = decoded["tally"] | "LastCutOff" >> beam.CombineGlobally(LastCutOff(self.work.until))
        catalog = beam.pvalue.AsList(decoded["catalog"])
        return Bounded(law, beam.pvalue.AsSingleton(last), catalog, self.work.shards, self.work.beat)

    def encode(self) -> beam.PTransform:
        """Avro files, one a kind, stage and shard."""
        return WriteRecords(str(self.work.out))


class _Decode(beam.PTransform):
    def __init__(self, files: Files) -> None:
        super().__init__()
        self.work = files.work

    def expand(self, pipeline: beam.Pipeline) -> Any:
        names = pipeline | "Names" >> beam.Create(self.work.names) | "Spread" >> beam.Reshuffle()
        late = beam.pvalue.AsList(names | "Admissions" >> beam.ParDo(ReadAdmissions(str(self.work.events))))
        events, out = str(self.work.events), str(self.work.out)
        decode = DecodeFiles(events, self.work.shards, self.work.until, self.work.beat, out, FolderDoor)
        tags = (*STAGES, "rejections", "catalog", "tally")
        read = names | "Decode" >> beam.ParDo(decode, late).with_outputs(*tags)
        rejections = read.rejections | "Rejections" >> beam.combiners.ToList() | "Pack" >> beam.Map(_packed_rejections)
        return {tag: read[tag] for tag in tags} | {"records": rejections}


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


def _packed_rejections(rejections: list[bytes]) -> Packed:
    return pack("Rejection", "read", 0, in_order(map(_decode_rejection, rejections)))
