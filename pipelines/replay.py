"""Replay: a folder of facts to a folder of records and a summary.

Who does the work changes no byte: this process alone, processes on all cores (`pipelines.pool`), or the pipeline on
Beam's DirectRunner (`pipelines.on_beam`), which alone is imported only if it is asked for.
"""

import os
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from fold.beat import PARTS_OF_SHARD, Beat, done_so_far, parts_of_file
from fold.collections import rare_collections
from fold.places import INDEX, write_index
from fold.publications import law_of_folder
from fold.record_files import file_name
from fold.stages import STAGES
from fold.tally import merged
from pipelines import pool
from pipelines.files_below import files_below
from pipelines.live.durable import Owned
from pipelines.stopping import held
from pipelines.summary import SUMMARY, Summary, summary_of
from pipelines.work import Cluster, Work
from rules.conclusion import METHOD
from rules.law import Law
from rules.periods import cut_off_of, is_business_day, previous_business_day
from schemas import CONCLUSIONS, private
from schemas.avro import write_container

AUTO, PLAIN, POOL, BEAM = "auto", "plain", "pool", "beam"
ENGINES = (AUTO, PLAIN, POOL, BEAM)
BYTES_IN_SHARD = 1 << 20
SHARDS = range(2, 65)
BYTES_IN_LARGE_SHARD, MOST_SHARDS = 16 << 20, 9999  # so that one fits a memory; names of files have four digits
WORTH_PROCESSES = 1 << 20  # bytes of input from which processes on other cores pay for their start
PARTIAL = ".partial"
LOCK = ".lock"
Progress = Callable[[str, int, int], None]  # hears stage, parts done, parts in all
OF_A_REPLAY = "--out {folder} is being written by another replay: wait for its end, or name another folder"


def replay(
    events: Path,
    out: Path,
    until: int | None,
    law: Law,
    beam_arguments: list[str] | None = None,
    beat: Progress = lambda stage, done, total: None,
    engine: str = AUTO,
    cluster: Cluster | None = None,
) -> Summary:
    """Pay all facts below ``events`` up to and including business day ``until`` (an epoch day); returns the summary.

    Records appear in ``out`` only when all is done; what an earlier replay left there is replaced. ``engine``: one of
    ENGINES; Beam's own arguments are for Beam. ``cluster``: does the work instead; both folders must lie where its
    workers see them at the same paths. Raises Misuse while another replay writes to ``out``, MachineLost.
    """
    with Owned(out, OF_A_REPLAY, LOCK):
        return _replay(events, out, last_cut_off(until), law, ReplayEngine(engine, beam_arguments or [], cluster), beat)


class ReplayEngine(NamedTuple):
    """Which does the work, with Beam's own arguments, or a cluster."""

    name: str
    beam_arguments: list[str]
    cluster: Cluster | None

    def run(self, work: Work, law: Law, size: int) -> None:
        """Do it. ``size``: bytes of facts."""
        if self.cluster:
            from pipelines import cluster

            return cluster.run(work, law, self.cluster)
        if self.name == BEAM or (self.name == AUTO and self.beam_arguments):
            with rare_collections():  # Beam makes many objects as it comes up, and no garbage
                from pipelines.on_beam import run

                return run(work, law, self.beam_arguments, size)
        alone = self.name == PLAIN or (self.name == AUTO and size < WORTH_PROCESSES)
        return pool.run(work, law, 1 if alone else os.cpu_count() or 1)


def _replay(events: Path, out: Path, until: int | None, law: Law, engine: ReplayEngine, beat: Progress) -> Summary:
    started, began = time.monotonic(), time.time()
    _, names, ignored = files_below(events)
    law = law_of_folder(law, [events / name for name in names])
    sizes = [(events / name).stat().st_size for name in names]
    # A folder of its own: on a cluster a task of a replay before, which was given up, may still write to that one's.
    partial = private.folder(_emptied(out / PARTIAL) / secrets.token_hex(8))
    work = Work(events, names, partial, shards_of(sum(sizes)), Beat(str(partial / "beat")), until)
    with Watched(partial / "beat", sizes, work.shards, beat):
        engine.run(work, law, sum(sizes))
    tally = merged([work.tally.read_bytes()])
    write_index(partial, partial / INDEX, work.shards)
    os.utime(partial / INDEX, (began, began))  # a file of facts changed since then is not what was read
    summary = summary_of(tally, law, until, ignored, round(time.monotonic() - started, 1))
    _publish(partial, out, summary)
    return summary


def last_cut_off(until: int | None) -> int | None:
    """The cut-off of the last business day up to and including a day."""
    if until is None:
        return None
    return cut_off_of(until if is_business_day(until) else previous_business_day(until))


def shards_of(size: int) -> int:
    """How finely to deal facts of so many bytes."""
    few = min(max(SHARDS.start, size // BYTES_IN_SHARD), SHARDS.stop - 1)
    return max(few, min(size // BYTES_IN_LARGE_SHARD, MOST_SHARDS))


def _emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    private.folder(folder)
    return folder


def _publish(partial: Path, out: Path, summary: Summary) -> None:
    """Replace what was in ``out`` by what is in ``partial``; a kind of which there is nothing gets an empty file.

    summary.json goes first and comes last: where it is, the rest is whole.
    """
    for kind in CONCLUSIONS:
        if not any(partial.glob(f"{_stem(kind)}*.avro")):
            write_container(partial / file_name(kind), kind, [])
    private.written(partial / SUMMARY, summary.text())
    with held():
        (out / SUMMARY).unlink(missing_ok=True)
        for old in [path for kind in CONCLUSIONS for path in out.glob(f"{_stem(kind)}*.avro")]:
            old.unlink()
        for path in (*partial.glob("*.avro"), partial / INDEX, partial / SUMMARY):
            path.replace(out / path.name)
    shutil.rmtree(partial.parent, ignore_errors=True)


def _stem(kind: str) -> str:
    return file_name(kind).removesuffix(".avro")


class Watched:
    """Reads the beats of all workers a few times a second and passes them on."""

    def __init__(self, path: Path, sizes: Iterable[int], shards: int, beat: Progress) -> None:
        self.path, self.beat = path, beat
        # Few payments wait for their method, mostly none: no bar, it would never fill.
        stages = (stage for stage in STAGES if stage != METHOD)
        parts = sum(map(parts_of_file, sizes))
        self.totals = {"read": parts, **dict.fromkeys(stages, shards * PARTS_OF_SHARD), "close": 1}
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> None:
        self.thread.start()

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.thread.join()

    def _watch(self) -> None:
        while not self.over.wait(0.25):
            self._pass_on()
        self._pass_on()

    def _pass_on(self) -> None:
        done = done_so_far(self.path)
        for stage, total in self.totals.items():
            if stage in done:
                self.beat(stage, min(done[stage], total), total)
