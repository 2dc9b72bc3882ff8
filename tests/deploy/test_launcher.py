"""What the launcher does of itself when a job is launched or replaced: what it asks, and what it leaves."""

import sys
from typing import Any

import pytest
from apache_beam.portability.api import beam_runner_api_pb2 as beam_api
from google.cloud import dataflow_v1beta3 as dataflow
from google.protobuf import json_format

from pipelines.launch.graph import graph_of, translated
from tests.deploy.launcher import BUCKET, MOST, Ended, launched

LISTED = "GET /v1b3/projects/lab-project/locations/us-west2/jobs"


def template(ended: Ended) -> Any:
    """The job that the launcher left, as the API reads it: nothing in it that it does not know."""
    assert ended.code == 0 and ended.job, ended.said
    return json_format.ParseDict(ended.job, dataflow.Job.pb()())


def test_a_launch_leaves_the_graph_that_was_planned_and_asks_for_no_job() -> None:
    ended = launched(sys.executable)
    job = template(ended)
    assert LISTED not in ended.calls and ended.calls[f"GET /storage/v1/b/{BUCKET}"] >= 1
    assert job.name == "ihss-payroll" and dict(job.labels) == {"steps": "0123"} and not job.replace_job_id
    (pool,) = job.environment.worker_pools
    assert pool.subnetwork.endswith("subnetworks/ihss-payroll") and pool.machine_type == "n2-standard-4"
    assert dataflow.WorkerIPAddressConfiguration(pool.ip_configuration).name == "WORKER_IP_PRIVATE"
    graph = graph_of(beam_api.Pipeline.FromString(ended.graph or b""))
    assert graph == translated("--project=lab-project", "--region=us-west2")


def test_an_update_looks_for_the_job_that_it_replaces() -> None:
    """Under the worker's account, which therefore may list jobs (roles/dataflow.viewer)."""
    running = {"id": "j-1", "name": "ihss-payroll", "currentState": "JOB_STATE_RUNNING"}
    other = running | {"id": "j-0", "name": "another"}
    ended = launched(sys.executable, [other, running], "--update")
    assert template(ended).replace_job_id == "j-1" and ended.calls[LISTED] == 1


@pytest.mark.parametrize("state", [None, "JOB_STATE_PENDING", "JOB_STATE_QUEUED", "JOB_STATE_CANCELLING"])
def test_beam_asks_for_ever_for_a_job_that_does_not_run(state: str | None) -> None:
    """Beam's trap, and why `launch update` refuses every state but running: the list's last page has an empty token,
    where Beam waits for none at all. When this fails, Beam is mended."""
    jobs = [{"id": "j-1", "name": "ihss-payroll", "currentState": state}] if state else []
    ended = launched(sys.executable, jobs, "--update")
    assert ended.code and ended.calls[LISTED] == MOST + 1 and ended.job is None
