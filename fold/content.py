"""What a pay run says, as one digest (docs/contract.md, PayRun): whoever has its records can tell if one was changed.

Until its run is closed a record waits here as its plain Avro body, in blocks that are in order and packed small.
Rejections are of no run: they name none, and a replay sees them at no time.
"""

import hashlib
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from heapq import heappop, heappush
from itertools import islice
from operator import attrgetter

import msgspec

from fold.squeezing import block_compressed, block_expanded
from fold.tally import Block, RunTotals, Tally
from schemas import KINDS_OF_RUN
from schemas.avro import encode
from schemas.envelope import OutgoingRecord

Bodies = dict[str, list[bytes]]  # records by kind, as plain Avro
BYTES_OF_LENGTH = 4
BODIES_IN_BLOCK = 2_000  # about half a megabyte
_cut_off: Callable[[OutgoingRecord], int] = attrgetter("cut_off")
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[bytes]).decode


def content_sha256(bodies: Mapping[str, Iterable[bytes]]) -> str:
    """The digest (hex) of a run by its records' plain Avro bodies, by kind, each in the schema it was said in."""
    return _digest({kind: sorted(of_kind) for kind, of_kind in bodies.items()})


def _digest(in_order: Mapping[str, Iterable[bytes]]) -> str:
    mark = hashlib.sha256()
    for kind in KINDS_OF_RUN:
        for body in in_order.get(kind, ()):
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
            tally.run(cut_off).said.setdefault(kind, []).extend(_packed(sorted(bodies)))
    return bodies_of


def content_of(run: RunTotals) -> str:
    """The digest of all that was added."""
    return _digest({kind: _merged(blocks) for kind, blocks in run.said.items()})


def fewer_blocks(run: RunTotals) -> RunTotals:
    """The same, in full blocks: packed together records of many keys are small."""
    said = {kind: [*_packed(_merged(blocks))] for kind, blocks in run.said.items()}
    return msgspec.structs.replace(run, said=said)


def _packed(in_order: Iterable[bytes]) -> Iterator[Block]:
    bodies = iter(in_order)
    while some := [*islice(bodies, BODIES_IN_BLOCK)]:
        yield some[0], block_compressed(_encode(some))


def _merged(blocks: Iterable[Block]) -> Iterator[bytes]:
    """The bodies of all blocks in order. A block is opened when its first body is next, so that of each shard that
    made some about one is open."""
    waiting = deque(sorted(blocks))
    opened: list[tuple[bytes, int, Iterator[bytes]]] = []
    while waiting or opened:
        while waiting and not (opened and opened[0][0] < waiting[0][0]):
            _open_next(opened, len(waiting), iter(_decode(block_expanded(waiting.popleft()[1]))))
        body, number, rest = heappop(opened)
        yield body
        _open_next(opened, number, rest)


def _open_next(opened: list[tuple[bytes, int, Iterator[bytes]]], number: int, rest: Iterator[bytes]) -> None:
    for body in rest:
        heappush(opened, (body, number, rest))
        return
