"""Sentences in English that can be said again in another language: each keeps the text of the catalog that it was made
of, and what fills it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # to say a sentence at the start of a program needs no records
    from schemas.finding import Finding

ENGLISH = "en"


class Speaker(Protocol):
    """A language that says texts of its catalog and writes days (`pipelines.statements.language.Language`)."""

    @property
    def code(self) -> str:
        """``es``."""

    def say(self, text: str, /, **places: str) -> str:
        """A text in this language, its places filled."""

    def day(self, day: int) -> str:
        """A day, its month written out."""

    def month(self, day: int) -> str:
        """The month of a day."""

    def dated(self, day: int, pattern: str) -> str:
        """A day as a pattern of CLDR writes it."""

    def quoted(self, text: str) -> str:
        """The law's own words, or what cites it: English in every language."""

    def told(self, finding: Finding) -> tuple[str, str, bool]:
        """A finding's sentence and next step; whether they are in this language."""


class Spoken(str):
    """The English sentence; ``again`` says it in another language. What is added to it can be said again too."""

    __slots__ = ("again",)
    again: Callable[[Speaker], str]

    def __new__(cls, english: str, again: Callable[[Speaker], str]) -> Spoken:
        """A sentence and how it is said again."""
        made = super().__new__(cls, english)
        made.again = again
        return made

    def __add__(self, other: str) -> Spoken:
        """Both, one after the other."""
        return joined("", (self, other))

    def __radd__(self, other: str) -> Spoken:
        """Both, one after the other."""
        return joined("", (other, self))

    def lower(self) -> Spoken:
        """Without capitals."""
        return Spoken(str(self).lower(), lambda speaker: self.again(speaker).lower())


def say(text: str, /, **places: str) -> Spoken:
    """A text of the catalog with its places filled, by what can itself be said again or is the same everywhere."""

    def again(speaker: Speaker) -> str:
        return speaker.say(text, **{name: said_in(place, speaker) for name, place in places.items()})

    return Spoken(text.format(**places) if places else text, again)


def quoted(text: str) -> Spoken:
    """What is said in English in every language: the law's own words, and what cites it."""
    return Spoken(text, lambda speaker: speaker.quoted(text))


def joined(between: str, parts: Iterable[str]) -> Spoken:
    """Parts with the same between them."""
    kept = tuple(parts)
    return Spoken(between.join(kept), lambda speaker: between.join(said_in(part, speaker) for part in kept))


def within(text: str) -> str:
    """A sentence as it stands within another: its first letter small."""
    small = text[:1].lower() + text[1:]
    return Spoken(small, lambda speaker: str(within(said_in(text, speaker)))) if isinstance(text, Spoken) else small


def said_in(text: str, speaker: Speaker | None) -> str:
    """A text in a language (None: in English, as it is); what cannot be said again stays as it is."""
    if speaker is None or speaker.code == ENGLISH or not isinstance(text, Spoken):
        return str(text)
    return text.again(speaker)
