"""From a statement or a letter of notices to HTML, and from HTML to PDF."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from pipelines.misuse import Misuse
from pipelines.people import PersonOnPaper
from pipelines.statements.contact import Contact
from pipelines.statements.language import Language
from pipelines.statements.law_changes import ToldLawChange
from pipelines.statements.points import Point
from pipelines.statements.sentences import wording
from pipelines.statements.statement import PrintedStatement

FOLDER = Path(__file__).parent
STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
NO_PANGO = "PDF needs the Pango library: apt-get install libpango-1.0-0 libpangoft2-1.0-0, or take --format html"


@dataclass(frozen=True)
class PaperLetter:
    """Notices of one person, as of a pay run's business day."""

    payee_type: str
    payee_id: str
    run: int
    points: list[Point]
    county: str | None


@cache
def environment(language: Language) -> Environment:
    """Templates that speak a language."""
    jinja = language.templates(FOLDER / "templates")
    jinja.filters.update(
        money=language.money,
        rate=language.rate,
        clock=language.clock,
        duration=language.duration,
        day=language.day,
        short_day=language.short_day,
        month=language.month,
        said=language.say,
    )
    style = Markup((FOLDER / "templates" / "paper.css").read_text("utf-8"))
    jinja.globals.update(words=wording(), style=style, language=language)
    return jinja


def statement_html(
    statement: PrintedStatement,
    contact: Contact,
    language: Language,
    to: PersonOnPaper | None = None,
    changes: Sequence[ToldLawChange] = (),
) -> str:
    """The statement as one HTML file that needs nothing else; ``to``: whose name and address stand on it; ``changes``:
    of law, that its payment is the first to obey."""
    return _rendered("statement.html.j2", language, s=statement, contact=contact, to=to, law_changes=changes)


def letter_html(letter: PaperLetter, contact: Contact, language: Language, to: PersonOnPaper | None = None) -> str:
    """The notices of a person as one HTML file that needs nothing else; ``to``: whose name and address stand on it."""
    return _rendered("notices.html.j2", language, letter=letter, contact=contact, to=to)


def _rendered(template: str, language: Language, **about: object) -> str:
    return environment(language).get_template(template).render(**about)


def printer() -> Any:
    """WeasyPrint's HTML. Raises Misuse where Pango is not installed."""
    os.environ.setdefault("SOURCE_DATE_EPOCH", "0")
    try:
        from weasyprint import HTML
    except OSError as error:
        raise Misuse(NO_PANGO) from error
    return HTML


def pdf_of(html: str) -> bytes:
    """A tagged PDF/UA-1; the same HTML gives the same bytes. Raises Misuse where Pango is not installed."""
    page = printer()
    style, rest = STYLE.search(html), STYLE.sub("", html)
    sheets = [_sheet(style[1])] if style else []
    made: bytes = page(string=rest).write_pdf(pdf_variant="pdf/ua-1", font_config=_fonts(), stylesheets=sheets)
    return made


@cache
def _sheet(style: str) -> Any:
    """Read once: all papers have one style."""
    from weasyprint import CSS

    return CSS(string=style, font_config=_fonts())


@cache
def _fonts() -> Any:
    """Found once: looking for fonts takes longer than a page."""
    from weasyprint.text.fonts import FontConfiguration

    return FontConfiguration()
