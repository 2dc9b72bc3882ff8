"""The languages of an explanation: its own catalog, behind it that of the statements."""

import re
from functools import cache
from gettext import NullTranslations
from pathlib import Path

from markupsafe import Markup, escape

from pipelines.statements.language import Language, compiled, translations
from pipelines.statements.sentences import FilledSentence, said
from schemas.finding import Finding

FOLDER = Path(__file__).parent
QUOTE, UNQUOTE = "\ue000", "\ue001"  # for private use: no text has them
QUOTED = re.compile(f"{QUOTE}([^{QUOTE}{UNQUOTE}]*){UNQUOTE}")


class OfficersLanguage(Language):
    """What who works at the payroll reads: all of it, also sentences to the county."""

    def __init__(self, code: str, own: NullTranslations) -> None:
        super().__init__(code)
        self.translations = own

    def told(self, finding: Finding) -> FilledSentence:
        """A finding's sentence and its next step."""
        return said(finding, self)


class PageLanguage(OfficersLanguage):
    """The same on a page of HTML, where `marked` marks what stays English for whoever hears it."""

    def quoted(self, text: str) -> str:
        """Between marks."""
        return f"{QUOTE}{text}{UNQUOTE}"


def marked(text: str) -> Markup:
    """A text of `PageLanguage` as HTML."""
    return Markup(QUOTED.sub(lambda quoted: f'<span lang="en">{quoted[1]}</span>', str(escape(text))))


def catalog_path(code: str) -> Path:
    """Where the catalog of a language lies."""
    return FOLDER / "locale" / code / "LC_MESSAGES" / "explain.po"


@cache
def explain_translations(code: str) -> NullTranslations:
    """The catalog of an explanation, and behind it that of the statements."""
    return compiled(catalog_path(code), code, translations(code))


@cache
def explain_language(code: str) -> OfficersLanguage:
    """A language as an explanation speaks it."""
    return OfficersLanguage(code, explain_translations(code))


@cache
def page_language(code: str) -> PageLanguage:
    """A language as the page of an explanation speaks it."""
    return PageLanguage(code, explain_translations(code))
