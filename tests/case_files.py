"""Case files: what a payroll clerk would say, in shorthand, turned into facts the program reads.

A file ``cases/<section>.toml`` holds cases and, optionally, ``[parameters]`` that overlay the law for all of them.
Ids are local to a case (P1, R1, T1); each is prefixed with ``<file>.<place>.`` so that all cases of one law fit in one
pipeline.

Units of the facts: those of schemas (days, instants, minutes and cents as ints).
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rules.law import Law
from rules.periods import business_day_of, cut_off_after, cut_off_of, epoch_day, is_business_day, midnight, period_days
from rules.periods import previous_business_day as business_day_before
from schemas import FACTS
from schemas.envelope import Fact, Part
from tests.case_world import ALIASES, DEFAULTS, PARTS, TERMS, standard_world
from tests.schemas.models import defaults

CASES = Path(__file__).with_name("cases")
PACIFIC = ZoneInfo("America/Los_Angeles")
LONG_BEFORE = datetime(2015, 12, 1, 12, tzinfo=PACIFIC)  # when the standing terms of a case were recorded
SUFFIXES = ("_id", "_at", "_minutes", "_cents", "_mills", "_start", "_on", "_date")
IDS = {"provider_id", "recipient_id", "to_recipient_id", "document_id", "event_id", "course_id"}
DAYS_OF_TIMESHEET = ("days", "every_day")
DAYS_BY_KIND = ("class_date", "service_date", "period_start", "workweek_start", "check_out_at", "check_in_at")
NOON = 12 * 60 * 60 * 1000
TWO_DAYS = 4 * NOON


@dataclass(frozen=True, eq=False)
class Case:
    """One sentence of the law with facts and what must follow; ``until`` is a business day, ``place`` counts from 1."""

    file: str
    place: int
    sentence: str
    law: tuple[str, ...]
    until: int
    facts: tuple[Fact, ...]
    expect: Mapping[str, Any]

    @property
    def prefix(self) -> str:
        """In front of every id of this case."""
        return f"{self.file}.{self.place}."

    @property
    def cut_off(self) -> int:
        """The last cut-off the case looks at."""
        return cut_off_of(self.until)

    def __str__(self) -> str:
        return f"{self.file}-{self.place}-{re.sub('[^A-Za-z0-9]+', '-', self.sentence)[:60].strip('-')}"


@dataclass(frozen=True)
class CaseFile:
    """Cases of one file and the law they are decided by."""

    name: str
    law: Law
    cases: tuple[Case, ...]


@cache
def case_files() -> tuple[CaseFile, ...]:
    """Every case file, by name; files without ``[parameters]`` share the law as it is."""
    return tuple(read_case_file(path) for path in sorted(CASES.glob("*.toml")))


def read_case_file(path: Path) -> CaseFile:
    """The cases of one file. Raises ValueError for a word that is in no schema, LawError for a wrong overlay."""
    written = tomllib.loads(path.read_text("utf-8"))
    overlay = written.get("parameters")
    law = Law.load().amended({path.name: overlay}) if overlay else Law.load()
    cases = tuple(case(path.stem, place, table) for place, table in enumerate(written["case"], 1))
    return CaseFile(path.stem, law, cases)


def case(file: str, place: int, table: Mapping[str, Any]) -> Case:
    """One case from its table."""
    facts = tuple(_facts(f"{file}.{place}.", table))
    last = max(fact.recorded_at for fact in facts)
    until = _business_day(table["until"]) if "until" in table else business_day_of(cut_off_after(last))
    return Case(file, place, table["sentence"], tuple(table["law"]), until, facts, table["expect"])


def _business_day(until: date) -> int:
    day = epoch_day(until)
    return day if is_business_day(day) else business_day_before(day)


def _facts(prefix: str, table: Mapping[str, Any]) -> Iterator[Fact]:
    written = [_named(shorthand) for shorthand in table["facts"]]
    without = {fact["kind"] for fact in written} | set(table.get("without", ()))
    world = [dict(fact) for fact in standard_world(written) if fact["kind"] not in without]
    claims = [_recorded(fact) for fact in written if fact["kind"] == "Timesheet"]
    ready = min(claims, default=None)
    for place, fact in enumerate(written + world, 1):
        yield _fact(prefix, place, fact, ready)


def _named(shorthand: Mapping[str, Any]) -> dict[str, Any]:
    """Shorthand with the contract's field names, defaults of its kind filled in, values still as written."""
    kind = shorthand["kind"]
    named = {field_name(FACTS[kind], name): value for name, value in shorthand.items() if name != "kind"}
    fact = DEFAULTS[kind] | named | {"kind": kind}
    if fact.get("program") == "WPCS" and "funding" in fact and "funding" not in named:
        fact["funding"] = "WPCS"
    return fact


def field_name(model: Any, name: str) -> str:
    """The contract's name of a field written in shorthand; raises ValueError if there is none."""
    candidates = (name, *ALIASES.get(name, ()), f"effective_{name}", *(name + suffix for suffix in SUFFIXES))
    for candidate in candidates:
        if candidate in defaults(model) or (model is FACTS["Timesheet"] and candidate in DAYS_OF_TIMESHEET):
            return candidate
    raise ValueError(f"{model.__name__} has no field like {name!r}")


def _fact(prefix: str, place: int, written: dict[str, Any], ready: int | None) -> Fact:
    kind = written["kind"]
    recorded = _recorded(written, ready)
    fields = {"document_id": f"{kind}-{place}", "event_id": f"event-{place:03}"} | written | {"recorded_at": recorded}
    del fields["kind"]
    if kind == "Timesheet":
        fields = _timesheet(fields, recorded)
    model = FACTS[kind]
    given = {name: value for name, value in fields.items() if not _nothing(model, name, value)}
    return model.model_validate({name: _prefixed(prefix, name, physical(name, value)) for name, value in given.items()})


def _nothing(model: type[Part], name: str, value: Any) -> bool:
    """TOML has no null: ``false`` in a field that may be absent says that it is."""
    return value is False and not model.model_fields[name].is_required()


def _recorded(fact: Mapping[str, Any], ready: int | None = None) -> int:
    """When a fact was recorded: as written, else when its kind usually is."""
    if "recorded_at" in fact:
        return int(physical("recorded_at", fact["recorded_at"]))
    if fact["kind"] in TERMS:
        return instant(LONG_BEFORE)
    if fact["kind"] == "Timesheet":
        period = epoch_day(fact["period_start"])
        return midnight(period + period_days(period)) + NOON
    if ready is not None:
        return ready - TWO_DAYS
    days = (
        fact.get(name)
        for name in ("class_date", "service_date", "period_start", "workweek_start", "check_out_at", "check_in_at")
    )
    day = next((day for day in days if day is not None), None)
    if day is None:
        raise ValueError(f"say when the {fact['kind']} was recorded")
    return midnight(epoch_day(day.date() if isinstance(day, datetime) else day) + 1) + NOON


def _timesheet(fields: dict[str, Any], recorded: int) -> dict[str, Any]:
    """Minutes by day of the month as one entry per day of the period; signed and approved when recorded."""
    period = epoch_day(fields["period_start"])
    days, every_day = fields.pop("days", {}), fields.pop("every_day", 0)
    if "minutes_worked" not in fields:
        first = fields["period_start"].day
        if wrong := set(days) - {str(first + place) for place in range(period_days(period))}:
            raise ValueError(f"days {sorted(wrong)} are not in the period of {fields['period_start']}")
        worked = [days.get(str(first + place), every_day) for place in range(period_days(period))]
        fields["minutes_worked"] = [minutes(value) for value in worked]
    fields.setdefault("provider_signed_at", recorded)
    approved = fields.get("recipient_approved_at", True)
    return fields | {"recipient_approved_at": recorded if approved is True else approved}


def physical(name: str, value: Any) -> Any:
    """A value as written, in the units of the field ``name``: days, instants, minutes, cents, else itself."""
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, date):
        return midnight(epoch_day(value)) + NOON if name.endswith("_at") else epoch_day(value)
    if isinstance(value, str) and "minutes" in name:
        return minutes(value)
    if isinstance(value, str) and "cents" in name:
        return int(Decimal(value).scaleb(2).to_integral_exact())
    return value


def instant(local: datetime) -> int:
    """Milliseconds since 1970 of a Pacific local time (or of one that names its own offset)."""
    aware = local if local.tzinfo else local.replace(tzinfo=PACIFIC)
    return int(aware.timestamp() * 1000)


def minutes(written: str | int) -> int:
    """``"8:00"`` is 480; a number is minutes already."""
    if isinstance(written, int):
        return written
    sign, hours, rest = re.fullmatch(r"(-?)(\d+):(\d\d)", written).groups()
    return (int(hours) * 60 + int(rest)) * (-1 if sign else 1)


def _prefixed(prefix: str, name: str, value: Any) -> Any:
    """The value with the case's prefix on every id in it; parts of services and trips get their field names."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [_part(prefix, name, part) for part in value]
    if value is None:
        return None
    if name in IDS:
        return prefix + value
    if name == "instruction_id":
        kind, payee, recipient, *rest = value.split(":")
        return ":".join([kind, prefix + payee, recipient if recipient == "-" else prefix + recipient, *rest])
    return value


def _part(prefix: str, name: str, part: dict[str, Any]) -> dict[str, Any]:
    named = dict(PARTS[name][1])
    named |= {PARTS[name][0].get(short, short): value for short, value in part.items()}
    return {field: _prefixed(prefix, field, physical(field, value)) for field, value in named.items()}
