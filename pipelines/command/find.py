"""``ihss-payroll find``: what an id, or part of one, means, and what to ask next.

Exit code 0 when something was found, 1 when nothing was, 2 on misuse.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.command.completion import people
from pipelines.command.options import AsJson, Quiet
from pipelines.harmless import complain
from pipelines.misuse import Misuse

if TYPE_CHECKING:
    from pipelines.find.about import About
    from pipelines.find.arrived import Arrived
    from pipelines.find.search import FoundId
    from pipelines.report.asked import ReportAsked
    from pipelines.report.records import ReportFolder
    from schemas.types import Json


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(find)


def find(
    text: Annotated[
        str,
        typer.Argument(
            help="An id or part of it: person, document, payment, statement, finding.", autocompletion=people
        ),
    ],
    paid: Annotated[Path, typer.Option(help="Folder that a replay or a live job wrote to.")],
    events: Annotated[Path | None, typer.Option(help="Folder of the facts: documents that arrived, too.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Show every row, not the newest 24.")] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> int:
    """Find a person, document, payment, statement or finding by its id or a part of it: periods, payments, what is held
    and who acts next, and the commands that answer more.

    [bold]Examples[/]

        ihss-payroll find P000428 --paid out

        ihss-payroll find TS0001 --paid out --events sample
    """
    from pipelines.find.arrived import arrived, named_in
    from pipelines.find.search import found
    from pipelines.report.asked import ReportAsked
    from pipelines.report.records import ReportFolder

    if not text.strip():
        raise Misuse("name what to find: an id, or part of one")
    folder, asked = ReportFolder(paid), ReportAsked(paid, events)
    facts = arrived(events, text) if events else []
    hits = found(folder, text, named_in(facts, text))
    if as_json:
        print(json.dumps(_told(folder, hits, facts, asked), indent=2))
    elif hits and not quiet:
        _show(folder, hits, facts, asked, everything)
    elif not hits:
        complain(_nothing(folder, text, asked))
    return 0 if hits else 1


def _told(folder: "ReportFolder", hits: "list[FoundId]", facts: "list[Arrived]", asked: "ReportAsked") -> "Json":
    from pipelines.find.next_commands import find_command, next_commands
    from pipelines.find.told import as_json

    if len(hits) != 1:
        return as_json(hits, None, [], [find_command(each, asked) for each in hits])
    one = _about(folder, hits[0])
    return as_json(hits, one, _of(facts, hits[0]), next_commands(one, asked))


def _show(
    folder: "ReportFolder", hits: "list[FoundId]", facts: "list[Arrived]", asked: "ReportAsked", everything: bool
) -> None:
    from pipelines.console.explanation import explain_console
    from pipelines.console.found import show, show_several
    from pipelines.find.next_commands import next_commands

    if len(hits) > 1:
        return show_several(hits, asked, explain_console(), everything)
    one = _about(folder, hits[0])
    show(one, _of(facts, hits[0]), next_commands(one, asked), explain_console(), everything)


def _about(folder: "ReportFolder", named: "FoundId") -> "About":
    """All about one. Raises Misuse where its pay runs are not what was said."""
    from pipelines.find.about import about
    from pipelines.unchanged import refuse_changed

    one = about(folder, named)
    refuse_changed(folder.path, one.cut_offs, "--paid")
    return one


def _of(facts: "list[Arrived]", named: "FoundId") -> "list[Arrived]":
    """Those about one person, or of one document."""
    return [each for each in facts if named in each.named()]


def _nothing(folder: "ReportFolder", text: str, asked: "ReportAsked") -> str:
    """That there is nothing, and where else to look."""
    from pipelines.find.about import rejections_with

    if rejected := rejections_with(folder, text):
        return f"only rejected events hold this: ihss-payroll rejections show {rejected[0]} --paid {asked.paid}"
    more = "" if asked.events else "; with --events documents that arrived are looked through too"
    return f"nothing in {asked.paid} has this in its id{more}"
