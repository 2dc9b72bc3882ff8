"""The files for one machine: container, compose, systemd unit. No Docker here, so each is read and held to rules that
a linter would have, and each rule is seen to fail; what they type is asked of the command line itself."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.local.topics import main as topics
from deploy.publish import main as publish
from pipelines.command import cli
from tests.pipelines.command.test_cli_misuse import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
COUNTY = ROOT / "deploy" / "county"
UNIT = COUNTY / "ihss-payroll.service"
DOCKERFILES = (COUNTY / "Dockerfile", ROOT / "deploy/dataflow/Dockerfile", ROOT / "deploy/local/pstest/Dockerfile")
INSTRUCTIONS = {
    "ARG", "FROM", "WORKDIR", "COPY", "RUN", "ENV", "USER", "VOLUME", "HEALTHCHECK", "STOPSIGNAL", "ENTRYPOINT", "CMD",
}  # fmt: skip
JOURNAL = "/var/lib/ihss"


def instructions(text: str) -> list[tuple[str, str]]:
    """(instruction, the rest), each on one line."""
    kept = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#")).replace("\\\n", " ")
    return [(line.split()[0], " ".join(line.split()[1:])) for line in kept.splitlines() if line.strip()]


def stages(text: str) -> list[list[tuple[str, str]]]:
    """What is before the first FROM, and each stage."""
    found: list[list[tuple[str, str]]] = [[]]
    for each in instructions(text):
        if each[0] == "FROM":
            found.append([])
        found[-1].append(each)
    return found


def arguments(line: str) -> list[str]:
    """Of the exec form. Raises ValueError for the form of a shell."""
    return [str(each) for each in json.loads(line)]


# --- Dockerfiles


def faults_of(text: str) -> Iterator[str]:
    """What hadolint would say, and what this house asks beside."""
    made = instructions(text)
    yield from (f"unknown instruction {name}" for name, _ in made if name not in INSTRUCTIONS)
    bases = {rest for name, rest in stages(text)[0] if name == "ARG"}
    for stage in stages(text)[1:]:
        base = stage[0][1].split()[0]
        if base != "scratch" and base not in {f"${{{name}}}" for name in bases}:
            yield f"{base} is named by no argument, so its digest is not asked for"
        names, copied = [name for name, _ in stage], [rest.split()[-1] for name, rest in stage if name == "COPY"]
        yield from (f"more than one {name}" for name in ("CMD", "ENTRYPOINT", "USER") if names.count(name) > 1)
        if "WORKDIR" not in names and not all(target.startswith("/") for target in copied):
            yield "copied to nowhere"
    yield from (f"{base} has a default, which nobody will change" for base in bases if "=" in base)
    for name, rest in made:
        if name in ("CMD", "ENTRYPOINT") and not rest.startswith("["):
            yield f"{name} goes through a shell, which keeps signals from the job"
        if name == "RUN":
            yield from _faults_of_run(rest)


def _faults_of_run(line: str) -> Iterator[str]:
    if "apt-get install" in line:
        for wanted in ("apt-get update", "--yes", "--no-install-recommends", "rm -rf /var/lib/apt/lists/*"):
            if wanted not in line:
                yield f"apt-get without {wanted}"
    for install in re.findall(r"pip install (.*?)(?:&&|$)", line):
        if not ("--require-hashes" in install or "--no-index" in install):
            yield "pip takes what no hash holds"
        if "--no-cache-dir" not in install:
            yield "pip keeps what it fetched"
    if re.search(r"\bsudo\b|curl|wget|;", line):
        yield "sudo, a download, or a command whose failure nobody sees"


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.parent.name)
def test_a_dockerfile_is_clean(path: Path) -> None:
    assert [*faults_of(path.read_text("utf-8"))] == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("FROM ${PYTHON_IMAGE}\n", "FROM python:3.11\n"),
        ("ARG PYTHON_IMAGE\n", "ARG PYTHON_IMAGE=python:3.11\n"),
        ("CMD [", "CMD --help ["),
        ("STOPSIGNAL", "ADD . /\nSTOPSIGNAL"),
        ("STOPSIGNAL", "USER root\nSTOPSIGNAL"),
        (" --no-install-recommends", ""),
        ("&& rm -rf /var/lib/apt/lists/*", ""),
        ("--require-hashes ", ""),
        ("WORKDIR /build\n", ""),
        ("apt-get update \\\n    &&", "apt-get update ;"),
    ],
)
def test_what_is_wrong_with_a_dockerfile_is_seen(old: str, new: str) -> None:
    text = DOCKERFILES[0].read_text("utf-8")
    assert old in text and [*faults_of(text.replace(old, new))]


def test_the_county_is_built_by_the_lines_that_make_image_tries() -> None:
    """What is copied and installed, in the same order; only the image below differs."""
    county, worker = (
        next(stage[1:] for stage in stages(path.read_text("utf-8")) if stage and stage[0][1].endswith(" AS built"))
        for path in DOCKERFILES[:2]
    )
    assert county == worker and len(county) > 8
    text = DOCKERFILES[0].read_text("utf-8")
    assert set(re.findall(r"python:?_?(\d\.?\d\d)", text)) == {"3.11"}, "the Python that the hashes are for"


def test_the_county_runs_as_nobody_and_keeps_its_journal() -> None:
    last = dict(stages(DOCKERFILES[0].read_text("utf-8"))[-1])
    user = last["USER"].split(":")[0]
    assert user.isdigit() and int(user) > 0 and f"--uid {user}" in last["RUN"]
    assert last["VOLUME"] == last["WORKDIR"] == JOURNAL
    assert f"--owner ihss --group ihss --mode 0700 {JOURNAL}" in last["RUN"]
    assert last["STOPSIGNAL"] == "SIGTERM" and arguments(last["ENTRYPOINT"]) == ["ihss-payroll"]


def test_the_check_of_health_is_a_command_there_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    last = dict(stages(DOCKERFILES[0].read_text("utf-8"))[-1])
    program, *typed = arguments(last["HEALTHCHECK"].partition("CMD ")[2])
    assert program == "ihss-payroll" and takes(typed) == {"--journal": f"{JOURNAL}/journal"}
    with pytest.raises(SystemExit) as ended:
        cli.main([each.replace(f"{JOURNAL}/journal", str(tmp_path)) for each in typed])
    assert ended.value.code == 1 and "no job has said how it is" in capsys.readouterr().err


def takes(typed: list[str]) -> dict[str, str]:
    """Options and their values of a command line, each known to its command, and none missing that it needs."""
    path = tuple(typed[: next(place for place, each in enumerate(typed) if each.startswith("-"))])
    options = dict(zip(typed[len(path) :: 2], typed[len(path) + 1 :: 2], strict=True))
    known = {name: parameter for parameter in COMMANDS[path].params for name in parameter.opts}
    assert set(options) <= set(known)
    assert {parameter.opts[0] for parameter in COMMANDS[path].params if parameter.required} <= set(options)
    return options


# --- compose

KNOWN = {
    "image", "platform", "build", "environment", "ports", "restart", "entrypoint", "command", "volumes", "depends_on",
    "healthcheck", "init", "stop_grace_period", "read_only", "tmpfs", "cap_drop", "security_opt", "user",
}  # fmt: skip
"""Of the Compose Specification what is used here: a slip of the pen is none of it."""


def composed() -> dict[str, Any]:
    return yaml.safe_load((COUNTY / "compose.yaml").read_text("utf-8"))


def faults_of_compose(made: dict[str, Any]) -> Iterator[str]:
    services, volumes = made["services"], set(made.get("volumes", {}))
    yield from (
        f"unknown part {name}" for name in set(made) - {"name", "services", "volumes", "x-confined", "x-payroll"}
    )
    for name, service in services.items():
        yield from (f"{name}: unknown {each}" for each in set(service) - KNOWN)
        yield from (f"{name} waits for {other}" for other in service.get("depends_on", ()) if other not in services)
        if not (service.get("read_only") and service.get("cap_drop") == ["ALL"]):
            yield f"{name} may do more than it must"
        if service.get("security_opt") != ["no-new-privileges:true"]:
            yield f"{name} may become somebody else"
        for argument in service["build"].get("args", {}).values():
            if not re.fullmatch(r"\$\{[A-Z_]+:\?[^}]+\}", argument):
                yield f"{name}: {argument} has a default"
        for port in service.get("ports", ()):
            if not port.startswith("127.0.0.1:"):
                yield f"{name}: others than this machine reach {port}"
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            if source not in volumes and not (COUNTY / source).is_dir():
                yield f"{name}: there is no {source}"
        if "user" in service:
            yield f"{name} is not who its image says"


def test_the_compose_file_is_clean() -> None:
    assert [*faults_of_compose(composed())] == []


@pytest.mark.parametrize(
    ("service", "change"),
    [
        ("job", {"comand": ["run"]}),
        ("job", {"cap_drop": []}),
        ("job", {"security_opt": []}),
        ("job", {"depends_on": {"topic": {}}}),
        ("job", {"volumes": ["journals:/var/lib/ihss"]}),
        ("pubsub", {"ports": ["8085:8085"]}),
        ("pubsub", {"build": {"context": ".", "args": {"GO_IMAGE": "golang"}}}),
        ("topics", {"user": "root"}),
    ],
)
def test_what_is_wrong_with_compose_is_seen(service: str, change: dict[str, Any]) -> None:
    made = composed()
    made["services"][service] |= change
    assert [*faults_of_compose(made)]


def test_what_compose_starts_is_there() -> None:
    """The job's options are those of `run`, its journal lies on the volume, the module that makes topics is mounted."""
    services = composed()["services"]
    for service in services.values():
        folder = COUNTY / service["build"]["context"]
        assert (folder / service["build"].get("dockerfile", "Dockerfile")).is_file()
    job, made = services["job"], services["topics"]
    named = takes(job["command"])
    assert named["--journal"].startswith(f"{JOURNAL}/") and job["volumes"] == [f"journal:{JOURNAL}"]
    assert named["--from"] == named["--to"] == "pubsub:lab-project"
    assert job["depends_on"]["topics"] == {"condition": "service_completed_successfully"}
    assert job["init"] and job["restart"] == "on-failure"
    assert made["entrypoint"] == ["python", "-m", topics.__module__]
    [mounted] = made["volumes"]
    assert (COUNTY / mounted.split(":")[0]).resolve() == ROOT / "deploy"
    assert mounted.split(":")[1] == f"{made['environment']['PYTHONPATH']}/deploy"
    server = arguments(dict(stages(DOCKERFILES[2].read_text("utf-8"))[-1])["CMD"])[0]
    port = server.rpartition(":")[2]
    assert job["environment"]["PUBSUB_EMULATOR_HOST"] == made["environment"]["PUBSUB_EMULATOR_HOST"] == f"pubsub:{port}"
    assert services["pubsub"]["ports"] == [f"127.0.0.1:{port}:{port}"]
    assert publish([]) == 2


# --- systemd


def unit() -> dict[str, dict[str, str]]:
    """Settings by section; a setting that stands twice is none of ours."""
    sections: dict[str, dict[str, str]] = {}
    for line in UNIT.read_text("utf-8").splitlines():
        if line.startswith("["):
            section = sections.setdefault(line.strip("[]"), {})
        elif line and not line.startswith("#"):
            name, _, value = line.partition("=")
            assert name not in section, line
            section[name] = value
    return sections


def test_the_unit_starts_the_job_and_lets_it_end() -> None:
    service = unit()["Service"]
    program, *typed = shlex.split(service["ExecStart"])
    assert program.endswith("/bin/ihss-payroll")
    assert takes(typed)["--journal"] == "${STATE_DIRECTORY}/journal"
    assert f"/var/lib/{service['StateDirectory']}" == JOURNAL
    assert service["User"] != "root" and service["StateDirectoryMode"] == "0700" and service["UMask"] == "0077"
    assert (service["Restart"], service["RestartPreventExitStatus"]) == ("on-failure", "2")
    assert service["KillSignal"] == "SIGTERM" and service["TimeoutStopSec"] == "10min"
    assert unit()["Install"] == {"WantedBy": "multi-user.target"}


def verified(text: str, folder: Path) -> str:
    """What systemd itself says of a unit."""
    path = folder / UNIT.name
    path.write_text(text.replace("/opt/ihss-payroll/bin/ihss-payroll", sys.executable))
    ended = subprocess.run(["systemd-analyze", "verify", "--man=no", str(path)], capture_output=True, text=True)
    return "\n".join(line for line in ended.stderr.splitlines() if UNIT.name in line)


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd here")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    text = UNIT.read_text("utf-8")
    assert verified(text, tmp_path) == ""
    assert "Unknown key" in verified(text.replace("StateDirectory=", "StateFolder="), tmp_path)
