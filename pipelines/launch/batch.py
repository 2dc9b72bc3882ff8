"""A replay as a batch job on Dataflow: what a launch does, before anything is done.

Its graph is held to the one that landed (deploy/graphs/batch), so that a change of it is seen; a batch job is never
replaced in place.
"""

import hashlib
import re
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from google.cloud import dataflow_v1beta3 as dataflow

from pipelines.launch.graph import OFFLINE, Graph, graph_of
from pipelines.launch.options import Options
from pipelines.launch.plan import container_spec, environment, metadata_in, request_json, worker_image
from pipelines.misuse import Misuse
from pipelines.replay_job import JOB, apart, pipeline_of

METADATA = Path(__file__).with_name("batch.json")
EXAMPLES = {
    "events": "gs://my-project-ihss-journal",
    "out": "gs://my-bucket/paid",
    "until": "2026-12-31",
    "law": "gs://my-bucket/law",
    "shards": "512",
}
NOWHERE = ("--events=gs://nowhere/facts", "--out=gs://nowhere/paid", "--shards=2")
DIGITS = 10  # of the digest of where records go, which is in the job's name


class ReplayLaunch(NamedTuple):
    """What the operator asked for. ``parameters``: of the template, those that are given."""

    options: Options
    parameters: dict[str, str]
    image: str | None = None

    @property
    def job(self) -> str:
        """The job's name, made from where its records go: Dataflow refuses a second one while it runs."""
        return f"{JOB}-{hashlib.sha256(self.parameters['out'].rstrip('/').encode()).hexdigest()[:DIGITS]}"


def batch_graph() -> Graph:
    """The graph that Dataflow would get of this code. Nothing is asked of the cloud."""
    where = "--project=any-project", "--region=us-west2"
    return graph_of(pipeline_of([*OFFLINE, *where, *NOWHERE]).run().job.proto_pipeline)


def batch_request(asked: ReplayLaunch) -> Any:
    """The request that launches. Raises Misuse for a parameter that the template does not take."""
    _fits(asked.parameters)
    options, image = asked.options, worker_image(asked.options, asked.image)
    labels = {"application": JOB, "version": re.sub(r"[^a-z0-9_-]", "-", version("ihss-payroll"))}
    launch = dataflow.LaunchFlexTemplateParameter(
        job_name=asked.job,
        container_spec=container_spec(image, METADATA),
        parameters=asked.parameters,
        environment=environment(options, image, labels),
    )
    return dataflow.LaunchFlexTemplateRequest(
        project_id=options.project, location=options.region, launch_parameter=launch
    )


def batch_shown(asked: ReplayLaunch, request: Any, graph: Graph) -> dict[str, Any]:
    """All that a launch would do, for programs."""
    return {"job": asked.job, "request": request_json(request), "steps": list(graph.steps)}


def _fits(parameters: dict[str, str]) -> None:
    for parameter in metadata_in(METADATA).parameters:
        value = parameters.get(parameter.name, "")
        if not all(re.fullmatch(regex, value) for regex in parameter.regexes):
            raise Misuse(f"--{parameter.name} {value} cannot be: write it as {EXAMPLES[parameter.name]}")
    apart(parameters["events"], parameters["out"])
