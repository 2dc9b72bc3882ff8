"""What the keys of the stages said of a pay run, on its way to one sum: first on a few dozen keys, then on one."""

from collections import defaultdict
from collections.abc import Iterable

import msgspec

from fold.rows import shard_of
from fold.tally import RunTotals

SUMMED_ON = 64  # keys of a run
ALL = "all"  # the key that closes runs
_PLACES = 2  # of the number in a key
_encode = msgspec.msgpack.Encoder().encode
_decode_totals = msgspec.msgpack.Decoder(RunTotals).decode


class RunSum(msgspec.Struct, array_like=True):
    """What was said in a pay run, unopened; ``totals`` None: a fact that claims pay is first seen by it."""

    cut_off: int
    totals: bytes | None

    def packed(self) -> bytes:
        """Bytes for the way between steps."""
        return _encode(self)


decoded = msgspec.msgpack.Decoder(RunSum).decode


def run_sum(cut_off: int, totals: RunTotals) -> bytes:
    """What was said in a pay run, for the way between steps."""
    return RunSum(cut_off, _encode(totals)).packed()


def summing_key(key: str, cut_off: int) -> str:
    """Where what a key says in a run is summed: each run has keys of its own, which forget it when it is summed. A job
    that begins again from its journal has many runs waiting."""
    return f"{shard_of(key, SUMMED_ON):0{_PLACES}d} {cut_off}"


def run_of(summing: str) -> int:
    """The run of such a key."""
    return int(summing[_PLACES:])


def summed(said: Iterable[bytes], until: int) -> tuple[dict[int, RunTotals], list[bytes]]:
    """Totals by run up to one, and of each later run one sum; what is of one piece is not opened."""
    by_run: dict[int, list[RunSum]] = defaultdict(list)
    for each in map(decoded, said):
        by_run[each.cut_off].append(each)
    runs = {run: _sum(pieces) for run, pieces in by_run.items() if run <= until}
    later = ((run, pieces) for run, pieces in by_run.items() if run > until)
    return runs, [pieces[0].packed() if len(pieces) == 1 else run_sum(run, _sum(pieces)) for run, pieces in later]


def _sum(pieces: Iterable[RunSum]) -> RunTotals:
    whole = RunTotals()
    for each in pieces:
        if each.totals is not None:
            whole.merge(_decode_totals(each.totals))
    return whole
