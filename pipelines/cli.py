"""The command line: ``replay`` and ``simulate`` here, ``export`` in export_commands.py, ``run`` in live_commands.py.

Exit code 0 when done (rejections are not failures), 1 when the summary does not add up, 2 on misuse with one line that
says the remedy. Beam is imported inside the commands only, so that ``--help`` answers at once.
"""

import json
import logging
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from typer.exceptions import TyperException

from pipelines import export_commands, live_commands
from pipelines.misuse import Misuse, day_asked

if TYPE_CHECKING:
    from rules.law import Law

app = typer.Typer(
    help="Pays California's home care providers: Avro facts in, payment instructions out.",
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode="rich",
)
app.add_typer(export_commands.app, name="export")
live_commands.register(app)


def main(arguments: list[str] | None = None) -> None:
    """Run a command (default: of ``sys.argv``) and exit."""
    try:
        code = app(arguments, prog_name="ihss-payroll", standalone_mode=False)
    except TyperException as error:
        remedy = "" if isinstance(error, Misuse) else " See ihss-payroll --help"
        print("ihss-payroll:", " ".join(error.format_message().split()) + remedy, file=sys.stderr)
        sys.exit(2)
    sys.exit(code)


@app.command()
def replay(
    events: Annotated[Path, typer.Option(help="Folder of facts: every *.avro below it is read.")],
    out: Annotated[Path, typer.Option(help="Folder for instructions, findings, rejections and summary.json.")],
    until: Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="Last business day to pay.")] = None,
    law: Annotated[Path | None, typer.Option(help="Folder of TOML that overlays the law: a what-if.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")] = False,
    beam: Annotated[list[str] | None, typer.Argument(metavar="-- BEAM_OPTIONS", help="Passed on to Beam.")] = None,
) -> int:
    """Pay a folder of facts, pay run by pay run, as each would have been.

    [bold]Examples[/]

        ihss-payroll replay --events sample --out out

        ihss-payroll replay --events facts --out out --until 2026-02-28 --law what-if

        ihss-payroll replay --events facts --out out -- --direct_num_workers=2
    """
    last_day = day_asked(until, "--until") if until else None
    _beam_options(beam or [])
    _folders(events, out)
    summary = _replayed(events, out, last_day, law, beam or [], quiet)
    if _nothing_due(summary["inputs"]):
        raise Misuse(f"--until {until} is before every fact below {events}: name a later day")
    return _told(summary, out, as_json, quiet)


@app.command()
def simulate(
    out: Annotated[Path, typer.Option(help="Folder for the facts and for truth.json, which says what was planted.")],
    county: Annotated[str, typer.Option(help="Two-digit State code, 01 to 58.")],
    recipients: Annotated[int, typer.Option(min=1)],
    months: Annotated[int, typer.Option(min=1)],
    start: Annotated[str, typer.Option(metavar="YYYY-MM", help="First service month.")],
    seed: Annotated[int, typer.Option(help="The same seed makes the same county.")],
    defects: Annotated[float, typer.Option(min=0, max=1, help="Share of records wrong on purpose.")] = 0.01,
) -> int:
    """Make a county of synthetic facts, some of them wrong on purpose.

    [bold]Example[/]

        ihss-payroll simulate --out sample --county 17 --recipients 150 --months 12 --start 2024-01 --seed 17
    """
    if not re.fullmatch(r"0[1-9]|[1-4]\d|5[0-8]", county):
        raise Misuse(f"--county {county} is no county: give its two-digit State code, 01 to 58, such as 17 for Lake")
    day_asked(f"{start}-01", "--start", asked=f"--start {start} is not a month: write YYYY-MM, such as 2024-01")
    if out.is_dir() and _holds_facts(out):
        raise Misuse(f"--out {out} holds *.avro files already: name a new folder or empty this one")
    _writable(out)
    from pipelines.simulate import Refusal
    from pipelines.simulate import simulate as make

    try:
        made = make(out, county, recipients, months, start, seed, defects)
    except Refusal as refusal:
        raise Misuse(str(refusal)) from refusal
    count = sum(made["counts"].values())
    print(f"{count:,} facts of {recipients:,} recipients of county {county} are in {out}, with truth.json")
    return 0


def _replayed(
    events: Path, out: Path, until: int | None, law: Path | None, beam: list[str], quiet: bool
) -> dict[str, Any]:
    """The summary of the replay, made with progress in sight: importing Beam alone takes seconds."""
    from pipelines.progress import shown

    overlaid = overlaid_law(law)
    # Beam warns of cloud clients that are not installed: a replay of files needs none, so nobody should wonder.
    logging.basicConfig(level=logging.ERROR)
    with shown(Console(stderr=True), quiet) as beat:
        from pipelines.replay import replay as run

        return run(events, out, until, overlaid, beam, beat)


def _told(summary: dict[str, Any], out: Path, as_json: bool, quiet: bool) -> int:
    """Print the summary as asked; the exit code: 1 if it does not add up."""
    from pipelines.summary import faults, render, summary_console

    if as_json:
        print(json.dumps(summary, indent=2))
    elif not quiet:
        render(summary, summary_console())
        print(f"Records and summary.json are in {out}")
    wrong = faults(summary)
    if wrong and (as_json or quiet):
        print("ihss-payroll: the summary does not add up: " + "; ".join(wrong), file=sys.stderr)
    return 1 if wrong else 0


def _nothing_due(inputs: dict[str, Any]) -> bool:
    """Whether all that was used is course listings, which are known from the start of any run."""
    used = sum(count["used"] for kind, count in inputs["by_kind"].items() if kind != "CourseListing")
    return inputs["not_yet_due"] > 0 and used == 0


def _beam_options(beam: list[str]) -> None:
    if beam and not beam[0].startswith("-"):
        raise Misuse(f"Unexpected argument {beam[0]}: options have two dashes, and Beam's own follow after --")


def _folders(events: Path, out: Path) -> None:
    """Raise Misuse unless ``events`` holds facts and ``out`` is another place that can be written to."""
    if not events.is_dir():
        raise Misuse(f"--events {events} is no folder: name the folder that holds the *.avro files")
    inside, outside = events.resolve(), out.resolve()
    if inside == outside or inside in outside.parents or outside in inside.parents:
        raise Misuse(f"--out {out} and --events {events} lie within each other: name a folder apart")
    if not _holds_facts(events):
        raise Misuse(f"No *.avro file below --events {events}: name the folder that holds the facts")
    _writable(out)


def _holds_facts(folder: Path) -> bool:
    return any(path.is_file() for path in folder.rglob("*.avro"))


def _writable(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Misuse(f"--out {out} cannot be made ({error.strerror}): name a folder you may write to") from error


def overlaid_law(overlay: Path | None) -> "Law":
    """The law with a folder's TOML laid over it. Raises Misuse."""
    from rules.law import Law, LawError

    if overlay and not overlay.is_dir():
        raise Misuse(f"--law {overlay} is no folder: name a folder of TOML files that overlay rules/parameters")
    try:
        return Law.load(overlay)
    except LawError as error:
        raise Misuse(str(error)) from error


if __name__ == "__main__":
    main()
