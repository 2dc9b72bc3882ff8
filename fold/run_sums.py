"""What the keys of the stages said of a pay run, on its way to one sum: first on a few dozen keys, then on one."""

from collections import defaultdict

import msgspec

from fold.rows import shard_of
from fold.tally import RunTotals

SUMMED_ON = 64  # keys
_encode = msgspec.msgpack.Encoder().encode


class RunSum(msgspec.Struct, array_like=True):
    """What was said in a pay run; ``totals`` None: a fact that claims pay is first seen by it."""

    cut_off: int
    totals: RunTotals | None

    def packed(self) -> bytes:
        """Bytes for the way between steps."""
        return _encode(self)


class _Unopened(msgspec.Struct, array_like=True):
    cut_off: int


_decode = msgspec.msgpack.Decoder(RunSum).decode
_decode_unopened = msgspec.msgpack.Decoder(_Unopened).decode


def summing_key(key: str) -> str:
    """Where what a key says is summed."""
    return f"{shard_of(key, SUMMED_ON):02d}"


def summed(said: list[bytes], cut_off: int) -> tuple[dict[int, RunTotals], list[bytes]]:
    """Totals by run up to a cut-off, and of each later run one sum. A job that begins again from its journal has many
    runs waiting here, and looks at all of them whenever it closes one: those of one piece are not opened."""
    by_run: dict[int, list[bytes]] = defaultdict(list)
    for packed in said:
        by_run[_decode_unopened(packed).cut_off].append(packed)
    runs = {run: _sum(pieces) for run, pieces in by_run.items() if run <= cut_off}
    later = ((run, pieces) for run, pieces in by_run.items() if run > cut_off)
    return runs, [pieces[0] if len(pieces) == 1 else RunSum(run, _sum(pieces)).packed() for run, pieces in later]


def _sum(pieces: list[bytes]) -> RunTotals:
    whole = RunTotals()
    for totals in (_decode(packed).totals for packed in pieces):
        if totals is not None:
            whole.merge(totals)
    return whole
