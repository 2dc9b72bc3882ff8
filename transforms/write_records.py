"""WriteRecords: records to Avro files, one per kind, stage and shard, under the same names in every run.

Beam's own Avro sink costs a quarter of the wall (DESIGN.md, Measured) and names files by chance; this one replaces
atomically.
"""

from collections.abc import Iterator

import apache_beam as beam
import msgspec

from fold.record_files import Packed, file_name
from schemas.avro import write_container
from transforms.addresses import sent


class WriteRecords(beam.PTransform):
    """Packed records to files in a folder, at any address; their names."""

    def __init__(self, folder: str) -> None:
        super().__init__()
        self.folder = folder

    def expand(self, records: beam.PCollection) -> beam.PCollection:
        return records | beam.ParDo(_Write(self.folder))


class _Write(beam.DoFn):
    def __init__(self, folder: str) -> None:
        self.folder = folder

    def process(self, element: Packed) -> Iterator[str]:
        kind, stage, shard, packed = element
        name = file_name(kind, stage, shard)
        with sent(self.folder) as folder:
            write_container(folder / name, kind, msgspec.msgpack.decode(packed))
        yield name
