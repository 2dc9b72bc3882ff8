"""A finding's sentence said again in the reader's language.

A Finding holds its sentence filled in, in English, and some of what fills it stands in no field. So the sentence is
held against the template it was made of (rules/findings.toml); what stands in each place is read as a value (time,
money, day, number) or as one of the phrases of wording.toml, and the translated template is filled with it anew.
"""

import re
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from pipelines.statements.language import Language
from rules.findings import catalog
from rules.periods import epoch_day
from schemas.finding import Finding

CLEARED = "No longer so: "
_PLACE = re.compile(r"\{(\w+)\}")
_CENTS = re.compile(r"\$(-?[\d,]+)\.(\d\d)")
_VALUES: list[tuple[str, Callable[[Language, str], str]]] = [
    (r"-?\d+:\d\d", lambda language, text: language.duration(_minutes(text))),
    (_CENTS.pattern, lambda language, text: language.money(_cents(text))),
    (r"\d{1,2} [A-Z][a-z]+ \d{4}", lambda language, text: language.day(_day(text, "%d %B %Y"))),
    (r"[A-Z][a-z]+ \d{4}", lambda language, text: language.month(_day(text, "%B %Y"))),
    (r"\d+ months?", lambda language, text: language.months(int(text.partition(" ")[0]))),
    (r"\d+|V[1-4]|[a-z_]+(\.\w+)+", lambda language, text: text),
]
AS_IT_IS = {"document_id", "kind", "other", "payment", "category"}


class FilledSentence(NamedTuple):
    """What a finding says and what can be done; ``own`` False: in English, as no template was found for it."""

    message: str
    next_step: str
    own: bool


@cache
def wording() -> dict[str, Any]:
    """wording.toml beside this file."""
    return tomllib.loads(Path(__file__).with_name("wording.toml").read_text("utf-8"))


def said(finding: Finding, language: Language) -> FilledSentence:
    """The finding's sentence and next step in a language."""
    message = _again(_messages(finding.code), finding.message.removeprefix(CLEARED), language)
    if finding.cleared:
        return FilledSentence(message or finding.message, "", message is not None)
    next_step = _again(_next_steps(finding.code), finding.next_step, language)
    if message is None or next_step is None:
        return FilledSentence(finding.message, finding.next_step, language.code == "en")
    return FilledSentence(message, next_step, True)


def _messages(code: str) -> Iterator[str]:
    entry = catalog().get(code, {})
    yield from entry.get("messages", {}).values()
    if "message" in entry:
        yield entry["message"]


def _next_steps(code: str) -> Iterator[str]:
    entry = catalog().get(code, {})
    yield from entry.get("next_steps", {}).values()
    if "next_step" in entry:
        yield entry["next_step"]


def _again(templates: Iterator[str], text: str, language: Language) -> str | None:
    """The first template that the text was made of, now or in an earlier version, translated and filled again."""
    for template in templates:
        for written in (template, *earlier().get(template, ())):
            found = _pattern(written).fullmatch(text)
            places = _filled(found.groupdict(), language) if found else None
            if places is not None:
                return language.say(template, **places)
    return None


@cache
def earlier() -> dict[str, list[str]]:
    """What earlier versions wrote in the place of a sentence or phrase (earlier.toml): of stored findings."""
    found: dict[str, list[str]] = defaultdict(list)
    for each in tomllib.loads(Path(__file__).with_name("earlier.toml").read_text("utf-8"))["sentence"]:
        found[each["now"]].append(each["before"])
    return found


@cache
def _pattern(template: str) -> re.Pattern[str]:
    """What a filled template looks like; a place that occurs again holds the same again."""
    parts, seen = [], set()
    for at, part in enumerate(_PLACE.split(template)):
        if at % 2 == 0:
            parts.append(re.escape(part))
        else:
            held = r"\S+?" if part in AS_IT_IS else ".+?"
            parts.append(f"(?P={part})" if part in seen else f"(?P<{part}>{held})")
            seen.add(part)
    return re.compile("".join(parts))


def _filled(found: Mapping[str, str], language: Language) -> dict[str, str] | None:
    places = {name: _place(name, text, language) for name, text in found.items()}
    return None if None in places.values() else places  # type: ignore[return-value]


def _place(name: str, text: str, language: Language) -> str | None:
    if name in AS_IT_IS:
        return text
    for pattern, value in _VALUES:
        if re.fullmatch(pattern, text):
            return value(language, text)
    phrases = (*wording()["phrases"].get(name, ()), *wording()["county_phrases"].get(name, ()))
    return _again(iter(phrases), text, language)


def _minutes(text: str) -> int:
    hours, _, minutes = text.lstrip("-").partition(":")
    return (-1 if text.startswith("-") else 1) * (int(hours) * 60 + int(minutes))


def _cents(text: str) -> int:
    return int(re.sub(r"[$,.]", "", text))


def _day(text: str, layout: str) -> int:
    found: date = datetime.strptime(text, layout).date()  # noqa: DTZ007
    return epoch_day(found)
