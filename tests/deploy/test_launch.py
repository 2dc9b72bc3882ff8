"""Launching without the cloud: what would be done, what is refused, and the calls themselves against a server here."""

import json
import re
import runpy
from collections.abc import Callable, Iterator
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.cloud import dataflow_v1beta3 as dataflow
from google.protobuf import json_format

from pipelines import cli
from pipelines.launch.dataflow import Cloud
from pipelines.launch.plan import METADATA, Asked, Plan, plan, request_json, template_metadata
from pipelines.launch.steps import digest, keeping
from pipelines.misuse import Misuse
from pipelines.streaming import PayrollOptions, pipeline_of

ROOT = Path(__file__).resolve().parents[2]
HERE = ["--project", "lab-project", "--region", "us-west2"]
ASKED = Asked("lab-project", "us-west2")
STEPS = ["Fold keeps state kept", "Read reads"]


def said(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    captured = capsys.readouterr()
    return int(ended.value.code or 0), captured.out, captured.err


def test_a_dry_run_says_all_that_would_be_done(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(["launch", "dataflow", *HERE, "--dry-run", "--until", "2026-12-31"], capsys)
    assert code == 0 and "Nothing is done." in out
    for part in (
        "projects/lab-project/subscriptions/ihss.v1.timesheet.payroll",
        "projects/lab-project/topics/ihss.v1.payment-instruction",
        "us-west2-docker.pkg.dev/lab-project/ihss-payroll/worker:",
        "flexTemplates:launch",
        '"until": "2026-12-31"',
        "WORKER_IP_PRIVATE",
    ):
        assert part in out, part
    assert len(re.findall(r"keeps .*state", out)) >= 5


def test_a_dry_run_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(["launch", "dataflow", *HERE, "--dry-run", "--json", "--update"], capsys)
    told = json.loads(out)
    launch = told["request"]["launchParameter"]
    assert code == 0 and told["update"] is launch["update"] is True
    assert launch["environment"]["additionalUserLabels"]["steps"] == told["steps_digest"] == digest(told["steps"])
    assert launch["environment"]["sdkContainerImage"] == launch["containerSpec"]["image"]
    read_back = dataflow.LaunchFlexTemplateRequest.pb()()
    json_format.ParseDict(told["request"], read_back)  # nothing in it that the API does not know


@pytest.mark.parametrize(
    ("arguments", "remedy"),
    [
        (["--project", "P"], "--project P cannot be"),
        (["--region", "mars"], "--region mars cannot be"),
        (["--job", "Bad_Name"], "--job Bad_Name cannot be"),
        (["--law", "/tmp/law"], "--law /tmp/law cannot be: write it as gs://"),
        (["--catalog", "gs://bucket/catalog.txt"], "--catalog gs://bucket/catalog.txt cannot be: write it as gs://my-bucket/catalog.avro"),
        (["--until", "31.12.2026"], "31.12.2026"),
        (["--renamed", "Old"], "is not OLD=NEW"),
        (["--renamed", "Old=PriceTim"], "no step here that keeps something is PriceTim"),
    ],
    ids=lambda part: " ".join(part) if isinstance(part, list) else "",
)
def test_a_mistake_is_one_line(arguments: list[str], remedy: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = said(["launch", "dataflow", *HERE, *arguments, "--dry-run"], capsys)
    assert code == 2 and not out and remedy in err and err.count("\n") == 1


def test_without_credentials_one_line_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from google.auth.exceptions import DefaultCredentialsError

    def nobody(*_: Any, **__: Any) -> Any:
        raise DefaultCredentialsError("none")

    monkeypatch.setattr("google.auth.default", nobody)
    code, _, err = said(["launch", "dataflow", *HERE], capsys)
    assert code == 2 and "asks who you are" in err and err.count("\n") == 1


def test_the_template_is_what_flex_templates_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, _ = said(["launch", "template", "--image", "worker:1", "--out", str(tmp_path / "t" / "t.json")], capsys)
    template = json.loads((tmp_path / "t" / "t.json").read_text())
    spec = json_format.ParseDict(template, dataflow.ContainerSpec.pb()())
    assert code == 0 and spec.image == "worker:1" and spec.metadata.streaming


def test_parameters_are_the_options_of_the_pipeline() -> None:
    """Each is known to the pipeline, is explained, and its default and its examples pass its own expressions."""
    options = PayrollOptions([]).get_all_options()
    examples = {"law": "gs://my-bucket/law", "catalog": "gs://my-bucket/a/catalog.avro", "until": "2026-12-31"}
    examples |= {"journal": "gs://my-project-ihss-journal", "resume_after": "2026-01-20", "id_label": "event-key"}
    metadata = template_metadata()
    assert {parameter.name for parameter in metadata.parameters} == set(examples) <= set(options)
    for parameter, known in zip(metadata.parameters, json.loads(METADATA.read_text())["parameters"], strict=True):
        assert parameter.label and parameter.help_text and parameter.is_optional and parameter.regexes
        for regex in parameter.regexes:
            assert re.fullmatch(regex, known["defaultValue"]) and re.fullmatch(regex, examples[parameter.name])
            assert not re.fullmatch(regex, "nonsense of 2026")


def test_fields_that_the_api_does_not_know_are_seen() -> None:
    known = json.loads(METADATA.read_text())
    with pytest.raises(json_format.ParseError):
        json_format.ParseDict(known | {"streamed": True}, dataflow.TemplateMetadata.pb()())


def test_steps_are_those_that_keep_something() -> None:
    steps = keeping(pipeline_of(["--project=lab-project", "--region=us-west2"]))
    assert steps == sorted(steps) and digest(steps) == digest([*steps])
    assert sum("reads" in step for step in steps) == 13
    assert any(re.search(r"SettlePayments.* keeps state \w+.*timer", step) for step in steps)
    renamed = [step.replace("SettlePayments", "Settle") for step in steps]
    assert digest(renamed) != digest(steps)


class Service:
    """As much of Dataflow as a launch asks: its jobs, and a record of what was launched."""

    def __init__(self) -> None:
        self.jobs: list[Any] = []
        self.launched: list[Any] = []
        self.refuses = False

    def job(self, **fields: Any) -> Any:
        job = dataflow.Job(id="j-1", name="ihss-payroll", location="us-west2", **fields)
        self.jobs.append(job)
        return job

    def list_jobs(self, request: Any, context: Any) -> Any:
        assert request.project_id == "lab-project" and request.location == "us-west2"
        without_labels = [dataflow.Job(id=job.id, name=job.name) for job in self.jobs]
        return dataflow.ListJobsResponse(jobs=without_labels)

    def get_job(self, request: Any, context: Any) -> Any:
        return next(job for job in self.jobs if job.id == request.job_id)

    def launch(self, request: Any, context: Any) -> Any:
        if self.refuses:
            context.abort(grpc.StatusCode.PERMISSION_DENIED, "the caller may not act as the worker's account")
        self.launched.append(request)
        return dataflow.LaunchFlexTemplateResponse(job=dataflow.Job(id="j-2"))


@pytest.fixture
def service() -> Iterator[tuple[Service, Cloud]]:
    """A gRPC server with Dataflow's own messages, and a client of it."""
    known = Service()

    def method(answer: Callable[[Any, Any], Any], request: Any, response: Any) -> Any:
        return grpc.unary_unary_rpc_method_handler(
            answer, request_deserializer=request.deserialize, response_serializer=response.serialize
        )

    jobs = {
        "ListJobs": method(known.list_jobs, dataflow.ListJobsRequest, dataflow.ListJobsResponse),
        "GetJob": method(known.get_job, dataflow.GetJobRequest, dataflow.Job),
    }
    templates = {
        "LaunchFlexTemplate": method(
            known.launch, dataflow.LaunchFlexTemplateRequest, dataflow.LaunchFlexTemplateResponse
        )
    }
    server = grpc.server(futures.ThreadPoolExecutor(2))
    for name, methods in (("JobsV1Beta3", jobs), ("FlexTemplatesService", templates)):
        server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler(f"google.dataflow.v1beta3.{name}", methods),)
        )
    port = server.add_insecure_port("localhost:0")
    server.start()
    with grpc.insecure_channel(f"localhost:{port}") as channel:
        yield known, Cloud(channel)
    server.stop(None)


def planned(**changed: Any) -> Plan:
    return plan(ASKED._replace(**changed), STEPS, [], [])


def test_a_launch_is_the_call_that_was_said(service: tuple[Service, Cloud]) -> None:
    known, cloud = service
    assert cloud.launch(planned(parameters={"until": "2026-12-31"})) == "j-2"
    (request,) = known.launched
    assert request_json(request) == request_json(planned(parameters={"until": "2026-12-31"}).request)


def test_an_update_of_a_job_that_keeps_the_same(service: tuple[Service, Cloud]) -> None:
    known, cloud = service
    known.job(labels={"steps": digest(STEPS)}, current_state=dataflow.JobState.JOB_STATE_RUNNING)
    assert cloud.launch(planned(update=True)) == "j-2"
    assert known.launched[0].launch_parameter.update


REFUSED: dict[str, tuple[dict[str, Any] | None, dict[str, Any], str]] = {
    "update_of_nothing": (None, {"update": True}, "launch it without --update"),
    "second_job": ({"labels": {"steps": digest(STEPS)}}, {}, "two would pay twice"),
    "other_steps": ({"labels": {"steps": "0123", "version": "0-0-9"}}, {"update": True}, "would be lost"),
    "no_label": ({}, {"update": True}, "no label"),
    "draining": ({"current_state": dataflow.JobState.JOB_STATE_DRAINING}, {"update": True}, "drained"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_would_lose_or_pay_twice_is_refused(case: str, service: tuple[Service, Cloud]) -> None:
    running, changed, remedy = REFUSED[case]
    known, cloud = service
    if running is not None:
        known.job(**running)
    with pytest.raises(Misuse, match=remedy):
        cloud.launch(planned(**changed))
    assert not known.launched


def test_renamed_steps_are_named_to_dataflow(service: tuple[Service, Cloud]) -> None:
    known, cloud = service
    known.job(labels={"steps": "0123"})
    cloud.launch(planned(update=True, renamed={"Old": "Fold"}))
    assert dict(known.launched[0].launch_parameter.transform_name_mappings) == {"Old": "Fold"}


def test_a_refusal_of_the_service_is_one_line(service: tuple[Service, Cloud]) -> None:
    known, cloud = service
    known.refuses = True
    with pytest.raises(Misuse, match="may not act as the worker's account"):
        cloud.launch(planned())


def lines_of_image() -> list[str]:
    text = (ROOT / "deploy/dataflow/Dockerfile").read_text().replace("\\\n", " ")
    return [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]


def test_the_image_is_pinned_and_one() -> None:
    """One image launches and works; everything in it comes from constraints, and what is copied is there."""
    lines = lines_of_image()
    installs = [line for line in lines if "pip install" in line]
    assert len(installs) == 1 and "--constraint constraints.txt" in installs[0] and "pip check" in installs[0]
    assert [line for line in lines if line.startswith("ENTRYPOINT")] == ['ENTRYPOINT ["/opt/apache/beam/boot"]']
    assert all(not re.search(r":latest|@latest", line) for line in lines)
    for line in lines:
        if line.startswith("COPY") and "--from" not in line:
            *sources, _ = line.split()[1:]
            assert all((ROOT / source).exists() for source in sources), line
    beam = re.search(r"apache-beam\[gcp\]==([\d.]+)", installs[0])
    assert beam and f"apache-beam=={beam[1]}" in (ROOT / "constraints.txt").read_text()
    assert beam[1] in next(line for line in lines if line.startswith("ARG BEAM_IMAGE"))


def pins(path: Path) -> dict[str, str]:
    pairs = (line.split("==") for line in path.read_text().splitlines() if "==" in line)
    return {re.sub(r"[-_.]+", "-", name).lower(): at for name, at in pairs}


def test_workers_run_what_was_tested() -> None:
    """The worker's versions are those of the tests; the storage client is older, as another of Google's asks."""
    image, tested = pins(ROOT / "deploy/dataflow/constraints.txt"), pins(ROOT / "constraints.txt")
    assert {name for name in image if name in tested and image[name] != tested[name]} <= {"google-cloud-storage"}
    assert {"fastavro", "msgspec", "pydantic", "apache-beam", "tzdata", "google-cloud-pubsub"} <= set(image) & set(
        tested
    )


def test_a_parameter_left_empty_in_the_console_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[list[str]] = []
    monkeypatch.setattr("pipelines.streaming.run", given.append)
    monkeypatch.setattr("sys.argv", ["main.py", "--project=lab-project", "--law=", "--until=2026-12-31"])
    runpy.run_path(str(ROOT / "deploy/dataflow/main.py"), run_name="__main__")
    assert given == [["--project=lab-project", "--until=2026-12-31"]]
