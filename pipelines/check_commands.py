"""The commands ``ihss-payroll diff``, ``validate`` and ``doctor``: look before money moves.

Exit code 0: the same, clean, nothing missing; 1: different, something would be rejected or held, something missing;
2 on misuse with one line that says the remedy.
"""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from pipelines.misuse import Misuse

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print nothing but errors: the exit code tells.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command()(diff)


def diff(
    a: Annotated[Path, typer.Argument(metavar="A", help="Folder that replay or run wrote.")],
    b: Annotated[Path, typer.Argument(metavar="B", help="Another, such as a what-if.")],
    all_: Annotated[bool, typer.Option("--all", help="Name each statement and field that differs, with ids.")] = False,
    csv: Annotated[Path | None, typer.Option(help="Write it as CSV too; with --all row by row.")] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> int:
    """Set two payrolls beside each other: records by key and field, money by county and reason, to the cent.

    Exit code 0: they say the same; 1: they differ. Ids of people are shown with --all only.

    [bold]Examples[/]

        ihss-payroll diff as-is what-if

        ihss-payroll diff as-is what-if --all --csv changes.csv

        ihss-payroll diff before after --quiet && echo the same
    """
    from pipelines.check.difference import Difference
    from pipelines.check.difference_shown import render, write_csv
    from pipelines.check.pairs import Payroll
    from pipelines.progress import shown
    from pipelines.summary import summary_console

    sides = Payroll(a), Payroll(b)
    if csv is not None and (csv.is_dir() or not csv.parent.is_dir()):
        raise Misuse(f"--csv {csv} is no file that can be written: name a file in a folder that is there")
    with shown(Console(stderr=True), quiet, {"read": "Reading (KiB)"}) as beat:
        told = Difference(*sides, listed=all_).read(beat).told()
    if csv is not None:
        write_csv(told, csv)
    if as_json:
        print(json.dumps(told, indent=2, default=str))
    elif not quiet:
        render(told, summary_console())
    return 0 if told["same"] else 1
