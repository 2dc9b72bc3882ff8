"""WriteRecords: records to Avro files, one per kind, stage and shard, with names that stay, safe to run twice.

Beam's own Avro sink costs a quarter of the wall (DESIGN.md, Measured) and names files by chance; this one replaces
atomically.
"""

import re
from pathlib import Path
from typing import Any

import apache_beam as beam
import msgspec

from schemas.avro import write_container

Packed = tuple[str, str, int, bytes]  # kind, stage, shard, packed records


def file_name(kind: str, stage: str = "", shard: int | None = None) -> str:
    """``payment_instruction-settle-0003.avro``."""
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", kind).lower()
    return "-".join([name, *([stage] if stage else []), *([f"{shard:04d}"] if shard is not None else [])]) + ".avro"


class WriteRecords(beam.PTransform):
    """Packed records to files below a folder."""

    def __init__(self, folder: str) -> None:
        super().__init__()
        self.folder = folder

    def expand(self, records: beam.PCollection) -> beam.PCollection:
        return records | beam.ParDo(_Write(self.folder))


class _Write(beam.DoFn):
    def __init__(self, folder: str) -> None:
        self.folder = folder

    def process(self, element: Packed) -> None:
        kind, stage, shard, packed = element
        write_container(Path(self.folder) / file_name(kind, stage, shard), kind, msgspec.msgpack.decode(packed))


def pack(kind: str, stage: str, shard: int, records: list[dict[str, Any]]) -> Packed:
    """Records on their way to a file."""
    return kind, stage, shard, msgspec.msgpack.encode(records)
