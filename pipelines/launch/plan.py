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

from pipelines.launch.steps import digest
from pipelines.misuse import Misuse

METADATA = Path(__file__).with_name("metadata.json")
JOB = "ihss-payroll"
API = "https://dataflow.googleapis.com/v1b3"
EXAMPLES = {
    "law": "gs://my-bucket/law",
    "catalog": "gs://my-bucket/catalog.avro",
    "until": "2026-12-31",
    "journal": "gs://my-project-ihss-journal",
    "resume_after": "2026-01-20",
    "id_label": "event-key",
}
PYTHON = dataflow.SDKInfo(language=dataflow.SDKInfo.Language.PYTHON, version="3.11")


class Asked(NamedTuple):
    """What the operator asked for. ``parameters``: options of the pipeline; ``renamed``: old step names to new."""

    project: str
    region: str
    job: str = JOB
    image: str | None = None
    bucket: str | None = None
    service_account: str | None = None
    subnetwork: str | None = None
    kms_key: str | None = None
    machine_type: str = "n2-standard-4"
    max_workers: int = 20
    update: bool = False
    parameters: Mapping[str, str] = MappingProxyType({})
    renamed: Mapping[str, str] = MappingProxyType({})

    @property
    def worker_image(self) -> str:
        """The image asked for, else where Terraform's repository would hold this version's."""
        repository = f"{self.region}-docker.pkg.dev/{self.project}/ihss-payroll"
        return self.image or f"{repository}/worker:{version('ihss-payroll')}"

    @property
    def worker(self) -> str:
        """The workers' account, as Terraform names it."""
        return self.service_account or f"ihss-worker@{self.project}.iam.gserviceaccount.com"

    @property
    def staging(self) -> str:
        """The bucket for Dataflow's own files, as Terraform names it."""
        return f"gs://{self.bucket or f'{self.project}-ihss-dataflow'}"


class Plan(NamedTuple):
    """All that a launch would do. ``steps``: what the job keeps; ``reads``, ``writes``: full names."""

    asked: Asked
    request: Any
    steps: list[str]
    reads: list[str]
    writes: list[str]

    @property
    def digest(self) -> str:
        """Under which label the steps are known."""
        return digest(self.steps)

    def as_json(self) -> dict[str, Any]:
        """The plan for programs."""
        return {
            "update": self.asked.update,
            "call": call(self.asked),
            "request": request_json(self.request),
            "reads": self.reads,
            "writes": self.writes,
            "steps": self.steps,
            "steps_digest": self.digest,
        }


def plan(asked: Asked, steps: list[str], reads: list[str], writes: list[str]) -> Plan:
    """The plan of what is asked. Raises Misuse for a parameter that the template does not take."""
    metadata = template_metadata()
    _held_to(metadata, asked.parameters)
    _here(asked.renamed, steps)
    launch = dataflow.LaunchFlexTemplateParameter(
        job_name=asked.job,
        container_spec=container_spec(asked.worker_image),
        parameters=dict(asked.parameters),
        environment=_environment(asked, digest(steps)),
        update=asked.update,
        transform_name_mappings=dict(asked.renamed),
    )
    request = dataflow.LaunchFlexTemplateRequest(
        project_id=asked.project, location=asked.region, launch_parameter=launch
    )
    return Plan(asked, request, steps, reads, writes)


def template_metadata() -> Any:
    """What a Flex Template says of itself (metadata.json)."""
    known = json.loads(METADATA.read_text("utf-8"))
    return json_format.ParseDict(known, dataflow.TemplateMetadata.pb()())


def container_spec(image: str) -> Any:
    """The Flex Template: an image and its metadata."""
    return dataflow.ContainerSpec(
        image=image, metadata=dataflow.TemplateMetadata.wrap(template_metadata()), sdk_info=PYTHON
    )


def call(asked: Asked) -> str:
    """The call that launches."""
    return f"POST {API}/projects/{asked.project}/locations/{asked.region}/flexTemplates:launch"


def request_json(message: Any) -> dict[str, Any]:
    """A message of the API as its JSON, without what was not said."""
    return json_format.MessageToDict(type(message).pb(message))


def _environment(asked: Asked, steps: str) -> Any:
    labels = {"application": JOB, "version": re.sub(r"[^a-z0-9_-]", "-", version("ihss-payroll")), "steps": steps}
    return dataflow.FlexTemplateRuntimeEnvironment(
        max_workers=asked.max_workers,
        machine_type=asked.machine_type,
        service_account_email=asked.worker,
        temp_location=f"{asked.staging}/tmp",
        staging_location=f"{asked.staging}/staging",
        sdk_container_image=asked.worker_image,
        enable_streaming_engine=True,
        streaming_mode=dataflow.StreamingMode.STREAMING_MODE_EXACTLY_ONCE,
        ip_configuration=dataflow.WorkerIPAddressConfiguration.WORKER_IP_PRIVATE,
        subnetwork=asked.subnetwork or "",
        kms_key_name=asked.kms_key or "",
        additional_user_labels=labels,
    )


def _held_to(metadata: Any, parameters: Mapping[str, str]) -> None:
    known = {parameter.name: parameter for parameter in metadata.parameters}
    for name, value in parameters.items():
        if not all(re.fullmatch(regex, value) for regex in known[name].regexes):
            raise Misuse(f"--{name.replace('_', '-')} {value} cannot be: write it as {EXAMPLES[name]}")


def _here(renamed: Mapping[str, str], steps: list[str]) -> None:
    """A new name that no step has would let what the old one kept go."""
    names = [step.split(" ")[0] for step in steps]
    for old, new in renamed.items():
        if not any(f"{name}/".startswith(f"{new}/") for name in names):
            raise Misuse(f"--renamed {old}={new}: no step here that keeps something is {new}, see --dry-run")
