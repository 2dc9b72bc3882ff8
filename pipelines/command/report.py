"""The command ``ihss-payroll report``: one HTML page that says whether a range of pay runs is right.

Exit code 0 when everything adds up, 1 when a control total does not agree, 2 on misuse.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from pipelines.command.options import Docs, FirstRun, LastRun, OneRun
from pipelines.harmless import complain
from pipelines.misuse import Misuse, day_asked, file_written

if TYPE_CHECKING:
    from pipelines.report.books import Books
    from pipelines.report.page import Report
    from pipelines.report.verified import Verified
    from rules.law import Law

MOST_SENTENCES = 5


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command()(report)


def report(
    paid: Annotated[Path, typer.Option(help="Folder that a replay or a live job wrote to.")],
    out: Annotated[Path, typer.Option(help="The page, one HTML file that needs nothing beside it.")],
    first: FirstRun = None,
    last: LastRun = None,
    run: OneRun = None,
    events: Annotated[
        Path | None, typer.Option(help="Folder of the facts: adds claimed against verified hours.")
    ] = None,
    with_ids: Annotated[bool, typer.Option("--with-ids", help="Name providers and recipients.")] = False,
    law: Annotated[Path | None, typer.Option(help="The overlay that the replay was given.")] = None,
    docs: Docs = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the first screen as JSON, nothing else.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")] = False,
) -> int:
    """Show on one page whether pay runs are right: control totals, money, held work and who acts next, what changed.

    The page works offline, on a phone, in light and dark and on paper, and names nobody unless asked to.

    [bold]Examples[/]

        ihss-payroll report --paid out --out report.html

        ihss-payroll report --paid out --run 2024-03-20 --events facts --with-ids --out report.html
    """
    days = _days_asked(first, last, run)
    if out.is_dir() or out.suffix.lower() not in (".html", ".htm"):
        raise Misuse(f"--out {out} is no HTML file: name one, such as report.html")
    made = _made(_Sources(paid, events, law), days, with_ids, docs)
    _write(out, made.html, with_ids)
    if as_json:
        print(json.dumps(made.figures | {"page": str(out)}, indent=2))
    elif not quiet:
        print(f"{made.told}\nThe page is {out}" + (", which names people: keep it safe" if with_ids else ""))
    if made.wrong:
        complain(f"the records do not add up: {_some(made.wrong)}")
    return 1 if made.wrong else 0


def _some(sentences: list[str]) -> str:
    """The first few sentences; a folder that was tampered with has one a pay run."""
    more = len(sentences) - MOST_SENTENCES
    return " ".join(sentences[:MOST_SENTENCES]) + (f" And {more:,} more: see the page." if more > 0 else "")


def _days_asked(first: str | None, last: str | None, run: str | None) -> tuple[int | None, int | None]:
    """The first and last business day asked for. Raises Misuse."""
    if run and (first or last):
        raise Misuse("--run is one pay run, --since and --until are several: take one or the other")
    asked = {"--since": run or first, "--until": run or last}
    begin, end = (day_asked(text, "--run" if run else name) if text else None for name, text in asked.items())
    if begin is not None and end is not None and begin > end:
        raise Misuse(f"--since {first} lies after --until {last}: turn them round")
    return begin, end


class _Sources(NamedTuple):
    """What the page is made from, as it was named."""

    paid: Path
    events: Path | None
    law: Path | None


def _made(sources: _Sources, days: tuple[int | None, int | None], with_ids: bool, docs: str | None) -> "Report":
    from pipelines.command.pay import law_that_paid
    from pipelines.report.asked import ReportAsked
    from pipelines.report.books import Books
    from pipelines.report.page import report as page
    from pipelines.report.records import ReportFolder
    from rules.law import Law
    from schemas.journal import is_journal

    paid, events, overlay = sources
    books = Books(ReportFolder(paid), *days)
    last = books.runs[books.span.days[-1]]
    journal = events if events and is_journal(events) else None
    law_then = law_that_paid(paid, (last.cut_off, last.law_version), overlay, journal)
    law = law_then or Law.load()
    verified = _verified(events, books, law) if events else None
    until = None if books.span.end == max(run.cut_off for run in books.runs.values()) else books.span.days[-1]
    what_if = bool(books.summary and books.summary.law_overlay)
    return page(books, ReportAsked(paid, events, with_ids, until, what_if, docs, law_then is not None), law, verified)


def _verified(events: Path, books: "Books", law: "Law") -> "Verified":
    from pipelines.files_below import folder_of_facts, tell_unread
    from pipelines.report.verified import Verified

    tell_unread(folder_of_facts(events, "--events"))
    return Verified(events, books.span, law)


def _write(out: Path, html: str, with_ids: bool) -> None:
    """The whole page or nothing, readable by whom it may be."""
    from schemas import private

    file_written(out, html, "--out", private.OWN_EYES if with_ids else private.EVERYBODY)
