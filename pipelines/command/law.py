"""The commands ``ihss-payroll law …``: a change of the law before it is obeyed."""

import json
import time
from getpass import getuser
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from pipelines.command.options import AsJson, Quiet
from pipelines.harmless import complain
from pipelines.misuse import Misuse, day_asked, journal_asked

if TYPE_CHECKING:
    from pipelines.live.clock import Clock
    from pipelines.what_if.publishing import LawChange, LawPreview

app = typer.Typer(
    help="Look at a change of the law before anybody is paid by it, and publish it.", no_args_is_help=True
)
SECONDS_BETWEEN_LOOKS = 0.2
SHOWN = 16  # characters of a digest that are confirmed


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


@app.command("preview")
def preview_update(
    overlay: Annotated[str, typer.Argument(metavar="LAW", help="Law for the next version: a folder, or gs://.")],
    events: Annotated[Path, typer.Option(help="Folder with what the job's journal holds.")],
    before: Annotated[str | None, typer.Option(metavar="LAW", help="The running job's; default: the law here.")] = None,
    with_ids: Annotated[bool, typer.Option("--with-ids", help="Name each payment that would be otherwise.")] = False,
    clock: Annotated[Path | None, typer.Option(help="File that says what time it is: for tests and drills.")] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> int:
    """Show what a law pays in the first pay run of a streaming job that is updated with it, from the job's journal.

    Exit code 1 if the update would come too late: a pay run that is over should have obeyed it.

    [bold]Example[/]

        ihss-payroll law preview law-2027 --before law-2026 --events journal
    """
    from pipelines.command.live import named_clock
    from pipelines.console.law_preview import render, told
    from pipelines.console.summary import summary_console
    from pipelines.files_below import folder_of_facts
    from pipelines.job_options import law_named
    from pipelines.what_if.updating import first_to_know, late, preview_of_update

    laws, now = (law_named(before), law_named(overlay)), named_clock(clock)()
    folder_of_facts(events, "--events")
    if why := late(*laws, now):
        complain(f"too late: {why}")
        return 1
    cut_off = first_to_know(*laws, now)
    with TemporaryDirectory() as scratch:
        seen = preview_of_update(events, *laws, cut_off, Path(scratch) / "work")
    if as_json:
        print(json.dumps(told(seen, with_ids, confirmed=False), indent=2))
    elif not quiet:
        render(seen, with_ids, summary_console())
    return 0


@app.command()
def publish(
    overlay: Annotated[Path, typer.Argument(help="Folder of TOML, or one such file: the change of the law.")],
    journal: Annotated[Path, typer.Option("--journal", help="Folder of the live job's journal.")],
    effective: Annotated[str, typer.Option(metavar="YYYY-MM-DD", help="The first day that it changes.")],
    confirm: Annotated[str | None, typer.Option(metavar="DIGEST", help="Publish what the preview showed.")] = None,
    law: Annotated[Path | None, typer.Option(help="The overlay that the job was given.")] = None,
    by: Annotated[str | None, typer.Option(metavar="NAME", help="Who publishes it; default: the login name.")] = None,
    with_ids: Annotated[bool, typer.Option("--with-ids", help="Name each payment that would be otherwise.")] = False,
    wait: Annotated[int, typer.Option(metavar="SECONDS", help="How long a running job has to take it.")] = 300,
    clock: Annotated[Path | None, typer.Option(help="File that says what time it is: for tests and drills.")] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> int:
    """Show what a change of the law pays in the next pay run, and publish it on the journal once that is confirmed.

    Whether the job runs or not: the next pay run decides everybody by it and pays the differences.

    [bold]Examples[/]

        ihss-payroll law publish raise --journal /var/lib/ihss --effective 2026-07-01

        ihss-payroll law publish raise --journal /var/lib/ihss --effective 2026-07-01 --confirm 0123456789abcdef
    """
    from pipelines.command.live import named_clock
    from pipelines.live.segments import Damaged
    from pipelines.what_if.publishing import LawChange

    journal_asked(journal)
    change = LawChange(_written(overlay), day_asked(effective, "--effective"))
    try:
        seen = _previewed(journal, law, change)
        if confirm == seen.digest[:SHOWN]:
            return _hand_over(_Handing(journal, law, named_clock(clock), wait), seen, by or getuser())
    except Damaged as fault:
        complain(fault)
        return 1
    _show(seen, with_ids, as_json, quiet)
    if confirm is not None:
        complain(f"not published: what {confirm} confirms is not what would be paid now, which is above")
    return 0 if confirm is None else 1


def _written(overlay: Path) -> dict[str, str]:
    """TOML by file name. Raises Misuse."""
    paths = sorted(overlay.glob("*.toml")) if overlay.is_dir() else [overlay]
    if not paths or not all(path.is_file() and path.suffix == ".toml" for path in paths):
        raise Misuse(f"{overlay} is neither a TOML file nor a folder of some: name the change of the law")
    try:
        return {path.name: path.read_text(encoding="utf-8") for path in paths}
    except UnicodeDecodeError:
        raise Misuse(f"{overlay} is not text in UTF-8: correct it") from None


def _previewed(journal: Path, law: Path | None, change: "LawChange") -> "LawPreview":
    from pipelines.command.pay import overlaid_law
    from pipelines.what_if.publishing import preview
    from rules.law import LawError

    try:
        return preview(journal, overlaid_law(law), change)
    except LawError as wrong:
        raise Misuse(str(wrong)) from wrong


def _show(seen: "LawPreview", with_ids: bool, as_json: bool, quiet: bool) -> None:
    from pipelines.console.law_preview import render, told
    from pipelines.console.summary import summary_console

    if as_json:
        print(json.dumps(told(seen, with_ids), indent=2))
    elif quiet:
        print(seen.digest[:SHOWN])
    else:
        render(seen, with_ids, summary_console())
        print(f"To publish it, give the same command with --confirm {seen.digest[:SHOWN]}")


class _Handing(NamedTuple):
    """The journal, the overlay that its job was given, the clock, and how many seconds a running job has."""

    journal: Path
    law: Path | None
    now: "Clock"
    wait: int


def _hand_over(to: _Handing, seen: "LawPreview", by: str) -> int:
    """Leave the request, and see that it is taken: by the job that runs, or else here. The exit code."""
    from pipelines.live.clock import day_of_run
    from pipelines.live.law_requests import ask, refusal, withdraw

    path = ask(to.journal, seen.request(by, to.now()))
    try:
        if not _taken(to, path, seen.cut_off):
            late = f"the job that owns {to.journal} did not take it within {to.wait} seconds"
            complain(f"{_back(withdraw(path))}: {late}. See what it does (journal health), and publish again")
            return 1
    except SystemExit:  # Ctrl-C, by which standard error has had its last word
        print(_back(withdraw(path)), flush=True)
        raise
    if why := refusal(path):
        complain(f"not published: {why}")
        return 1
    print(f"published: pay run {day_of_run(seen.cut_off)} decides by it")
    return 0


def _back(withdrawn: bool) -> str:
    return "not published, and withdrawn" if withdrawn else "it is being taken: the job publishes or refuses it"


def _taken(to: _Handing, path: Path, open_run: int) -> bool:
    """Wait until a request is published or refused; False: nobody did in time."""
    from pipelines.live.law_requests import waits

    until, said = time.monotonic() + to.wait, False
    while waits(path):
        if _taken_here(to.journal, to.law, open_run, to.now()):
            continue
        if time.monotonic() >= until:
            return not waits(path)
        if not said:
            complain(f"waiting up to {to.wait} seconds for the job that owns {to.journal}; Ctrl-C withdraws it")
        said = True
        time.sleep(SECONDS_BETWEEN_LOOKS)
    return True


def _taken_here(journal: Path, law: Path | None, open_run: int, now: int) -> bool:
    """Take it in, unless a job owns the journal, which does."""
    from fold.publications import obeying
    from pipelines.command.pay import overlaid_law
    from pipelines.live.durable import Owned
    from pipelines.live.journal import Journal
    from pipelines.live.law_requests import take_requests

    try:
        owned = Owned(journal)
    except Misuse:
        return False
    with owned:
        opened = Journal(journal)
        take_requests(opened, obeying(overlaid_law(law), opened.publications), open_run, now)
        opened.close()
    return True
