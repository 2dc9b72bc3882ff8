"""Options that several commands have."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.law_text import SITE
from pipelines.terminal import complain

if TYPE_CHECKING:
    from pipelines.people import PeopleOnPapers

People = Annotated[
    Path | None, typer.Option(metavar="FILE", help="CSV: id, name, address lines, language; only for papers.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")]
Docs = Annotated[str | None, typer.Option(metavar="ADDRESS", envvar=SITE, help="Docs site that rules lead to.")]


def people_asked(path: Path | None) -> "PeopleOnPapers":
    """The people of --people, and a word to standard error if others may read the file. Raises Misuse."""
    from pipelines.people import read_by_others, read_people

    found = read_people(path)
    if words := read_by_others(path):
        complain(words)
    return found
