"""``ihss-payroll journal verify | health | backup | restore | accept-loss``: a journal looked after."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from pipelines.harmless import complain
from pipelines.misuse import Misuse, journal_asked

app = typer.Typer(help="Look after a journal.", no_args_is_help=True)
JournalOption = Annotated[Path, typer.Option("--journal", help="Folder of the journal.")]


@app.command("verify")
def verify_journal(
    journal: JournalOption,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but faults: the exit code tells.")] = False,
) -> int:
    """Read a journal to its end: checks, order, gaps. Changes nothing. Exit code 1 if anything is wrong.

    [bold]Example[/]

        ihss-payroll journal verify --journal /var/lib/ihss
    """
    from pipelines.files_below import files_below, tell_unread
    from pipelines.live.verify import verify

    journal_asked(journal)
    tell_unread(files_below(journal))
    verdict = verify(journal)
    if as_json:
        print(json.dumps({"whole": not verdict.faults, **verdict._asdict()}, indent=2))
        return 1 if verdict.faults else 0
    for fault in verdict.faults:
        complain(fault)
    counts = f"{verdict.facts:,} facts and {verdict.rejections:,} rejections for {verdict.pay_runs:,} pay runs"
    counts += f", {verdict.publications:,} published changes of law" if verdict.publications else ""
    lost = f", without {verdict.lost:,} entries that were accepted as lost" if verdict.lost else ""
    if not quiet:
        print(f"{counts}: {'whole' if not verdict.faults else f'{len(verdict.faults):,} faults'}{lost}")
    return 1 if verdict.faults else 0


@app.command("health")
def tell_health(
    journal: JournalOption,
    within: Annotated[float, typer.Option(min=1, help="Seconds for which a job that is well may be silent.")] = 900,
) -> int:
    """Tell whether the journal's job is well, for a container or a monitor. Exit code 1 if it is not.

    A job is silent while it makes a pay run, and else for ten seconds.

    [bold]Example[/]

        ihss-payroll journal health --journal /var/lib/ihss
    """
    from pipelines.live.vital_signs import unwell

    if not journal.is_dir():
        raise Misuse(f"--journal {journal} is no folder: name the folder that a job was given")
    signs = unwell(journal, time.time(), within)
    for sign in signs:
        complain(sign)
    if not signs:
        print("well")
    return 1 if signs else 0


@app.command("backup")
def back_up(
    to: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that is not there yet, or empty.")],
    journal: JournalOption,
) -> int:
    """Copy a journal as of now, also while its job runs, and check the copy.

    [bold]Example[/]

        ihss-payroll journal backup /backup/2026-02-27 --journal /var/lib/ihss
    """
    from pipelines.live.backup import backup

    with _whole():
        manifest = backup(journal, to)
    up_to = f"pay runs up to {manifest.last_run}" if manifest.last_run else "no pay run yet"
    print(f"{up_to}, {manifest.facts:,} facts and {manifest.rejections:,} rejections: whole")
    return 0


@app.command("restore")
def put_back(
    copy: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that backup made.")],
    journal: JournalOption,
) -> int:
    """Check a backup and make a journal of it, where there is none.

    [bold]Example[/]

        ihss-payroll journal restore /backup/2026-02-27 --journal /var/lib/ihss
    """
    from pipelines.live.backup import restore

    with _whole():
        manifest = restore(copy, journal)
    print(f"restored {len(manifest.files):,} files; the last pay run in it is {manifest.last_run or 'none'}")
    if manifest.last_run:
        print("if later ones were sent, start with --resume-after and the last of them")
    return 0


@app.command("accept-loss")
def go_on_without(journal: JournalOption) -> int:
    """Go on without entries that were acknowledged and that nobody has any more; which they are stays on record.

    [bold]Example[/]

        ihss-payroll journal accept-loss --journal /var/lib/ihss
    """
    from pipelines.live.clock import machine_clock
    from pipelines.live.durable import Owned
    from pipelines.live.lost import accept_loss

    journal_asked(journal)
    with Owned(journal), _whole():
        for each in accept_loss(journal, machine_clock()):
            print(f"{each} are accepted as lost: have their sources send again")
    return 0


@contextmanager
def _whole() -> Iterator[None]:
    """What is not whole ends the command with one line and exit code 1."""
    from pipelines.live.backup import NotWhole
    from pipelines.live.segments import Damaged

    try:
        yield
    except (Damaged, NotWhole) as fault:
        complain(fault)
        raise typer.Exit(1) from fault
