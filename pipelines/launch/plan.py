"""What a launch does, all of it, before anything is done."""

import json
import re
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from google.cloud import dataflow_v1beta3 as dataflow
from google.protobuf import json_format

from pipelines.launch.graph import Graph
from pipelines.launch.options import COMPARED, JOB, Options
from pipelines.misuse import Misuse
from schemas.types import Json

METADATA = Path(__file__).with_name("metadata.json")
API = "https://dataflow.googleapis.com/v1b3"
EXAMPLES = {
    "law": "gs://my-bucket/law",
    "catalog": "gs://my-bucket/catalog.avro",
    "until": "2026-12-31",
    "journal": "gs://my-project-ihss-journal",
    "resume_after": "2026-01-20",
    "id_label": "event-key",
}
PYTHON = dataflow.SDKInfo(language=dataflow.SDKInfo.Language.PYTHON)


class LaunchAsked(NamedTuple):
    """What the operator asked for. ``journal``, ``resume_after``: how a job begins again. ``changed``: options that a
    next version may change. ``renamed``: old step names to new. ``follows``: digest of another graph that this one was
    found to be able to replace."""

    options: Options
    image: str | None = None
    journal: str | None = None
    resume_after: str | None = None
    update: bool = False
    changed: tuple[str, ...] = ()
    renamed: Mapping[str, str] = MappingProxyType({})
    follows: str | None = None

    @property
    def worker_image(self) -> str:
        """The image asked for, else where Terraform's repository would hold this version's."""
        return worker_image(self.options, self.image)

    @property
    def parameters(self) -> dict[str, str]:
        """Options of the pipeline."""
        begins = {"journal": self.journal, "resume_after": self.resume_after}
        return self.options.parameters | {name: value for name, value in begins.items() if value}


class Plan(NamedTuple):
    """All that a launch would do. ``graph``: of the job; ``reads``, ``writes``: full names."""

    asked: LaunchAsked
    request: Any
    graph: Graph
    reads: list[str]
    writes: list[str]

    def as_json(self) -> Json:
        """The plan for programs."""
        return {
            "update": self.asked.update,
            "call": call(self.asked),
            "request": request_json(self.request),
            "reads": self.reads,
            "writes": self.writes,
            "steps": self.graph.keeping,
            "steps_digest": self.graph.digest,
        }


def worker_image(options: Options, image: str | None) -> str:
    """The image asked for, else where Terraform's repository would hold this version's."""
    repository = f"{options.region}-docker.pkg.dev/{options.project}/ihss-payroll"
    return image or f"{repository}/worker:{version('ihss-payroll')}"


def fits(asked: LaunchAsked) -> None:
    """Raises Misuse for a parameter that the template does not take, and for an option that there is not."""
    known = {parameter.name: parameter for parameter in template_metadata().parameters}
    for name, value in asked.parameters.items():
        if not all(re.fullmatch(regex, value) for regex in known[name].regexes):
            raise Misuse(f"{name} {value} cannot be: write it as {EXAMPLES[name]}")
    for name in asked.changed:
        if name not in COMPARED:
            raise Misuse(f"--change {name}: no option is called so, but {', '.join(COMPARED)}")


def plan(asked: LaunchAsked, graph: Graph, reads: list[str], writes: list[str]) -> Plan:
    """The plan of what is asked, once it `fits`. Raises Misuse for a new name that no step of the graph has."""
    for old, new in asked.renamed.items():
        if not any(f"{line.split(' ')[0]}/".startswith(f"{new}/") for line in graph.keeping):
            raise Misuse(f"--renamed {old}={new}: no step here that keeps something is {new}, see --dry-run")
    launch = dataflow.LaunchFlexTemplateParameter(
        job_name=asked.options.job,
        container_spec=container_spec(asked.worker_image),
        parameters=asked.parameters,
        environment=_environment(asked, graph.digest),
        update=asked.update,
        transform_name_mappings=dict(asked.renamed),
    )
    request = dataflow.LaunchFlexTemplateRequest(
        project_id=asked.options.project, location=asked.options.region, launch_parameter=launch
    )
    return Plan(asked, request, graph, reads, writes)


def template_metadata() -> Any:
    """What the Flex Template of the live job says of itself."""
    return metadata_in(METADATA)


def metadata_in(path: Path) -> Any:
    """What a Flex Template says of itself."""
    known = json.loads(path.read_text("utf-8"))
    return json_format.ParseDict(known, dataflow.TemplateMetadata.pb()())


def container_spec(image: str, metadata: Path = METADATA) -> Any:
    """A Flex Template: an image and its metadata."""
    known = dataflow.TemplateMetadata.wrap(metadata_in(metadata))
    return dataflow.ContainerSpec(image=image, metadata=known, sdk_info=PYTHON)


def call(asked: LaunchAsked) -> str:
    """The call that launches."""
    return f"POST {API}/projects/{asked.options.project}/locations/{asked.options.region}/flexTemplates:launch"


def request_json(message: Any) -> Json:
    """A message of the API as its JSON, without what was not said."""
    said: Json = json_format.MessageToDict(type(message).pb(message))
    return said


def _environment(asked: LaunchAsked, steps: str) -> Any:
    options = asked.options
    labels = {"application": JOB, "version": re.sub(r"[^a-z0-9_-]", "-", version("ihss-payroll")), "steps": steps}
    mode = dataflow.StreamingMode.STREAMING_MODE_EXACTLY_ONCE
    labels |= options.labels
    return environment(options, asked.worker_image, labels, enable_streaming_engine=True, streaming_mode=mode)


def environment(options: Options, image: str, labels: dict[str, str], **more: Any) -> Any:
    """Where a job's workers run, and as whom."""
    return dataflow.FlexTemplateRuntimeEnvironment(
        max_workers=options.max_workers,
        machine_type=options.machine_type,
        service_account_email=options.worker,
        temp_location=f"{options.staging}/tmp",
        staging_location=f"{options.staging}/staging",
        sdk_container_image=image,
        ip_configuration=dataflow.WorkerIPAddressConfiguration.WORKER_IP_PRIVATE,
        subnetwork=options.network,
        kms_key_name=options.kms_key or "",
        additional_user_labels=labels,
        **more,
    )
