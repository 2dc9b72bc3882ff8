"""``ihss-payroll launch replay``: a replay as a batch job on Dataflow (docs/scale.md)."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.command.launch import AsJson, DryRun, File, Image, quiet

if TYPE_CHECKING:
    from pipelines.launch.batch import ReplayLaunch


def register(app: typer.Typer) -> None:
    """Add the command to those of ``launch``."""
    app.command("replay")(launch_replay)


def launch_replay(
    options: Annotated[Path, File],
    events: Annotated[str, typer.Option(metavar="gs://FOLDER", help="Folder of facts.")],
    out: Annotated[str, typer.Option(metavar="gs://FOLDER", help="Folder for records and summary.json.")],
    until: Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="Last business day to pay.")] = None,
    law: Annotated[str | None, typer.Option(metavar="gs://FOLDER", help="TOML that overlays the law.")] = None,
    shards: Annotated[int | None, typer.Option(help="How finely to deal; default: by the size of the facts.")] = None,
    image: Image = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> int:
    """Launch a replay as a batch job. The records are there when the job is done, under the names of any replay.

    [bold]Example[/]

        ihss-payroll launch replay --options launch.json --events gs://my-project-ihss-journal
        --out gs://my-bucket/paid --until 2026-02-27 --dry-run
    """
    quiet()
    from pipelines.launch.batch import ReplayLaunch
    from pipelines.launch.options import options_in

    given = {"events": events, "out": out, "until": until, "law": law, "shards": shards}
    parameters = {name: str(value) for name, value in given.items() if value is not None}
    return _launch(ReplayLaunch(options_in(options), parameters, image), dry_run, as_json)


def _launch(asked: "ReplayLaunch", dry_run: bool, as_json: bool) -> int:
    from pipelines.launch.batch import batch_graph, batch_request, batch_shown

    request = batch_request(asked)
    if dry_run:
        shown = batch_shown(asked, request, batch_graph())
        if not as_json:
            print(f"Would launch job {asked.job} of {len(shown['steps'])} steps. Nothing is done.")
        print(json.dumps(shown, indent=2))
        return 0
    from pipelines.launch.dataflow import Cloud

    id, options = Cloud().launch_batch(request), asked.options
    said = {"job": id, "name": asked.job, "project": options.project, "region": options.region}
    print(json.dumps(said) if as_json else f"Job {asked.job} ({id}) is launched in {options.region}.")
    return 0
