"""The payroll as a job that never ends, for what outgrows one machine: made for Dataflow, and launched by `launch`.

    python -m pipelines.streaming --project my-project --region us-west1 --temp_location gs://my-bucket/tmp

Options of the payroll: ``--law`` (folder of TOML laid over the law), ``--catalog`` (Avro file of CourseListings),
``--until`` (last business day to decide, YYYY-MM-DD); all others are Beam's. Both paths may be ``gs://``.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import apache_beam as beam
from apache_beam.io.filesystems import FileSystems
from apache_beam.options.pipeline_options import GoogleCloudOptions, PipelineOptions, SetupOptions, StandardOptions

from pipelines.misuse import Misuse
from pipelines.payroll import build
from pipelines.replay import last_cut_off
from pipelines.topic_edges import REFERENCE, topics_of
from rules.law import Law, LawError
from rules.periods import epoch_day
from schemas.avro import Container, Unreadable, validate
from transforms.rows import fact_body

JOB = "ihss-payroll"


class PayrollOptions(PipelineOptions):
    """What this pipeline asks beside Beam's own."""

    @classmethod
    def _add_argparse_args(cls, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--law", help="Folder of TOML that overlays the law.")
        parser.add_argument("--catalog", help="Avro file of CourseListings; a change of them is a new deployment.")
        parser.add_argument("--until", metavar="YYYY-MM-DD", help="Last business day to decide.")


def run(arguments: list[str]) -> Any:
    """Launch the job; what the runner answers. Raises Misuse."""
    return pipeline_of(arguments).run()


def pipeline_of(arguments: list[str]) -> beam.Pipeline:
    """The whole pipeline, not yet run. Raises Misuse."""
    options = PipelineOptions(arguments)
    asked, cloud = options.view_as(PayrollOptions), options.view_as(GoogleCloudOptions)
    if not cloud.project:
        raise Misuse("no project: name the Google Cloud project with --project")
    options.view_as(StandardOptions).streaming = True
    options.view_as(SetupOptions).save_main_session = False
    cloud.enable_streaming_engine = True
    cloud.job_name = cloud.job_name or JOB
    edges = topics_of(cloud.project, list(_listings(asked.catalog)), _until(asked.until))
    pipeline = beam.Pipeline(options=options)
    build(pipeline, edges, _law(asked.law))
    return pipeline


def _until(day: str | None) -> int | None:
    try:
        return last_cut_off(epoch_day(date.fromisoformat(day))) if day else None
    except ValueError:
        raise Misuse(f"--until {day} is no date: write it as 2026-12-31") from None


def _law(folder: str | None) -> Law:
    if folder is None:
        return Law.load()
    names = [each.path for match in FileSystems.match([f"{folder.rstrip('/')}/*.toml"]) for each in match.metadata_list]
    if not names:
        raise Misuse(f"--law {folder} holds no *.toml")
    with tempfile.TemporaryDirectory() as copied:
        for name in names:
            Path(copied, name.rpartition("/")[2]).write_bytes(_read(name))
        try:
            return Law.load(Path(copied))
        except LawError as error:
            raise Misuse(str(error)) from error


def _listings(path: str | None) -> Iterator[bytes]:
    """Bodies of the CourseListings in a file; none without one. Raises Misuse."""
    if path is None:
        return
    with tempfile.NamedTemporaryFile(suffix=".avro") as copied:
        Path(copied.name).write_bytes(_read(path))
        try:
            container = Container(copied)
            if container.kind != REFERENCE:
                raise Misuse(f"--catalog {path} holds {container.kind}: name an Avro file of {REFERENCE}")
            yield from (fact_body(validate(REFERENCE, record)) for _, record in container)
        except Unreadable as wrong:
            raise Misuse(f"--catalog {path}: {wrong}") from wrong


def _read(path: str) -> bytes:
    try:
        with FileSystems.open(path) as stream:
            content: bytes = stream.read()
    except OSError:
        raise Misuse(f"{path} cannot be read") from None
    return content


if __name__ == "__main__":
    run(sys.argv[1:])
