"""A record as flat fields that can be set beside each other: ``lines.SERVICE.cents``, ``deductions.FICA``."""

from collections import defaultdict
from typing import Any

from rules.periods import iso
from schemas.avro import fields_of
from schemas.envelope import OutgoingRecord
from schemas.types import Json

# A difference in the first alone makes no instruction; the second only a live job knows (CONTRACT.md).
IGNORED = {"law_version": None, "seen_at": None}
NAMES = {"deductions": ("kind",), "lines": ("earning",), "totals": ("kind", "method")}
"""Arrays of parts, and what in a part names it."""

DAYS = ("period_start", "run_date", "service_date", "workweek_start", "service_month", "due_by", "spend_by")
AMOUNTS = ("cents", "minutes")

Flat = Json


def flat(record: OutgoingRecord | None) -> Flat:
    """The fields of a record that say something, arrays of parts summed by what names a part."""
    fields: Flat = {}
    for name, value in (fields_of(record) if record else {}).items():
        if name in NAMES:
            fields |= _of_parts(name, value)
        elif name not in IGNORED:
            fields[name] = value
    return fields


def _of_parts(name: str, parts: list[Json]) -> Flat:
    sums: dict[str, int] = defaultdict(int)
    words: dict[str, set[str]] = defaultdict(set)
    for part in parts:
        path = ".".join([name, *(str(part[of]) for of in NAMES[name])])
        for field, value in part.items():
            if field in NAMES[name]:
                continue
            if type(value) is int and field != "rate_mills":
                sums[f"{path}.{field}"] += value
            elif value is not None:
                words[f"{path}.{field}"].add(str(value))
    return {**sums, **{path: ", ".join(sorted(values)) for path, values in words.items()}}


def changed_fields(before: Flat, after: Flat) -> dict[str, tuple[object, object]]:
    """What differs, as (before, after); what a side does not have counts as zero in a sum, else as None."""
    changed = {}
    for name in before.keys() | after.keys():
        one, other = before.get(name), after.get(name)
        if one != other and not (not one and not other and "." in name):
            changed[name] = (one, other)
    return dict(sorted(changed.items()))


def same(before: OutgoingRecord, after: OutgoingRecord) -> bool:
    """Whether two records say the same, whatever law version they name."""
    return before == after or fields_of(before) | IGNORED == fields_of(after) | IGNORED


def difference(field: str, one: Any, other: Any) -> int:
    """After less before, of cents and minutes; 0 of what is no amount."""
    return (other or 0) - (one or 0) if field.endswith(AMOUNTS) else 0


def as_said(field: str, value: Any) -> Any:
    """The value as JSON says it: days as YYYY-MM-DD, the rest as it is."""
    return iso(value) if field in DAYS and value is not None else value
