"""Events as JSON, as a sender has them before they are encoded, to facts.

An event is ``{"kind": "Timesheet", "event_id": ...}``, ``{"kind": ..., "fields": {...}}`` (what ``rejections show``
writes) or a CloudEvent (``{"type": "ihss.v1.Timesheet", "data": {...}}``). Days may be written ``2024-01-16`` and
instants ``2024-01-16T08:00:00-08:00`` in place of the numbers that go into the Avro.
"""

import json
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime
from typing import Any, NamedTuple

from pydantic import ValidationError

from pipelines.importing.date_words import day_words, instant_words
from pipelines.importing.json_keys import shown
from pipelines.importing.json_text import pieces
from rules.periods import epoch_day
from schemas import FACTS
from schemas.avro import MISSING, Unreadable, Wrong, logical_schema, refusal, wrongs
from schemas.envelope import Fact
from schemas.types import CONTRADICTION

NAMESPACE = "ihss.v1."
MOST_TOLD = 3  # fields that are wrong besides the first and have words of their own
Json = Any


def fact_of_line(line: bytes) -> Fact:
    """The fact of a text that is one event. Raises Unreadable with the reason it would be rejected for."""
    found = list(pieces([line]))
    if wrong := next((each.wrong for each in found if each.wrong), None):
        raise wrong
    if len(found) != 1:
        raise Unreadable("UNREADABLE", f"{len(found)} events stand where there should be one.")
    return fact_of(found[0].value)


def fact_of(told: Json) -> Fact:
    """The fact that JSON tells of. Raises Unreadable."""
    kind, fields = _named(told)
    if kind not in FACTS:
        raise Unreadable("UNKNOWN_SCHEMA", 'The event names no kind of fact: its "kind" is such as Timesheet.', "kind")
    reading = _Reading()
    record = reading.physical(logical_schema(kind), fields, "")
    try:
        return FACTS[kind].model_validate(record)
    except ValidationError as wrong:
        raise _refused(wrongs(wrong), reading) from None


def kind_of_line(line: bytes) -> str | None:
    """The kind of fact that a text names, whatever else is wrong with it."""
    with suppress(ValueError, RecursionError):  # Unreadable is a ValueError
        kind, _ = _named(json.loads(line))
        return kind if kind in FACTS else None
    return None


def _named(told: Json) -> tuple[str, dict[str, Json]]:
    if not isinstance(told, dict):
        raise Unreadable("UNREADABLE", "Not an object: an event is one.")
    if "kind" not in told and "type" in told:
        return _kind(told["type"]).removeprefix(NAMESPACE), _object(told.get("data"))
    rest = {name: value for name, value in told.items() if name != "kind"}
    return _kind(told.get("kind")), _object(rest["fields"]) if rest.keys() == {"fields"} else rest


def _kind(value: Json) -> str:
    return value if isinstance(value, str) else ""


def _object(value: Json) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise Unreadable("UNREADABLE", "The event's fields are no object.")
    return value


class _Form(NamedTuple):
    """How a logical type is written in JSON: read (a text comes back that cannot be), and what is said of the rest."""

    read: Callable[[str], int | str]
    words: Callable[[Json], str]


class _Reading:
    """One event with days and instants as numbers; ``dates``: by field, their form and what was written."""

    def __init__(self) -> None:
        self.dates: dict[str, tuple[_Form, Json]] = {}

    def physical(self, schema: Json, value: Json, path: str) -> Json:
        """The value as it lies in Avro, as far as it can be read."""
        if isinstance(schema, list):
            branches = [branch for branch in schema if branch != "null"]
            return value if value is None or len(branches) != 1 else self.physical(branches[0], value, path)
        if not isinstance(schema, dict):
            return value
        if form := FORMS.get(schema.get("logicalType", "")):
            self.dates[path] = form, value
            return form.read(value) if isinstance(value, str) else value
        if schema["type"] == "array" and isinstance(value, list):
            return [self.physical(schema["items"], each, f"{path}[{place}]") for place, each in enumerate(value)]
        if schema["type"] == "record" and isinstance(value, dict):
            types = {field["name"]: field["type"] for field in schema["fields"]}
            named = ((name, f"{path}.{name}".lstrip("."), each) for name, each in value.items())
            return {name: self.physical(types.get(name), each, within) for name, within, each in named}
        return value

    def in_words(self, wrong: Wrong) -> Wrong:
        """What is wrong with a field, as a clerk reads it."""
        form, value = self.dates.get(wrong.field, (None, None))
        words = wrong.words if form is None or wrong.type == CONTRADICTION else form.words(value)
        return Wrong(shown(wrong.field), wrong.type, words)


def _refused(found: list[Wrong], reading: _Reading) -> Unreadable:
    """The refusal for the first of what is wrong; the rest is said as well, so that all can be repaired at once."""
    in_words = [reading.in_words(each) for each in found]
    refused = refusal(in_words)
    others = [each for each in in_words[1:] if each.type != MISSING]
    if not others:
        return refused
    told = [f"{each.field}: {each.words}" for each in others[:MOST_TOLD]]
    told += [f"Wrong too: {', '.join(each.field for each in others[MOST_TOLD:])}"] if others[MOST_TOLD:] else []
    message = " ".join(f"{each.rstrip('.')}." for each in (refused.message, *told))
    return Unreadable(refused.reason, message, refused.field)


def _day(text: str) -> int | str:
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        with suppress(ValueError):
            return epoch_day(date.fromisoformat(text))
    return text  # to be refused as no number


def _instant(text: str) -> int | str:
    with suppress(ValueError, OverflowError):
        instant = datetime.fromisoformat(text)
        # Without its offset it could be any of 24 instants.
        if instant.tzinfo is not None:
            return round(instant.timestamp() * 1000)
    return text


FORMS = {"date": _Form(_day, day_words), "timestamp-millis": _Form(_instant, instant_words)}
