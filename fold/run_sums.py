"""What the keys of the stages said of a pay run, on its way to one sum: first on a few dozen keys, then on one."""

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


_decode = msgspec.msgpack.Decoder(RunSum).decode


def summing_key(key: str) -> str:
    """Where what a key says is summed."""
    return f"{shard_of(key, SUMMED_ON):02d}"


def summed(said: list[bytes], cut_off: int) -> tuple[dict[int, RunTotals], list[bytes]]:
    """Totals by run up to a cut-off, and what is of later runs."""
    runs: dict[int, RunTotals] = {}
    later = []
    for packed in said:
        one = _decode(packed)
        if one.cut_off > cut_off:
            later.append(packed)
        elif one.totals is not None:
            runs.setdefault(one.cut_off, RunTotals()).merge(one.totals)
    return runs, later
