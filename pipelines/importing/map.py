"""The map of an import: a TOML that says what each column of a file means. Its words are in docs/import_maps.md.

Nothing about minutes is guessed: what a map does not say and the cells do not prove is a bad row.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from schemas import FACTS

Order = Literal["MDY", "DMY", "YMD", "auto"]
Form = Literal[
    "text", "id", "code", "yes_no", "whole_number", "hours", "decimal_hours", "minutes", "hours_of_days", "dollars",
    "date", "clock", "instant", "list", "services", "trips",
]  # fmt: skip
Columns = str | list[str]
Constant = str | int | bool
Strings = Annotated[dict[str, str], Field(default_factory=dict)]


class Words(BaseModel):
    """A table of the map; a word that it does not know is refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class When(Words):
    """A value for rows in which a column has, or has not, something in it."""

    column: str = Field(description="Heading of the column that is looked at.")
    filled: bool | None = Field(None, description="true: anything stands in it; false: nothing does.")
    equals: Columns | None = Field(None, description="Its text is one of these; capitals do not matter.")
    matches: str | None = Field(None, description="A regular expression that is found in its text.")

    @model_validator(mode="after")
    def _asks_one_thing(self) -> Self:
        if sum(each is not None for each in (self.filled, self.equals, self.matches)) != 1:
            raise ValueError("say one of filled, equals, matches")
        try:
            re.compile(self.matches or "")
        except re.error as wrong:
            raise ValueError(f"matches is no regular expression: {wrong}") from None
        return self


class Choice(When):
    """A value that a row has when a column says so."""

    value: Constant = Field(description="What the field then is.")


class Skip(When):
    """Rows that are no facts, such as totals."""

    also: list[When] = Field(default_factory=list, description="All of these must hold too.")
    why: str = Field(description="What such rows are, for the report.")
    total: str | None = Field(None, description="Column in which the hours of the rows above are added up.")


class Refusal(When):
    """Rows of which a field cannot be used; what stands in them is not repeated, for it may be a secret."""

    why: str = Field(description="What was expected, for the table of bad rows.")


class FieldMap(Words):
    """Where a field comes from and how it is written there."""

    column: Columns | None = Field(None, description="Heading, or several: the first that is filled is taken.")
    columns: list[str] | None = Field(None, description="Of minutes_worked a column a day; else joined by a space.")
    value: Constant | None = Field(None, description="The same for every row; counted in the report.")
    default: Constant | None = Field(None, description="Where the cell is empty; counted in the report.")
    when: list[Choice] = Field(default_factory=list, description="Asked first, in order; the first that holds decides.")
    form: Form | None = Field(None, description="How it is written, where the field itself does not say.")
    optional: bool = Field(False, description="The column need not be in the file.")
    day: str | None = Field(None, description="An instant in two columns: the one of the day.")
    clock: str | None = Field(None, description="An instant in two columns: the one of the time of day.")
    pattern: Columns | None = Field(None, description="As in strptime, such as %Y%m%d; several are tried in order.")
    zone: str | None = Field(None, description="Time zone of what has no offset, such as America/Los_Angeles.")
    zone_column: str | None = Field(None, description="Column that names the zone of what has no offset.")
    minutes_column: Columns | None = Field(None, description="Hours in one column, minutes in this one.")
    serial: bool = Field(False, description="Days and times are spreadsheet numbers (1900 system).")
    midnight: bool = Field(False, description="A day without a time of day is meant as its first moment.")
    refuse: list[Refusal] = Field(default_factory=list, description="Rows in which this field cannot be used.")
    codes: Strings = Field(description="What each word in the file means; a word that is not here is a bad row.")
    lookup: str | None = Field(None, description="The table of [lookups] that says what each word means.")
    weakest: list[str] = Field(default_factory=list, description="Where columns differ: the first of these wins.")
    pad: int | None = Field(None, ge=1, le=64, description="Digits of an id that lost zeros, if that id is known.")
    corrections: bool = Field(False, description="Hours below zero take hours back from the same day.")
    separator: str = Field(";", description="Between the items of a list.")


class FileMap(Words):
    """What the file is, where that cannot be seen."""

    format: Literal["csv", "xlsx", "fixed", "json"] | None = Field(None, description="Else by ending and beginning.")
    encoding: str | None = Field(None, description="Such as windows-1252; else UTF-8, or UTF-16 with its mark.")
    delimiter: str | None = Field(None, min_length=1, max_length=1, description="Else the one that finds the columns.")
    sheet: str | None = Field(None, description="Name of the sheet of a workbook; else its only one.")
    header_rows: int = Field(1, ge=0, le=3, description="Rows of headings; of several the upper ones are filled right.")
    headings: list[str] = Field(default_factory=list, description="Headings of a file that has none, by position.")
    records: str = Field("", description="JSON: the path to the array, such as result.visits.")
    widths: dict[str, Annotated[list[int], Field(min_length=2, max_length=2)]] = Field(
        default_factory=dict, description="Fixed width: first and last character of each column, from 1."
    )
    length: int | None = Field(None, ge=1, description="Fixed width: the characters of a whole line.")
    empty: list[str] = Field(
        default_factory=lambda: ["-", "--", "--:--", "NULL", "0001-01-01T00:00:00Z", "1900-01-01"],
        description="Texts that mean that nothing stands there.",
    )


class RowsMap(Words):
    """How rows make documents."""

    shape: Literal["document", "day", "shift", "punch"] = Field("document", description="What a row is.")
    skip: list[Skip] = Field(default_factory=list, description="Rows that are no facts; counted.")
    longest_shift_hours: int = Field(16, ge=1, le=25, description="Longer shifts that were inferred are bad rows.")
    repeated: Literal["refuse", "last"] = Field("refuse", description="Two rows of one document that differ.")
    keep_earlier: list[str] = Field(default_factory=list, description="Empty in an update: the earlier value stays.")
    seconds: Literal["refuse", "down", "nearest"] = Field("refuse", description="Of hours from times: what seconds do.")
    in_closes: bool = Field(False, description="Punches: an In while one is open closes that one too.")
    complete: bool = Field(False, description="The file has all days of each pay period that is in it.")
    worked: bool = Field(True, description="false: the file is a schedule, so nobody is paid by it.")


class ImportMap(Words):
    """All that a map says."""

    kind: str = Field(description="The kind of fact.", json_schema_extra={"enum": list(FACTS)})
    source: str = Field("import", description="Who says so: stands in every fact and before every document id.")
    plain_ids: bool = Field(False, description="Document ids are written as they are, without the source before them.")
    about: str = Field("", description="What this map is for.")
    refuse: str | None = Field(None, description="Why a layout cannot be imported at all.")
    needs: Strings = Field(description="Of a preset: fields that your own map must say, and how.")
    dates: Order = Field("MDY", description="How days in digits are written; auto: refused unless the cells prove it.")
    zone: str = Field("America/Los_Angeles", description="Time zone of times without one.")
    decimal: Literal[".", ","] = Field(".", description="The decimal sign.")
    zones: Strings = Field(description="Names of zones in a column that are not those of the tz database.")
    file: FileMap = Field(default_factory=FileMap)
    rows: RowsMap = Field(default_factory=RowsMap)
    fields: dict[str, FieldMap] = Field(description="By field of the kind, or one of the words of its shape.")
    lookups: dict[str, dict[str, str] | str] = Field(
        default_factory=dict, description="Tables of words and what they mean; or a CSV of two columns, by its path."
    )

    @model_validator(mode="after")
    def _known(self) -> Self:
        if self.kind not in FACTS:
            raise ValueError(f"kind {self.kind} is none: there are {', '.join(FACTS)}")
        if unknown := self.fields.keys() - names_for(self.kind):
            raise ValueError(f"{self.kind} has no field {', '.join(sorted(unknown))}")
        if missing := {each.lookup for each in self.fields.values() if each.lookup} - self.lookups.keys():
            raise ValueError(f"[lookups] has no table {', '.join(sorted(missing))}")
        return self


OF_ROWS = {
    "started_at", "ended_at", "break_minutes", "duration", "service_date", "minutes", "punch", "punched_at", "sequence",
}  # fmt: skip
"""What fields of a map may be besides those of the kind: parts of shifts, days and punches, and the sender's version
number."""


def names_for(kind: str) -> set[str]:
    """What the fields of a map for a kind may be called."""
    return {*FACTS[kind].model_fields, *OF_ROWS} - {"admitted_cut_off", "event_id"}


@cache
def parts_of_rows(kind: str) -> frozenset[str]:
    """Those of OF_ROWS that are no field of a kind."""
    return frozenset(OF_ROWS - FACTS[kind].model_fields.keys())


def listed(value: Any) -> list[str]:
    """One or several as a list."""
    return [value] if isinstance(value, str) else list(value or ())
