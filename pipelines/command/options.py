"""Options that several commands have."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.command.completion import pay_periods, pay_runs, providers, recipients
from pipelines.harmless import complain
from pipelines.law_text import SITE

if TYPE_CHECKING:
    from pipelines.people import PeopleOnPapers

People = Annotated[
    Path | None, typer.Option(metavar="FILE", help="CSV: id, name, address lines, language; only for papers.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")]
Docs = Annotated[str | None, typer.Option(metavar="ADDRESS", envvar=SITE, help="Docs site that rules lead to.")]
Provider = Annotated[str | None, typer.Option(help="This provider alone.", autocompletion=providers)]
Recipient = Annotated[str | None, typer.Option(help="This recipient alone.", autocompletion=recipients)]
PayPeriod = Annotated[
    str | None,
    typer.Option(
        metavar="YYYY-MM-DD", help="First day of the pay period: a 1st or a 16th.", autocompletion=pay_periods
    ),
]
OneRun = Annotated[
    str | None, typer.Option(metavar="YYYY-MM-DD", help="Business day of one pay run.", autocompletion=pay_runs)
]
FirstRun = Annotated[
    str | None, typer.Option("--since", metavar="YYYY-MM-DD", help="First pay run.", autocompletion=pay_runs)
]
LastRun = Annotated[
    str | None, typer.Option("--until", metavar="YYYY-MM-DD", help="Last pay run.", autocompletion=pay_runs)
]


def people_asked(path: Path | None) -> "PeopleOnPapers":
    """The people of --people, and a word to standard error if others may read the file. Raises Misuse."""
    from pipelines.people import read_by_others, read_people

    found = read_people(path)
    if words := read_by_others(path):
        complain(words)
    return found
