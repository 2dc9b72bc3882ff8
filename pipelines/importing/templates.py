"""Empty tables to fill in, one for each kind of fact, and the map that reads them: made from the Avro schemas, so that
a file with these headings needs no map."""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from pipelines.cells import Rows
from pipelines.importing.map import ImportMap
from pipelines.importing.sources import key_of
from pipelines.importing.targets import Target, targets
from pipelines.importing.workbooks import EXPLANATIONS
from schemas import FACTS, private
from schemas.avro import logical_schema
from schemas.types import Json

DAYS = 16
EXAMPLE = "EXAMPLE"
BOM = "\ufeff"  # without it Excel takes another encoding
SHEET = "Facts"
LAST = ("revision", "withdrawn", "recorded_at", "source")
NOT_ASKED = {"event_id", "admitted_cut_off"}
SOURCE = "import"
FORM_WORDS = {
    "id": "an id: letters, digits, dots, dashes; format the column as text, so that zeros stay",
    "text": "a text",
    "yes_no": "yes or no",
    "whole_number": "a whole number",
    "hours": "hours: 4:30, 4.5, 4h30 or 270m",
    "dollars": "dollars: 1,234.56",
    "date": "a day: 2026-01-31 (or 1/31/2026)",
    "instant": "a day and time: 2026-01-31 17:30, California's time; or with an offset: 2026-01-31T17:30:00-08:00",
    "list": "any of these, with ; between",
    "services": "services with their hours a week: MEAL_PREPARATION=7:00; BATHING=2:30",
    "trips": "day, to which recipient, program and hours, with ; between: 2026-01-05 R2 IHSS 0:45; ...",
}
OF_IMPORT = {
    "document_id": "May be empty: made from the other fields then.",
    "revision": "May be empty: 1, or the next after the import before.",
    "withdrawn": "May be empty: no.",
    "recorded_at": "May be empty: the time of the import.",
    "source": f"May be empty: {SOURCE}.",
    "provider_signed_at": "May be empty: the time of the import, which is counted.",
}


class Heading(NamedTuple):
    """One column of a template: which field it fills, how it is written, whether it may be empty, what it is."""

    name: str
    field: str
    target: Target
    is_needed: bool
    words: str


@cache
def headings(kind: str) -> tuple[Heading, ...]:
    """The columns of a kind's template, in order."""
    known, docs = targets(kind), {field["name"]: field.get("doc", "") for field in logical_schema(kind)["fields"]}
    names = [name for name in docs if name not in (*NOT_ASKED, *LAST)]
    made = [each for name in (*names, *LAST) for each in _of_field(name, known[name], docs[name])]
    return tuple(made)


def _of_field(name: str, target: Target, doc: str) -> list[Heading]:
    if name == "minutes_worked":
        words = "Hours of the pay period's day {}; empty is none. Of the second half-month, day 1 is the 16th."
        return [Heading(f"day_{day}", name, target, day == 1, words.format(day)) for day in range(1, DAYS + 1)]
    words = f"{doc} {OF_IMPORT.get(name, '')}".strip()
    return [Heading(heading_for(name), name, target, not target.nullable and not target.defaults, words)]


def heading_for(field: str) -> str:
    """A field as a person names it: hours, not minutes; dollars, not cents."""
    return re.sub(r"cents\b", "dollars", re.sub(r"(?<![a-z])minutes(?![a-z])", "hours", field))


@cache
def template_map(kind: str) -> ImportMap:
    """The map of a file with the template's headings."""
    fields: Json = {}
    for each in headings(kind):
        if each.field == "minutes_worked":
            fields.setdefault(each.field, {"columns": [], "optional": True})["columns"].append(each.name)
        else:
            fields[each.field] = {"column": each.name, "optional": not each.is_needed}
    skip = [{"column": "document_id", "matches": f"^{EXAMPLE}-", "why": "example rows of the template"}]
    return ImportMap.model_validate(
        {
            "kind": kind,
            "source": SOURCE,
            "plain_ids": True,
            "about": f"The template of {kind}.",
            "rows": {"skip": skip},
            "fields": fields,
        }
    )


def kind_of_headings(found: list[str]) -> str | None:
    """The kind whose template has these headings and no other, and needs no more than these; None for none."""
    names = {key_of(each) for each in found if each}
    fitting = [
        kind
        for kind in FACTS
        if {each.name for each in headings(kind) if each.is_needed} <= names <= {each.name for each in headings(kind)}
    ]
    return fitting[0] if len(fitting) == 1 else None


def template_name(kind: str) -> str:
    """The name of a kind's template, without ending."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind).lower()


def write_csv(kind: str, path: Path) -> None:
    """Headings and two example rows, which an import leaves out."""
    with private.text(path) as stream:
        stream.write(BOM)
        rows = Rows(stream, [each.name for each in headings(kind)])
        for each in examples(kind):
            rows.row(each)


def examples(kind: str) -> list[list[str]]:
    """Two rows that could be facts."""
    return [[_example(kind, each, row) for each in headings(kind)] for row in (0, 1)]


EXAMPLES: dict[str, tuple[str, str]] = {
    "document_id": (f"{EXAMPLE}-1", f"{EXAMPLE}-2"),
    "provider_id": ("P0001", "P0002"),
    "recipient_id": ("R0001", "R0002"),
    "program": ("IHSS", "IHSS"),
    "period_start": ("2026-11-01", "2026-11-16"),
    "workweek_start": ("2026-11-01", "2026-11-08"),
    "effective_to": ("", "2027-10-31"),
    "listed_to": ("", "2027-10-31"),
    "deceased_on": ("", ""),
    "exemption_from": ("", ""),
    "exemption_to": ("", ""),
    "county": ("17", "17"),
    "course_id": ("C101", "C102"),
    "title": ("Safe lifting", "First aid"),
    "instruction_id": ("ARREARS:P0001:R0001:2026-01-01:2026-01-20", "ARREARS:P0002:R0002:2026-01-01:2026-01-20"),
    "recipient_approved_at": ("2026-12-01 09:00", ""),
    "check_in_at": ("2026-11-02 09:00", "2026-11-02 22:00"),
    "check_out_at": ("2026-11-02 11:30", "2026-11-03 06:00"),
    "services": ("MEAL_PREPARATION=7:00; BATHING=2:30", ""),
    "trips": ("2026-11-03 R0002 IHSS 0:45", "2026-11-17 R0001 IHSS 0:30; 2026-11-18 R0001 IHSS 0:30"),
    "cents": ("", ""),
    "revision": ("", ""),
    "withdrawn": ("", ""),
    "recorded_at": ("", ""),
    "source": ("", ""),
    "reason": ("", ""),
    "account_token": ("T-0001", ""),
    "payee_account_token": ("", ""),
}
OF_FORMS: dict[str, tuple[str, str]] = {
    "yes_no": ("no", "yes"),
    "hours": ("2:30", "3.5"),
    "dollars": ("0.00", "1,234.56"),
    "date": ("2026-11-01", "2026-11-16"),
    "instant": ("2026-12-01 08:30", "2026-12-01 08:30"),
}


def _example(kind: str, each: Heading, row: int) -> str:
    if each.field in EXAMPLES:
        return EXAMPLES[each.field][row]
    if each.field == "minutes_worked":
        day = int(each.name.removeprefix("day_"))
        return ("2:30", "4.5")[row] if day % 3 == 1 and day < DAYS else ""
    if each.target.symbols:
        return each.target.symbols[row % len(each.target.symbols)]
    return OF_FORMS[each.target.form][row]


def write_xlsx(kind: str, path: Path) -> None:
    """The same as a workbook, with lists to choose codes from and a sheet of explanations."""
    import openpyxl
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = SHEET
    _fill(sheet, [[each.name for each in headings(kind)], *examples(kind)], Font)
    for place, each in enumerate(headings(kind), 1):
        letter = get_column_letter(place)
        sheet.column_dimensions[letter].width = max(12, len(each.name) + 2)
        sheet.column_dimensions[
            letter
        ].number_format = "@"  # of new cells: a spreadsheet keeps zeros and dates as typed
        if each.target.form == "code":
            choice = DataValidation("list", formula1=f'"{",".join(each.target.symbols)}"', allow_blank=True)
            choice.add(f"{letter}2:{letter}100000")
            sheet.add_data_validation(choice)
    _explain(book.create_sheet(EXPLANATIONS), kind, Font)
    with private.created(path) as stream:
        book.save(stream)


def _fill(sheet: Any, rows: list[list[str]], font: Callable[..., Any]) -> None:
    for row in rows:
        sheet.append(row)
    for row in sheet.iter_rows():
        for cell in row:
            cell.number_format = "@"
            cell.font = font(bold=cell.row == 1, italic=cell.row > 1, color="808080" if cell.row > 1 else "000000")
    sheet.freeze_panes = "B2"


def _explain(sheet: Any, kind: str, font: Callable[..., Any]) -> None:
    sheet.append(["Column", "Needed", "Written as", "What it is"])
    for each in headings(kind):
        written = ", ".join(each.target.symbols) if each.target.form == "code" else FORM_WORDS[each.target.form]
        if each.target.form == "list":
            written = f"{written}: {', '.join(each.target.symbols)}"
        sheet.append([each.name, "yes" if each.is_needed else "no", written, each.words])
    sheet.append([])
    sheet.append([f"Rows whose document_id begins with {EXAMPLE}- are examples: an import leaves them out."])
    sheet.append([f"Save, then: ihss-payroll import {template_name(kind)}.xlsx --out facts"])
    for cell in sheet[1]:
        cell.font = font(bold=True)
    for letter, width in zip("ABCD", (24, 8, 70, 90), strict=True):
        sheet.column_dimensions[letter].width = width
