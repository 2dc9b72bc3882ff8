"""Dataflow's own interface: which job runs, and the launch of another or of its next version in place."""

from collections.abc import Mapping
from typing import Any

from google.api_core.exceptions import GoogleAPICallError
from google.auth.exceptions import DefaultCredentialsError, RefreshError
from google.cloud import dataflow_v1beta3 as dataflow
from google.cloud.dataflow_v1beta3.services.flex_templates_service.transports import FlexTemplatesServiceGrpcTransport
from google.cloud.dataflow_v1beta3.services.jobs_v1_beta3.transports import JobsV1Beta3GrpcTransport

from pipelines.launch.options import Options, differing
from pipelines.launch.plan import Plan
from pipelines.misuse import Misuse

WHO = "Google Cloud asks who you are: gcloud auth application-default login, or name GOOGLE_APPLICATION_CREDENTIALS"


class Cloud:
    """Dataflow of whoever runs this. ``channel``: another way there, for tests. Raises Misuse."""

    def __init__(self, channel: Any = None) -> None:
        try:
            if channel is None:
                self._jobs, self._templates = dataflow.JobsV1Beta3Client(), dataflow.FlexTemplatesServiceClient()
                return
        except DefaultCredentialsError:
            raise Misuse(WHO) from None
        self._jobs = dataflow.JobsV1Beta3Client(transport=JobsV1Beta3GrpcTransport(channel=channel))
        transport = FlexTemplatesServiceGrpcTransport(channel=channel)
        self._templates = dataflow.FlexTemplatesServiceClient(transport=transport)

    def running(self, options: Options) -> Any | None:
        """The job of that name that is not over, with its labels; None if there is none. Raises Misuse."""
        listed = dataflow.ListJobsRequest(
            project_id=options.project,
            location=options.region,
            filter=dataflow.ListJobsRequest.Filter.ACTIVE,
            view=dataflow.JobView.JOB_VIEW_SUMMARY,
        )
        try:
            alive = [job for job in self._jobs.list_jobs(listed) if job.name == options.job]
            if not alive:
                return None
            whole = {"project_id": options.project, "location": options.region, "job_id": alive[0].id}
            return self._jobs.get_job(dataflow.GetJobRequest(view=dataflow.JobView.JOB_VIEW_ALL, **whole))
        except (GoogleAPICallError, RefreshError) as refused:
            raise Misuse(f"Dataflow does not say which jobs run: {_short(refused)}") from None

    def launch(self, plan: Plan) -> str:
        """Launch or update; the job's id. Raises Misuse."""
        allowed(plan, self.running(plan.asked.options))
        return self.launch_batch(plan.request)

    def launch_batch(self, request: Any) -> str:
        """Launch a job that ends by itself; its id. Raises Misuse."""
        try:
            return str(self._templates.launch_flex_template(request).job.id)
        except (GoogleAPICallError, RefreshError) as refused:
            raise Misuse(f"Dataflow did not launch the job: {_short(refused)}") from None


def allowed(plan: Plan, job: Any | None) -> None:
    """Whether the plan may follow what runs. Raises Misuse."""
    name, region, update = plan.asked.options.job, plan.asked.options.region, plan.asked.update
    if job is None:
        if update:
            raise Misuse(f"No job {name} runs in {region}: launch it with launch dataflow")
        return
    if not update:
        raise Misuse(f"Job {name} runs already: change it in place with launch update; two would pay twice")
    if job.current_state != dataflow.JobState.JOB_STATE_RUNNING:
        state = job.current_state.name.removeprefix("JOB_STATE_").lower()
        raise Misuse(f"Job {name} is {state}: only a running job can be replaced; wait, or see docs/dataflow.md")
    _keeps_the_same(plan, job.labels)
    _as_it_was_launched(plan, dict(job.labels))


def _keeps_the_same(plan: Plan, labels: Mapping[str, str]) -> None:
    theirs = labels.get("steps", "")
    if theirs not in (plan.graph.digest, plan.asked.follows):
        raise Misuse(
            f"The running job keeps other steps ({theirs or 'no label'}, version {labels.get('version', '?')}) than"
            f" this code ({plan.graph.digest}): what they keep may be lost. Name its graph with --from, which says"
            " what, and --renamed OLD=NEW for each step that has a new name; or cancel and make it again from the"
            " journal (docs/dataflow.md)"
        )


def _as_it_was_launched(plan: Plan, labels: dict[str, str]) -> None:
    unasked = [name for name in differing(plan.asked.options, labels) if name not in plan.asked.changed]
    if unasked:
        raise Misuse(
            f"The running job was launched with another {', '.join(unasked)} than the file of options says: put that"
            f" right, or say {' '.join(f'--change {name}' for name in unasked)}"
        )


def _short(refused: Exception) -> str:
    """The service's sentence: it names resources, never people."""
    return str(getattr(refused, "message", None) or refused).splitlines()[0]
