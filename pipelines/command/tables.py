"""``ihss-payroll tables``: what was paid as tidy tables, for spreadsheets and SQL."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pipelines.harmless import complain
from pipelines.misuse import Misuse, writable_folder
from pipelines.terminal import Terminal


class TableFormat(StrEnum):
    """What the tables are written as."""

    CSV, XLSX, PARQUET, DUCKDB = "csv", "xlsx", "parquet", "duckdb"


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(tables)


def tables(
    paid: Annotated[Path, typer.Option(help="Folder that a replay or a live job wrote to.")],
    out: Annotated[Path, typer.Option(help="Folder for the tables.")],
    format: Annotated[TableFormat, typer.Option("--format", help="What to write.")] = TableFormat.CSV,
    as_json: Annotated[bool, typer.Option("--json", help="Print the rows of each table as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")] = False,
) -> int:
    """Write what was paid as tidy tables: instructions, lines, deductions, findings, pay runs and all else, with views
    that officers ask for and a dictionary of every column (docs/tables.md).

    Amounts are exact dollars. The files name people: only their owner may read them.

    [bold]Examples[/]

        ihss-payroll tables --paid out --out tables --format xlsx

        ihss-payroll tables --paid out --out tables --format duckdb
    """
    from pipelines.console.progress import shown
    from pipelines.tables.run import write_tables

    writable_folder(out, "--out")
    if out.resolve() == paid.resolve():
        raise Misuse(f"--out {out} is what --paid names: name another folder")
    with shown(Terminal(stderr=True), quiet or as_json, {"read": "Reading what was paid"}) as beat:
        counts, cut = write_tables(paid, out, format.value, beat)
    if as_json:
        print(json.dumps({"format": format.value, "out": str(out), "rows": counts, "cut": cut}, indent=2))
    elif not quiet:
        print(f"{len(counts)} tables and views are in {out} as {format.value}; they name people: keep them safe")
        print(
            f"{counts['instructions']:,} instructions, {counts['findings']:,} findings; what columns mean: dictionary"
        )
    if cut:
        what = "1 text is" if cut == 1 else f"{cut:,} texts are"
        what += f" longer than a cell holds and {'was' if cut == 1 else 'were'} cut"
        complain(f"{what}: --format csv, parquet or duckdb has them whole")
    return 0
