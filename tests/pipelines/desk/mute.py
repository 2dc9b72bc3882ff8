"""What of a page the Spanish catalogs do not say: a language that leaves out all that it can say, and what is left."""

import re
from functools import cache
from gettext import NullTranslations
from html import unescape
from typing import NamedTuple

from babel.messages.pofile import read_po

from pipelines.desk.pages import catalog_path as desk_catalog
from pipelines.explain.language import PageLanguage
from pipelines.explain.language import catalog_path as explain_catalog
from pipelines.statements.language import catalog_path as statements_catalog
from tests.pipelines.explain.spanish import Wordless

CATALOGS = (desk_catalog("es"), explain_catalog("es"), statements_catalog("es"))
NOTHING = "·"
DATA = {"code", "pre", "textarea"}  # what others wrote, as they did
SPOKEN = ("aria-label", "placeholder", "title", "alt", "data-t")  # attributes that somebody reads or hears
PIECE = re.compile(r"<(/?)([a-z][a-z0-9]*)([^>]*)>|([^<]+)|<!")
ATTRIBUTE = re.compile(r'([a-z-]+)="([^"]*)"')
VOID = {"meta", "link", "input", "br", "img", "hr"}
WORD = re.compile(r"'[^']*'|(?<![\w.:/@#&-])[A-Za-z][a-z]{2,}(?![\w.:/@-])|\b[A-Z]{2,}_[A-Z_]+\b")


@cache
def known() -> set[str]:
    """Texts that have a translation."""
    found: set[str] = set()
    for path in CATALOGS:
        with path.open("rb") as stream:
            for each in read_po(stream, locale="es"):
                found.add(each.id[0] if each.pluralizable else str(each.id))
    return found


def _places(text: str) -> str:
    return " ".join(re.findall(r"%\(\w+\)s|\{\w+\}", text)) or NOTHING


class MuteTranslations(NullTranslations):
    """The catalog, of which nothing is said but what fills it; fails for a text that is not in it."""

    def gettext(self, message: str) -> str:
        assert message in known(), f"not in Spanish: {message}"
        return _places(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        assert msgid1 in known(), f"not in Spanish: {msgid1}"
        return _places(msgid2)


class MuteLanguage(Wordless, PageLanguage):
    """Spanish without its words, days and months."""

    def __init__(self) -> None:
        super().__init__("es", MuteTranslations())

    def short_day(self, day: int) -> str:
        return ""


class ReadAloud(NamedTuple):
    """What is read of a page: ``own``: texts in its language, ``english``: those that are marked as English."""

    own: list[str]
    english: list[str]


def read_aloud(html: str) -> ReadAloud:
    """Texts and spoken attributes of a page in Spanish, without what others wrote."""
    read, inside = ReadAloud([], []), [("", "")]
    for closing, tag, attributes, text in PIECE.findall(html):
        language = inside[-1][1]
        told = {name: unescape(value) for name, value in ATTRIBUTE.findall(attributes)}
        if closing:
            while len(inside) > 1 and inside.pop()[0] != tag:
                pass
        elif tag:
            language = told.get("lang", language)
            if tag not in VOID:
                inside.append((tag, "code" if tag in DATA or language == "code" else language))
        for one in (unescape(text), *(told[name] for name in SPOKEN if name in told)):
            if one.strip() and language in ("es", "en"):
                (read.own if language == "es" else read.english).append(" ".join(one.split()))
    return read


def words_left(html: str, data: set[str]) -> set[str]:
    """Words in no language's catalog. ``data``: words that are names."""
    found = {word for text in read_aloud(html).own for word in WORD.findall(text)}
    return {word for word in found if not word.startswith("'")} - data
