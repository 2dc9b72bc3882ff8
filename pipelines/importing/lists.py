"""Lists in one cell: ``A; B``; services, ``BATHING=2:30; DRESSING=1:00``; trips, ``2026-01-05 R2 IHSS 0:45; ...``."""

from collections.abc import Callable, Mapping, Sequence

from pipelines.importing.cells import BadCell, Cell, Note, code
from pipelines.importing.hours import minutes
from pipelines.importing.instants import day_of, epoch
from pipelines.importing.map import ImportMap
from schemas.types import Fields

PARTS_OF_A_TRIP = 4
Codes = Mapping[str, str]


def symbols(text: str, separator: str, codes: Codes, known: Sequence[str], asked: ImportMap, note: Note) -> list[str]:
    """Symbols of a list."""
    return [code(each, codes, list(known)) for each in _items(text, separator)]


def services(
    text: str, separator: str, codes: Codes, known: Sequence[str], asked: ImportMap, note: Note
) -> list[Fields]:
    """Services with their hours a week."""
    return [_service(each, codes, asked, note) for each in _items(text, separator)]


def _service(item: str, codes: Codes, asked: ImportMap, note: Note) -> Fields:
    name, equals, hours = item.partition("=")
    if not equals:
        raise BadCell("services with their hours a week, such as BATHING=2:30; DRESSING=1:00")
    word = name.strip()
    weekly = minutes(hours.strip(), "hours", asked.decimal, False, note)
    return {"service": codes.get(word, word), "minutes_per_week": weekly}


def trips(text: str, separator: str, codes: Codes, known: Sequence[str], asked: ImportMap, note: Note) -> list[Fields]:
    """Trips: day, to whom, program, hours."""
    return [_trip(each, codes, asked, note) for each in _items(text, separator)]


def _trip(item: str, codes: Codes, asked: ImportMap, note: Note) -> Fields:
    parts = item.split()
    if len(parts) != PARTS_OF_A_TRIP:
        raise BadCell("trips as day, recipient, program and hours, such as 2026-01-05 R2 IHSS 0:45; ...")
    day, recipient, program, hours = parts
    return {
        "service_date": epoch(day_of(day, asked.dates)),
        "to_recipient_id": recipient,
        "program": code(program, codes, ["IHSS", "WPCS"]),
        "minutes": minutes(hours, "hours", asked.decimal, False, note),
    }


def _items(text: str, separator: str) -> list[str]:
    return [each.strip() for each in text.split(separator) if each.strip()]


FORMS: dict[str, Callable[..., list[Cell]]] = {"list": symbols, "services": services, "trips": trips}
"""Readers of lists by form."""
