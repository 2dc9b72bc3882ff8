"""The command ``ihss-payroll sample``: facts to try everything with, for whoever has no clone of the project."""

from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from pipelines.command.pay import simulate

COUNTY, RECIPIENTS, MONTHS, START, SEED = "17", 150, 12, "2024-01", 17


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(sample)


def sample(
    out: Annotated[Path, typer.Option(help="A new folder for the facts.")],
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")] = False,
) -> int:
    """Make the sample county that the pages show: a year of 150 recipients, always the same, to pay and to look at.

    [bold]Examples[/]

        ihss-payroll sample --out sample

        ihss-payroll replay --events sample --out paid
    """
    code = simulate(out, COUNTY, RECIPIENTS, MONTHS, START, SEED, quiet=quiet)
    if not quiet:
        print(f"Next, pay them:\n  ihss-payroll replay --events {quote(str(out))} --out paid")
    return code
