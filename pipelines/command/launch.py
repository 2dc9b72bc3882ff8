"""``ihss-payroll launch dataflow | update | graph | check | template``: the job at State scale (docs/dataflow.md)."""

import json
import logging
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.misuse import Misuse, day_asked, file_written

if TYPE_CHECKING:
    from pipelines.launch.graph import Graph
    from pipelines.launch.plan import LaunchAsked, Plan

launch_app = typer.Typer(help="The job at State scale, on Dataflow.", no_args_is_help=True)
File = typer.Option("--options", metavar="FILE", help="The job's options, as Terraform writes them (output launch).")
Image = Annotated[str | None, typer.Option(help="The worker's image; default: this version's.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say all that would be done, and do nothing.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print as JSON.")]
NEEDS = "launch update needs --options, the file that the job was launched with, or --from, a graph"
JOURNAL_AND_DAY = "--journal and --resume-after go together: the journal, and the last pay run that was said whole"


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.add_typer(launch_app, name="launch")


@launch_app.command("dataflow")
def launch_dataflow(
    options: Annotated[Path, File],
    image: Image = None,
    journal: Annotated[str | None, typer.Option(metavar="gs://FOLDER", help="Journal to begin from.")] = None,
    resume_after: Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="Last pay run said whole.")] = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> int:
    """Launch the job.

    [bold]Examples[/]

        terraform -chdir=deploy/terraform output -json launch > launch.json

        ihss-payroll launch dataflow --options launch.json --dry-run

        ihss-payroll launch dataflow --options launch.json --journal gs://my-project-ihss-journal
        --resume-after 2026-01-20
    """
    if (journal is None) != (resume_after is None):
        raise Misuse(JOURNAL_AND_DAY)
    quiet()
    from pipelines.launch.options import options_in
    from pipelines.launch.plan import LaunchAsked

    return _launch(LaunchAsked(options_in(options), image, journal, resume_after), dry_run, as_json)


@launch_app.command("update")
def update_job(
    options: Annotated[Path | None, File] = None,
    image: Image = None,
    change: Annotated[list[str] | None, typer.Option(metavar="NAME", help="An option that may differ.")] = None,
    renamed: Annotated[list[str] | None, typer.Option(metavar="OLD=NEW", help="A step's new name.")] = None,
    old: Annotated[Path | None, typer.Option("--from", metavar="GRAPH", help="Graph of the version that runs.")] = None,
    law_before: Annotated[str | None, typer.Option(metavar="LAW", help="The running job's law, if it changes.")] = None,
    late: Annotated[
        bool, typer.Option("--late", help="Also a law for which it is too late: new facts obey it.")
    ] = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> int:
    """Change the running job in place. It is refused if an option differs that --change does not name, and if a pay run
    that is over should have obeyed the new law and not --law-before (default: this version's own).

    With --from and no --options nothing is asked of the cloud: it says whether this version can replace that one, and
    what to do if not (exit code 1).

    [bold]Examples[/]

        ihss-payroll launch update --from deploy/graphs/0002.json

        ihss-payroll launch update --options launch.json --image IMAGE --change max_workers --dry-run
    """
    if options is None and old is None:
        raise Misuse(NEEDS)
    quiet()
    from pipelines.launch.options import options_in
    from pipelines.launch.plan import LaunchAsked

    pairs = _pairs(renamed or [])
    follows = _replaceable(old, pairs, as_json, quiet=options is not None) if old else None
    if options is None or (old and follows is None):
        return 1 if follows is None else 0
    known, changed = options_in(options), tuple(change or ())
    asked = LaunchAsked(known, image, update=True, changed=changed, renamed=pairs, follows=follows)
    if "law" in changed and not late:
        _in_time(law_before, known.law, dry_run)
    return _launch(asked, dry_run, as_json)


def _in_time(before: str | None, after: str | None, dry_run: bool) -> None:
    """Raises Misuse for a law that a pay run should have obeyed which is over. A dry run without --law-before reads no
    law: it may be where only a cloud can."""
    if dry_run and before is None:
        return
    from pipelines.job_options import law_named
    from pipelines.live.clock import machine_clock
    from pipelines.what_if.updating import late

    if why := late(law_named(before), law_named(after), machine_clock()):
        raise Misuse(f"--change law: {why}. (The running job's law is named by --law-before; --late goes on)")


@launch_app.command("graph")
def write_graph(out: Annotated[Path, typer.Option(help="File to write.")]) -> int:
    """Write the graph of this version, for `launch update --from` of a later one."""
    quiet()
    from pipelines.launch.graph import as_text

    found = _graph()
    file_written(out, as_text(found), "--out")
    print(f"{out} is the graph of version {found.version}, known as {found.digest}")
    return 0


@launch_app.command("template")
def write_template(
    image: Annotated[str, typer.Option(help="The worker's image, by tag or digest.")],
    out: Annotated[Path, typer.Option(help="File to write.")],
) -> int:
    """Write the Flex Template for those who launch by console or gcloud: copy it to a bucket."""
    quiet()
    from pipelines.launch.plan import container_spec, request_json

    file_written(out, json.dumps(request_json(container_spec(image)), indent=2) + "\n", "--out")
    print(f"{out} is the Flex Template of {image}")
    return 0


@launch_app.command("check")
def check_job(
    project: Annotated[str, typer.Option(help="Google Cloud project.")],
    region: Annotated[str | None, typer.Option(help="Region of the job; without it the job is not asked.")] = None,
    job: Annotated[str, typer.Option("--job", help="Name of the job.")] = "ihss-payroll",
    run: Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="Pay run; default: the last one over.")] = None,
    rejections: Annotated[int, typer.Option(min=0, help="Rejections that worry nobody.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> int:
    """Tell whether all is well after a pay run. Exit code 1 if it is not.

    [bold]Example[/]

        ihss-payroll launch check --project my-project --region us-west2 --run 2026-01-20
    """
    quiet()
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


def _launch(asked: "LaunchAsked", dry_run: bool, as_json: bool) -> int:
    planned = _planned(asked)
    if dry_run:
        from pipelines.launch.shown import plan_shown

        print(json.dumps(planned.as_json(), indent=2) if as_json else plan_shown(planned))
        return 0
    from pipelines.launch.dataflow import Cloud

    id, options = Cloud().launch(planned), asked.options
    said = {"job": id, "name": options.job, "project": options.project, "region": options.region}
    done = "is updated" if asked.update else "is launched"
    print(json.dumps(said) if as_json else f"Job {options.job} ({id}) {done} in {options.region}.")
    return 0


def _replaceable(old: Path, renamed: dict[str, str], as_json: bool, quiet: bool) -> str | None:
    """Say whether this version can replace the one of a graph, and what to do if not. The digest of that graph; None:
    it cannot. ``quiet``: say it only then."""
    from pipelines.launch.graph import graph_in
    from pipelines.launch.shown import verdict

    before = graph_in(old)
    found = verdict(before, _graph(), renamed)
    if found.broken or not quiet:
        print(json.dumps(found._asdict(), indent=2) if as_json else found.text)
    return None if found.broken else before.digest


def quiet() -> None:
    """Beam warns of what no launch needs: nobody should wonder."""
    logging.basicConfig(level=logging.ERROR)


def _graph(until: str | None = None) -> "Graph":
    """Of this code; which project it is in does not matter."""
    from pipelines.launch.graph import translated

    where = "--project=any-project", "--region=us-west2"
    return translated(*where, *([f"--until={until}"] if until else []))


def _planned(asked: "LaunchAsked") -> "Plan":
    """The plan, with the pipeline translated: nothing is asked of the cloud."""
    from pipelines.launch.plan import fits, plan
    from pipelines.topic_edges import topics_of

    fits(asked)
    topics = topics_of(asked.options.project, [])
    reads, writes = sorted(topics.subscriptions.values()), sorted(topics.topics.values())
    return plan(asked, _graph(asked.options.until), reads, writes)


def _pairs(renamed: list[str]) -> dict[str, str]:
    pairs = [each.partition("=") for each in renamed]
    for old, _, new in pairs:
        if not old or not new:
            raise Misuse(f"--renamed {old}{_}{new} is not OLD=NEW: name a step's old name and its new one")
    return {old: new for old, _, new in pairs}


def _fits(name: str, value: str) -> None:
    from pipelines.launch.options import NAMED

    pattern, example = NAMED[name]
    if not re.fullmatch(pattern, value):
        raise Misuse(f"--{name} {value} cannot be: write it as the cloud does, such as {example}")
