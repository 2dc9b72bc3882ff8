"""Forms to file a fact: their fields and what may stand in them are those of its schema and its model.

A form is read as an event in JSON would be (`importing.json_lines`), so that what is refused here is what the job
would reject, in the same words.
"""

import hashlib
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from pipelines.importing.json_lines import fact_of
from pipelines.what_if.variant import revised
from rules.periods import PACIFIC, iso
from schemas import FACTS
from schemas.avro import Unreadable, logical_schema
from schemas.envelope import Fact
from schemas.types import Json

OF_THE_ENVELOPE = {*Fact.model_fields}
LONG = {"reason"}
HOURS = re.compile(r"(\d{1,3}):([0-5]\d)")
DOLLARS = re.compile(r"\$?(\d{1,3}(?:,\d{3})+|\d{1,7})(?:\.(\d{2}))?")
MINUTES_IN_HOUR, CENTS_IN_DOLLAR = 60, 100
DIGITS = 8
FILL_IN, WRITE_HOURS = "Fill this in.", "Write hours and minutes, such as 5:30."
WRITE_DOLLARS, WRITE_TIME = "Write dollars and cents, such as 120.50.", "Write a day and a time."
WRITE_DAY, IN_FUTURE = "Write a day.", "That is in the future."
WRITE_PERCENT = "Write a change in percent, such as 5 or -2.5."
SENTENCES = (WRITE_PERCENT, FILL_IN, WRITE_HOURS, WRITE_DOLLARS, WRITE_TIME, WRITE_DAY, IN_FUTURE)
APPROVAL = "approval"
FILED = ("HoursException", "ViolationDecision", "PaymentOutcome", "SickLeaveClaim")
"""Kinds that an officer files from an empty form."""
UNDER = {
    "HoursException": "workweek_start", "ViolationDecision": "workweek_start", "PaymentOutcome": "outcome",
    "SickLeaveClaim": "service_date",
}  # fmt: skip
"""Of which field, beside the key fields, a kind has one document."""


class FormField(NamedTuple):
    """``form`` is text, day, instant, hours, dollars, choice or long; ``choices`` are symbols."""

    name: str
    form: str
    required: bool
    words: str
    choices: tuple[str, ...] = ()


class WrongForm(Exception):
    """What is wrong, by field; "" for the whole."""

    def __init__(self, wrong: Mapping[str, str]) -> None:
        super().__init__("a form that cannot be used")
        self.wrong = dict(wrong)


def fields_of_kind(kind: str) -> list[FormField]:
    """The fields of a kind's own, in the order of its schema."""
    return [_field(each) for each in logical_schema(kind)["fields"] if each["name"] not in OF_THE_ENVELOPE]


def _field(field: Json) -> FormField:
    name, type_ = field["name"], field["type"]
    nullable = isinstance(type_, list)
    plain = next(each for each in type_ if each != "null") if nullable else type_
    logical = plain.get("logicalType", plain["type"]) if isinstance(plain, dict) else plain
    symbols = tuple(plain["symbols"][1:]) if logical == "enum" else ()
    forms = {"date": "day", "timestamp-millis": "instant", "enum": "choice"}
    form = forms.get(str(logical)) or (
        "hours" if name.endswith("minutes") else "dollars" if name.endswith("cents") else ""
    )
    return FormField(name, form or ("long" if name in LONG else "text"), not nullable, field.get("doc", ""), symbols)


def read_form(kind: str, filled: Mapping[str, str]) -> Json:
    """The fields of a kind as JSON has them. Raises WrongForm."""
    told, wrong = {}, {}
    for field in fields_of_kind(kind):
        text = filled.get(field.name, "").strip()
        try:
            told[field.name] = _value(field, text) if text else None
        except ValueError as refused:
            wrong[field.name] = str(refused)
        if not text and field.required:
            wrong[field.name] = FILL_IN
    if wrong:
        raise WrongForm(wrong)
    return {name: value for name, value in told.items() if value is not None}


def _value(field: FormField, text: str) -> str | int:
    if field.form == "hours":
        return minutes_of(text)
    if field.form == "dollars":
        return cents_of(text)
    return instant_of(text) if field.form == "instant" else text


def minutes_of(text: str) -> int:
    """Minutes of ``5:30``. Raises ValueError."""
    found = HOURS.fullmatch(text)
    if found is None:
        raise ValueError(WRITE_HOURS)
    return int(found[1]) * MINUTES_IN_HOUR + int(found[2])


def cents_of(text: str) -> int:
    """Cents of ``1,234.50``. Raises ValueError."""
    found = DOLLARS.fullmatch(text)
    if found is None:
        raise ValueError(WRITE_DOLLARS)
    return int(found[1].replace(",", "")) * CENTS_IN_DOLLAR + int(found[2] or 0)


def instant_of(text: str) -> int:
    """The instant of a date and time in Pacific time. Raises ValueError."""
    with suppress(ValueError):
        return int(datetime.fromisoformat(text).replace(tzinfo=PACIFIC).timestamp() * 1000)
    raise ValueError(WRITE_TIME)


def filed_fact(kind: str, fields: Json, source: str, now: int) -> Fact:
    """The first revision of a document with these fields. Raises WrongForm that says what the job would reject."""
    told = {"kind": kind, "fields": fields | envelope(source, now, "DESK")}
    try:
        fact = fact_of(told)
    except Unreadable as wrong:
        raise WrongForm({wrong.field or "": wrong.message}) from None
    return revised(fact, {"document_id": _document_id(fact)})


def envelope(source: str, now: int, document_id: str, revision: int = 1) -> Json:
    """What every fact begins with, of one that is filed now."""
    return {
        "event_id": secrets.token_hex(16), "source": source, "recorded_at": now, "document_id": document_id,
        "revision": revision, "withdrawn": False, "admitted_cut_off": None,
    }  # fmt: skip


def _document_id(fact: Fact) -> str:
    """The same for all that is decided of one thing: what comes later is its next revision."""
    under = getattr(fact, UNDER[fact.KIND])
    key = "\0".join(str(getattr(fact, name)) for name in fact.KEY_FIELDS)
    digest = hashlib.sha256(key.encode()).hexdigest()[:DIGITS]
    return "-".join(("DESK", iso(under) if isinstance(under, int) else under, digest))


def kind_is_filed(kind: str) -> bool:
    """May it be filed from an empty form?"""
    return kind in FILED and kind in FACTS
