"""DecodeEvents: decode and validate files of facts, and name the first pay run that may use each fact.

The plain-function twin is :class:`fold.door.Door`. Bad input becomes a Rejection with its original bytes; a bug
crashes.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import apache_beam as beam
import msgspec

from fold.admissions import Admissions, Told, admissions_in
from fold.beat import parts_of_file
from fold.door import Door
from fold.places import Places
from fold.publications import told_in
from transforms.addresses import brought, is_address, sent

_encode = msgspec.msgpack.Encoder().encode


class DecodeFiles(beam.DoFn):
    """Names of files below a folder, at any address, to blocks by stage, rejections, the catalog and a tally, by tag.

    ``places``: folder for where whose facts lie, a part for each file (None: nobody will ask). ``kind``: the door that
    knows what files there may be.
    """

    def __init__(
        self, folder: str, shards: int, until: int | None, beat: Any, places: str | None = None, kind: type[Door] = Door
    ) -> None:
        self.folder, self.shards, self.until, self.beat, self.places = folder, shards, until, beat, places
        self.kind = kind

    def process(self, name: str, admissions: Iterable[Told] = ()) -> Iterable[Any]:
        door = self.kind(self.shards, self.until, Places() if self.places else None, Admissions(admissions))
        with brought(self.folder, name) as folder:
            for _ in door.read_file(folder / name, name):
                yield from _tagged(door.dealer.full_blocks())
            if self.places and door.places:
                with sent(self.places) as parts:
                    door.places.write_part(parts, folder, name)
            self.beat("read", parts_of_file((folder / name).stat().st_size))
        yield from _tagged(door.dealer.blocks())
        yield from (beam.pvalue.TaggedOutput("rejections", _encode(rejection)) for rejection in door.rejections)
        yield from (beam.pvalue.TaggedOutput("catalog", body) for body in door.catalog)
        yield beam.pvalue.TaggedOutput("tally", door.tally.packed())


class ReadAhead(beam.DoFn):
    """Paths of files to what must be known before any of them is decided: admissions, and (tag ``law``) changes of law,
    if the folder is at an address; who reads one of this machine knows them."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def process(self, name: str) -> Iterator[Any]:
        with brought(self.folder, name) as folder:
            yield from admissions_in(folder / name)
            if is_address(self.folder):
                yield from (beam.pvalue.TaggedOutput("law", each) for each in told_in(folder, name))


def _tagged(blocks: Iterable[tuple[str, Any]]) -> Iterator[Any]:
    return (beam.pvalue.TaggedOutput(stage, block) for stage, block in blocks)
