"""The last step of a replay at an address: all that was written takes the place of what an earlier replay left.

The plain twin is the end of `pipelines.replay`. A runner may try the step again after any part of it, also after all
of it: so a file beside the records says what is to be published, once it is complete; what was moved stays moved.
summary.json goes first and comes last: where it is, the rest is whole.
"""

import time
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import msgspec

from fold.places import INDEX, write_index
from fold.publications import ToldLaw, obeying_told
from fold.record_files import file_name
from fold.tally import Tally, merged
from pipelines.facts_at import facts_at
from pipelines.summary import SUMMARY, summary_of
from rules.law import Law
from schemas import CONCLUSIONS, private
from schemas.avro import write_container
from transforms.addresses import bring, brought, move, remove, sent, stored

PART = ".part"
COMPLETE = "complete"  # names of what is to be published
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[str]).decode


class Publishing(NamedTuple):
    """``events``, ``out``: addresses of facts and records; ``partial``: where records wait. ``began``: when, by the
    clock in seconds, from which the summary counts. The rest as of `pipelines.file_edges.Dealing`."""

    events: str
    out: str
    partial: str
    law: Law
    shards: int
    until: int | None
    began: float

    def __call__(self, _: bytes, tally: Iterable[bytes], written: Iterable[str], published: Iterable[ToldLaw]) -> str:
        """Publish; the address. ``tally``: its parts; ``written``: names of the files of records; ``published``:
        changes of law that were obeyed."""
        waiting = {each.name for each in stored(self.partial)}
        if COMPLETE not in waiting:
            self._complete(merged(tally), set(written), obeying_told(self.law, published))
        if COMPLETE not in waiting or SUMMARY in waiting:
            self._take_place()
        remove(self.partial, [each.name for each in stored(self.partial) if each.name != COMPLETE])
        return self.out

    def _take_place(self) -> None:
        """What was in ``out`` by what waits."""
        with brought(self.partial, COMPLETE) as here:
            names = _decode((here / COMPLETE).read_bytes())
        remove(self.out, [SUMMARY])
        remove(self.out, [each.name for each in stored(self.out) if _is_record(each.name) and each.name not in names])
        move(names, self.partial, self.out)
        move([SUMMARY], self.partial, self.out)

    def _complete(self, tally: Tally, names: set[str], law: Law) -> None:
        """Add what a replay leaves beside its records: an index, a file for each kind of which there is none, the
        summary; then the names of all but the summary."""
        with TemporaryDirectory() as scratch, sent(self.partial) as here:
            self._index(Path(scratch), here)
            empty = [kind for kind in CONCLUSIONS if not any(name.startswith(_stem(kind)) for name in names)]
            for kind in empty:
                write_container(here / file_name(kind), kind, [])
            took = round(time.time() - self.began, 1)
            ignored = facts_at(self.events).ignored
            summary = summary_of(tally, law, self.until, ignored, took)
            private.written(here / SUMMARY, summary.text())
            names |= {INDEX, *map(file_name, empty)}
        with sent(self.partial) as here:
            private.written(here / COMPLETE, _encode(sorted(names)))

    def _index(self, scratch: Path, here: Path) -> None:
        for each in stored(self.partial):
            if each.name.endswith(PART):
                bring(self.partial, each.name, scratch)
        write_index(scratch, here / INDEX, self.shards)


def _is_record(name: str) -> bool:
    """Whether a name is one that a replay gives, of a file of records in the folder itself."""
    return "/" not in name and name.startswith(tuple(map(_stem, CONCLUSIONS)))


def _stem(kind: str) -> str:
    return file_name(kind).removesuffix(".avro")
