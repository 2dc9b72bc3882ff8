"""``ihss-payroll rejections list | show | resend``: what could not be used, until it can.

What ``show`` prints is about people: it goes to the terminal of whoever asks, and nowhere else.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.misuse import Misuse

if TYPE_CHECKING:
    from schemas.journal import Entry

app = typer.Typer(help="Events that could not be used.", no_args_is_help=True)
JournalOption = Annotated[Path, typer.Option("--journal", help="Folder of the journal.")]
Number = Annotated[int, typer.Argument(help="Number of the entry, as list says it.")]


@app.command("list")
def list_rejections(
    journal: JournalOption,
    reason: Annotated[str | None, typer.Option(help="Only this reason, such as INVALID.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a line of JSON each and nothing else.")] = False,
) -> int:
    """One line each: number, reason, field, size, origin.

    [bold]Examples[/]

        ihss-payroll rejections list --journal /var/lib/ihss --reason INVALID

        ihss-payroll rejections list --journal /var/lib/ihss --json | jq -r .message | sort | uniq -c
    """
    from pipelines.check.rejections import rejections
    from schemas.journal import is_journal

    if not is_journal(journal):
        raise Misuse(f"--journal {journal} is no journal: name the folder that a job was given")
    count = 0
    with _intact():
        for entry in rejections(journal):
            if reason in (None, entry.reason):
                print(_as_json(entry) if as_json else _as_line(entry))
                count += 1
    if not as_json:
        print(f"{count:,} rejections")
    return 0


@contextmanager
def _intact() -> Iterator[None]:
    """A journal that is damaged ends the command with one line and exit code 1."""
    from pipelines.live.journal import Damaged

    try:
        yield
    except Damaged as damage:
        print(f"ihss-payroll: {damage}", file=sys.stderr)
        raise typer.Exit(1) from damage


def _as_line(entry: "Entry") -> str:
    return f"{entry.number:>10} {entry.reason:<14} {entry.field or '-':<28} {len(entry.raw):>9} {entry.origin}"


def _as_json(entry: "Entry") -> str:
    """Without the bytes, which are about people: show gives them."""
    told = {name: getattr(entry, name) for name in ("number", "reason", "field", "message", "origin", "arrived_at")}
    return json.dumps(told | {"bytes": len(entry.raw)})


@app.command()
def show(
    number: Number,
    journal: JournalOption,
    raw: Annotated[Path | None, typer.Option(help="File for the bytes as they came.")] = None,
) -> int:
    """What is wrong, and the fields as JSON to be repaired; or that the bytes are no record.

    [bold]Example[/]

        ihss-payroll rejections show 4711 --journal /var/lib/ihss > 4711.json
    """
    from pipelines.check.rejections import as_text, rejection

    with _intact():
        entry = rejection(journal, number)
    print(f"{entry.reason}: {entry.field or 'no one field'}: {entry.message} ({entry.origin})", file=sys.stderr)
    if raw is not None:
        from schemas import private

        private.written(raw, entry.raw)
    text = as_text(entry.raw)
    print(text if text is not None else "{}")
    return 0


@app.command()
def resend(
    number: Number,
    journal: JournalOption,
    repaired: Annotated[Path, typer.Option(help="JSON as show writes it, repaired.")],
    to: Annotated[str, typer.Option(metavar="folder:PATH|pubsub:PROJECT", help="Where the job takes facts from.")],
) -> int:
    """Send a repaired fact as if it came from its source; the next pay run sees it.

    [bold]Example[/]

        ihss-payroll rejections resend 4711 --journal journal --repaired 4711.json --to folder:in
    """
    from pipelines.check import rejections

    with _intact():
        rejections.rejection(journal, number)
    fact = rejections.repaired(repaired.read_bytes())
    kind, _, place = to.partition(":")
    if kind == "folder" and Path(place).is_dir():
        rejections.land(fact, Path(place), number)
    elif kind == "pubsub" and place:
        rejections.publish(fact, place)
    else:
        raise Misuse(f"--to {to} is neither folder:PATH of a folder there is nor pubsub:PROJECT")
    print(f"sent as a {fact.KIND}")
    return 0
