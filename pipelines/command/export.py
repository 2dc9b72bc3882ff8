"""The commands ``ihss-payroll export ach``, ``export warrants`` and ``export year``.

Exit code 0 when all that moves is in the file or an earlier one; 3 when money was left out; 1 when all of it was, or
with ``--strict`` whatever is not whole; 2 on misuse with one line that says the remedy.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.command.completion import pay_runs
from pipelines.command.options import People, people_asked
from pipelines.misuse import Misuse, day_asked
from pipelines.terminal import Terminal

if TYPE_CHECKING:
    from pipelines.export.report import Export
    from pipelines.export.run import PaidRun

SOME_LEFT_OUT = 3  # exit code

app = typer.Typer(
    help="Write payment files of a pay run: direct deposits for the bank, the list of warrants; and a year's wages.",
    rich_markup_mode="rich",
    no_args_is_help=True,
)

PaidFolder = Annotated[Path, typer.Option(help="Folder that a replay or a live job wrote to.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print what was exported and what was left out as JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")]
Strict = Annotated[bool, typer.Option("--strict", help="Exit code 1 if money is left out or was reversed since.")]
AllowEmpty = Annotated[bool, typer.Option("--allow-empty", help="No exit code 1 though everybody had to be left out.")]
LedgerOption = Annotated[Path | None, typer.Option("--ledger", help="Folder for what is in which file; else PAID.")]
RunDate = Annotated[
    str, typer.Option(metavar="YYYY-MM-DD", help="Business day of the pay run.", autocompletion=pay_runs)
]


@app.command()
def ach(
    paid: PaidFolder,
    run: RunDate,
    accounts: Annotated[Path, typer.Option(help="CSV (or .toml): token, routing, account, kind, name.")],
    originator: Annotated[Path, typer.Option(help="TOML: who sends the file; see docs/payment_files.md.")],
    out: Annotated[Path, typer.Option(help="The NACHA file; beside it FILE.map.csv leads entries back to payees.")],
    modifier: Annotated[str, typer.Option(help="File id modifier, A to Z, 0 to 9: A for a day's first file.")] = "A",
    after: Annotated[list[Path] | None, typer.Option(help="Sent that day before: what it pays is left.")] = None,
    ledger: LedgerOption = None,
    allow_empty: AllowEmpty = False,
    strict: Strict = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> int:
    """Write the direct deposits of a pay run as PPD credits in a NACHA file, effective the next banking day.

    What cannot be sent is named (exit code 3; 1 if it is all): repair the accounts, then write a second file.

    [bold]Examples[/]

        ihss-payroll export ach --paid out --run 2024-02-20 --accounts accounts.csv --originator county.toml
        --out 2024-02-20.ach

        ihss-payroll export ach --paid out --run 2024-02-20 --accounts accounts.csv --originator county.toml
        --out 2024-02-20-B.ach --modifier B --after 2024-02-20.ach
    """
    _check_modifier(modifier, after or [])
    with _refusals():
        from pipelines.export.accounts import read_accounts, read_originator
        from pipelines.export.ach import export_ach, map_of, sent_before
        from pipelines.export.ledger import write_noted
        from rules.law import Law

        paid_out = _run(paid, run, quiet or as_json)
        before = sent_before(after or [], paid_out, modifier)
        made = export_ach(paid_out, read_accounts(accounts), read_originator(originator), Law.load(), modifier, before)
        if made.text:
            write_noted(ledger or paid, made.export, {map_of(out): made.map_text, out: made.text})
        _tell(made.export, f"as direct deposit {made.where(out)}", as_json, quiet)
    return _exit_code(made.export, strict, allow_empty)


@app.command()
def warrants(
    paid: PaidFolder,
    run: RunDate,
    out: Annotated[Path, typer.Option(help="The positive-pay list, a CSV.")],
    ledger: LedgerOption = None,
    people: People = None,
    strict: Strict = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> int:
    """Write the warrants of a pay run as a positive-pay list: number, issue date, amount, payee, stale date.

    [bold]Example[/]

        ihss-payroll export warrants --paid out --run 2024-02-20 --out 2024-02-20-warrants.csv
    """
    with _refusals():
        from pipelines.export.ledger import write_noted
        from pipelines.export.warrants import export_warrants
        from rules.law import Law

        paid_out = _run(paid, run, quiet or as_json)
        text, export = export_warrants(paid_out, Law.load(), people_asked(people) if people else None)
        write_noted(ledger or paid, export, {out: text})
        _tell(export, f"as warrants in {out}", as_json, quiet)
    return _exit_code(export, strict)


@app.command()
def year(
    paid: Annotated[Path, typer.Option(help="Folder that a replay or the live job wrote to.")],
    year: Annotated[int, typer.Option(min=1900, max=2199, metavar="YYYY", help="Payment year.")],
    out: Annotated[Path, typer.Option(help="A .xlsx with three pages, or a .csv with two more beside it.")],
    quiet: Quiet = False,
) -> int:
    """Write what each provider was paid in a year, by payment date: gross by kind, wages subject to and withheld for
    FICA, Medicare and SDI, overtime premium, wages excluded from income tax, what came back.

    All of it equals the pay runs of the year to the cent, or nothing is written. Not a filing.

    [bold]Example[/]

        ihss-payroll export year --year 2024 --paid out --out 2024.xlsx
    """
    with _refusals():
        from pipelines.export.year import payment_year
        from pipelines.export.year_file import told, write_year

        made = payment_year(paid, year)
        written = write_year(made, out)
        if not quiet:
            print(*told(made, written), sep="\n")
    return 0


def _tell(export: "Export", written: str, as_json: bool, quiet: bool) -> None:
    from pipelines.console.last_words import say_last

    lines = export.report(written)  # also makes sure that it adds up
    if as_json:
        print(json.dumps(export.told(), indent=2))
    elif not quiet:
        print(*lines, sep="\n")
    say_last(export.warnings(), in_report=not (as_json or quiet))


def _exit_code(export: "Export", strict: bool, allow_empty: bool = False) -> int:
    if strict and not export.is_whole:
        return 1
    if not export.held_back:
        return 0
    return SOME_LEFT_OUT if export.paid or export.sent_before or allow_empty else 1


def _run(paid: Path, run: str, quiet: bool) -> "PaidRun":
    from pipelines.console.progress import shown
    from pipelines.export.run import paid_run

    day = day_asked(run, "--run")
    if not paid.is_dir():
        raise Misuse(f"--paid {paid} is no folder: name the folder that a replay wrote to")
    with shown(Terminal(stderr=True), quiet, {"read": "Reading the pay run"}) as beat:
        return paid_run(paid, day, beat)


def _check_modifier(modifier: str, after: list[Path]) -> None:
    if not re.fullmatch(r"[A-Z0-9]", modifier):
        raise Misuse(f"--modifier {modifier} is not one capital letter or digit: take B for the second file of a day")
    # Without knowing the first file, the second would pay everybody again.
    if (modifier == "A") == bool(after):
        raise Misuse("the first file of a day has neither --modifier nor --after, each later one names all before it")


@contextmanager
def _refusals() -> Iterator[None]:
    from pipelines.export.run import ExportRefusal

    try:
        yield
    except ExportRefusal as refusal:
        raise Misuse(str(refusal)) from refusal
