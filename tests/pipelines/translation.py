"""The streaming job as Dataflow would get it, translated without the cloud."""

import json
from pathlib import Path
from typing import Any, NamedTuple

from apache_beam.options.pipeline_options import GoogleCloudOptions
from apache_beam.portability.api import beam_runner_api_pb2 as beam_api
from apache_beam.runners.dataflow.internal import apiclient

from pipelines.launch.graph import OFFLINE
from pipelines.streaming import pipeline_of

WHERE = ("--project=lab-project", "--region=us-east1")


class Translated(NamedTuple):
    """The job as JSON, and its graph."""

    job: dict[str, Any]
    graph: beam_api.Pipeline


def translate(folder: Path, *more: str) -> Translated:
    """The job that `pipelines.streaming` makes of the options; files go below ``folder``."""
    job = pipeline_of([*OFFLINE, *WHERE, *more]).run().job
    cloud = job.options.view_as(GoogleCloudOptions)
    staging = folder / "staging"
    staging.mkdir()
    cloud.staging_location, cloud.template_location = str(staging), str(folder / "job.json")
    apiclient.DataflowApplicationClient(job.options, job.root_staging_location).create_job(job)
    graph = beam_api.Pipeline.FromString((staging / "pipeline.pb").read_bytes())
    return Translated(json.loads((folder / "job.json").read_text()), graph)
