"""What a pay run says, as one digest (docs/contract.md, PayRun): whoever has its records can tell if one was changed.

Until its run is closed a record waits here as its plain Avro body, in blocks that are packed small. Rejections are of
no run: they name none, and a replay sees them at no time.
"""

import hashlib
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from operator import attrgetter

import msgspec

from fold.tally import RunTotals, Tally
from schemas import KINDS_OF_RUN
from schemas.avro import encode
from schemas.envelope import OutgoingRecord

Bodies = dict[str, list[bytes]]  # records by kind, as plain Avro
BYTES_OF_LENGTH = 4
FAST = 1  # of zlib's levels
_cut_off: Callable[[OutgoingRecord], int] = attrgetter("cut_off")
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[bytes]).decode


def content_sha256(bodies: Mapping[str, Iterable[bytes]]) -> str:
    """The digest (hex) of a run by its records' plain Avro bodies, by kind, each in the schema it was said in."""
    mark = hashlib.sha256()
    for kind in KINDS_OF_RUN:
        for body in sorted(bodies.get(kind, ())):
            mark.update(len(body).to_bytes(BYTES_OF_LENGTH, "big"))
            mark.update(body)
    return mark.hexdigest()


def note_content(tally: Tally, records: Mapping[str, Iterable[OutgoingRecord]]) -> Bodies:
    """Add records to what their runs say; their plain Avro bodies, in the same order."""
    bodies_of: Bodies = {}
    for kind in records.keys() & set(KINDS_OF_RUN):
        by_run: dict[int, list[bytes]] = defaultdict(list)
        bodies_of[kind] = []
        for record in records[kind]:
            bodies_of[kind].append(body := encode(record))
            by_run[_cut_off(record)].append(body)
        for cut_off, bodies in by_run.items():
            tally.run(cut_off).said.setdefault(kind, []).append(_packed(bodies))
    return bodies_of


def content_of(run: RunTotals) -> str:
    """The digest of all that was added."""
    return content_sha256({kind: _bodies_in(blocks) for kind, blocks in run.said.items()})


def fewer_blocks(run: RunTotals) -> RunTotals:
    """The same, in one block a kind: packed together records of many keys are small."""
    said = {kind: [_packed(_bodies_in(blocks))] for kind, blocks in run.said.items()}
    return msgspec.structs.replace(run, said=said)


def _packed(bodies: Iterable[bytes]) -> bytes:
    return zlib.compress(_encode(sorted(bodies)), FAST)


def _bodies_in(blocks: Iterable[bytes]) -> Iterator[bytes]:
    for block in blocks:
        yield from _decode(zlib.decompress(block))
