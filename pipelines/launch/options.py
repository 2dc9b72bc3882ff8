"""The one file of options of a job: Terraform writes it, ``launch dataflow`` and ``launch update`` read it."""

import hashlib
import re
from pathlib import Path

import msgspec

from pipelines.misuse import Misuse

JOB = "ihss-payroll"
WRITTEN = "terraform -chdir=deploy/terraform output -json launch"
NAMED = {
    "project": (r"[a-z][a-z0-9-]{4,28}[a-z0-9]", "my-project"),
    "region": (r"[a-z]+-[a-z]+[0-9]+", "us-west2"),
    "job": (r"[a-z][a-z0-9-]{0,61}[a-z0-9]", JOB),
    "subnetwork": (
        r"(https://www\.googleapis\.com/compute/v1/projects/[^/]+/)?regions/[^/]+/subnetworks/[^/]+",
        "regions/us-west2/subnetworks/ihss-payroll",
    ),
}
"""What cannot be otherwise, and an example. Options of the pipeline are held to the template's own (metadata.json)."""
PARAMETERS = ("law", "catalog", "until", "id_label")
AS_A_LABEL = r"[a-z0-9_-]{1,63}"
DIGITS = 12  # of the digest that stands for a value no label can hold


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where and with what a job runs. ``None``: as Terraform names it, or without. Paths are ``gs://``, days ISO."""

    project: str
    region: str
    job: str = JOB
    bucket: str | None = None
    service_account: str | None = None
    subnetwork: str | None = None
    kms_key: str | None = None
    machine_type: str = "n2-standard-4"
    max_workers: int = 4
    law: str | None = None
    catalog: str | None = None
    until: str | None = None
    id_label: str | None = None

    @property
    def worker(self) -> str:
        """The workers' account."""
        return self.service_account or f"ihss-worker@{self.project}.iam.gserviceaccount.com"

    @property
    def staging(self) -> str:
        """The bucket for Dataflow's own files."""
        return f"gs://{self.bucket or f'{self.project}-ihss-dataflow'}"

    @property
    def network(self) -> str:
        """The workers' subnetwork: without a public address they reach Google's services from no other."""
        return self.subnetwork or f"regions/{self.region}/subnetworks/{JOB}"

    @property
    def parameters(self) -> dict[str, str]:
        """Options of the pipeline that are given."""
        return {name: getattr(self, name) for name in PARAMETERS if getattr(self, name) is not None}

    @property
    def labels(self) -> dict[str, str]:
        """What a job bears of its options, so that its next version can be held to them; none for what is not given."""
        known = {"bucket": self.staging, "service_account": self.worker, "subnetwork": self.network}
        known |= {name: getattr(self, name) for name in COMPARED if name not in known}
        return {label_of(name): _label(str(value)) for name, value in known.items() if value is not None}


COMPARED = tuple(name for name in Options.__struct_fields__ if name not in ("project", "region", "job"))
"""What a next version may not change unasked."""


def options_in(path: Path) -> Options:
    """The options that a file holds. Raises Misuse."""
    try:
        options = msgspec.json.decode(path.read_bytes(), type=Options)
    except OSError:
        raise Misuse(f"{path} cannot be read: write it with {WRITTEN} > {path.name}") from None
    except msgspec.DecodeError as wrong:
        raise Misuse(f"{path} is no file of options ({wrong}): write it with {WRITTEN}") from None
    for name, (pattern, example) in NAMED.items():
        value = getattr(options, name)
        if value is not None and not re.fullmatch(pattern, value):
            raise Misuse(f"{path}: {name} {value} cannot be: write it as the cloud does, such as {example}")
    if options.max_workers < 1:
        raise Misuse(f"{path}: max_workers {options.max_workers} cannot be: a job has one worker at least")
    return options


def differing(options: Options, running: dict[str, str]) -> list[str]:
    """Names of options that a running job, by its labels, was launched with otherwise."""
    asked = options.labels
    return [name for name in COMPARED if asked.get(label_of(name)) != running.get(label_of(name))]


def label_of(name: str) -> str:
    """The label under which a job bears an option."""
    return f"option-{name}"


def _label(value: str) -> str:
    fits = re.fullmatch(AS_A_LABEL, value)
    return value if fits else f"sha256-{hashlib.sha256(value.encode()).hexdigest()[:DIGITS]}"
