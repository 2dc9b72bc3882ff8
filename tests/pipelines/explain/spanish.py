"""What of an explanation the Spanish catalog does not say, found by a language that leaves out all that it can say."""

import re
from collections.abc import Iterator
from functools import cache
from string import Formatter

from pipelines.county_names import COUNTIES
from pipelines.explain.answer import Answer
from pipelines.explain.language import OfficersLanguage, explain_language, explain_translations
from pipelines.explain.tree import Node
from pipelines.spoken import said_in
from pipelines.statements.sentences import FilledSentence
from schemas.finding import Finding

SPANISH = explain_language("es")
NAMES = {*" ".join(COUNTIES).split(), "case", "esp"}  # who sent the facts of a case
DATA = ("assumption", "document")  # whose text is an id or the name of a parameter


class Wordless:
    """Of a language: says nothing of days and months, nor of a finding, which fails where Spanish does not know it."""

    def dated(self, day: int, pattern: str) -> str:
        return ""

    def day(self, day: int) -> str:
        return ""

    def month(self, day: int) -> str:
        return ""

    def told(self, finding: Finding) -> FilledSentence:
        found = SPANISH.told(finding)
        assert found.own and found.message != finding.message, finding.message
        return FilledSentence("", "", True)


class Mute(Wordless, OfficersLanguage):
    """Says what fills a text, and of the text nothing; fails where Spanish does not know it."""

    def __init__(self) -> None:
        super().__init__("es", explain_translations("es"))

    def say(self, text: str, /, **places: str) -> str:
        assert is_spoken(text), f"not in Spanish: {text}"
        return " ".join(places.values())


MUTE = Mute()
KEPT = {"no", "Medicare", "{provider} for {recipient}"}


@cache
def is_spoken(text: str) -> bool:
    """Is it in the catalog, with all its places?"""
    spoken = SPANISH.say(text)
    return (spoken != text or text in KEPT) and fields(spoken) == fields(text)


def fields(text: str) -> list[str]:
    """The places of a text, in any order."""
    return sorted(name for _, name, _, _ in Formatter().parse(text) if name)


def nodes(answer: Answer) -> Iterator[Node]:
    """All of an answer."""
    for tree in (*answer.statements, *answer.beside, *answer.leave):
        yield from tree.walk()


def check_spanish(answer: Answer) -> None:
    """Nothing is left but what is the same in every language: ids, symbols, amounts, names of counties."""
    for node in nodes(answer):
        for text in (node.text, node.next_step or "") if node.what not in DATA else ():
            left = said_in(text, MUTE)
            if node.what == "published":  # behind each parameter, what is cited for its value
                left = re.sub(r"\([^()]*\)", "", left)
            words = re.findall(r"(?<![\w.:/-])[A-Za-z][a-z]{2,}(?![\w.:/-])", left)
            assert not {*words} - NAMES, f"{words} of {text} ({node.what})"
    for note in answer.notes:
        assert said_in(note, MUTE) != note
