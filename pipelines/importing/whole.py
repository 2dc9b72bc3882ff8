"""Whether a map says all that its kind needs, in words that the kind knows: told before a row is read."""

import codecs
from collections.abc import Iterator
from contextlib import suppress
from zoneinfo import available_timezones

from pipelines.importing.map import FieldMap, ImportMap
from pipelines.importing.targets import LATER, Target, targets

PARTS = {
    "day": ("service_date", "minutes"),
    "punch": ("punched_at", "punch"),
    "shift": ("started_at", "ended_at"),
}
"""Words of a shape that make hours or visits."""
MADE = {"period_start", "minutes_worked"}  # of rows of hours


SCHEDULE = "this layout is of schedules, by which nobody is paid: of time worked, say worked = true in [rows]"


def of_hours(asked: ImportMap) -> bool:
    """Whether rows are hours of days that make a timesheet together."""
    return asked.kind == "Timesheet" and asked.rows.shape != "document"


def faults(asked: ImportMap) -> Iterator[str]:
    """What is missing or means nothing."""
    if missing := [name for name in needed(asked) if name not in asked.fields]:
        yield f"fields: a {asked.kind} needs {', '.join(missing)} too"
    for name, each in asked.fields.items():
        target = targets(asked.kind)[name]
        if name == "minutes_worked" and not each.columns:
            yield "fields.minutes_worked needs columns, one a day"
        if not _says_whence(each):
            yield f"fields.{name} says neither column nor value: where does it come from?"
        if target.form in ("code", "list") and (strange := _meanings(each) - set(target.symbols)):
            yield f"fields.{name}: {', '.join(sorted(strange))} is none of {', '.join(target.symbols)}"
    zones = {asked.zone, *asked.zones.values(), *(each.zone for each in asked.fields.values() if each.zone)}
    if unknown := zones - available_timezones():
        yield f"{', '.join(sorted(unknown))} is no time zone: write one such as America/Los_Angeles"
    if not _is_encoding(asked.file.encoding):
        yield f"file.encoding: {asked.file.encoding} is none"
    if not asked.rows.worked:
        yield SCHEDULE


def _is_encoding(name: str | None) -> bool:
    with suppress(LookupError):
        return name is None or bool(codecs.lookup(name))
    return False


def needed(asked: ImportMap) -> list[str]:
    """Fields that a map must say."""
    shape, kind = asked.rows.shape, asked.kind
    own = [name for name, target in targets(kind).items() if _is_needed(name, target)]
    if of_hours(asked):
        own = [name for name in own if name not in MADE]
    if kind == "EvvVisit" and shape != "punch":
        return [*own, "check_in_at"]
    if kind not in ("Timesheet", "EvvVisit") or shape == "document":
        return own
    if shape == "shift" and {"service_date", "duration"} <= asked.fields.keys():
        return own
    return [*own, *PARTS[shape]]


OWN_OF_SHAPE = {"started_at", "ended_at", "punched_at", "service_date", "minutes", "duration", "break_minutes", "punch",
                "sequence", "event_id", "admitted_cut_off"}  # fmt: skip


def _is_needed(name: str, target: Target) -> bool:
    return not (target.nullable or target.defaults or name in LATER or name in OWN_OF_SHAPE)


def _says_whence(each: FieldMap) -> bool:
    return any((each.column, each.columns, each.value is not None, each.when, each.clock, each.minutes_column)) or (
        each.default is not None
    )


def _meanings(each: FieldMap) -> set[str]:
    """Every symbol that the map would give."""
    given = {*each.codes.values(), *(rule.value for rule in each.when), *each.weakest}
    given |= {value for value in (each.value, each.default) if value is not None and not each.codes}
    return {str(value) for value in given}
