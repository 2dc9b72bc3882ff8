"""The streaming job as Dataflow would get it, translated without the cloud: what an update in place depends on."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from apache_beam.options.pipeline_options import GoogleCloudOptions
from apache_beam.portability import common_urns
from apache_beam.portability.api import beam_runner_api_pb2 as beam_api
from apache_beam.runners.dataflow.internal import apiclient

from pipelines.streaming import pipeline_of

PAR_DO = common_urns.primitives.PAR_DO.urn
READ = common_urns.composites.PUBSUB_READ.urn
WRITE = (common_urns.composites.PUBSUB_WRITE.urn, common_urns.composites.PUBSUB_WRITE_V2.urn)
OFFLINE = (
    "--runner=DataflowRunner", "--dry_run=True", "--no_auth", "--project=lab-project",
    "--region=us-east1", "--temp_location=gs://lab-bucket/tmp",
)  # fmt: skip


class Translated(NamedTuple):
    """The job as JSON, and its graph."""

    job: dict[str, Any]
    graph: beam_api.Pipeline


def translate(folder: Path, *more: str) -> Translated:
    """The job that `pipelines.streaming` makes of the options; files go below ``folder``."""
    job = pipeline_of([*OFFLINE, *more]).run().job
    cloud = job.options.view_as(GoogleCloudOptions)
    staging = folder / "staging"
    staging.mkdir()
    cloud.staging_location, cloud.template_location = str(staging), str(folder / "job.json")
    apiclient.DataflowApplicationClient(job.options, job.root_staging_location).create_job(job)
    graph = beam_api.Pipeline.FromString((staging / "pipeline.pb").read_bytes())
    return Translated(json.loads((folder / "job.json").read_text()), graph)


def lines(graph: beam_api.Pipeline) -> list[str]:
    """A line for each step that holds state or touches a topic, and for each other; sorted."""
    named = (step for step in graph.components.transforms.values() if step.unique_name)
    return sorted(line for step in named for line in _line(step, graph))


def _line(step: Any, graph: beam_api.Pipeline) -> Iterator[str]:
    if step.spec.urn == READ or step.spec.urn in WRITE:
        kind = beam_api.PubSubReadPayload if step.spec.urn == READ else beam_api.PubSubWritePayload
        yield f"{step.unique_name} | {_topic(kind.FromString(step.spec.payload))}"
    elif step.spec.urn == PAR_DO:
        par_do = beam_api.ParDoPayload.FromString(step.spec.payload)
        if par_do.state_specs or par_do.timer_family_specs:
            state, timers = sorted(par_do.state_specs), sorted(par_do.timer_family_specs)
            yield f"{step.unique_name} | state {' '.join(state)} | timers {' '.join(timers)} | key {_key(step, graph)}"
        else:
            yield step.unique_name
    elif not step.subtransforms:
        yield step.unique_name


def _topic(payload: Any) -> str:
    where = getattr(payload, "subscription", "") or payload.topic
    return f"{where} | id {payload.id_attribute or '-'} | timestamp {payload.timestamp_attribute or '-'}"


def _key(step: Any, graph: beam_api.Pipeline) -> str:
    """The coder of the keys of a step's state, by its short name."""
    coders = graph.components.coders
    (elements,) = (graph.components.pcollections[id].coder_id for id in step.inputs.values())
    return coders[coders[elements].component_coder_ids[0]].spec.urn.removeprefix("beam:coder:")


def what_would_break(golden: list[str], found: list[str]) -> list[str]:
    """In words, what an update in place of the running job would lose; nothing: it could be updated."""
    gone = [line for line in golden if line not in found]
    here = {line.split(" | ")[0] for line in found}
    words = []
    for line in gone:
        step, *what = line.split(" | ")
        if step in here:
            words.append(f"{step}: no longer {' | '.join(what)}: what it has in flight or in state is not found again.")
        elif what and what[0].startswith("state "):
            words.append(f"{step} is gone: an update in place loses its state, which is every fact not yet paid.")
        else:
            words.append(f"{step} is gone: an update in place is refused, or loses what is in flight there.")
    remedy = "Give the step its name back; else cancel the job and resume from the journal (docs/operations.md)."
    return [*words, remedy] if words else []
