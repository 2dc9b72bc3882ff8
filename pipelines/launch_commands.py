"""``ihss-payroll launch dataflow | check | template``: the job at State scale (docs/dataflow.md)."""

import json
import logging
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.misuse import Misuse, day_asked

if TYPE_CHECKING:
    from pipelines.launch.plan import Asked, Plan

launch_app = typer.Typer(help="The job at State scale, on Dataflow.", no_args_is_help=True)
Project = Annotated[str, typer.Option(help="Google Cloud project.")]
Region = Annotated[str, typer.Option(help="Region, such as us-west2.")]
JobName = Annotated[str, typer.Option("--job", help="Name of the job.")]
NAMED = {
    "project": r"[a-z][a-z0-9-]{4,28}[a-z0-9]",
    "region": r"[a-z]+-[a-z]+[0-9]+",
    "job": r"[a-z][a-z0-9-]{0,61}[a-z0-9]",
}
EXAMPLES = {"project": "my-project", "region": "us-west2", "job": "ihss-payroll"}


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.add_typer(launch_app, name="launch")


@launch_app.command("dataflow")
def launch_dataflow(
    project: Project,
    region: Region,
    job: JobName = "ihss-payroll",
    image: Annotated[str | None, typer.Option(help="The worker's image; default: this version's.")] = None,
    bucket: Annotated[str | None, typer.Option(help="Bucket for Dataflow's own files; default: Terraform's.")] = None,
    law: Annotated[str | None, typer.Option(metavar="gs://FOLDER", help="Folder of TOML laid over the law.")] = None,
    catalog: Annotated[str | None, typer.Option(metavar="gs://FILE", help="Avro file of CourseListings.")] = None,
    until: Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="Last business day to decide.")] = None,
    journal: Annotated[str | None, typer.Option(metavar="gs://FOLDER", help="Journal to begin from.")] = None,
    resume_after: Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="Last pay run said whole.")] = None,
    id_label: Annotated[str | None, typer.Option(help="Attribute that no two events of any source share.")] = None,
    machine_type: Annotated[str, typer.Option(help="Machine of each worker.")] = "n2-standard-4",
    max_workers: Annotated[int, typer.Option(min=1, help="Workers at most.")] = 20,
    service_account: Annotated[str | None, typer.Option(help="The workers' account; default: Terraform's.")] = None,
    subnetwork: Annotated[str | None, typer.Option(help="regions/REGION/subnetworks/NAME with private access.")] = None,
    kms_key: Annotated[str | None, typer.Option(help="Key of your own for the job's state.")] = None,
    update: Annotated[bool, typer.Option("--update", help="Change the running job in place.")] = False,
    renamed: Annotated[list[str] | None, typer.Option(metavar="OLD=NEW", help="A step's new name.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say all that would be done, and do nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> int:
    """Launch the job, or change it in place.

    [bold]Examples[/]

        ihss-payroll launch dataflow --project my-project --region us-west2 --dry-run

        ihss-payroll launch dataflow --project my-project --region us-west2 --update

        ihss-payroll launch dataflow --project my-project --region us-west2 --journal gs://my-project-ihss-journal
        --resume-after 2026-01-20
    """
    _begins_one_way(journal, resume_after, update)
    law_and_days = {"law": law, "catalog": catalog, "until": until}
    given = {**law_and_days, "journal": journal, "resume_after": resume_after, "id_label": id_label}
    names = project, region, job, image, bucket, service_account, subnetwork, kms_key, machine_type, max_workers, update
    return _launch(names, {name: value for name, value in given.items() if value}, renamed or [], dry_run, as_json)


def _begins_one_way(journal: str | None, resume_after: str | None, update: bool) -> None:
    if (journal is None) != (resume_after is None):
        raise Misuse("--journal and --resume-after go together: the journal, and the last pay run that was said whole")
    if update and journal:
        raise Misuse("--journal begins a job, --update changes one that runs: leave one of them out")


@launch_app.command("template")
def write_template(
    image: Annotated[str, typer.Option(help="The worker's image, by tag or digest.")],
    out: Annotated[Path, typer.Option(help="File to write.")],
) -> int:
    """Write the Flex Template for those who launch by console or gcloud: copy it to a bucket."""
    _quiet()
    from pipelines.launch.plan import container_spec, request_json

    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(request_json(container_spec(image)), indent=2) + "\n", "utf-8")
    print(f"{out} is the Flex Template of {image}")
    return 0


@launch_app.command("check")
def check_job(
    project: Project,
    region: Annotated[str | None, typer.Option(help="Region of the job; without it the job is not asked.")] = None,
    job: JobName = "ihss-payroll",
    run: Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="Pay run; default: the last one over.")] = None,
    rejections: Annotated[int, typer.Option(min=0, help="Rejections that worry nobody.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> int:
    """Tell whether all is well after a pay run. Exit code 1 if it is not.

    [bold]Example[/]

        ihss-payroll launch check --project my-project --region us-west2 --run 2026-01-20
    """
    _quiet()
    from pipelines.launch.check import checks, cut_off_asked

    _fits("project", project)
    if region:
        _fits("region", region)
    found = checks(project, region, job, cut_off_asked(day_asked(run, "--run") if run else None), rejections)
    if as_json:
        print(json.dumps([each._asdict() for each in found], indent=2))
    else:
        for each in found:
            print(f"{'well ' if each.well else '?    ' if each.well is None else 'WRONG'}  {each.says}")
    return 0 if all(each.well is not False for each in found) else 1


def _launch(names: tuple[Any, ...], given: dict[str, str], renamed: list[str], dry_run: bool, as_json: bool) -> int:
    _quiet()
    from pipelines.launch.plan import Asked

    asked = Asked(*names, given, _pairs(renamed))
    planned = _planned(asked)
    if dry_run:
        print(json.dumps(planned.as_json(), indent=2) if as_json else _told(planned))
        return 0
    from pipelines.launch.dataflow import Cloud

    id = Cloud().launch(planned)
    said = {"job": id, "name": asked.job, "project": asked.project, "region": asked.region}
    done = "is updated" if asked.update else "is launched"
    print(json.dumps(said) if as_json else f"Job {asked.job} ({id}) {done} in {asked.region}.")
    return 0


def _quiet() -> None:
    """Beam warns of what no launch needs: nobody should wonder."""
    logging.basicConfig(level=logging.ERROR)


def _planned(asked: "Asked") -> "Plan":
    """The plan, with the pipeline translated: nothing is asked of the cloud."""
    for name in NAMED:
        _fits(name, getattr(asked, name))
    from pipelines.launch.plan import plan
    from pipelines.launch.steps import keeping
    from pipelines.streaming import pipeline_of
    from pipelines.topic_edges import topics_of

    options = [f"--project={asked.project}", f"--region={asked.region}"]
    until = [f"--until={asked.parameters['until']}"] if "until" in asked.parameters else []
    topics = topics_of(asked.project, [])
    reads, writes = sorted(topics.subscriptions.values()), sorted(topics.topics.values())
    return plan(asked, keeping(pipeline_of([*options, *until])), reads, writes)


def _told(planned: "Plan") -> str:
    from pipelines.launch.plan import call, request_json

    asked = planned.asked
    what = f"Would change job {asked.job} in place" if asked.update else f"Would launch job {asked.job}"
    lines = [
        f"{what} in {asked.project}, {asked.region}. Nothing is done.",
        "",
        f"Image, which must be there: {asked.worker_image}",
        f"  docker build --file deploy/dataflow/Dockerfile --build-arg LAUNCHER_IMAGE=... --tag {asked.worker_image} .",
        f"  docker push {asked.worker_image}",
        f"Reads {len(planned.reads)} subscriptions:",
        *(f"  {name}" for name in planned.reads),
        f"Writes {len(planned.writes)} topics:",
        *(f"  {name}" for name in planned.writes),
        f"Keeps {len(planned.steps)} steps, known as {planned.digest}:",
        *(f"  {step}" for step in planned.steps),
        *(["Goes on only if the running job keeps the same steps, or --renamed names the others."] * asked.update),
        call(asked),
        json.dumps(request_json(planned.request), indent=2),
    ]
    return "\n".join(lines)


def _pairs(renamed: list[str]) -> dict[str, str]:
    pairs = [each.partition("=") for each in renamed]
    for old, _, new in pairs:
        if not old or not new:
            raise Misuse(f"--renamed {old}{_}{new} is not OLD=NEW: name a step's old name and its new one")
    return {old: new for old, _, new in pairs}


def _fits(name: str, value: str) -> None:
    if not re.fullmatch(NAMED[name], value):
        raise Misuse(f"--{name} {value} cannot be: write it as the cloud does, such as {EXAMPLES[name]}")
