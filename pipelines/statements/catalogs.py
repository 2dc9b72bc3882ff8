"""Keep the catalogs of translations up to date: ``python -m pipelines.statements.catalogs``.

Texts come from the templates, wording.toml, county.toml, and from rules/findings.toml what is said to people (the
county reads English). A new text is added without translation, which a test does not let pass; one that is gone is
dropped. Catalogs are compiled when they are read (``language``), so that no binary lies in git.
"""

import re
import tomllib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages import Catalog
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

from pipelines.statements.language import LOCALES, SOURCE, catalog_path
from rules.findings import catalog

FOLDER = Path(__file__).parent
TOMLS = ("wording.toml", "county.toml")
KEYWORDS = ("_", "gettext", "ngettext")
OPTIONS = {"trim_blocks": "true", "lstrip_blocks": "true", "newstyle_gettext": "true", "silent": "false"}
TO_COUNTY = "to_county"  # the sentence of a finding that speaks to people, where it is told to the county instead
Text = tuple[str, str]
"""Where a text stands, and the text."""


def texts() -> Iterator[Text]:
    """Every text that statements and notices are made of."""
    for path in sorted(FOLDER.glob("templates/*.j2")):
        with path.open("rb") as stream:
            for _, _, message, _ in babel_extract(stream, KEYWORDS, [], dict(OPTIONS)):
                yield f"templates/{path.name}", message if isinstance(message, str) else str((message or [""])[0])
    for name in TOMLS:
        table = tomllib.loads((FOLDER / name).read_text("utf-8"))
        yield from ((f"{name}", text) for text in _leaves(table))
    for code, entry in catalog().items():
        if entry["addressee"] != "COUNTY":
            parts = [entry[part] for part in ("message", "next_step", "messages", "next_steps") if part in entry]
            yield from ((f"findings.toml:{code}", text) for text in _leaves(parts, without=TO_COUNTY))


def _leaves(table: Any, without: str = "") -> Iterator[str]:
    """Strings in tables and lists that hold words, not places alone; none of the name ``without``."""
    if isinstance(table, str):
        if re.search(r"[A-Za-z]", re.sub(r"\{\w+\}", "", table)):
            yield table
    else:
        for value in [table[name] for name in table if name != without] if isinstance(table, dict) else table:
            yield from _leaves(value, without)


def extracted() -> Catalog:
    """The texts as a catalog without translations."""
    template = Catalog()
    for where, text in texts():
        template.add(text, locations=[(where, 0)])
    return template


def updated(code: str) -> bytes:
    """The catalog of a language as it should lie in its file."""
    with catalog_path(code).open("rb") as stream:
        known = read_po(stream, locale=code)
    made = Catalog(
        locale=code, project="ihss-payroll", header_comment=f"# {code}: see pipelines/statements/catalogs.py"
    )
    for message in extracted():
        if message.id:
            translated = known.get(message.id)
            made.add(message.id, translated.string if translated else "", locations=message.locations)
    text = BytesIO()
    write_po(text, made, width=120, include_lineno=False, omit_header=True)
    header = f'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n"Language: {code}\\n"\n\n'
    return header.encode() + text.getvalue()


def main() -> None:
    """Bring every catalog up to date and say what lacks a translation."""
    for code in sorted(set(LOCALES) - {SOURCE}):
        path = catalog_path(code)
        path.write_bytes(updated(code))
        with path.open("rb") as stream:
            missing = [message.id for message in read_po(stream, locale=code) if message.id and not message.string]
        print(f"{path}: {len(missing)} texts to translate", *missing, sep="\n  ")


if __name__ == "__main__":
    main()
