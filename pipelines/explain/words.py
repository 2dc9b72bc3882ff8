"""How an explanation says days, instants, amounts and facts."""

from datetime import datetime
from fractions import Fraction
from typing import Any

from pipelines.county_names import county_name
from pipelines.explain.tree import Node
from pipelines.wording import KINDS, in_words, money
from rules.money import MILL_MINUTES_IN_CENT, WHOLE_RATE, share_cents
from rules.periods import MILLIS_IN_SECOND, PACIFIC, civil_date, hhmm, month_of, period_end
from schemas.envelope import Fact

PEOPLE = {"PROVIDER": "the provider", "RECIPIENT": "the recipient", "COUNTY": "the county"}
METHODS = {"DIRECT_DEPOSIT": "by direct deposit", "WARRANT": "by warrant (paper check)", "NONE": "no money moves"}
OF_THE_MESSAGE = ("event_id", "source", "recorded_at", "admitted_cut_off", "revision")


def county_named(code: str) -> str:
    """``Lake (17)``."""
    return f"{county_name(code)} ({code})"


def rate(mills: int) -> str:
    """Mills an hour as dollars: ``$20.44``, ``$9.485``."""
    return f"${mills // 1000}.{mills % 1000:03d}".removesuffix("0")


def long_day(day: int) -> str:
    """``Mon 4 Mar 2024``."""
    date = civil_date(day)
    return f"{date:%a} {date.day} {date:%b %Y}"


def short_day(day: int) -> str:
    """``Mon 4``."""
    date = civil_date(day)
    return f"{date:%a} {date.day}"


def month_name(day: int) -> str:
    """``March 2024``."""
    return f"{civil_date(day):%B %Y}"


def period_name(period: int) -> str:
    """``1 to 15 March 2024``."""
    return f"{civil_date(period).day} to {civil_date(period_end(period)).day} {month_name(month_of(period))}"


def moment(instant: int) -> str:
    """An instant in Pacific time: ``Mon 4 Mar 2024 09:15``."""
    local = datetime.fromtimestamp(instant / MILLIS_IN_SECOND, PACIFIC)
    return f"{local:%a} {local.day} {local:%b %Y %H:%M}"


def exactly(minutes: int, rate_mills: int) -> str:
    """Where the one rounding of a line took something: `` (exactly $12.3450, rounded half up once)``."""
    exact = Fraction(minutes * rate_mills, MILL_MINUTES_IN_CENT)
    return "" if exact.denominator == 1 else f" (exactly {_unrounded(exact)}, rounded half up once)"


def part_of(cents: int, per_100000: int) -> str:
    """An amount times a rate: ``$2,104.15 × 6.2 % = $130.4573, rounded half up to $130.46``."""
    exact = Fraction(cents * per_100000, WHOLE_RATE)
    product = "" if exact.denominator == 1 else f"{_unrounded(exact)}, rounded half up to "
    return f"{money(cents)} × {percent(per_100000)} = {product}{money(share_cents(cents, per_100000))}"


def _unrounded(cents: Fraction) -> str:
    """Cents with two more places: ``$12.3450``; ``…`` where there are still more."""
    sign, hundredths = ("-" if cents < 0 else ""), abs(cents) * 100
    whole, part = divmod(int(hundredths), 10_000)
    return f"{sign}${whole:,}.{part:04d}{'' if hundredths.denominator == 1 else '…'}"


def percent(per_100000: int) -> str:
    """``6.2 %``."""
    return f"{per_100000 / 1000:g} %"


def kind_name(kind: str) -> str:
    """``Timesheet``, ``EVV visit``."""
    return in_words(kind, KINDS)


def changed_fields(before: Fact, now: Fact) -> str:
    """What a revision says otherwise than the one before it."""
    said = []
    for name in type(now).model_fields:
        old, new = getattr(before, name), getattr(now, name)
        if name in OF_THE_MESSAGE or old == new:
            continue
        if name == "minutes_worked":
            said.append(f"hours {hhmm(sum(old))} → {hhmm(sum(new))}")
        elif name.endswith("_minutes") and isinstance(old, int) and isinstance(new, int):
            said.append(f"{_plain(name)} {hhmm(old)} → {hhmm(new)}")
        elif name.endswith("_token"):
            said.append("account changed")
        else:
            said.append(f"{_plain(name)} {_value(name, old)} → {_value(name, new)}")
    return "; ".join(said)


def _plain(name: str) -> str:
    return name.removesuffix("_minutes").removesuffix("_at").removesuffix("_cents").replace("_", " ")


def _value(name: str, value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name.endswith("_at"):
        return moment(value)
    if isinstance(value, int) and (name.endswith(("_from", "_to", "_on", "_start", "_date"))):
        return long_day(value)
    if name == "county":
        return county_named(value)
    if name.endswith("_cents"):
        return money(value)
    return str(value) if isinstance(value, str | int) else "otherwise"


def next_step(node: Node) -> str:
    """``Next, the provider: Correct the day. Until 2026-02-02.``"""
    until = f" Until {node.due_by}, the last pay run that can still change the month." if node.what == "reason" else ""
    if node.what != "reason" and node.due_by:
        until = f" By {node.due_by}."
    return f"Next, {PEOPLE[node.acts or '']}: {node.next_step}{until if node.due_by else ''}"


def said_fields(fact: Fact) -> list[tuple[str, str]]:
    """What a fact says, field by field: name and value in words; what belongs to the message is left out."""
    found = []
    for name in type(fact).model_fields:
        value = getattr(fact, name)
        if name in OF_THE_MESSAGE or name in ("document_id", "withdrawn") or value is None:
            continue
        if name == "minutes_worked":
            found.append(("hours", f"{hhmm(sum(value))} on {sum(map(bool, value))} days"))
        elif "minutes" in name and isinstance(value, int):
            found.append((_plain(name), hhmm(value)))
        elif name.endswith("_token"):
            found.append((_plain(name), "on file"))
        elif isinstance(value, list):
            found.append((_plain(name), "; ".join(map(_part, value)) or "none"))
        else:
            found.append((_plain(name), _value(name, value)))
    return found


def _part(part: Any) -> str:
    """A trip, a service, or a plain value."""
    if not hasattr(part, "__dict__"):
        return str(part)
    fields = vars(part).items()
    return ", ".join(hhmm(value) if "minutes" in name else _value(name, value) for name, value in fields)
