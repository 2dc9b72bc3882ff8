"""Options that several commands have."""

from typing import Annotated

import typer

from pipelines.law_text import SITE

Docs = Annotated[str | None, typer.Option(metavar="ADDRESS", envvar=SITE, help="Docs site that rules lead to.")]
