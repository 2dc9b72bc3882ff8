"""Keep the catalogs of translations up to date: ``python -m pipelines.statements.catalogs``.

Texts come from the templates, wording.toml, county.toml, and from rules/findings.toml what is said to people; what is
said to the county is in the catalog of explanations. A new text is added without translation, which a test does not let
pass; one that is gone is dropped. Catalogs are compiled when they are read (``language``), so that no binary lies in
git.
"""

import re
import tomllib
from collections.abc import Callable, Container, Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages import Catalog, Message
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

from pipelines.statements.language import LOCALES, SOURCE, catalog_path
from pipelines.statements.sentences import wording
from rules.findings import catalog

FOLDER = Path(__file__).parent
TOMLS = ("wording.toml", "county.toml")
SENTENCES = ("message", "next_step", "messages", "next_steps")
TO_COUNTY = {"to_county", "county_phrases"}
"""Where a sentence that speaks to people is told to the county instead, and phrases of sentences to the county."""
KEYWORDS = ("_", "gettext", "ngettext")
OPTIONS = {"trim_blocks": "true", "lstrip_blocks": "true", "newstyle_gettext": "true", "silent": "false"}
Text = tuple[str, str | tuple[str, ...]]
"""Where a text stands, and the text; of one with a plural both."""


def texts() -> Iterator[Text]:
    """Every text that statements and notices are made of."""
    yield from template_texts(FOLDER)
    for name in TOMLS:
        table = tomllib.loads((FOLDER / name).read_text("utf-8"))
        yield from ((f"{name}", text) for text in _leaves(table, TO_COUNTY))
    for code, entry in catalog().items():
        if entry["addressee"] != "COUNTY":
            parts = [entry[part] for part in SENTENCES if part in entry]
            yield from ((f"findings.toml:{code}", text) for text in _leaves(parts, TO_COUNTY))


def county_texts() -> Iterator[Text]:
    """Every text of sentences to the county."""
    yield from (("wording.toml", text) for text in _leaves(wording()["county_phrases"]))
    for code, entry in catalog().items():
        parts = [entry.get(part, ()) for part in SENTENCES]
        if entry["addressee"] != "COUNTY":
            parts = [part.get("to_county", ()) for part in parts if isinstance(part, dict)]
        yield from ((f"findings.toml:{code}", text) for text in _leaves(parts))


def template_texts(folder: Path) -> Iterator[Text]:
    """Every text of the templates below a folder; of one with a plural, the singular and the plural."""
    for path in sorted(folder.glob("templates/*.j2")):
        with path.open("rb") as stream:
            for _, function, message, _ in babel_extract(stream, KEYWORDS, [], dict(OPTIONS)):
                said = [message] if isinstance(message, str) else [part for part in message or () if part]
                if said:  # else what is said is known only when it is
                    yield f"templates/{path.name}", tuple(said[:2]) if function == "ngettext" else said[0]


def _leaves(table: Any, without: Container[str] = ()) -> Iterator[str]:
    """Strings in tables and lists that hold words, not places alone; none of those ``without``."""
    if isinstance(table, str):
        if re.search(r"[A-Za-z]", re.sub(r"\{\w+\}", "", table)):
            yield table
    else:
        for value in [table[name] for name in table if name not in without] if isinstance(table, dict) else table:
            yield from _leaves(value, without)


def extracted(found: Iterable[Text]) -> Catalog:
    """The texts as a catalog without translations."""
    template = Catalog()
    for where, text in found:
        template.add(text, locations=[(where, 0)])
    return template


def updated(code: str, path: Path, found: Iterable[Text]) -> bytes:
    """The catalog of a language as it should lie in its file, with the translations that lie there."""
    with path.open("rb") as stream:
        known = read_po(stream, locale=code)
    made = Catalog(locale=code, project="ihss-payroll")
    for message in extracted(found):
        if message.id:
            translated = known.get(message.id[0] if message.pluralizable else message.id)
            made.add(message.id, translated.string if translated else "", locations=message.locations)
    text = BytesIO()
    write_po(text, made, width=120, include_lineno=False, omit_header=True)
    plural = '"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n' if any(each.pluralizable for each in made) else ""
    header = f'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n"Language: {code}\\n"\n{plural}\n'
    return header.encode() + text.getvalue()


def bring_up_to_date(path_of: Callable[[str], Path], found: Callable[[], Iterable[Text]]) -> None:
    """Write every catalog as it should be, and say what lacks a translation."""
    for code in sorted(set(LOCALES) - {SOURCE}):
        path = path_of(code)
        path.write_bytes(updated(code, path, found()))
        print(f"{path}: {len(missing(path, code))} texts to translate", *missing(path, code), sep="\n  ")


def missing(path: Path, code: str) -> list[str]:
    """Texts without a translation."""
    with path.open("rb") as stream:
        return [str(message.id) for message in read_po(stream, locale=code) if message.id and not _whole(message)]


def _whole(message: Message) -> bool:
    return all(message.string or ("",)) if message.pluralizable else bool(message.string)


if __name__ == "__main__":
    bring_up_to_date(catalog_path, texts)
