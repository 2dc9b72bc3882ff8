"""``ihss-payroll rejections list | show | resend``: what could not be used, until it can.

What ``show`` prints is about people: it goes to the terminal of whoever asks, and nowhere else.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.harmless import as_line, complain, remark
from pipelines.misuse import Misuse, file_written, journal_asked

if TYPE_CHECKING:
    from pipelines.check.rejections import Mended
    from schemas.journal import Entry

app = typer.Typer(help="Events that could not be used.", no_args_is_help=True)
JournalOrNone = Annotated[Path | None, typer.Option("--journal", help="Folder of the journal.")]
PaidOption = Annotated[Path | None, typer.Option("--paid", help="Or the folder that a replay or a live job wrote to.")]
JournalOption = Annotated[Path, typer.Option("--journal", help="Folder of the journal.")]
Number = Annotated[int, typer.Argument(help="Number of the entry, as list says it.")]


@app.command("list")
def list_rejections(
    journal: JournalOrNone = None,
    paid: PaidOption = None,
    reason: Annotated[str | None, typer.Option(help="Only this reason, such as INVALID.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a line of JSON each and nothing else.")] = False,
) -> int:
    """One line each: number, reason, field, size, origin; of a journal, or of what a replay wrote.

    [bold]Examples[/]

        ihss-payroll rejections list --paid out

        ihss-payroll rejections list --journal /var/lib/ihss --reason INVALID

        ihss-payroll rejections list --journal /var/lib/ihss --json | jq -r .message | sort | uniq -c
    """
    count = 0
    with _intact():
        for entry in _entries(journal, paid):
            if reason in (None, entry.reason):
                print(_as_json(entry) if as_json else _listed(entry))
                count += 1
    if not as_json:
        print(f"{count:,} rejections")
    return 0


def _entries(journal: Path | None, paid: Path | None) -> "Iterator[Entry]":
    """Of the one place that was named. Raises Misuse."""
    from pipelines.check.rejections import rejections, rejections_paid

    if journal is None and paid is not None:
        return rejections_paid(paid)
    if journal is None or paid is not None:
        raise Misuse("name one place: --journal of a live job, or --paid, the folder that a replay wrote to")
    journal_asked(journal)
    return rejections(journal)


@contextmanager
def _intact() -> Iterator[None]:
    """A journal that is damaged ends the command with one line and exit code 1."""
    from pipelines.live.segments import Damaged

    try:
        yield
    except Damaged as damage:
        complain(damage)
        raise typer.Exit(1) from damage


def _listed(entry: "Entry") -> str:
    said = f"{entry.number:>10} {entry.reason:<14} {entry.field or '-':<28} {len(entry.raw):>9} {entry.origin}"
    return as_line(said)


def _as_json(entry: "Entry") -> str:
    """Without the bytes, which are about people: show gives them."""
    told = {name: getattr(entry, name) for name in ("number", "reason", "field", "message", "origin")}
    return json.dumps(told | {"arrived_at": entry.arrived_at or None, "bytes": len(entry.raw)})  # of a replay: unknown


@app.command()
def show(
    number: Number,
    journal: JournalOrNone = None,
    paid: PaidOption = None,
    raw: Annotated[Path | None, typer.Option(help="File for the bytes as they came.")] = None,
) -> int:
    """What is wrong, and the fields as JSON to be repaired; or that the bytes are no record.

    [bold]Examples[/]

        ihss-payroll rejections show 4711 --journal /var/lib/ihss > 4711.json

        ihss-payroll rejections show 3 --paid out
    """
    from pipelines.check.rejections import as_text, numbered

    with _intact():
        entry = numbered(_entries(journal, paid), number, f"--paid {paid}" if paid else f"--journal {journal}")
    remark(f"{entry.reason}: {entry.field or 'no one field'}: {entry.message} ({entry.origin})")
    if raw is not None:
        file_written(raw, entry.raw, "--raw")
    text = as_text(entry.raw)
    print(text if text is not None else "{}")
    return 0


@app.command()
def resend(
    journal: JournalOption,
    to: Annotated[str, typer.Option(metavar="folder:PATH|pubsub:PROJECT", help="Where the job takes facts from.")],
    number: Annotated[int | None, typer.Argument(help="Number of the entry, as list says it.")] = None,
    repaired: Annotated[Path | None, typer.Option(help="JSON as show writes it, repaired.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="All that can be used now, as they came.")] = False,
    field: Annotated[str | None, typer.Option(help="With --all: only those wrong in it, as list says it.")] = None,
) -> int:
    """Send a repaired fact as if it came from its source, or all that were rejected for what is mended since (a clock,
    a schema that was published); the next pay run sees it. What is known already changes nothing.

    [bold]Examples[/]

        ihss-payroll rejections resend 4711 --journal journal --repaired 4711.json --to folder:in

        ihss-payroll rejections resend --all --field recorded_at --journal journal --to folder:in
    """
    from pipelines.check import rejections

    if all_ == (number is not None) or all_ == (repaired is not None):
        raise Misuse("name one rejection and its --repaired text, or --all")
    kind, _, place = to.partition(":")
    if not (kind == "folder" and Path(place).is_dir()) and not (kind == "pubsub" and place):
        raise Misuse(f"--to {to} is neither folder:PATH of a folder there is nor pubsub:PROJECT")
    with _intact():
        if number is not None:
            rejections.rejection(journal, number)
        mended = rejections.usable(journal, field) if repaired is None else _one(number, repaired)
    count = rejections.land(mended.facts, Path(place)) if kind == "folder" else rejections.publish(mended.facts, place)
    print(f"{count:,} sent, {mended.left:,} cannot be used yet" if all_ else f"sent as a {mended.facts[0][1].KIND}")
    return 0


def _one(number: int | None, repaired: Path) -> "Mended":
    from pipelines.check import rejections

    return rejections.Mended([(number or 0, rejections.repaired(repaired.read_bytes()))], 0)
