"""The commands ``ihss-payroll law …``: a change of the law before it is obeyed."""

import json
from pathlib import Path
from typing import Annotated

import typer

from pipelines.command.options import AsJson, Quiet
from pipelines.misuse import Misuse

app = typer.Typer(help="Look at a change of the law before anybody is paid by it.", no_args_is_help=True)


@app.command()
def check(
    overlay: Annotated[Path, typer.Argument(help="Folder of TOML that would be laid over the law.")],
    no_cases: Annotated[bool, typer.Option("--no-cases", help="Do not answer all worked cases by it.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit code 1 also for what is unusual.")] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> int:
    """Say what is wrong with an overlay of the law or unusual, what it changes, and which worked cases it changes.

    Gaps, overlaps, wages below the minimum wage, jumps of more than 20 %, values without citation or grade.

    [bold]Examples[/]

        ihss-payroll law check my-rates

        ihss-payroll law check my-rates --no-cases --json
    """
    from pipelines.console.law_check import render, told
    from pipelines.console.summary import summary_console
    from pipelines.overlays.check import checked
    from rules.law import Law, LawError

    if not overlay.is_dir():
        raise Misuse(f"{overlay} is no folder: name a folder of TOML files that overlay rules/parameters")
    base = Law.load()
    try:
        found = checked(overlay, base, not no_cases)
    except LawError as error:
        raise Misuse(str(error)) from error
    if as_json:
        print(json.dumps(told(found, base), indent=2))
    elif not quiet:
        render(found, base, summary_console())
    return 1 if found.wrong or (strict and found.issues) else 0
