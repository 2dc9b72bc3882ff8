"""What rules/LAW.md says of a rule: its paragraph, the outside texts it cites, and its place on the docs site."""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import rules
from pipelines.spoken import quoted, say

LAW = Path(rules.__file__).with_name("LAW.md")
SITE = "IHSS_PAYROLL_DOCS"  # environment variable: the address of the docs site
RULE = re.compile(r"^- \*\*([A-Z]{2,6}-\d+)\*\* ?")
_SECTION = r"\d(?:[\w.()-]*[\w)])?"
CITATION = re.compile(
    rf"\b(?>(?:WIC|MPP|ACL|ACIN|ACWDL|POMS|SB|\d+ CFR|\d+ USC|(?:Gov\.|Labor|UI) Code)(?: [A-Z]{{2}})? {_SECTION}"
    rf"(?:, ?(?:{_SECTION}|\([a-z]\)))*)(?! says)"  # what "says" otherwise is named as what this rule is not
)


@cache
def paragraphs() -> dict[str, str]:
    """Markdown by law id, in the order of the text: the rule and all that stands below it up to the next one."""
    found: dict[str, list[str]] = {}
    id = ""
    for line in LAW.read_text("utf-8").splitlines():
        if line.startswith(("#", "---")):
            id = ""
        elif rule := RULE.match(line):
            id = rule[1]
            found[id] = [line[rule.end() :]]
        elif id:
            found[id].append(line.removeprefix("  "))
    return {id: "\n".join(spaced(lines)).strip() for id, lines in found.items()}


def spaced(lines: Iterable[str]) -> Iterator[str]:
    """A list or a table stands apart from the sentences around it, as Markdown wants it."""
    within = False
    for line in lines:
        listed = line.startswith(("- ", "|")) or (within and line.startswith("  "))
        yield from ("", line) if listed != within and line else (line,)
        within = listed and bool(line)


@cache
def _introductions() -> dict[str, str]:
    """What stands between the heading of a rule's section and its first rule, by law id."""
    found: dict[str, str] = {}
    introduction = ""
    for line in LAW.read_text("utf-8").splitlines():
        if line.startswith("#"):
            introduction = ""
        elif rule := RULE.match(line):
            found[rule[1]] = introduction
            introduction += "\n"  # it is closed
        elif not introduction.endswith("\n"):
            introduction += line + " "
    return found


@cache
def authority_of(id: str) -> str:
    """The outside texts that a rule's paragraph, or else the head of its section, cites; without any, that it is this
    project's own. Raises KeyError for what is no rule."""
    own, introduction = paragraphs()[id], _introductions()[id]
    cited = _cited(own) or _cited(introduction)
    return quoted("; ".join(cited)) if cited else say("No outside text: this project's rule, LAW.md {id}", id=id)


def authority_told(rule: str, authority: str) -> str:
    """An authority as a record has it, to be said again."""
    own = authority_of(rule) if rule in paragraphs() else ""
    return own if own == authority else quoted(authority)


def _cited(text: str) -> list[str]:
    found = CITATION.findall(" ".join(text.split()))
    return list(dict.fromkeys(each[:-1] if each.count(")") > each.count("(") else each for each in found))


def plain(id: str) -> str:
    """A rule's paragraph without the marks of Markdown, for a page that shows it as it is."""
    return re.sub(r"\*\*|(?<![\w*])\*(?=\S)|(?<=\S)\*(?![\w*])|`", "", paragraphs()[id])


def address_of(id: str, site: str | None) -> str:
    """Where the docs site that ``make docs`` builds shows the paragraph; without the address of one, the place in a
    page that has the paragraphs itself."""
    return f"{site.rstrip('/')}/law/text.html#{id.lower()}" if site else f"#law-{id}"
