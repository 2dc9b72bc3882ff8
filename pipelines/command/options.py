"""Options that several commands have."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.law_text import SITE

if TYPE_CHECKING:
    from pipelines.people import PeopleOnPapers

People = Annotated[
    Path | None, typer.Option(metavar="FILE", help="CSV: id, name, address lines, language; only for papers.")
]
Docs = Annotated[str | None, typer.Option(metavar="ADDRESS", envvar=SITE, help="Docs site that rules lead to.")]


def people_asked(path: Path | None) -> "PeopleOnPapers":
    """The people of --people, and a word to standard error if others may read the file. Raises Misuse."""
    from pipelines.people import read_by_others, read_people

    found = read_people(path)
    if words := read_by_others(path):
        print("ihss-payroll:", words, file=sys.stderr)
    return found
