"""A replay by the pipeline of `pipelines.payroll`, on Beam's DirectRunner (its FnApiRunner, by name)."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import apache_beam as beam
from apache_beam.options.pipeline_options import DirectOptions, PipelineOptions, SetupOptions, StandardOptions
from apache_beam.pvalue import AsIter
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

from fold.tally import merged
from pipelines.file_edges import Dealing, Files
from pipelines.payroll import build
from pipelines.work import Work
from pipelines.worker_life import workers_of_ours
from pipelines.worker_log import worker_log
from rules.law import Law
from schemas import private

RUNNER = "apache_beam.runners.portability.fn_api_runner.FnApiRunner"
WORTH_TWO_PROCESSES = 16 << 20  # bytes of input from which a second worker process pays for its start


def run(work: Work, law: Law, arguments: list[str], size: int) -> None:
    """Records, parts of the index and the tally below ``work.out``. ``arguments``: Beam's own; ``size``: bytes of
    facts."""
    dealing = Dealing(work.shards, work.until, work.beat)
    with pipeline_here(arguments, size, work.out) as pipeline:
        built = build(pipeline, Files(str(work.events), str(work.out), work.names, dealing), law)
        pipeline | beam.Impulse() | "KeepTally" >> beam.Map(_keep, str(work.tally), AsIter(built.closed["tally"]))


@contextmanager
def pipeline_here(arguments: list[str], size: int, logs: Path) -> Iterator[beam.Pipeline]:
    """A pipeline that is run on this machine when the block ends; what its workers write goes to a file below
    ``logs``."""
    logging.getLogger("apache_beam").setLevel(logging.ERROR)
    options = _options(arguments, size)
    with worker_log(logs / "workers.log"), beam.Pipeline(_runner(options), options) as pipeline:
        yield pipeline


def _keep(_: bytes, path: str, parts: Iterable[bytes]) -> None:
    private.written(Path(path), merged(parts).packed())


def _runner(options: PipelineOptions) -> FnApiRunner | None:
    """With worker processes that end with this one, which Beam's own do not if it is ended in a hurry; None: whatever
    the options name."""
    direct = options.view_as(DirectOptions)
    if direct.direct_running_mode != "multi_processing" or options.view_as(StandardOptions).runner != RUNNER:
        return None
    direct.direct_running_mode = "in_memory"
    return FnApiRunner(workers_of_ours())


def _options(arguments: list[str], size: int) -> PipelineOptions:
    """Beam's options: what the user said, else this runner, and two processes when they pay."""
    options = PipelineOptions(["--default_sdk_harness_log_level=ERROR", *arguments])
    if options.view_as(StandardOptions).runner is None:
        options.view_as(StandardOptions).runner = RUNNER
    direct = options.view_as(DirectOptions)
    if size > WORTH_TWO_PROCESSES and not any("direct_" in argument for argument in arguments):
        direct.direct_running_mode = "multi_processing"
        direct.direct_num_workers = 2
    options.view_as(SetupOptions).save_main_session = False
    return options
