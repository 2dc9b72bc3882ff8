"""The payroll as a job that never ends, for what outgrows one machine: made for Dataflow, and launched by `launch`.

    python -m pipelines.streaming --project my-project --region us-west1 --temp_location gs://my-bucket/tmp

Options of the payroll: ``--law`` (folder of TOML laid over the law), ``--catalog`` (Avro file of CourseListings),
``--until`` (last business day to decide, YYYY-MM-DD), ``--journal`` and ``--resume-after`` (folder of the journal to
begin from, and the last business day whose pay run was said whole), ``--id_label`` (attribute of messages that no two
events of any source share); all others are Beam's. Paths may be ``gs://``.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from typing import Any, cast

import apache_beam as beam
from apache_beam.io.filesystem import BeamIOError
from apache_beam.io.filesystems import FileSystems
from apache_beam.options.pipeline_options import (
    GoogleCloudOptions,
    PipelineOptions,
    SetupOptions,
    StandardOptions,
    WorkerOptions,
)

from fold.key import is_look
from fold.rows import fact_body
from pipelines.job_options import JobOptions, all_decided_by, cut_off_named, law_named, read_at
from pipelines.live.clock import Clock, machine_clock
from pipelines.misuse import Misuse
from pipelines.payroll import build
from pipelines.topic_edges import REFERENCE, Beginning, topics_of
from rules.law import Law
from rules.periods import cut_off_after
from schemas.avro import Container, Unreadable, validate
from schemas.envelope import Fact
from transforms.admit_facts import KEPT
from transforms.journal_folders import pattern_of

JOB = "ihss-payroll"


class PayrollOptions(PipelineOptions):
    """What this pipeline asks beside Beam's own."""

    @classmethod
    def _add_argparse_args(cls, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--catalog", help="Avro file of CourseListings; a change of them is a new deployment.")
        parser.add_argument("--journal", help="Folder of the journal to begin from: the job reads all of it first.")
        resumes = "--resume_after", "--resume-after"  # a Flex Template's parameter, and how people write it
        parser.add_argument(*resumes, metavar="YYYY-MM-DD", help="Last business day that was said whole.")
        label = "--id_label", "--id-label"
        parser.add_argument(*label, metavar="ATTRIBUTE", help="Tells a message sent again, unique over all sources.")


def run(arguments: list[str]) -> Any:
    """Launch the job; what the runner answers. Raises Misuse."""
    return pipeline_of(arguments).run()


def pipeline_of(arguments: list[str]) -> beam.Pipeline:
    """The whole pipeline, not yet run. Raises Misuse."""
    options = PipelineOptions(arguments)
    asked, cloud = options.view_as(PayrollOptions), options.view_as(GoogleCloudOptions)
    both = options.view_as(JobOptions)
    if not cloud.project:
        raise Misuse("no project: name the Google Cloud project with --project")
    options.view_as(StandardOptions).streaming = True
    options.view_as(SetupOptions).save_main_session = False
    options.view_as(WorkerOptions).max_cache_memory_usage_mb = 0  # sizing what it holds costs more than it spares
    cloud.enable_streaming_engine = True
    cloud.job_name = cloud.job_name or JOB
    until, beginning = cut_off_named("--until", both.until), beginning_of(asked.journal, asked.resume_after)
    edges = topics_of(cloud.project, list(_listings(asked.catalog)), beginning, until, asked.id_label or None)
    pipeline = beam.Pipeline(options=options)
    build(pipeline, edges, _decided_by(law_named(both.law), begins_anew=bool(asked.journal)))
    return pipeline


def _decided_by(law: Law, begins_anew: bool, clock: Clock = machine_clock) -> Law:
    """The law, if all to whom a value matters are decided when it becomes known: a job that took over keys of another
    wakes them for it in the first pay run of a month alone. Raises Misuse."""
    wrong = [each for each in law.publications if each > clock() and not is_look(each)]
    if wrong and not begins_anew:
        raise Misuse(f"--law: {all_decided_by(wrong[0])}")
    return law


def beginning_of(journal: str | None, resume_after: str | None, clock: Clock = machine_clock) -> Beginning:
    """How a job begins that is launched now. Raises Misuse."""
    now, after = clock(), cut_off_named("--resume-after", resume_after)
    opens = cut_off_after(now - KEPT)
    if journal is None and after is None:
        return Beginning(opens)
    if journal is None:
        raise Misuse(f"--resume-after {resume_after} needs the journal of all pay runs before: name it with --journal")
    if after is None:
        raise Misuse("--journal needs --resume-after: name the last business day whose pay run was said whole")
    if after > now:
        raise Misuse(f"--resume-after {resume_after} is not over: name the last business day whose PayRun was said")
    if not _holds_files(journal):
        raise Misuse(f"--journal {journal} holds no file of a journal (*.avro)")
    return Beginning(opens, journal, after)


def _holds_files(journal: str) -> bool:
    try:
        (found,) = FileSystems.match([pattern_of(journal)], limits=[1])
    except BeamIOError:
        return False
    return bool(found.metadata_list)


def _listings(path: str | None) -> Iterator[bytes]:
    """Bodies of the CourseListings in a file; none without one. Raises Misuse."""
    if path is None:
        return
    with tempfile.NamedTemporaryFile(suffix=".avro") as copied:
        copied.write(read_at(path))
        copied.seek(0)
        try:
            container = Container(copied)
            if container.kind != REFERENCE:
                raise Misuse(f"--catalog {path} holds {container.kind}: name an Avro file of {REFERENCE}")
            yield from (fact_body(cast(Fact, validate(REFERENCE, record))) for _, record in container)
        except Unreadable as wrong:
            raise Misuse(f"--catalog {path}: {wrong}") from wrong


if __name__ == "__main__":
    run(sys.argv[1:])
