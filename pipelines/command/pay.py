"""The commands ``ihss-payroll replay`` and ``ihss-payroll simulate``.

Beam is imported inside the commands only, so that ``--help`` answers at once.
"""

import json
import logging
import re
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.harmless import complain
from pipelines.misuse import Misuse, day_asked, readable, writable_folder
from pipelines.own_name import pasted
from pipelines.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipelines.command.engines import EngineAsked, Place
    from pipelines.summary import Summary
    from rules.law import Law
    from schemas.types import Json

Engine = Annotated[str, typer.Option(help="auto, plain (one process), pool (all cores) or beam: same bytes.")]
Scheduler = Annotated[
    str | None, typer.Option(metavar="tcp://HOST:PORT", help="Dask scheduler whose workers do it: same bytes.")
]
TlsFolder = Annotated[
    Path | None, typer.Option(help="Folder with ca.pem, cert.pem and key.pem, for --cluster tls://HOST:PORT.")
]
OF_LIVE = re.compile(r"-\d{4}-\d{2}-\d{2}\.avro$")  # pipelines/live/folder_out.py


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command()(replay)
    app.command()(simulate)


def replay(
    events: Annotated[Path, typer.Option(help="Folder of facts (Avro, JSON, CSV by template), or its gs:// address.")],
    out: Annotated[Path, typer.Option(help="Folder for records and summary.json, or its gs:// address.")],
    until: Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="Last business day to pay.")] = None,
    law: Annotated[Path | None, typer.Option(help="Folder of TOML that overlays the law: a what-if.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit code 1 if anything was rejected.")] = False,
    engine: Engine = "auto",
    cluster: Scheduler = None,
    tls: TlsFolder = None,
    beam: Annotated[list[str] | None, typer.Argument(metavar="-- BEAM_OPTIONS", help="Passed on to Beam.")] = None,
) -> int:
    """Pay a folder of facts, pay run by pay run, as each would have been.

    Exit code 1 if the summary does not add up, nothing could be used and something was rejected, or a cluster is lost.

    [bold]Examples[/]

        ihss-payroll replay --events sample --out out

        ihss-payroll replay --events facts --out out --until 2026-02-28 --law what-if

        ihss-payroll replay --events /shared/facts --out /shared/out --cluster tcp://127.0.0.1:8786
    """
    from pipelines.command.engines import engine_asked, fits_places, place_in
    from pipelines.console.last_words import failure, last_words, nothing_due, say_last

    last_day = day_asked(until, "--until") if until else None
    asked = engine_asked(engine, beam or [], cluster, tls, law)
    source, target = place_in(events), place_in(out)
    if not fits_places(asked, source, target):
        _folders(events, out)
        _tell_of_accepted(events)
    summary = _replayed(source, target, last_day, law, asked, quiet or as_json)
    if nothing_due(summary.inputs):
        raise Misuse(f"--until {until} is before every fact below {source}: name a later day")
    wrong = _told(summary, source, target, law, as_json, quiet)
    say_last(last_words(summary.inputs, source, strict), in_report=not (as_json or quiet))
    return 1 if wrong or failure(summary.inputs, strict) else 0


def _tell_of_accepted(events: Path) -> None:
    """A replay knows no outbox: where a job was told to let stand what other code had said, it says something else."""
    from pipelines.live.accepted import accepted
    from pipelines.live.segments import Damaged
    from rules.periods import business_day_of, iso

    try:
        known = accepted(events)
    except Damaged as damage:
        raise Misuse(str(damage)) from None
    if known:
        day = iso(business_day_of(max(each.until for each in known)))
        complain(
            f"what was said up to {day} was accepted as said (accepted.json); this replay says what the"
            " code and law of now would have said all along: see 'A bad deploy' in docs/operations.md"
        )


def simulate(
    out: Annotated[Path, typer.Option(help="Folder for the facts and for truth.json, which says what was planted.")],
    county: Annotated[str, typer.Option(help="Two-digit State code, 01 to 58.")],
    recipients: Annotated[int, typer.Option(min=1, max=5_000_000, help="How many people are cared for.")],
    months: Annotated[int, typer.Option(min=1, max=240, help="How many service months.")],
    start: Annotated[str, typer.Option(metavar="YYYY-MM", help="First service month.")],
    seed: Annotated[int, typer.Option(help="The same seed makes the same county.")],
    defects: Annotated[float, typer.Option(min=0, max=1, help="Share of records wrong on purpose.")] = 0.01,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was planted (truth.json).")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")] = False,
) -> int:
    """Make a county of synthetic facts, some of them wrong on purpose.

    [bold]Example[/]

        ihss-payroll simulate --out sample --county 17 --recipients 150 --months 12 --start 2024-01 --seed 17
    """
    if not re.fullmatch(r"0[1-9]|[1-4]\d|5[0-8]", county):
        raise Misuse(f"--county {county} is no county: give its two-digit State code, 01 to 58, such as 17 for Lake")
    day_asked(f"{start}-01", "--start", asked=f"--start {start} is not a month: write YYYY-MM, such as 2024-01")
    if out.is_dir() and any(path.is_file() for path in out.rglob("*.avro")):
        raise Misuse(f"--out {out} holds *.avro files already: name a new folder or empty this one")
    writable_folder(out, "--out")
    made = _made(quiet or as_json, out, county, recipients, months, start, seed, defects)
    count = sum(made["counts"].values())
    if as_json:
        print(json.dumps(made["truth"], indent=2))
    elif not quiet:
        print(f"{count:,} facts of {recipients:,} recipients of county {county} are in {out}, with truth.json")
    return 0


def _made(quiet: bool, *asked: Any) -> "Json":
    from pipelines.console.progress import shown
    from pipelines.sample.simulate import SampleRefusal
    from pipelines.sample.simulate import simulate as make

    try:
        with shown(Terminal(stderr=True), quiet, {"make": "Making recipients"}) as beat:
            return make(*asked, beat=beat)  # type: ignore[misc]
    except SampleRefusal as refusal:
        raise Misuse(str(refusal)) from refusal


def _replayed(
    events: "Place", out: "Place", until: int | None, law: Path | None, engine: "EngineAsked", quiet: bool
) -> "Summary":
    """The summary of the replay, made with progress in sight: importing Beam alone takes seconds."""
    from pipelines.console.progress import shown
    from pipelines.files_below import files_of_facts

    overlaid = law_of_facts(law, () if isinstance(events, str) else files_of_facts(events))
    # Beam warns of cloud clients that are not installed: a replay of files needs none, so nobody should wonder.
    logging.basicConfig(level=logging.ERROR)
    with shown(Terminal(stderr=True), quiet) as beat:
        if isinstance(events, str) or isinstance(out, str):
            from pipelines.replay_job import replay_at

            return replay_at(str(events), str(out), until, overlaid, engine.beam, beat)
        from pipelines.replay import replay as run

        return run(events, out, until, overlaid, engine.beam, beat, engine.name, engine.cluster)


def _told(summary: "Summary", events: "Place", out: "Place", law: Path | None, as_json: bool, quiet: bool) -> list[str]:
    """Print the summary as asked; what does not add up."""
    from pipelines.console.summary import render, summary_console
    from pipelines.summary import faults

    if as_json:
        print(summary.text(), end="")
    elif not quiet:
        render(summary, summary_console())
        print(f"Records and summary.json are in {out}")
        print(pasted("\n".join(next_steps(events, out, law))))
    wrong = faults(summary)
    if wrong and (as_json or quiet):
        complain("the summary does not add up: " + "; ".join(wrong))
    return wrong


def next_steps(events: "Place", out: "Place", law: Path | None) -> list[str]:
    """What to ask of a replay next: is it right, and why is a payment what it is?"""
    if isinstance(events, str) or isinstance(out, str):
        return ["Next, copy facts and records to folders apart: report and explain read them there."]
    folders = f"--events {quote(str(events))} --paid {quote(str(out))}"
    overlay = f" --law {quote(str(law))}" if law else ""
    return [
        "Next, is it right, and why is a payment what it is?",
        f"  ihss-payroll report {folders} --out report.html",
        f"  ihss-payroll explain INSTRUCTION_ID {folders}{overlay}",
    ]


def _folders(events: Path, out: Path) -> None:
    """Raise Misuse unless ``events`` holds facts and ``out`` is another place that can be written to."""
    from pipelines.files_below import folder_of_facts

    facts = folder_of_facts(events, "--events")
    inside, outside = events.resolve(), out.resolve()
    if inside == outside or inside in outside.parents or outside in inside.parents:
        raise Misuse(f"--out {out} and --events {events} lie within each other: name a folder apart")
    for name in facts.files:
        readable(events / name, "--events")
    writable_folder(out, "--out")
    if any(OF_LIVE.search(path.name) for path in out.glob("*.avro")):
        raise Misuse(f"--out {out} holds what a live job said, which a replay would replace: name another folder")


def law_that_paid(paid: Path, run: tuple[int, str], overlay: Path | None, journal: Path | None = None) -> "Law | None":
    """The law by which a pay run was paid, with what was published on its ``journal``; None: it is another, and no
    overlay was named. ``run``: its cut-off, and the version that it names. Raises Misuse."""
    from pipelines.files_below import files_of_facts

    law = law_of_facts(overlay, files_of_facts(journal) if journal else ())
    if law.version_at(run[0]) == run[1]:
        return law
    if overlay is None:
        return None
    raise Misuse(f"--law {overlay} is not what --paid {paid} was paid by: name the overlay that its replay was given")


def law_of_facts(overlay: Path | None, files: "Iterable[Path]") -> "Law":
    """The law that facts in these files are paid by: overlaid, and with what was published on their journal. Raises
    Misuse."""
    from fold.publications import BadPublication, law_of_folder
    from rules.law import LawError

    try:
        return law_of_folder(overlaid_law(overlay), files)
    except (BadPublication, LawError) as wrong:
        raise Misuse(f"what was published on this journal cannot be obeyed: {wrong}") from wrong


def overlaid_law(overlay: Path | None) -> "Law":
    """The law with a folder's TOML laid over it. Raises Misuse."""
    from rules.law import Law, LawError

    if overlay and not overlay.is_dir():
        raise Misuse(f"--law {overlay} is no folder: name a folder of TOML files that overlay rules/parameters")
    try:
        return Law.load(overlay)
    except LawError as error:
        raise Misuse(str(error)) from error
