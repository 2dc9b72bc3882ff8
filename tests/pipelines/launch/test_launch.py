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

from pipelines.command import cli
from pipelines.launch.dataflow import Cloud
from pipelines.launch.graph import Graph, translated
from pipelines.launch.options import COMPARED, Options, differing
from pipelines.launch.plan import METADATA, LaunchAsked, Plan, plan, request_json, template_metadata
from pipelines.misuse import Misuse
from pipelines.streaming import PayrollOptions
from schemas import FACTS

ROOT = Path(__file__).resolve().parents[3]
WHERE = {"project": "lab-project", "region": "us-west2"}
ASKED = LaunchAsked(Options(**WHERE))
GRAPH = Graph("0.1.0", 1, {"Fold": ["state kept bytes"], "Read": ["reads s"]})


@pytest.fixture
def launching(tmp_path: Path) -> Callable[..., list[str]]:
    """The start of a command line, with a file of options."""

    def begun(command: str = "dataflow", **options: Any) -> list[str]:
        path = tmp_path / "launch.json"
        path.write_text(json.dumps(WHERE | options))
        return ["launch", command, "--options", str(path)]

    return begun


def said(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    captured = capsys.readouterr()
    return int(ended.value.code or 0), captured.out, captured.err


def test_a_dry_run_says_all_that_would_be_done(
    launching: Callable[..., list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = said([*launching(until="2026-12-31"), "--dry-run"], capsys)
    assert code == 0 and "Nothing is done." in out
    for part in (
        "projects/lab-project/subscriptions/ihss.v1.timesheet.payroll",
        "projects/lab-project/topics/ihss.v1.payment-instruction",
        "us-west2-docker.pkg.dev/lab-project/ihss-payroll/worker:",
        "flexTemplates:launch",
        '"until": "2026-12-31"',
        '"ipConfiguration": "WORKER_IP_PRIVATE"',
        '"subnetwork": "regions/us-west2/subnetworks/ihss-payroll"',
        '"maxWorkers": 4',
    ):
        assert part in out, part
    assert len(re.findall(r"ParDo.* state .* timer ", out)) >= 5


def test_a_dry_run_for_programs(launching: Callable[..., list[str]], capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said([*launching("update"), "--dry-run", "--json"], capsys)
    told = json.loads(out)
    launch = told["request"]["launchParameter"]
    assert code == 0 and told["update"] is launch["update"] is True
    assert launch["environment"]["additionalUserLabels"]["steps"] == told["steps_digest"]
    assert launch["environment"]["sdkContainerImage"] == launch["containerSpec"]["image"]
    read_back = dataflow.LaunchFlexTemplateRequest.pb()()
    json_format.ParseDict(told["request"], read_back)  # nothing in it that the API does not know
    with pytest.raises(json_format.ParseError):
        launch["environment"]["ipConfiguration"] = "WORKER_IP_HIDDEN"
        json_format.ParseDict(told["request"], read_back)


def test_labels_of_a_job_are_such_as_the_cloud_takes() -> None:
    """Whatever the options: a value that no label can hold is known by its digest."""
    texts = [name for name in COMPARED if name != "max_workers"]
    labels = planned(
        dict.fromkeys(texts, "gs://Bucket/" + "x" * 200)
    ).request.launch_parameter.environment.additional_user_labels
    assert len(labels) <= 64 and {f"option-{name}" for name in COMPARED} <= set(labels)
    for label, value in labels.items():
        assert re.fullmatch("[a-z][a-z0-9_-]{0,62}", label) and re.fullmatch("[a-z0-9_-]{1,63}", value), label


@pytest.mark.parametrize(
    ("options", "arguments", "remedy"),
    [
        ({"project": "P"}, [], "project P cannot be"),
        ({"region": "mars"}, [], "region mars cannot be"),
        ({"job": "Bad_Name"}, [], "job Bad_Name cannot be"),
        ({"subnetwork": "default"}, [], "such as regions/us-west2/subnetworks/"),
        ({"law": "/tmp/law"}, [], "law /tmp/law cannot be: write it as gs://"),
        ({"catalog": "gs://bucket/c.txt"}, [], "catalog gs://bucket/c.txt cannot be: write it as gs://"),
        ({"until": "31.12.2026"}, [], "31.12.2026"),
        ({"max_workers": "four"}, [], "is no file of options (Expected `int`, got `str`"),
        ({"max_workers": 0}, [], "has one worker at least"),
        ({"workers": 4}, [], "is no file of options (Object contains unknown field `workers`"),
        ({"region": None}, [], "Expected `str`, got `null`"),
        ({}, ["--journal", "gs://lab-bucket"], "go together"),
    ],
    ids=lambda part: " ".join(part) if isinstance(part, list) else ",".join(part) if isinstance(part, dict) else "",
)
def test_a_mistake_is_one_line(
    options: dict[str, Any],
    arguments: list[str],
    remedy: str,
    launching: Callable[..., list[str]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, out, err = said([*launching(**options), *arguments, "--dry-run"], capsys)
    assert code == 2 and not out and remedy in err and err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "remedy"),
    [
        (["--renamed", "Old"], "is not OLD=NEW"),
        (["--renamed", "Old=PriceTim"], "no step here that keeps something is PriceTim"),
        (["--change", "workers"], "--change workers: no option is called so, but "),
        (["--from", "nowhere.json"], "nowhere.json cannot be read"),
    ],
    ids=lambda part: " ".join(part) if isinstance(part, list) else "",
)
def test_a_mistake_of_an_update_is_one_line(
    arguments: list[str], remedy: str, launching: Callable[..., list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = said([*launching("update"), *arguments, "--dry-run"], capsys)
    assert code == 2 and not out and remedy in err and err.count("\n") == 1


def test_an_update_needs_something_to_go_by(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = said(["launch", "update"], capsys)
    assert code == 2 and "needs --options" in err and err.count("\n") == 1
    (tmp_path / "graph.json").write_text("{}")
    code, _, err = said(["launch", "update", "--from", str(tmp_path / "graph.json")], capsys)
    assert code == 2 and "is no graph of a job" in err and err.count("\n") == 1
    code, _, err = said(["launch", "dataflow", "--options", str(tmp_path / "none.json")], capsys)
    assert code == 2 and "terraform -chdir=deploy/terraform output -json launch > none.json" in err


def test_without_credentials_one_line_says_so(
    monkeypatch: pytest.MonkeyPatch, launching: Callable[..., list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    from google.auth.exceptions import DefaultCredentialsError

    def nobody(*_: Any, **__: Any) -> Any:
        raise DefaultCredentialsError("none")

    monkeypatch.setattr("google.auth.default", nobody)
    code, _, err = said(launching(), capsys)
    assert code == 2 and "asks who you are" in err and err.count("\n") == 1


def test_whoever_impersonates_the_launcher_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the file that gcloud writes into the launcher's own folder (docs/dataflow.md, Set up)."""
    import google.auth

    text = (ROOT / "docs/dataflow.md").read_text("utf-8")
    folder, account = re.findall(r"CLOUDSDK_CONFIG=\$HOME/(\S+) gcloud .*--impersonate-service-account=(\S+)", text)[0]
    (named,) = re.findall(r"export GOOGLE_APPLICATION_CREDENTIALS=\$HOME/(\S+)", text)
    person = {"type": "authorized_user", "client_id": "c", "client_secret": "s", "refresh_token": "r"}
    url = f"https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{account}:generateAccessToken"
    written = {"type": "impersonated_service_account", "service_account_impersonation_url": url, "delegates": []}
    (tmp_path / folder).mkdir()
    (tmp_path / named).write_text(json.dumps(written | {"source_credentials": person}))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / named))
    found, _ = google.auth.default(scopes=["https://www.googleapis.com/auth/cloud-platform"])
    assert found.service_account_email == account == "ihss-launcher@my-project.iam.gserviceaccount.com"
    Cloud()  # asks for nothing yet


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


STREAMING_MODES = {"UNSPECIFIED", "EXACTLY_ONCE", "AT_LEAST_ONCE"}


def test_the_template_says_of_streaming_what_the_api_takes() -> None:
    """The default is a text to the message class, and is valid only where both modes are supported (v1b3)."""
    known = json.loads(METADATA.read_text())
    both = known["supportsAtLeastOnce"] and known["supportsExactlyOnce"]
    assert known.get("defaultStreamingMode", "UNSPECIFIED") in (STREAMING_MODES if both else {"UNSPECIFIED"})
    assert known["supportsExactlyOnce"] and not known["supportsAtLeastOnce"]


def test_fields_that_the_api_does_not_know_are_seen() -> None:
    known = json.loads(METADATA.read_text())
    with pytest.raises(json_format.ParseError):
        json_format.ParseDict(known | {"streamed": True}, dataflow.TemplateMetadata.pb()())


def test_what_the_digest_of_a_graph_is_of() -> None:
    """What steps keep, and nothing else: a new step without state is not another job."""
    found = translated("--project=lab-project", "--region=us-west2")
    assert sum(" reads " in step for step in found.keeping) == len(FACTS) - 1, "all but the catalog of courses"
    assert any(re.search(r"SettlePayments.* state \w+.*timer", step) for step in found.keeping)
    more = Graph(found.version, found.state, found.steps | {"Advise": ["in bytes"]})
    assert more.digest == found.digest
    for other in (
        Graph(found.version, found.state + 1, found.steps),
        Graph(
            found.version, found.state, {name.replace("Settle", "Settled"): has for name, has in found.steps.items()}
        ),
    ):
        assert other.digest != found.digest


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


def planned(options: dict[str, Any] | None = None, **changed: Any) -> Plan:
    return plan(ASKED._replace(options=Options(**WHERE | (options or {})), **changed), GRAPH, [], [])


LABELS = {"steps": GRAPH.digest, **Options(**WHERE).labels}
RUNNING = {"labels": LABELS, "current_state": dataflow.JobState.JOB_STATE_RUNNING}


def test_a_launch_is_the_call_that_was_said(service: tuple[Service, Cloud]) -> None:
    known, cloud = service
    assert cloud.launch(planned({"until": "2026-12-31"})) == "j-2"
    (request,) = known.launched
    assert request_json(request) == request_json(planned({"until": "2026-12-31"}).request)


def test_an_update_of_a_job_that_keeps_the_same(service: tuple[Service, Cloud]) -> None:
    known, cloud = service
    known.job(**RUNNING)
    assert cloud.launch(planned(update=True)) == "j-2"
    assert known.launched[0].launch_parameter.update


REFUSED: dict[str, tuple[dict[str, Any] | None, dict[str, Any], str]] = {
    "update_of_nothing": (None, {"update": True}, "launch it with launch dataflow"),
    "second_job": (RUNNING, {}, "two would pay twice"),
    "other_steps": (RUNNING | {"labels": {"steps": "0123", "version": "0-0-9"}}, {"update": True}, "may be lost"),
    "renamed_unseen": (RUNNING | {"labels": {"steps": "0"}}, {"update": True, "renamed": {"Old": "Fold"}}, "--from"),
    "another_than_was_looked_at": (RUNNING | {"labels": {"steps": "0"}}, {"update": True, "follows": "1"}, "--from"),
    "no_label": (RUNNING | {"labels": {}}, {"update": True}, "no label"),
    **{
        state: (RUNNING | {"current_state": dataflow.JobState[f"JOB_STATE_{state}"]}, {"update": True}, state.lower())
        for state in ("DRAINING", "PENDING", "QUEUED", "STOPPED", "CANCELLING", "RESOURCE_CLEANING_UP")
    },
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_would_lose_or_pay_twice_is_refused(case: str, service: tuple[Service, Cloud]) -> None:
    running, changed, remedy = REFUSED[case]
    known, cloud = service
    if running is not None:
        known.job(**running)
    with pytest.raises(Misuse, match=remedy):
        cloud.launch(planned(**changed))
    assert not known.launched


OTHERWISE: dict[str, Any] = {
    "bucket": "other", "service_account": "x@y.iam.gserviceaccount.com", "subnetwork": "regions/r/subnetworks/s",
    "kms_key": "projects/p/locations/l/keyRings/r/cryptoKeys/k", "machine_type": "n2-standard-8", "max_workers": 8,
    "law": "gs://lab-bucket/law", "catalog": "gs://lab-bucket/catalog.avro", "until": "2026-12-31",
    "id_label": "event-key",
}  # fmt: skip


@pytest.mark.parametrize("name", COMPARED)
@pytest.mark.parametrize("forgotten", [False, True], ids=["given", "forgotten"])
def test_an_option_that_differs_must_be_named(name: str, forgotten: bool, service: tuple[Service, Cloud]) -> None:
    """Else the next version would pay by the image's law and not the overlaid one, or without the catalog."""
    known, cloud = service
    other, default = {name: OTHERWISE[name]}, dict[str, Any]()
    was, asked = (other, default) if forgotten else (default, other)
    known.job(**RUNNING | {"labels": {"steps": GRAPH.digest, **Options(**WHERE, **was).labels}})
    with pytest.raises(Misuse, match=f"with another {name} than .* --change {name}$"):
        cloud.launch(planned(asked, update=True))
    assert not known.launched
    cloud.launch(planned(asked, update=True, changed=(name,)))
    assert len(known.launched) == 1


def test_all_options_that_differ_are_said_at_once() -> None:
    assert differing(Options(**WHERE, **OTHERWISE), Options(**WHERE).labels) == list(COMPARED) == list(OTHERWISE)
    assert not differing(Options(**WHERE, **OTHERWISE), Options(**WHERE, **OTHERWISE).labels)


def test_a_job_of_other_steps_is_replaced_when_it_was_found_that_it_can(service: tuple[Service, Cloud]) -> None:
    """And renamed steps are named to Dataflow."""
    known, cloud = service
    known.job(**RUNNING | {"labels": LABELS | {"steps": "0123"}})
    cloud.launch(planned(update=True, renamed={"Old": "Fold"}, follows="0123"))
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
    [line] = [line for line in lines if "pip install" in line]
    assert re.findall(r"pip install (.*?)\s*&&", line) == [
        "--no-cache-dir --no-deps --require-hashes --requirement requirements.txt",
        "--no-cache-dir --no-deps --require-hashes --requirement compiler.txt --target compiler",
        "--no-cache-dir --no-index --no-deps --no-build-isolation .",
    ]
    assert "pip check" in line and "EXTRA_INDEX" not in " ".join(lines)
    assert [line for line in lines if line.startswith("ARG")] == [
        "ARG BEAM_IMAGE", "ARG LAUNCHER_IMAGE", "ARG PIP_INDEX_URL"
    ]  # fmt: skip
    assert [line for line in lines if line.startswith("ENTRYPOINT")] == ['ENTRYPOINT ["/opt/apache/beam/boot"]']
    assert all(not re.search(r":latest|@latest", line) for line in lines)
    for line in lines:
        if line.startswith("COPY") and "--from" not in line:
            *sources, _ = line.split()[1:]
            assert all((ROOT / source).exists() for source in sources), line
    text = (ROOT / "deploy/dataflow/Dockerfile").read_text()
    at = pins(ROOT / "constraints.txt")["apache-beam"]
    assert set(re.findall(r"beam_python3.11_sdk:([\d.]+)@sha256", text)) == {at}


def test_a_build_that_is_told_to_people_can_be_typed() -> None:
    """Every argument without which the image is not built, and the machine of workers: who builds may have another."""
    needed = {line.split()[1] for line in lines_of_image() if line.startswith("ARG") and "INDEX" not in line}
    places = (ROOT / "docs/dataflow.md", ROOT / "deploy/dataflow/Dockerfile", ROOT / "pipelines/launch/shown.py")
    for text in (path.read_text("utf-8").replace('"\n    "', "") for path in places):
        lines = re.findall(r"docker build .*deploy/dataflow/Dockerfile.*", text)
        assert lines
        for line in lines:
            assert "--platform=linux/amd64 " in line
            assert set(re.findall(r"--build-arg (\w+)=", line)) == needed


def test_every_package_of_the_image_has_its_hash() -> None:
    lines = (ROOT / "deploy/dataflow/requirements.txt").read_text().splitlines()
    assert all(re.fullmatch(r"#.*|[a-z0-9-]+==[\w.]+ --hash=sha256:[0-9a-f]{64}", line) for line in lines)
    hashed = dict(line.split()[0].split("==") for line in lines if line[0] != "#")
    wanted = pins(ROOT / "deploy/dataflow/constraints.txt")
    assert {name: at for name, at in hashed.items() if name not in ("setuptools", "wheel")} == wanted


def pins(path: Path) -> dict[str, str]:
    pairs = (line.split("==") for line in path.read_text().splitlines() if "==" in line)
    return {re.sub(r"[-_.]+", "-", name).lower(): at for name, at in pairs}


def test_workers_run_what_was_tested() -> None:
    """The worker's versions are those of the tests, all of them; `make image` installs them."""
    image, tested = pins(ROOT / "deploy/dataflow/constraints.txt"), pins(ROOT / "constraints.txt")
    assert {name: at for name, at in image.items() if tested.get(name, at) != at} == {}
    assert {"fastavro", "msgspec", "pydantic", "apache-beam", "tzdata", "google-cloud-pubsub"} <= set(image) & set(
        tested
    )


def test_launcher_and_worker_are_one_python() -> None:
    """The image of Beam, Google's launcher, what pyproject.toml asks and these tests: all 3.11."""
    text = (ROOT / "deploy/dataflow/Dockerfile").read_text()
    assert set(re.findall(r"python_?(\d\.?\d\d)", text)) == {"3.11", "311"}
    assert "--system-site-packages" not in text  # else what Beam's image brings could contradict what is pinned
    assert 'requires-python = ">=3.11"' in (ROOT / "pyproject.toml").read_text()


def test_a_parameter_left_empty_in_the_console_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[list[str]] = []
    monkeypatch.setattr("pipelines.streaming.run", given.append)
    monkeypatch.setattr("sys.argv", ["main.py", "--project=lab-project", "--law=", "--until=2026-12-31"])
    runpy.run_path(str(ROOT / "deploy/dataflow/main.py"), run_name="__main__")
    assert given == [["--project=lab-project", "--until=2026-12-31"]]
