"""Replay at addresses: facts and records at any place that Beam reads, by the pipeline of `pipelines.payroll`.

On this machine by Beam's FnApiRunner, or as a batch job on Dataflow, launched by ``launch replay``:

    python -m pipelines.replay_job --project my-project --region us-west1 --temp_location gs://my-bucket/tmp
        --events gs://my-bucket/facts --out gs://my-bucket/paid

Options: ``--events``, ``--out``, ``--until`` (last business day to pay, YYYY-MM-DD), ``--law`` (folder of TOML laid
over the law), ``--shards``; all others are Beam's.
"""

import argparse
import secrets
import shutil
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import apache_beam as beam
import msgspec
from apache_beam.io.filesystem import BeamIOError
from apache_beam.options.pipeline_options import GoogleCloudOptions, PipelineOptions, SetupOptions
from google.api_core.exceptions import GoogleAPICallError
from google.resumable_media import InvalidResponse

from fold.beat import Beat
from pipelines.facts_at import FactsAt, facts_at
from pipelines.file_edges import Dealing, Files
from pipelines.job_options import JobOptions, cut_off_named, law_named
from pipelines.misuse import Misuse
from pipelines.on_beam import pipeline_here
from pipelines.payroll import build
from pipelines.publishing_at import Publishing
from pipelines.replay import PARTIAL, Progress, Watched, last_cut_off, shards_of
from pipelines.summary import SUMMARY, Summary
from rules.law import Law
from schemas import private
from transforms.addresses import at, bring, is_address, options_here, remove, sent, set_options, stored

JOB = "ihss-replay"
BEGUN = "begun"


class ReplayJobOptions(PipelineOptions):
    """What this pipeline asks beside Beam's own."""

    @classmethod
    def _add_argparse_args(cls, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--events", help="Address of the folder of facts.")
        parser.add_argument("--out", help="Address of the folder for records and summary.json.")
        parser.add_argument("--shards", type=int, help="How finely work is dealt; default: by the size of the facts.")


def run(arguments: list[str]) -> Any:
    """Launch the job; what the runner answers. Raises Misuse."""
    return pipeline_of(arguments).run()


def pipeline_of(arguments: list[str]) -> beam.Pipeline:
    """The whole pipeline, not yet run. Raises Misuse."""
    options = PipelineOptions(arguments)
    asked, cloud = options.view_as(ReplayJobOptions), options.view_as(GoogleCloudOptions)
    both = options.view_as(JobOptions)
    options.view_as(SetupOptions).save_main_session = False
    cloud.job_name = cloud.job_name or JOB
    for name in ("events", "out"):
        if not is_address(getattr(asked, name) or ""):
            raise Misuse(f"--{name} {getattr(asked, name)} is no address: name one such as gs://my-bucket/{name}")
    apart(asked.events, asked.out)
    until, law = cut_off_named("--until", both.until), law_named(both.law)
    pipeline = beam.Pipeline(options=options)
    shards = asked.shards or shards_of(sum(facts_asked(asked.events).sizes))
    construct(pipeline, Files(asked.events, waiting_at(asked.out), None, Dealing(shards, until)), asked.out, law)
    return pipeline


def construct(pipeline: beam.Pipeline, files: Files, out: str, law: Law) -> None:
    """The story, then what it wrote takes the place of what was in ``out``."""
    built, (shards, until, _) = build(pipeline, files, law), files.dealing
    publish = Publishing(files.events, out, files.out, law, shards, until, time.time())
    told = built.closed["tally"], built.encoded, built.decoded["law"]
    pipeline | beam.Impulse() | "Publish" >> beam.Map(publish, *map(beam.pvalue.AsIter, told))


def replay_at(events: str, out: str, until: int | None, law: Law, arguments: list[str], beat: Progress) -> Summary:
    """What `pipelines.replay.replay` does, of facts at an address to records at one, on this machine. Raises Misuse."""
    arguments = [*arguments, *options_here()]
    set_options(arguments)
    apart(events, out)
    facts, waiting = facts_asked(events), begun_at(out)
    with TemporaryDirectory() as scratch:
        beats = Path(scratch, "beat")
        dealing = Dealing(shards_of(sum(facts.sizes)), last_cut_off(until), Beat(str(beats)))
        progress = Watched(beats, facts.sizes, dealing.shards, beat)
        with progress, pipeline_here(arguments, sum(facts.sizes), Path(scratch)) as pipeline:
            construct(pipeline, Files(events, waiting, facts.files, dealing), out, law)
        remove(waiting, [each.name for each in stored(waiting)])
        if not is_address(out):
            shutil.rmtree(Path(out, PARTIAL))
        return msgspec.json.decode(bring(out, SUMMARY, Path(scratch)).read_bytes(), type=Summary)


def apart(events: str, out: str) -> None:
    """Raises Misuse if one lies within the other."""
    inside, outside = at(events, ""), at(out, "")
    if inside.startswith(outside) or outside.startswith(inside):
        raise Misuse(f"--out {out} and --events {events} lie within each other: name a folder apart")


def facts_asked(events: str) -> FactsAt:
    """The facts at an address. Raises Misuse if there are none, or nobody may look."""
    try:
        facts = facts_at(events)
    except (BeamIOError, OSError, ValueError) as error:
        why = type(error).__name__
        raise Misuse(f"--events {events} cannot be listed ({why}): is it there, and may you read it?") from error
    if not facts.files:
        raise Misuse(f"No file of facts below --events {events}: name the folder that holds the facts")
    return facts


def begun_at(out: str) -> str:
    """Where records wait, after a first file was put there. Raises Misuse if nobody may."""
    waiting = waiting_at(out)
    try:
        if not is_address(out):
            private.folder(Path(waiting))
        with sent(waiting) as here:
            private.written(here / BEGUN, b"")
    except (OSError, ValueError, GoogleAPICallError, InvalidResponse) as error:
        why = type(error).__name__
        raise Misuse(f"--out {out} cannot be written to ({why}): is it there, and may you?") from error
    return waiting


def waiting_at(out: str) -> str:
    """Where records wait to be published: a folder of this replay's own, for one that was given up may still write."""
    return at(at(out, PARTIAL), secrets.token_hex(8))


if __name__ == "__main__":
    run(sys.argv[1:])
