"""The command line: what commands there are, in which group of the help, and how it ends.

The commands are beside this file, one module a group. Exit code 0 when done (single rejections are not failures), 1
when something is not as it should be, 2 on misuse with one line that says the remedy, 130 when stopped. Whatever takes
long to import is imported inside the commands only, so that ``--help`` answers at once.
"""

import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from pipelines.command import (
    check,
    completion,
    desk,
    explain,
    export,
    find,
    importing,
    launch,
    launch_replay,
    law,
    live,
    pay,
    report,
    sample,
    statement,
    tables,
    vectors,
    what_if,
)
from pipelines.command.quiet import every_command_can_be_quiet
from pipelines.command.renamed import with_new_names
from pipelines.command.standard_streams import only_own_eyes, open_closed_streams
from pipelines.harmless import complain
from pipelines.misuse import MachineLost, Misuse, refused_by_machine
from pipelines.own_name import called
from pipelines.stopping import listen
from pipelines.terminal import harmless_streams

PANELS = {
    "Pay": ("sample", "import", "template", "replay", "simulate"),
    "Look": ("desk", "find", "explain", "report", "statement", "statements", "tables", "diff", "what-if"),
    "Check": ("validate", "rejections", "doctor", "vectors", "law"),
    "Send": ("export",),
    "Operate": ("run", "journal", "launch", "completion", "desk-password"),
}
"""The groups of the help and their commands, in the order in which they are shown; others come last."""


class Grouped(TyperGroup):
    """Commands in the groups of PANELS."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        order = {name: panel for panel, names in PANELS.items() for name in names}
        last = len(order)
        places = {name: place for place, name in enumerate(order)}
        self.commands = dict(sorted(self.commands.items(), key=lambda named: places.get(named[0], last)))
        for name, command in self.commands.items():
            if name in order:
                command.rich_help_panel = order[name]  # type: ignore[attr-defined]


app = typer.Typer(
    cls=Grouped,
    help="Pays California's home care providers: Avro facts in, payment instructions out.",
    epilog="Begin with [bold]ihss-payroll sample --out sample[/], or [bold]ihss-payroll doctor[/] if something is "
    "missing. Each command shows examples: [bold]ihss-payroll replay --help[/]",
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    no_args_is_help=True,
)
importing.register(app)
pay.register(app)
sample.register(app)
check.register(app)
app.add_typer(law.app, name="law")
app.add_typer(export.app, name="export")
live.register(app)
launch.register(app)
launch_replay.register(launch.launch_app)
desk.register(app)
explain.register(app)
find.register(app)
report.register(app)
statement.register(app)
tables.register(app)
completion.register(app)
vectors.register(app)
what_if.register(app)
every_command_can_be_quiet(app)


def _print_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        print(f"ihss-payroll {version('ihss-payroll')}")
        raise typer.Exit


@app.callback()
def options(
    shown: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Options before any command."""


def main(arguments: list[str] | None = None) -> None:
    """Run a command (default: of ``sys.argv``) and exit."""
    open_closed_streams()
    only_own_eyes()
    with harmless_streams():
        _run(arguments)


def _run(arguments: list[str] | None) -> None:
    try:
        typed = with_new_names(sys.argv[1:] if arguments is None else arguments)
        with completion.words_of_bash():
            code = app(typed, prog_name=called(), complete_var=completion.VARIABLE, standalone_mode=False)
    except TyperException as error:
        _say(error)
        sys.exit(1 if isinstance(error, MachineLost) else 2)
    except OSError as error:
        refused = refused_by_machine(error)
        if refused is None:
            raise
        _say(refused)
        sys.exit(1)
    sys.exit(code)


def _say(error: TyperException) -> None:
    """One line on standard error; nothing where help was printed in its place."""
    said = " ".join(error.format_message().split())
    if said and not isinstance(error, Misuse):
        context = getattr(error, "ctx", None)
        said += f" See {context.command_path if context else called()} --help"
    if said:
        complain(said)


if __name__ == "__main__":
    listen()
    main()
