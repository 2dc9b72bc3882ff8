"""Records to Avro files, one per kind, stage and shard, under the same names in every run.

Whoever concludes records writes them, so that what goes on through the pipeline is names: an element stays small
however many records a shard has. Beam's own Avro sink costs a quarter of the wall and names files by chance; this one
replaces atomically.
"""

from collections.abc import Iterable
from typing import NamedTuple

from fold.record_files import file_name
from schemas.avro import write_bodies
from transforms.addresses import sent


class RecordFolder(NamedTuple):
    """A folder for records, at any address."""

    address: str

    def put(self, kind: str, stage: str, shard: int, bodies: Iterable[bytes]) -> str:
        """Write records that are encoded (`schemas.avro.encode`); the file's name. Twice is no harm. Raises OSError."""
        name = file_name(kind, stage, shard)
        with sent(self.address) as folder:
            write_bodies(folder / name, kind, bodies)
        return name
