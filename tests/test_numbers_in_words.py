"""Words with a number of the law take it from its parameter: none stands in a sentence."""

import ast
import re
import tomllib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from babel.messages.pofile import read_po

from pipelines.statements import catalogs
from pipelines.statements.language import LOCALES, SOURCE, catalog_path
from rules.law import Law

ROOT = Path(__file__).resolve().parents[1]
LAW = Law.load()
CODE = (
    "rules/*.py", "pipelines/explain/*.py", "pipelines/report/*.py", "pipelines/statements/*.py",
    "pipelines/wording.py", "pipelines/law_notices.py",
)  # fmt: skip
MARKUP = {"charts.py", "catalogs.py", "paper.py"}  # their strings are for programs
TABLES = ("rules/findings.toml", "pipelines/check/remedies.toml", "pipelines/statements/wording.toml")
PAGES = ("pipelines/report/report.html.j2", "pipelines/explain/templates/page.html.j2")
UNSAID = {"rule", "grain", "begins", "outcome", "addressee"}  # keys of tables that hold no words
ENGLISH = """
    two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen twenty thirty forty fifty sixty
    seventy eighty ninety hundred half twice second third fourth fifth sixth tenth
"""
SPANISH = """
    dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince veinte treinta cuarenta cincuenta
    sesenta setenta ochenta noventa cien ciento medio mitad segundo segunda tercera tercero cuarta cuarto
"""
"""Not *one* and *first*, which mostly count nothing. (*Once* is eleven in Spanish.)"""
NO_NUMBER_OF_OURS = (
    r"\b(\d+ USC|\d+ CFR|WIC|MPP|ACL|Labor Code|UI Code|Gov\. Code)\b[^:\n]*",  # an outside text
    r"\b[A-Z]{2,8}-\d+(?: to -?\d+)?",  # a rule of LAW.md
    r"%\(\w+\)s|%[a-z-]+|\{[^}]*\}",  # a place
    r"\bV[1-4]\b|SOC \d{4}|SB \d+ \(\d{4}\)|UTF-8|W-2|SHA-256|content_sha256|ihss\.v1|\d{4}-\d\d-\d\d",  # names
)
ALLOWED = {
    r"\btwo (of your )?(providers|recipients|people|visits)|\b(both|one) of the two\b|need two at once": (
        "two overlap, or are travelled between: by nature, not by a parameter"
    ),
    r"\bdos (de sus )?(proveedores|beneficiarios|personas|visitas)|entre los dos|necesita a dos a la vez": (
        "the same in Spanish"
    ),
    r"\b(two (timesheets|versions|pay runs)|(sent|sheet|timesheet|claimed|there|the day) twice)\b": "duplicates",
    r"\b(dos hojas|dos veces|trabajó las dos|dos solicitudes)\b": "the same in Spanish",
    r"number 1 again|la número 1": "counting begins at one",
    r"rounded half up": "the name of a rounding (MONEY-1)",
    r"ceiling of 24:00 a day": "what this project does not cover, so there is no parameter",
    r"January 1\b|\b1 de enero": "a payment year is a calendar year (TAX-3)",
    r"Service Desk: .*|Mesa de ayuda .*": "a telephone and when it is answered, in pipelines/statements/county.toml",
    r"1 to 64 letters|two-digit State code, 01 to 58": "forms of ids",
    r"ARREARS:P1:R1:\S*": "an example of an id",
}
"""What may stand in a sentence as a number, and why it is no parameter's."""

OF_PARAMETERS = {
    r"\b1 July\b|\b1 de julio\b|\bJune 30\b|\b30 de junio\b": ("sick_leave.first_month", 7),
    r"Sick leave is paid from one hour on": ("sick_leave.least_minutes", 60),
    r"\bby half hours\b": ("sick_leave.step_minutes", 30),
    r"\bthe extra half\b|\(la mitad de su tarifa normal\)": ("overtime.premium_divisor", 2),
}
"""Where a whole sentence is about the number: the parameter that it is of, and the value for which it is true."""


class Sentence(NamedTuple):
    """Where words stand, and the words."""

    where: str
    text: str
    spanish: bool = False


def numbers(sentence: Sentence) -> list[str]:
    """Digits and number words that are not allowed."""
    text = sentence.text
    for kept in (*NO_NUMBER_OF_OURS, *ALLOWED, *OF_PARAMETERS):
        text = re.sub(kept, " ", text, flags=0 if kept in NO_NUMBER_OF_OURS else re.IGNORECASE)
    words = "|".join((SPANISH if sentence.spanish else ENGLISH).split())
    return re.findall(rf"\d[\d:,.]*|\b(?:{words})\b", text, re.IGNORECASE)


def sentences() -> Iterator[Sentence]:
    """Everything that is said to people about pay."""
    for path in (path for pattern in CODE for path in sorted(ROOT.glob(pattern))):
        yield from () if path.name in MARKUP else _of_code(path)
    for name in TABLES:
        yield from (Sentence(name, text) for text in _leaves(tomllib.loads((ROOT / name).read_text("utf-8"))))
    for name in PAGES:
        page = re.sub(r"(?s)<(style|script).*?</\1>|\{[{%#].*?[}%#]\}|<[^>]*>", " ", (ROOT / name).read_text("utf-8"))
        yield Sentence(name, page)
    yield from (Sentence(where, text) for where, text in catalogs.texts())
    for code in sorted({*LOCALES} - {SOURCE}):
        with catalog_path(code).open("rb") as stream:
            translated = read_po(stream, locale=code)
        yield from (Sentence(f"{code}: {each.id}", str(each.string), spanish=True) for each in translated if each.id)


def _of_code(path: Path) -> Iterator[Sentence]:
    """String constants with words in them, docstrings apart."""
    nodes = [*ast.walk(ast.parse(path.read_text("utf-8")))]
    alone = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        text = node.value if isinstance(node, ast.Constant) and id(node) not in alone else None
        if isinstance(text, str) and re.search(r"[a-z]{3,} | [a-z]{2,}", text):
            yield Sentence(f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}", text)


def _leaves(table: Any) -> Iterator[str]:
    if isinstance(table, str):
        yield table
    elif isinstance(table, dict):
        yield from chain.from_iterable(_leaves(value) for name, value in table.items() if name not in UNSAID)
    elif isinstance(table, list):
        yield from chain.from_iterable(map(_leaves, table))


def test_no_sentence_has_a_number_of_its_own() -> None:
    said = [*sentences()]
    assert len(said) > 1000
    assert [f"{each.where}: {found} in {each.text}" for each in said if (found := numbers(each))] == []


@pytest.mark.parametrize(("name", "value"), OF_PARAMETERS.values(), ids=[name for name, _ in OF_PARAMETERS.values()])
def test_a_sentence_about_a_number_is_true(name: str, value: int) -> None:
    assert {entry.value for entry in LAW.parameters[name].entries} == {value}


@pytest.mark.parametrize("allowed", [*ALLOWED, *OF_PARAMETERS])
def test_what_is_allowed_is_needed(allowed: str) -> None:
    assert any(re.search(allowed, each.text, re.IGNORECASE) for each in sentences())


@pytest.mark.parametrize(
    "text",
    ["within 12 months", "held ten business days", "below 15:00", "may move after ninety days", "the third warning"],
)
def test_a_number_is_seen(text: str) -> None:
    assert numbers(Sentence("", text))
    assert numbers(Sentence("", "en doce meses", spanish=True))
