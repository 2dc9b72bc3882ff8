"""One way to pay a county, as a whole process: ``python -m bench.ways WAY EVENTS OUT REPORT``.

REPORT becomes JSON: ``work_seconds`` from the first fact opened to the last record written, and ``stages``, the
seconds of each stage where they come one after another (the floor).
"""

import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

from rules.law import Law

Stages = dict[str, float]
READ, BETWEEN, CLOSE, WRITE = "read", "between", "close", "write"
ONE = ["--direct_running_mode=in_memory", "--direct_num_workers=1"]
TWO = ["--direct_running_mode=multi_processing", "--direct_num_workers=2"]


class Laps:
    """Seconds by name, each lap from the end of the one before."""

    def __init__(self) -> None:
        self.seconds: Stages = defaultdict(float)
        self.last = time.perf_counter()

    def lap(self, name: str) -> None:
        """What was done since the last lap was this."""
        now = time.perf_counter()
        self.seconds[name] += now - self.last
        self.last = now


def floor(events: Path, out: Path, law: Law) -> Callable[[], Stages]:
    """The same rules without an engine, ready to go; they write the same kinds of files as the pipeline."""
    from fold.record_files import file_name
    from fold.shard import Shard
    from pipelines import plain
    from pipelines.summary import SUMMARY, summary_of
    from schemas import CONCLUSIONS
    from schemas.avro import write_bodies, write_container

    def pay() -> Stages:
        laps = Laps()
        names = sorted(str(path.relative_to(events)) for path in events.rglob("*.avro"))
        # The only place between reading and writing that can be seen from outside: replay_folder keeps no time.
        with patch.object(plain, "Shard", timed(Shard, laps)):
            paid = plain.replay_folder(events, names, law)
        laps.lap(CLOSE)
        for kind in CONCLUSIONS.keys() - paid.bodies.keys():
            write_container(out / file_name(kind), kind, paid.records.get(kind, []))
        for kind, bodies in paid.bodies.items():
            write_bodies(out / file_name(kind), kind, bodies)
        (out / SUMMARY).write_text(summary_of(paid.tally, law, None).text())
        laps.lap(WRITE)
        return dict(laps.seconds)

    return pay


def timed(shard: type, laps: Laps) -> type:
    """The shard, its fold a lap by the name of its stage; all before the first fold is reading."""

    class Timed(shard):  # type: ignore[misc]
        def fold(self, blocks: object, *watched: object) -> object:
            laps.lap(BETWEEN if laps.seconds else READ)
            folded = super().fold(blocks, *watched)
            laps.lap(self.stage)
            return folded

    return Timed


def replayed(engine: str, arguments: list[str]) -> Callable[[Path, Path, Law], Callable[[], Stages]]:
    """A replay by this engine, with these options of Beam, ready to go."""

    def prepared(events: Path, out: Path, law: Law) -> Callable[[], Stages]:
        from pipelines.replay import replay

        def pay() -> Stages:
            replay(events, out, None, law, arguments, engine=engine)
            return {}

        return pay

    return prepared


WAYS = {
    "floor": floor,
    "beam": replayed("beam", ONE),
    "beam-2": replayed("beam", TWO),
    "plain": replayed("plain", []),
    "pool": replayed("pool", []),
}
FLOOR = "floor"


def main(way: str, events: str, out: str, report: str) -> None:
    """Pay, and say how long it took once all was imported."""
    pay = WAYS[way](Path(events), Path(out), Law.load())
    started = time.perf_counter()
    stages = pay()
    told = {"work_seconds": time.perf_counter() - started, "stages": stages}
    Path(report).write_text(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
