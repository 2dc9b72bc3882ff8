"""The commands ``ihss-payroll import`` and ``ihss-payroll template``: into the house with plain files.

Exit code 0: done, bad rows are in a table; 1: nothing could be used, or with ``--strict`` any row was bad; 2 on misuse
with one line that says the remedy.
"""

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from pipelines.command.options import AsJson, Quiet
from pipelines.misuse import Misuse, readable, writable_folder
from pipelines.own_name import called

if TYPE_CHECKING:
    from pipelines.importing.map import ImportMap


Files = Annotated[list[Path], typer.Argument(metavar="FILES", help="CSV, TSV, .xlsx, fixed width or JSON.")]
Out = Annotated[Path | None, typer.Option(help="Folder for the facts, which replay can read.")]
Kind = Annotated[str | None, typer.Option("--as", metavar="KIND", help="The template that the file fills.")]
Map = Annotated[str | None, typer.Option("--map", metavar="MAP", help="Your map (TOML), or a preset's name.")]
Constants = Annotated[list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help="The same in each row.")]
Previous = Annotated[Path | None, typer.Option(help="What was imported before: what changed becomes a revision.")]
Missing = Annotated[bool, typer.Option("--withdraw-missing", help="Take back what is not in the files any more.")]
Guess = Annotated[bool, typer.Option("--guess", help="Print a map to begin with, and import nothing.")]
Strict = Annotated[bool, typer.Option("--strict", help="One bad row, and nothing is written; exit code 1.")]
All = Annotated[bool, typer.Option("--all", help="Show every kind of fault and assumption.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command(name="import")(import_)
    app.command()(template)


def import_(
    files: Files,
    out: Out = None,
    as_: Kind = None,
    map_: Map = None,
    set_: Constants = None,
    previous: Previous = None,
    withdraw_missing: Missing = False,
    guess: Guess = False,
    strict: Strict = False,
    all_: All = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> int:
    """Make facts of plain files: by a template's headings, by a preset, or by a map of your own.

    Every bad row is in a table, as CSV and JSON too; the good ones go on. Nothing is guessed about minutes.

    [bold]Examples[/]

        ihss-payroll import timesheets.xlsx --out facts

        ihss-payroll import --guess visits.csv > visits.toml

        ihss-payroll import visits.csv --map visits.toml --out facts --previous facts

        ihss-payroll import visits.json --map sandata_altevv --set program=IHSS --out facts --strict
    """
    _check(files, previous, withdraw_missing)
    if guess:
        return _guessed(files, as_)
    if out is None:
        raise Misuse("--out says where the facts go: name a folder")
    asked = _map_of(files, as_, map_, set_ or [])
    told = _imported(files, asked, out, previous, withdraw_missing, strict, quiet or as_json)
    return _tell(told, strict, all_, as_json, quiet)


def _check(files: list[Path], previous: Path | None, withdraw_missing: bool) -> None:
    for path in files:
        if not path.is_file():
            raise Misuse(f"{path} is no file that is there: name the files to import")
        readable(path, "")
    if previous is not None and not previous.is_dir():
        raise Misuse(f"--previous {previous} is no folder: name the folder of what was imported before")
    if withdraw_missing and previous is None:
        raise Misuse("--withdraw-missing needs --previous: what is missing is seen beside what was imported before")


def _tell(told: dict[str, Any], strict: bool, everything: bool, as_json: bool, quiet: bool) -> int:
    from pipelines.console.imported import last_words, render
    from pipelines.console.last_words import say_last
    from pipelines.console.summary import summary_console

    if as_json:
        print(json.dumps(told, indent=2, ensure_ascii=False))
    elif not quiet:
        render(told, summary_console(), everything)
    words, fails = last_words(told, strict)
    say_last(words, in_report=False)
    return int(fails)


def _map_of(files: list[Path], kind: str | None, named: str | None, constants: list[str]) -> "ImportMap":
    from pipelines.importing.maps import load_map

    if named and kind:
        raise Misuse("--as and --map say the same thing: name one")
    if named:
        return load_map(named, constants)
    return _template_of(files, kind, constants)


def _template_of(files: list[Path], kind: str | None, constants: list[str]) -> "ImportMap":
    from pipelines.importing.maps import made
    from pipelines.importing.templates import template_map
    from pipelines.importing.unmapped import kind_of_file

    found = kind_asked(kind) if kind else kind_of_file(files[0])
    if found is None:
        raise Misuse(f"{files[0]} has the headings of no template: name a map (--map), or let import --guess make one")
    words = template_map(found).model_dump(exclude_defaults=True)
    return made(words, Path(f"the template of {found}"), constants)


def kind_asked(kind: str) -> str:
    """A kind of fact, however its capitals are. Raises Misuse."""
    from schemas import FACTS

    found = {each.casefold(): each for each in FACTS}.get(kind.replace("_", "").replace("-", "").casefold())
    if found is None:
        raise Misuse(f"{kind} is no kind of fact: there are {', '.join(FACTS)}")
    return found


def _imported(
    files: list[Path], asked: "ImportMap", out: Path, previous: Path | None, withdraw: bool, strict: bool, quiet: bool
) -> dict[str, Any]:
    from pipelines.console.progress import shown
    from pipelines.importing.run import ImportAsked, import_files

    now = time.time_ns() // 1_000_000
    stages = {"rows": "Reading rows (‰)", "facts": "Writing facts"}
    with shown(Console(stderr=True), quiet, stages) as beat:
        writable_folder(out, "--out")
        return import_files(ImportAsked(files, asked, out, previous, withdraw, strict, now), beat)


def _guessed(files: list[Path], kind: str | None) -> int:
    from pipelines.importing.guess import guessed

    if len(files) > 1:
        raise Misuse("--guess looks at one file: name one")
    print(guessed(files[0], kind_asked(kind) if kind else None), end="")
    return 0


def template(
    kind: Annotated[str | None, typer.Argument(metavar="KIND", help="A kind of fact, such as Timesheet.")] = None,
    out: Annotated[Path, typer.Option(help="Folder for the two files.")] = Path(),
    list_: Annotated[bool, typer.Option("--list", help="List kinds of facts, and presets of import.")] = False,
    quiet: Quiet = False,
) -> int:
    """Write an empty table of a kind of fact, as .xlsx with explanations and as .csv, each with two example rows.

    [bold]Examples[/]

        ihss-payroll template Timesheet

        ihss-payroll template --list
    """
    if list_ or kind is None:
        return _list()
    from pipelines.importing.templates import template_name, write_csv, write_xlsx

    found = kind_asked(kind)
    writable_folder(out, "--out")
    for write, ending in ((write_xlsx, ".xlsx"), (write_csv, ".csv")):
        path = out / f"{template_name(found)}{ending}"
        if path.exists():
            raise Misuse(f"{path} is there already: move it, or name another folder with --out")
        write(found, path)
        if not quiet:
            print(path)
    return 0


def _list() -> int:
    from pipelines.importing.maps import presets
    from schemas import FACTS

    print(f"Kinds of facts, for {called()} template KIND and import --as KIND:")
    print("".join(f"  {kind}\n" for kind in FACTS))
    print(f"Presets, for {called()} import --map NAME:")
    print("".join(f"  {name}: {about}\n" for name, about in presets().items()), end="")
    return 0
