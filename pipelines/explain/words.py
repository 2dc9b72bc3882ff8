"""How an explanation says days, instants, amounts and facts."""

from collections import defaultdict
from datetime import datetime
from fractions import Fraction
from functools import cache
from typing import Any

from pipelines.county_names import county_name
from pipelines.explain.tree import Node
from pipelines.spoken import Spoken, joined, say
from pipelines.wording import KINDS, REASONS, in_words, money
from rules.money import MILL_MINUTES_IN_CENT, WHOLE_RATE, share_cents
from rules.periods import MILLIS_IN_SECOND, PACIFIC, civil_date, epoch_day, hhmm, month_of, period_end
from schemas import FACTS
from schemas.avro import logical_schema
from schemas.envelope import Fact

PEOPLE = {"PROVIDER": say("the provider"), "RECIPIENT": say("the recipient"), "COUNTY": say("the county")}
METHODS = {
    "DIRECT_DEPOSIT": say("by direct deposit"), "WARRANT": say("by warrant (paper check)"),
    "NONE": say("no money moves"),
}  # fmt: skip
NO_WORDS: dict[str, str] = {}
SYMBOLS = {
    "IHSS": "IHSS", "WPCS": "WPCS", "ESP": "ESP", "TTS": "TTS", "PCSP": "PCSP", "CFCO": "CFCO", "IPO": "IPO",
    "IHSS_R": "IHSS-R", "PAPER": "On paper", "EXEMPTION_WPCS": "WPCS exemption", "SSI_LINKED": "Linked to SSI",
    "SSI_1619B": "SSI 1619(b)",
}  # fmt: skip
"""Symbols of facts that are not read aloud as they are written."""
OF_THE_MESSAGE = ("event_id", "source", "recorded_at", "admitted_cut_off", "revision")


def county_named(code: str) -> str:
    """``Lake (17)``."""
    return f"{county_name(code)} ({code})"


def rate(mills: int) -> str:
    """Mills an hour as dollars: ``$20.44``, ``$9.485``."""
    return f"${mills // 1000}.{mills % 1000:03d}".removesuffix("0")


def long_day(day: int) -> Spoken:
    """``Mon 4 Mar 2024``."""
    date = civil_date(day)
    return Spoken(f"{date:%a} {date.day} {date:%b %Y}", lambda speaker: speaker.dated(day, "EEE d MMM y"))


def short_day(day: int) -> Spoken:
    """``Mon 4``."""
    date = civil_date(day)
    return Spoken(f"{date:%a} {date.day}", lambda speaker: speaker.dated(day, "EEE d"))


def month_name(day: int) -> Spoken:
    """``March 2024``."""
    return Spoken(f"{civil_date(day):%B %Y}", lambda speaker: speaker.month(day))


def period_name(period: int) -> Spoken:
    """``1 to 15 March 2024``."""
    first, last = (str(civil_date(day).day) for day in (period, period_end(period)))
    return say("{first} to {last} {month}", first=first, last=last, month=month_name(month_of(period)))


def moment(instant: int) -> Spoken:
    """An instant in Pacific time: ``Mon 4 Mar 2024 09:15``."""
    local = datetime.fromtimestamp(instant / MILLIS_IN_SECOND, PACIFIC)
    return long_day(epoch_day(local.date())) + f" {local:%H:%M}"


def word(symbol: str, words: dict[str, str]) -> Spoken:
    """The words for a symbol, as `in_words` has them."""
    return say(in_words(symbol, words))


def outcome(symbol: str) -> Spoken:
    """Of minutes that are not paid: ``Held``."""
    return word(symbol, NO_WORDS)


def reason(code: str) -> Spoken:
    """Why, of a finding's code."""
    return word(code, REASONS)


def exactly(minutes: int, rate_mills: int) -> str:
    """Where the one rounding of a line took something: `` (exactly $12.3450, rounded half up once)``."""
    exact = Fraction(minutes * rate_mills, MILL_MINUTES_IN_CENT)
    if exact.denominator == 1:
        return ""
    return " " + say("(exactly {amount}, rounded half up once)", amount=_unrounded(exact))


def part_of(cents: int, per_100000: int) -> str:
    """An amount times a rate: ``$2,104.15 × 6.2 % = $130.4573, rounded half up to $130.46``."""
    exact = Fraction(cents * per_100000, WHOLE_RATE)
    product, share = f"{money(cents)} × {percent(per_100000)} = ", money(share_cents(cents, per_100000))
    if exact.denominator == 1:
        return product + share
    return product + say("{exact}, rounded half up to {amount}", exact=_unrounded(exact), amount=share)


def _unrounded(cents: Fraction) -> str:
    """Cents with two more places: ``$12.3450``; ``…`` where there are still more."""
    sign, hundredths = ("-" if cents < 0 else ""), abs(cents) * 100
    whole, part = divmod(int(hundredths), 10_000)
    return f"{sign}${whole:,}.{part:04d}{'' if hundredths.denominator == 1 else '…'}"


def percent(per_100000: int) -> str:
    """``6.2 %``."""
    return f"{per_100000 / 1000:g} %"


def kind_name(kind: str) -> Spoken:
    """``Timesheet``, ``EVV visit``."""
    return word(kind, KINDS)


def revision_of(fact: Fact) -> Spoken:
    """``Timesheet T1 revision 2``."""
    kind, document, revision = kind_name(fact.KIND), fact.document_id, str(fact.revision)
    return say("{kind} {document} revision {revision}", kind=kind, document=document, revision=revision)


def changed_fields(before: Fact, now: Fact) -> Spoken:
    """What a revision says otherwise than the one before it."""
    said: list[str] = []
    for name in type(now).model_fields:
        old, new = getattr(before, name), getattr(now, name)
        if name in OF_THE_MESSAGE or old == new:
            continue
        if name == "minutes_worked":
            said.append(say("hours") + f" {hhmm(sum(old))} → {hhmm(sum(new))}")
        elif name.endswith("_minutes") and isinstance(old, int) and isinstance(new, int):
            said.append(field_name(name) + f" {hhmm(old)} → {hhmm(new)}")
        elif name.endswith("_token"):
            said.append(say("account changed"))
        else:
            said.append(field_name(name) + " " + _value(name, old) + " → " + _value(name, new))
    return joined("; ", said)


def field_name(name: str) -> Spoken:
    """``recipient approved`` for ``recipient_approved_at``."""
    return say(name.removesuffix("_minutes").removesuffix("_at").removesuffix("_cents").replace("_", " "))


def _value(name: str, value: Any) -> str:
    if value is None:
        return say("none")
    if isinstance(value, bool):
        return say("yes") if value else say("no")
    if name.endswith("_at"):
        return moment(value)
    if isinstance(value, int) and (name.endswith(("_from", "_to", "_on", "_start", "_date"))):
        return long_day(value)
    if name == "county":
        return county_named(value)
    if name.endswith("_cents"):
        return money(value)
    if isinstance(value, str) and value in symbols_of_facts().get(name, ()):
        return word(value, SYMBOLS)
    return str(value) if isinstance(value, str | int) else say("otherwise")


@cache
def symbols_of_facts() -> dict[str, set[str]]:
    """What may stand in fields of facts that have symbols, by the field's name."""
    found: dict[str, set[str]] = defaultdict(set)
    for kind in FACTS:
        for field in logical_schema(kind)["fields"]:
            _symbols(field["name"], field["type"], found)
    return found


def _symbols(name: str, type_: Any, found: dict[str, set[str]]) -> None:
    """Those of a type, and of what is within."""
    for each in type_ if isinstance(type_, list) else (type_,):
        if not isinstance(each, dict):
            continue
        if each["type"] == "enum":
            found[name] |= {*each["symbols"]}
        for field in each.get("fields", ()):
            _symbols(field["name"], field["type"], found)
        _symbols(name, each.get("items"), found)


def next_step(node: Node) -> Spoken:
    """``Next, the provider: Correct the day. Until 2026-02-02.``"""
    text = say("Next, {who}: {step}", who=PEOPLE[node.acts or ""], step=node.next_step or "")
    if not node.due_by:
        return text
    if node.what == "reason":
        until = say("Until {day}, the last pay run that can still change the month.", day=node.due_by)
    else:
        until = say("By {day}.", day=node.due_by)
    return text + " " + until


def said_fields(fact: Fact) -> list[tuple[str, str]]:
    """What a fact says, field by field: name and value in words; what belongs to the message is left out."""
    found: list[tuple[str, str]] = []
    for name in type(fact).model_fields:
        value = getattr(fact, name)
        if name in OF_THE_MESSAGE or name in ("document_id", "withdrawn") or value is None:
            continue
        if name == "minutes_worked":
            days = str(sum(map(bool, value)))
            found.append((say("hours"), say("{hours} on {days} days", hours=hhmm(sum(value)), days=days)))
        elif "minutes" in name and isinstance(value, int):
            found.append((field_name(name), hhmm(value)))
        elif name.endswith("_token"):
            found.append((field_name(name), say("on file")))
        elif isinstance(value, list):
            found.append(
                (field_name(name), joined("; ", (_part(name, each) for each in value)) if value else say("none"))
            )
        else:
            found.append((field_name(name), _value(name, value)))
    return found


def _part(name: str, part: Any) -> str:
    """A trip, a service, or a plain value of a field."""
    if not hasattr(part, "__dict__"):
        return _value(name, part)
    fields = vars(part).items()
    return joined(", ", (hhmm(value) if "minutes" in name else _value(name, value) for name, value in fields))
