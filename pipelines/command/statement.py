"""The command ``ihss-payroll statement``.

Exit code 0 when done; 2 on misuse with one line that says the remedy.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from pipelines.command.options import AsJson, OneRun, PayPeriod, People, Provider, Quiet, Recipient, people_asked
from pipelines.harmless import complain
from pipelines.misuse import Misuse, day_asked

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipelines.statements.documents import Paper, PapersAsked
    from pipelines.statements.paid_folder import Person
    from rules.law import Law

LEFT_OUT = (
    "This was paid by another law: what a further violation brings, and what change of law a payment is the first to"
    " obey, is left out. Name its overlay with --law, and the journal of its live job with --journal"
)
NO_TELEPHONE = "the papers name no telephone of the county: give it with --contact (docs/statements.md)"
FORMATS = ("html", "pdf")
LawAsked = tuple[Path | None, Path | None]  # the overlay, and the journal
LANGUAGES = ("en", "es")


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(statement)


def statement(
    paid: Annotated[Path, typer.Option(help="Folder that a replay wrote to.")],
    out: Annotated[Path, typer.Option(help="Folder for the papers (0001.html, 0001.pdf, ...) and index.csv.")],
    provider: Provider = None,
    recipient: Recipient = None,
    period: PayPeriod = None,
    run: OneRun = None,
    language: Annotated[str, typer.Option(help="en or es.")] = "en",
    format: Annotated[str, typer.Option(help="html, pdf or html,pdf.")] = "html,pdf",
    contact: Annotated[Path | None, typer.Option(help="TOML: whom to call; see docs/statements.md.")] = None,
    law: Annotated[Path | None, typer.Option(help="The overlay that the replay was given.")] = None,
    journal: Annotated[Path | None, typer.Option(help="The journal it was paid from: a law published there.")] = None,
    people: People = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> int:
    """Write statements of earnings and notices for people, in English or Spanish.

    [bold]Examples[/]

        ihss-payroll statement --paid out --provider P000184 --period 2024-03-01 --out papers

        ihss-payroll statement --paid out --recipient R000046 --period 2024-03-01 --out papers --language es

        ihss-payroll statement --paid out --run 2024-03-20 --out papers --format pdf
    """
    formats = _formats(format)
    person = _person(provider, recipient)
    if language not in LANGUAGES:
        raise Misuse(f"--language {language} is not spoken here: take en or es")
    _complete(person, period, run)
    _ready(out, formats)
    asked = replace(_asked(_folder(paid), run, period, language, contact, (law, journal)), people=people_asked(people))
    told = _write(_papers(paid, person, asked), asked, out, formats)
    if as_json:
        print(json.dumps(told.figures, indent=2))
    elif not quiet:
        print(*told.lines, sep="\n")
    return 0


def _asked(
    paid: Path, run: str | None, period: str | None, language: str, contact: Path | None, law: LawAsked
) -> "PapersAsked":
    from pipelines.statements.contact import Contacts
    from pipelines.statements.documents import PapersAsked
    from pipelines.statements.paid_folder import last_cut_off, pay_runs
    from pipelines.unchanged import refuse_changed
    from rules.periods import cut_off_of

    cut_off = last_cut_off(paid, day_asked(run, "--run") if run else None)
    refuse_changed(paid, [cut_off_of(day) for day in pay_runs(paid) if cut_off_of(day) <= cut_off], "--paid")
    return PapersAsked(cut_off, _period(period), language, Contacts(contact), _law_of(paid, cut_off, law))


def _law_of(paid: Path, cut_off: int, law: LawAsked) -> "Law | None":
    """The law that a pay run was paid by, if it is known."""
    from pipelines.command.pay import law_that_paid
    from pipelines.misuse import journal_asked
    from pipelines.statements.paid_folder import law_version

    overlay, journal = law
    if journal is not None:
        journal_asked(journal)
    return law_that_paid(paid, (cut_off, law_version(paid, cut_off)), overlay, journal)


def _papers(paid: Path, person: "Person | None", asked: "PapersAsked") -> "tuple[Iterable[Paper], int]":
    """The papers, and how many they are at most."""
    from pipelines.statements.documents import papers_of_all
    from pipelines.statements.paid_folder import payments_made, people_of_run

    if person is not None:
        own = _own_papers(paid, person, asked)
        return own, len(own)
    people = people_of_run(paid, asked.cut_off)
    return papers_of_all(paid, people, asked), payments_made(paid, asked.cut_off) + len(people)


def _own_papers(paid: Path, person: "Person", asked: "PapersAsked") -> "list[Paper]":
    from pipelines.statements.documents import papers_of
    from pipelines.statements.paid_folder import dossiers
    from pipelines.statements.statement import periods_of
    from rules.periods import iso

    known = dossiers(paid, {person}, asked.cut_off)
    papers = list(papers_of(person, known[person], asked)) if person in known else []
    if papers:
        return papers
    if person not in known:
        raise Misuse(f"--paid {paid} says nothing of this {person[0].lower()}: check the number, and the --run")
    there = ", ".join(iso(day) for day in periods_of(known[person])[-6:])
    when = f"the pay period {iso(asked.period)}" if asked.period is not None else "this pay run"
    raise Misuse(
        f"--paid {paid} has nothing for {when}" + (f": the last with pay are --period {there}" if there else "")
    )


def _ready(out: Path, formats: tuple[str, ...]) -> None:
    """Before anything is read: whatever would stop the writing. Raises Misuse."""
    from pipelines.statements.output import UNFINISHED

    if out.exists() and not out.is_dir():
        raise Misuse(f"--out {out} is a file: name a new folder")
    if (out / UNFINISHED).exists():
        raise Misuse(f"--out {out} holds the papers of a command that was stopped: delete it, or name a new folder")
    if out.exists() and any(out.iterdir()):
        raise Misuse(f"--out {out} is not empty: name a new folder, so that no old paper stays among the new")
    if "pdf" in formats:
        from pipelines.statements.paper import printer

        printer()


class ToldOfPapers(NamedTuple):
    """What was written, for people and as JSON."""

    lines: list[str]
    figures: dict[str, int | str]


def _write(
    papers: "tuple[Iterable[Paper], int]", asked: "PapersAsked", out: Path, formats: tuple[str, ...]
) -> ToldOfPapers:
    from pipelines.statements.output import INDEX, write

    written = write(*papers, out, formats)
    statements, letters = written.papers["statement"], written.papers["notices"]
    made = f"{_counted(statements, 'statement')} and {_counted(letters, 'letter')} with notices"
    lines = [f"{made} are in {out}; {INDEX} says whose they are"]
    if written.english:
        lines.append(f"{written.english:,} sentences stand in English: this version has no other words for them")
    if not asked.contacts.own:
        complain(NO_TELEPHONE)
    if asked.law is None:
        lines.append(LEFT_OUT)
    figures: dict[str, int | str] = {
        "statements": statements,
        "letters": letters,
        "english_sentences": written.english,
        "out": str(out),
    }
    return ToldOfPapers(lines, figures)


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _complete(person: "Person | None", period: str | None, run: str | None) -> None:
    if person is None and period is not None:
        raise Misuse("--period needs --provider or --recipient; a whole pay run is --run without --period")
    if person is None and run is None:
        raise Misuse(
            "name whose papers you want: --provider or --recipient with --period, or --run for a whole pay run"
        )
    if run is None and period is None:
        raise Misuse("name the pay period (--period 2024-03-01) or the pay run (--run 2024-03-20)")


def _folder(paid: Path) -> Path:
    if not paid.is_dir():
        raise Misuse(f"--paid {paid} is no folder: name the folder that a replay wrote to")
    return paid


def _person(provider: str | None, recipient: str | None) -> "Person | None":
    if provider and recipient:
        raise Misuse("name --provider or --recipient, not both")
    return ("PROVIDER", provider) if provider else ("RECIPIENT", recipient) if recipient else None


def _period(text: str | None) -> int | None:
    if text is None:
        return None
    from rules.periods import period_of

    day = day_asked(text, "--period")
    if period_of(day) != day:
        raise Misuse(f"--period {text} starts no pay period: they start on the 1st and the 16th of a month")
    return day


def _formats(text: str) -> tuple[str, ...]:
    formats = tuple(part.strip() for part in text.split(","))
    if not set(formats) <= set(FORMATS):
        raise Misuse(f"--format {text} is not known: take html, pdf or html,pdf")
    return formats
