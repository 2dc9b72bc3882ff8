"""What records, refusals and checks hold as an English sentence, said again in the language of the page.

A sentence was filled in where it was made: in the schemas, at the door, in the checks of the report. It is held against
the texts that are made there (the catalog keeps them, `pipelines.desk.written`), what stands in their places is read,
and the translation is filled with it. What no text fits stays in English.
"""

import re
from pathlib import Path

from babel.messages.pofile import read_po

from pipelines.statements.language import Language

LONGEST, MOST_SENTENCES = 1_000, 12  # characters: more is none of ours, and would take its time
MOST_KEPT = 20_000  # the same are on many pages
PLACE = re.compile(r"\{(\w+)\}")
SENTENCES = "sentences/"  # how the catalog says where such a text stands
_TOKEN = r"[^\s,;]+(?:,[^\s,;]+)*"
DATA = re.compile(rf"{_TOKEN}(?:[,;] {_TOKEN})*")
"""An id, a number, a symbol, one word, or several of them in a row: what is the same in every language."""
IN_QUOTES = re.compile(r'"\{(\w+)\}"')  # what somebody else wrote
ENDS = re.compile(r"(?<=[.?]) ")
NAMED = re.compile(r"(?P<name>[\w.\[\]]+): (?P<rest>.+)", re.DOTALL)


def is_sentence(text: str) -> bool:
    """Does it say anything beside its places?"""
    return " " in text and bool(re.search(r"[A-Za-z]{2}", PLACE.sub("", text)))


class Repeater:
    """Says again what was filled in: ``path`` is the catalog, whose texts from elsewhere are not looked at."""

    def __init__(self, path: Path, language: Language) -> None:
        self.language = language
        with path.open("rb") as stream:
            told = [str(each.id) for each in read_po(stream, locale=language.code) if _is_filled(each.locations)]
        # A text with more words of its own is held first: a shorter one may fit by what its places take.
        self.texts = [(_pattern(text), text) for text in sorted(told, key=lambda text: -len(PLACE.sub("", text)))]
        self._kept: dict[str, str | None] = {}

    def said(self, text: str) -> str | None:
        """The text in this language; None: no text fits."""
        if len(text) > LONGEST or len(ENDS.findall(text)) >= MOST_SENTENCES:
            return None
        said = self._kept.get(text, "")
        if said == "":
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()  # whoever reads it meanwhile makes it again
            said = self._kept[text] = self._whole(text) or self._of_field(text) or self._in_parts(text)
        return said

    def _whole(self, text: str) -> str | None:
        for pattern, template in self.texts:
            found = pattern.fullmatch(text)
            places = found and self._places(found.groupdict(), IN_QUOTES.findall(template))
            if places is not None and None not in places.values():
                said = self.language.say(template, **{name: told or "" for name, told in places.items()})
                return said.removesuffix(".") + "." if text.endswith(".") else said
        return None

    def _places(self, found: dict[str, str], as_written: list[str]) -> dict[str, str | None]:
        """What stands in the places, said again; None: a sentence that is not known."""
        return {
            name: text if name in as_written else self.said(text) or (text if DATA.fullmatch(text) else None)
            for name, text in found.items()
        }

    def _of_field(self, text: str) -> str | None:
        """``minutes: ...``"""
        found = NAMED.fullmatch(text)
        rest = self.said(found["rest"]) if found else None
        return f"{found['name']}: {rest}" if found and rest else None

    def _in_parts(self, text: str) -> str | None:
        """Several sentences, one after the other."""
        for end in ENDS.finditer(text):
            first = self._whole(text[: end.start()]) or self._of_field(text[: end.start()])
            rest = self.said(text[end.end() :]) if first else None
            if first and rest:
                return f"{first} {rest}"
        return None


def _is_filled(locations: list[tuple[str, int]]) -> bool:
    return any(where.startswith(SENTENCES) for where, _ in locations)


def _pattern(text: str) -> re.Pattern[str]:
    """What the filled text looks like; a full stop at its end may be missing, or one stand there."""
    parts: list[str] = []
    seen: set[str] = set()
    for at, part in enumerate(PLACE.split(text.removesuffix("."))):
        if at % 2 == 0:
            parts.append(re.escape(part))
        else:
            parts.append(f"(?P={part})" if part in seen else f"(?P<{part}>.+?)")
            seen.add(part)
    return re.compile("".join(parts) + r"\.?", re.DOTALL)
