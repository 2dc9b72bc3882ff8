"""The commands ``ihss-payroll diff``, ``validate`` and ``doctor``: look before money moves.

Exit code 0: the same, clean, nothing missing; 1: different, something would be rejected or held, something missing;
2 on misuse with one line that says the remedy.
"""

import json
import logging
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.command.options import Docs
from pipelines.misuse import Misuse, day_asked
from pipelines.terminal import Terminal

if TYPE_CHECKING:
    from pipelines.check.counter import Counter
    from pipelines.console.progress import Beat
    from schemas.types import Json

STAGES = {"known": "Reading what is known", "sent": "Reading events"}
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print nothing but errors: the exit code tells.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command()(diff)
    app.command()(validate)
    app.command()(doctor)


def diff(
    a: Annotated[Path, typer.Argument(metavar="A", help="Folder that replay or run wrote.")],
    b: Annotated[Path, typer.Argument(metavar="B", help="Another, such as a what-if.")],
    all_: Annotated[bool, typer.Option("--all", help="Name each statement and field that differs, with ids.")] = False,
    out: Annotated[Path | None, typer.Option(help="Write it as CSV too; with --all row by row.")] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> int:
    """Set two payrolls beside each other: records by key and field, money by county and reason, to the cent.

    Exit code 0: they say the same; 1: they differ. Ids of people are shown with --all only.

    [bold]Examples[/]

        ihss-payroll diff as-is what-if

        ihss-payroll diff as-is what-if --all --out changes.csv

        ihss-payroll diff before after --quiet && echo the same
    """
    from pipelines.check.difference import Difference
    from pipelines.check.pairs import Payroll
    from pipelines.console.difference import render, write_csv
    from pipelines.console.progress import shown
    from pipelines.console.summary import summary_console

    sides = Payroll(a), Payroll(b)
    if out is not None and (out.is_dir() or not out.parent.is_dir()):
        raise Misuse(f"--out {out} is no file that can be written: name a file in a folder that is there")
    with shown(Terminal(stderr=True), quiet or as_json, {"read": "Reading (KiB)"}) as beat:
        told = Difference(*sides, listed=all_).read(beat).told()
    if out is not None:
        write_csv(told, out)
    if as_json:
        print(json.dumps(told, indent=2, default=str))
    elif not quiet:
        render(told, summary_console())
    return 0 if told["same"] else 1


def validate(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILES", help="Files or folders of events (Avro or JSON), a journal, or -"),
    ],
    with_: Annotated[list[Path] | None, typer.Option("--with", metavar="FACTS", help="What is known already.")] = None,
    law: Annotated[Path | None, typer.Option(help="Folder of TOML that overlays the law.")] = None,
    pay: Annotated[
        bool, typer.Option("--pay", help="Also what each fact would change in money; needs --with.")
    ] = False,
    all_: Annotated[bool, typer.Option("--all", help="Show every place, not the first 20.")] = False,
    docs: Docs = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> int:
    """Before sending: what would be rejected and why, what would be held, cut or denied, and what to do about it.

    Reads Avro, journals, and JSON, an event a line or an array of them: {"kind": "Timesheet", "event_id": ...}. Without
    --with only what the events say themselves is checked. Exit code 0: clean; 1: anything to repair.

    [bold]Examples[/]

        ihss-payroll validate outgoing/timesheets.avro

        ihss-payroll validate late --with facts --all --pay

        export-timesheets | ihss-payroll validate - --with facts --json
    """
    from pipelines.console.last_words import say_last
    from pipelines.console.progress import shown

    with shown(Terminal(stderr=True), quiet or as_json, STAGES) as beat:
        told = _verdict(files, with_, law, pay, beat)
    if as_json:
        print(json.dumps(told, indent=2))
    elif not quiet:
        _render(told, all_, docs)
    say_last(told["ignored"], in_report=not (as_json or quiet))
    return 0 if told["clean"] else 1


def _render(told: "Json", everything: bool, docs: str | None) -> None:
    from pipelines.console import pay_preview, verdict
    from pipelines.console.summary import summary_console

    verdict.render(told, summary_console(), everything, docs)
    if "pay" in told:
        pay_preview.render(told["pay"], summary_console(), everything)


def _verdict(files: list[Path], with_: list[Path] | None, law: Path | None, pay: bool, beat: "Beat") -> "Json":
    # Beam, of which the rules' plain fold is a part, warns of cloud clients: none is needed, so nobody should wonder.
    logging.basicConfig(level=logging.ERROR)
    from pipelines.check.counter import files_of
    from pipelines.check.verdict import verdict
    from pipelines.command.pay import law_of_facts
    from pipelines.console import pay_preview
    from pipelines.explain.pay_preview import pay_preview as previewed

    if pay and not with_:
        raise Misuse("--pay says what facts would change in money: name what is known already with --with FACTS")
    sent, known = files_of(files), files_of(with_) if with_ else None
    overlaid = law_of_facts(law, known.files if known else ())
    seen = None if known is None else _read(known.files, "known", beat)
    counter = _read(sent.files, "sent", beat)
    told = verdict(counter, seen, overlaid)
    if not told["events"]:
        raise Misuse(f"{', '.join(map(str, files))}: no event in it: name the files to be sent")
    if pay and seen is not None:
        told["pay"] = pay_preview.told(previewed(counter, seen, overlaid, _open_run(with_ or [])))
    return told | {"ignored": sent.ignored + (known.ignored if known else [])}


def _open_run(known: list[Path]) -> int:
    """The cut-off of the first pay run that may still see a fact, by the journals among folders; 0: there is none.
    Raises Misuse."""
    from pipelines.live.seals import last_sealed
    from pipelines.live.segments import Damaged
    from rules.periods import cut_off_after, cut_off_of

    try:
        closed = [day for folder in known if (day := last_sealed(folder))]
    except Damaged as fault:
        raise Misuse(f"--with: {fault}") from None
    return max((cut_off_after(cut_off_of(day_asked(day, "--with"))) for day in closed), default=0)


def _read(files: list[Path], stage: str, beat: "Beat") -> "Counter":
    from pipelines.check.counter import Counter, read_all

    counter = Counter(now=time.time_ns() // 1_000_000)
    read_all(counter, files, sys.stdin.buffer, lambda done, total: beat(stage, done, total))
    return counter


def doctor(
    law: Annotated[Path | None, typer.Option(help="Folder of TOML that overlays the law.")] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> int:
    """What this machine has and lacks, what each thing is needed for, and how to come by it.

    Also which wages and rates of the law are carried forward, and which end within 60 days.
    Exit code 1 only if something is missing that replay needs.

    [bold]Examples[/]

        ihss-payroll doctor

        ihss-payroll doctor --law my-rates --json
    """
    from pipelines.check.doctor import checks
    from pipelines.command.pay import overlaid_law

    found = checks(Path.cwd(), overlaid_law(law) if law else None)
    able = not any(check.missing for check in found)
    if as_json:
        print(json.dumps({"able_to_replay": able, "checks": [check._asdict() for check in found]}, indent=2))
    elif not quiet:
        from pipelines.console.doctor import render
        from pipelines.console.summary import summary_console

        render(found, summary_console())
    return 0 if able else 1
