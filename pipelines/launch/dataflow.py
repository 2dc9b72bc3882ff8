"""Dataflow's own interface: which job runs, and the launch of another or of its next version in place."""

from typing import Any

from google.api_core.exceptions import GoogleAPICallError
from google.auth.exceptions import DefaultCredentialsError, RefreshError
from google.cloud import dataflow_v1beta3 as dataflow
from google.cloud.dataflow_v1beta3.services.flex_templates_service.transports import FlexTemplatesServiceGrpcTransport
from google.cloud.dataflow_v1beta3.services.jobs_v1_beta3.transports import JobsV1Beta3GrpcTransport

from pipelines.launch.plan import Asked, Plan
from pipelines.misuse import Misuse

LIVE = {"JOB_STATE_RUNNING", "JOB_STATE_PENDING", "JOB_STATE_QUEUED", "JOB_STATE_DRAINING"}
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

    def running(self, asked: Asked) -> Any | None:
        """The job of that name that is not over, with its labels; None if there is none. Raises Misuse."""
        listed = dataflow.ListJobsRequest(
            project_id=asked.project,
            location=asked.region,
            filter=dataflow.ListJobsRequest.Filter.ACTIVE,
            view=dataflow.JobView.JOB_VIEW_SUMMARY,
        )
        try:
            alive = [job for job in self._jobs.list_jobs(listed) if job.name == asked.job]
            if not alive:
                return None
            whole = {"project_id": asked.project, "location": asked.region, "job_id": alive[0].id}
            return self._jobs.get_job(dataflow.GetJobRequest(view=dataflow.JobView.JOB_VIEW_ALL, **whole))
        except (GoogleAPICallError, RefreshError) as refused:
            raise Misuse(f"Dataflow does not say which jobs run: {_short(refused)}") from None

    def launch(self, plan: Plan) -> str:
        """Launch or update; the job's id. Raises Misuse."""
        allowed(plan, self.running(plan.asked))
        try:
            return str(self._templates.launch_flex_template(plan.request).job.id)
        except (GoogleAPICallError, RefreshError) as refused:
            raise Misuse(f"Dataflow did not launch the job: {_short(refused)}") from None


def allowed(plan: Plan, job: Any | None) -> None:
    """Whether the plan may follow what runs. Raises Misuse."""
    asked = plan.asked
    if job is None:
        if asked.update:
            raise Misuse(f"No job {asked.job} runs in {asked.region}: launch it without --update")
        return
    if not asked.update:
        raise Misuse(f"Job {asked.job} runs already: change it in place with --update; two would pay twice")
    if job.current_state == dataflow.JobState.JOB_STATE_DRAINING:
        raise Misuse(f"Job {asked.job} is being drained: wait for its end, then launch anew (docs/dataflow.md)")
    theirs = job.labels.get("steps", "")
    if theirs != plan.digest and not asked.renamed:
        raise Misuse(
            f"The running job keeps other steps ({theirs or 'no label'}, version {job.labels.get('version', '?')}) than"
            f" this code ({plan.digest}): what they keep would be lost. Say --renamed OLD=NEW for each step that has a"
            " new name, or cancel and make it again from the journal (docs/dataflow.md)"
        )


def _short(refused: Exception) -> str:
    """The service's sentence: it names resources, never people."""
    return str(getattr(refused, "message", None) or refused).splitlines()[0]
