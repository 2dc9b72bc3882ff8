"""A row's values to drafts: what it says of one document each. A shift over a half-month's end says it of two."""

import hashlib
import re
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from pipelines.importing.cells import BadCell, Note, text_of
from pipelines.importing.map import OF_ROWS, ImportMap, listed, parts_of_rows
from pipelines.importing.readings import Bad, Reading
from pipelines.importing.shifts import Ends, ShiftPart, ends_of, parts_of
from rules.periods import MILLIS_IN_MINUTE, civil_day, hhmm, iso, midnight, period_of
from schemas import FACTS
from schemas.types import Fields, days_of_pay_period

LONGEST_ID = 64
PAIR = ("provider_id", "recipient_id", "program")
OUTSIDE_ID = re.compile(r"[^A-Za-z0-9.-]")
HALF_MONTH = 16
Values = Fields


class DocumentDraft(NamedTuple):
    """``document``: which; ``sequence``: the sender's number of this version; ``same``: equal of rows that are;
    ``body``: values; ``parts``: minutes by day, of rows that make a document together; ``minutes``: all it claims."""

    document: str
    sequence: int | None
    same: str
    body: Values
    parts: tuple[ShiftPart, ...] = ()
    minutes: int = 0


def drafts_of(asked: ImportMap, read: Reading, raw: str) -> list[DocumentDraft]:
    """The drafts of a row; what is wrong with it is added to ``read.bad``."""
    if read.bad:
        return []
    try:
        return list(_drafts(asked, read, raw))
    except BadCell as bad:
        column, field = _of_times(asked)
        read.bad.append(Bad(bad.column or column, text_of(bad.cell), bad.expected, bad.reason, field))
        return []


def _drafts(asked: ImportMap, read: Reading, raw: str) -> Iterator[DocumentDraft]:
    values, shape = read.values, asked.rows.shape
    if shape == "punch":
        yield from _of_punch(asked, values, raw)
    elif asked.kind == "Timesheet" and shape != "document":
        yield from _of_hours(asked, read, raw)
    elif asked.kind == "EvvVisit":
        ends = _ends_of_visit(asked, values)
        yield _whole(asked, values | {"check_in_at": ends.start, "check_out_at": ends.end}, ends.minutes, raw)
    else:
        whole = _with_days(values, _day_columns(asked), read.noted.append)
        yield _whole(asked, whole, sum(each or 0 for each in whole.get("minutes_worked") or ()), raw)


EMPTY_DAYS = "timesheets with empty days, on which nothing was worked then"


def _with_days(values: Values, columns: list[str], note: Note) -> Values:
    """Values with as many days as the pay period has: days that are silent are 0, days that it has not must be."""
    days = values.get("minutes_worked")
    if days is None or "period_start" not in values:
        return values
    length = days_of_pay_period(values["period_start"]) or HALF_MONTH
    if beyond := next((at for at, each in enumerate(days) if at >= length and each), None):
        words = f"nothing there: the pay period that starts {iso(values['period_start'])} has {length} days"
        raise BadCell(words, "CONTRADICTORY", columns[beyond] if columns else "", hhmm(days[beyond]))
    if columns and len(columns) < length:
        words = f"a column for each of the {length} days of the pay period that starts {iso(values['period_start'])}"
        raise BadCell(words, "CONTRADICTORY", columns[-1])
    if None in days[:length]:
        note(EMPTY_DAYS)
    filled = [each or 0 for each in days[:length]]
    return values | {"minutes_worked": filled + [0] * (length - len(filled))}


def _day_columns(asked: ImportMap) -> list[str]:
    each = asked.fields.get("minutes_worked")
    return list(each.columns or ()) if each else []


def _whole(asked: ImportMap, values: Values, minutes: int, raw: str) -> DocumentDraft:
    """A row that is a document."""
    body = {name: value for name, value in values.items() if name not in parts_of_rows(asked.kind) | {"document_id"}}
    sequence = values.get("sequence", values.get("revision"))
    document = values.get("document_id")
    named = named_id(asked, document) if document else unnamed_id(asked, body)
    return DocumentDraft(named, sequence, digest(body), body, minutes=minutes)


def _of_hours(asked: ImportMap, read: Reading, raw: str) -> Iterator[DocumentDraft]:
    """Rows of hours: a part for each day, a draft for each pay period."""
    values = read.values
    parts = _parts(asked, read)
    rest = {name: value for name, value in values.items() if name not in OF_ROWS and name not in LATER_IN_GROUP}
    for period in sorted({period_of(part.day) for part in parts}):
        within = tuple(part for part in parts if period_of(part.day) == period)
        key = rest | {"period_start": period}
        said = values.get("document_id")
        named = named_id(asked, said) if said else unnamed_id(asked, key)
        yield DocumentDraft(named, None, digest([raw]), key, within, sum(part.minutes for part in within))


LATER_IN_GROUP = {"document_id", "minutes_worked", "period_start"}


def _parts(asked: ImportMap, read: Reading) -> list[ShiftPart]:
    values, note = read.values, read.noted.append
    if asked.rows.shape == "day":
        if "service_date" not in values:
            raise BadCell("a day", column=_column_of(asked, "service_date"))
        return [ShiftPart(values["service_date"], values["minutes"])]
    if values.get("started_at") is None and values.get("ended_at") is None:
        if values.get("service_date") is None or values.get("duration") is None:
            raise BadCell("a beginning and an end, or a day and its hours")
        note("rows without times: the hours of their day were taken")
        return [ShiftPart(values["service_date"], values["duration"])]
    ends, rest = _ends(asked, values, "started_at", "ended_at"), values.get("break_minutes") or 0
    parts = parts_of(ends, rest, asked.rows, note)
    if (said := values.get("duration")) is not None and abs(sum(part.minutes for part in parts) - said) > 1:
        raise BadCell("hours that agree with the times and the break beside them", "CONTRADICTORY")
    return parts


def _ends(asked: ImportMap, values: Values, start: str, end: str) -> Ends:
    worked = values.get("duration")
    together = None if worked is None else worked + (values.get("break_minutes") or 0)
    return ends_of(values.get(start), values.get(end), together, asked.rows)


def _ends_of_visit(asked: ImportMap, values: Values) -> Ends:
    """When a visit began and ended; of one that is taken back that need not be readable."""
    try:
        return _ends(asked, values, "check_in_at", "check_out_at")
    except BadCell:
        if values.get("withdrawn"):
            return Ends(None, None)
        raise


def _of_punch(asked: ImportMap, values: Values, raw: str) -> Iterator[DocumentDraft]:
    """A punch, of the group of all that its pair has; pairing comes when all are known."""
    at = ends_of(values["punched_at"], None, None, asked.rows).start
    body = {name: value for name, value in values.items() if name not in parts_of_rows(asked.kind)}
    key = "|".join(str(values.get(name, "")) for name in PAIR)
    yield DocumentDraft(key, at, digest([raw]), body | {"punched_at": at, "punch": values["punch"]})


def named_id(asked: ImportMap, said: object) -> str:
    """The document of an id in the file."""
    return str(said) if asked.plain_ids else document_id(asked.source, str(said))


def document_id(source: str, said: str) -> str:
    """The sender's id behind its source; other characters as _XX_ of their code, which can be turned back. What is
    longer than a document id may be: its SHA-256."""
    return _fitting(f"{_escaped(source)}.{_escaped(said)}")


def unnamed_id(asked: ImportMap, body: Values) -> str:
    """An id from key fields and day, for rows that have none."""
    fields = FACTS[asked.kind].model_fields
    names = [name for name in NAMED_BY if name in fields]
    day = next((iso(body[name]) for name in DAYS if isinstance(body.get(name), int)), _day_of_instant(body))
    return _fitting(
        ".".join(_escaped(str(each)) for each in (asked.source, *(body.get(n, "") for n in names), day) if each)
    )


NAMED_BY = (
    "provider_id", "recipient_id", "program", "instruction_id", "course_id", "incentive", "pathway", "outcome",
)  # fmt: skip
DAYS = ("period_start", "class_date", "workweek_start", "effective_from", "listed_from")


def _day_of_instant(body: Values) -> str:
    start = body.get("check_in_at") or body.get("check_out_at")
    if not start:
        return ""
    day = civil_day(start)
    hours, minutes = divmod((start - midnight(day)) // MILLIS_IN_MINUTE, 60)
    return f"{iso(day)}.{hours:02}{minutes:02}"


def _escaped(text: str) -> str:
    return OUTSIDE_ID.sub(lambda found: f"_{ord(found[0]):x}_", text)


def _fitting(text: str) -> str:
    return text if len(text) <= LONGEST_ID else f"x.{hashlib.sha256(text.encode()).hexdigest()[:40]}"


def digest(said: object) -> str:
    """The same for what says the same."""
    return hashlib.sha256(msgspec.json.encode(said, order="deterministic")).hexdigest()[:32]


def _of_times(asked: ImportMap) -> tuple[str, str]:
    """The column and the field that is named where a row's times or days do not fit together."""
    names = ("ended_at", "check_out_at", "minutes_worked", "service_date", "punched_at")
    name = next((name for name in names if name in asked.fields), "")
    return _column_of(asked, name), name


def _column_of(asked: ImportMap, name: str) -> str:
    """The first column of a field."""
    each = asked.fields.get(name)
    return next(iter([each.clock] if each.clock else [*listed(each.column), *(each.columns or ())]), "") if each else ""
