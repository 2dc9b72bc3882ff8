"""The pages are true: the program prints what they say it prints, sums come out, links and commands lead somewhere."""

import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest
import typer

from pipelines.command.cli import app
from rules.law import Law
from rules.money import half_up
from tests.walkthrough import ADVANCE_MONTH, BLOCK, LAW_AS_DATA, blocks_of, overlays, renewed

ROOT = Path(__file__).resolve().parents[1]
PAGES = [*sorted(ROOT.glob("*.md")), ROOT / "tests/cases/README.md", *sorted(ROOT.glob("docs/**/*.md"))]
ALL_PAGES = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
FENCE = re.compile(r"^```\w*\n(.*?)^```", re.DOTALL | re.MULTILINE)
SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
LINK = re.compile(r"\[[^\]\n]+\]\(([^)\s]+)\)")
AMOUNT = re.compile(r"(?<![\d,.])\d[\d,]*\.\d\d(?!\d|\.\d)")
OWN_FOLDERS = ("bench/", "deploy/", "docs/", "fold/", "pipelines/", "rules/", "schemas/", "tests/", "transforms/")


@pytest.mark.parametrize("page", [ADVANCE_MONTH, LAW_AS_DATA], ids=lambda page: page.name)
def test_the_page_says_what_the_program_prints(page: Path) -> None:
    written, blocks = page.read_text("utf-8"), blocks_of(page)
    assert {found[1] for found in BLOCK.finditer(written)} == set(blocks), f"{page.name} leaves a pay run out"
    assert renewed(written, blocks) == written, f"{page.name} is stale: run python -m tests.walkthrough, read, commit"


def test_a_stale_page_is_seen() -> None:
    page = "<!-- printed: a -->\nold\n<!-- end -->\n<!-- printed: b-1 -->\n<!-- end -->\n"
    assert renewed(page, {"a": "A\n", "b-1": "B\n"}) == page.replace("old", "A").replace("b-1 -->\n", "b-1 -->\nB\n")


def worked_out(expression: str) -> Fraction:
    """A sum of products of amounts, hours (``71:00``) and rates (``6.2 %``)."""
    signed = re.split(r" ([+-]) ", f"0 + {expression}")
    terms = zip(["+", *signed[1::2]], signed[::2], strict=True)
    return sum((_product(term) * (-1 if sign == "-" else 1) for sign, term in terms), Fraction())


def _product(term: str) -> Fraction:
    first, *others = re.split(r" ([x/]) ", term)
    product = _number(first)
    for sign, factor in zip(others[::2], others[1::2], strict=True):
        product = product * _number(factor) if sign == "x" else product / _number(factor)
    return product


def _number(written: str) -> Fraction:
    if written.endswith(" %"):
        return Fraction(written[:-2]) / 100
    hours, colon, minutes = written.replace(",", "").partition(":")
    return Fraction(hours) + (Fraction(int(minutes), 60) if colon else 0)


def wrong_sums(text: str) -> Iterator[str]:
    """Sums in the text that do not come out, in cents and rounded once (MONEY-1)."""
    for span in SPAN.findall(text):
        left, equals, right = span.partition(" = ")
        if equals and re.fullmatch(r"[\d:.,]+", right):
            exact = worked_out(left) * 100
            if half_up(exact.numerator, exact.denominator) != _number(right) * 100:
                yield span


@ALL_PAGES
def test_sums_come_out(page: Path) -> None:
    assert not list(wrong_sums(page.read_text("utf-8")))


def test_a_wrong_sum_is_seen() -> None:
    right = "`46:00 x 20.44 + 6:00 x 10.22 = 1,001.56`, `4,088.00 x 6.2 % = 253.46`, `100:30 / 3 - 0:30 = 33:00`"
    assert not list(wrong_sums(right))
    for true, false in (("10.22", "10.21"), ("253.46", "253.45"), ("33:00", "33:01")):
        assert len(list(wrong_sums(right.replace(true, false)))) == 1


def unfounded(page: str) -> set[str]:
    """Amounts in the story that the program did not print and no sum gives."""
    printed = {amount for found in BLOCK.finditer(page) for amount in AMOUNT.findall(found[0])}
    story = BLOCK.sub("", page)
    sums = {amount for span in SPAN.findall(story) if " = " in span for amount in AMOUNT.findall(span)}
    return set(AMOUNT.findall(story)) - printed - sums


def test_every_amount_was_printed_or_is_a_sum() -> None:
    page = ADVANCE_MONTH.read_text("utf-8")
    assert not unfounded(page)
    assert unfounded(page + " It was 3,422.13.") == {"3,422.13"}


def anchors(page: Path) -> set[str]:
    """What a link into the page may name, as the forge makes it from headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def dead_links(page: Path, text: str) -> Iterator[str]:
    """Relative links that lead to no file, no folder or no heading."""
    for link in LINK.findall(FENCE.sub("", text)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path) if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            yield link


@ALL_PAGES
def test_links_lead_somewhere(page: Path) -> None:
    assert not list(dead_links(page, page.read_text("utf-8")))


def test_a_dead_link_is_seen() -> None:
    page = ROOT / "README.md"
    text = "[a](docs/none.md) [b](#no-such-heading) [c](docs/architecture.md#none) [d](Makefile) [e](#measured)"
    assert list(dead_links(page, text)) == ["docs/none.md", "#no-such-heading", "docs/architecture.md#none"]


def missing_paths(text: str) -> Iterator[str]:
    """Files of this house that a page names in a code span and that are not there."""
    for span in SPAN.findall(FENCE.sub("", text)):
        if span.startswith(OWN_FOLDERS) and re.fullmatch(r"[\w./*-]+", span) and not any(ROOT.glob(span.rstrip("/"))):
            yield span


@ALL_PAGES
def test_files_named_are_there(page: Path) -> None:
    assert not list(missing_paths(page.read_text("utf-8")))


def test_a_missing_file_is_seen() -> None:
    text = "`rules/none.py`, `rules/law.py`, `tests/cases/*.toml`, `rules/*.rst`"
    assert list(missing_paths(text)) == ["rules/none.py", "rules/*.rst"]


COMMAND = typer.main.get_command(app)
TARGETS = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


def unknown_commands(text: str) -> Iterator[str]:
    """Lines that the command line or the Makefile would refuse: an unknown command, option or target."""
    for written in [*SPAN.findall(text), *(line for fence in FENCE.findall(text) for line in fence.splitlines())]:
        words = written.split("#")[0].split(" -- ")[0].split()
        if words[:1] == ["ihss-payroll"] and not _understood(words[1:]):
            yield written
        if words[:1] == ["make"] and words[1:] and words[1] not in TARGETS:
            yield written


def _understood(words: list[str]) -> bool:
    command = COMMAND
    while words and words[0] in getattr(command, "commands", {}):
        command, words = command.commands[words[0]], words[1:]
    options = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    return not hasattr(command, "commands") and all(word in options for word in words if word.startswith("--"))


@ALL_PAGES
def test_commands_are_understood(page: Path) -> None:
    assert not list(unknown_commands(page.read_text("utf-8")))


def test_an_unknown_command_is_seen() -> None:
    fence = "```\nihss-payroll replay --event x\nihss-payroll pay\nihss-payroll export ach --help\n```\n"
    assert list(unknown_commands("`make none` `make test`\n" + fence)) == [
        "make none",
        "ihss-payroll replay --event x",
        "ihss-payroll pay",
    ]


def test_the_examples_of_law_can_be_laid_over() -> None:
    examples = overlays(LAW_AS_DATA.read_text("utf-8"))
    assert [Law.load().amended({"example": each}).overlaid for each in examples] == [("wage.17",), ("wage.17",)]


def test_what_is_promised_is_read_in_five_minutes() -> None:
    """An auditor's page; what stands behind it is another (docs/proof.md)."""
    assert len((ROOT / "docs/trust.md").read_text("utf-8").split()) <= 1_000, "200 words a minute"
