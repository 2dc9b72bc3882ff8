"""A row to the values of its fields: each by the map's word, what is empty by the map's default, which is counted."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from pipelines.importing import cells, hours, instants, lists
from pipelines.importing.cells import BadCell, Cell, no_formula, text_of
from pipelines.importing.map import FieldMap, ImportMap, Skip, listed
from pipelines.importing.readings import Assumed, Bad, Civil, Reading, holds, joined
from pipelines.importing.sources import SourceRow, is_empty
from pipelines.importing.targets import LATER, Target, targets
from pipelines.misuse import Misuse

LIKE_MINUTES = "hours never have more than .59: they look like hours.minutes, and were read as decimals"
ENOUGH_HUNDREDTHS = 10  # quarters of hours have .75 among so many, all but surely
PEOPLE = ("provider_id", "recipient_id", "course_id")
PERSON = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
COUNTIES = frozenset(f"{number:02}" for number in range(1, 59))
PAIRED = {"check_in_at", "check_out_at", "started_at", "ended_at", "punched_at"}
"""Instants of a shift: what a clock showed twice is told by the other end and the duration."""


@dataclass
class CellReader:
    """Reads rows by a map. ``known``: ids that are facts already, by field."""

    asked: ImportMap
    known: Mapping[str, frozenset[str]] = field(default_factory=dict)
    hundredths: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.targets = targets(self.asked.kind)
        is_same = {
            name: each.value is not None and not (each.when or each.refuse) for name, each in self.asked.fields.items()
        }
        self.wanted = [
            (name, each, self.targets[name]) for name, each in self.asked.fields.items() if not is_same[name]
        ]
        self.refusals = [rule for each in self.asked.fields.values() for rule in each.refuse]
        self.constant = Reading()
        for name, each in self.asked.fields.items():
            if is_same[name]:
                self.constant.values[name] = self._constant(name, each)

    def _constant(self, name: str, each: FieldMap) -> Cell:
        try:
            return self._value(name, each, self.targets[name], SourceRow(0, {}, ""), self.constant)
        except BadCell as bad:
            raise Misuse(f"the map's value of {name} cannot be used: expected {bad.expected}") from None

    def skipped(self, row: SourceRow) -> Skip | None:
        """The rule by which a row is no fact; None if it may be."""
        rules = (
            rule for rule in self.asked.rows.skip if holds(rule, row) and all(holds(also, row) for also in rule.also)
        )
        return next(rules, None)

    def read(self, row: SourceRow) -> Reading:
        """All fields of a row, and all that is wrong with it at once."""
        read = Reading(dict(self.constant.values), assumed=list(self.constant.assumed))
        if row.fault:
            read.bad.append(Bad("", "", row.fault.expected, row.fault.reason))
            read.is_secret = any(rule.column not in row.cells or holds(rule, row) for rule in self.refusals)
            return read
        for name, each, target in self.wanted:
            try:
                if (value := self._value(name, each, target, row, read)) is not None:
                    read.values[name] = value
            except BadCell as bad:
                at, cell = row.first(self._columns(each) or [""])
                at, cell = (bad.column, bad.cell) if bad.column else (at, cell)
                read.is_secret |= bad.is_secret
                found = Bad(at, text_of(cell), bad.expected, bad.reason, name)
                if found._replace(field="") not in (each_._replace(field="") for each_ in read.bad):
                    read.bad.append(found)
        if read.is_secret:
            read.bad = [bad._replace(value="") for bad in read.bad]
        if read.values.get("withdrawn") and "document_id" in read.values and "revision" not in read.values:
            read.bad.clear()  # what is taken back is known by its number: it need not be told again
        return read

    def _columns(self, each: FieldMap) -> list[str]:
        return listed(each.column) or list(each.columns or ()) or [name for name in (each.clock, each.day) if name]

    def _value(self, name: str, each: FieldMap, target: Target, row: SourceRow, read: Reading) -> Cell:
        if wrong := next((rule.why for rule in each.refuse if holds(rule, row)), None):
            raise BadCell(wrong, secret=True)
        chosen = next((rule.value for rule in each.when if holds(rule, row)), None)
        if chosen is not None:
            return self._converted(name, each, target, chosen, read)
        if each.value is not None:
            read.assumed.append(Assumed(name, str(each.value), "constant"))
            return self._converted(name, each, target, each.value, read)
        if name == "minutes_worked":
            return self._days(each, row, read)
        if each.day or each.clock:
            return self._in_two(name, each, row, read)
        if each.weakest:
            return self._weakest(name, each, target, row, read)
        column, cell = row.first(listed(each.column)) if each.column else ("", joined(each, row))
        if is_empty(cell) and (each.minutes_column is None or is_empty(row.first(listed(each.minutes_column))[1])):
            return self._where_empty(name, each, target, read)
        no_formula(cell)
        if target.form == "instant":
            return self._instant(name, each, column, cell, row, read)
        if each.minutes_column:
            return self._two_columns(each, cell, row, read)
        return self._converted(name, each, target, cell, read)

    def _where_empty(self, name: str, each: FieldMap, target: Target, read: Reading) -> Cell:
        if each.default is not None and name not in self.asked.rows.keep_earlier:
            read.assumed.append(Assumed(name, str(each.default), "default"))
            return self._converted(name, each, target, each.default, read)
        if target.nullable or target.defaults or name in (*LATER, *self.asked.rows.keep_earlier):
            return None
        if target.form in ("list", "services", "trips"):
            return []
        raise BadCell("something: it is needed, and the map has no default for it")

    def _converted(self, name: str, each: FieldMap, target: Target, cell: Cell, read: Reading) -> Cell:
        form, asked, note = each.form or target.form, self.asked, read.noted.append
        if each.lookup:
            cell = self._looked_up(each, cell)
        if form == "id":
            return self._identifier(name, each, cell)
        if form == "code":
            return cells.code(cell, each.codes, list(target.symbols))
        if form == "yes_no":
            return cells.yes_no(cell, each.codes)
        if form == "whole_number":
            return cells.whole_number(cell, asked.decimal)
        if form in ("hours", "decimal_hours", "minutes", "hours_of_days"):
            return self._minutes(each, form, cell, read)
        if form == "dollars":
            return cells.cents(cell, asked.decimal)
        if form == "date":
            return instants.epoch(instants.day_of(cell, asked.dates, listed(each.pattern), each.serial))
        if form == "instant":
            return self._instant(name, each, "", cell, None, read)
        if form in lists.FORMS:
            return lists.FORMS[form](text_of(cell), each.separator, each.codes, target.symbols, asked, note)
        return text_of(cell)

    def _minutes(self, each: FieldMap, form: str, cell: Cell, read: Reading) -> int:
        text = text_of(cell)
        if form != "minutes" and (found := re.fullmatch(r"\d+[.,](\d{2})", text)):
            self.hundredths["above" if int(found[1]) > 59 else "below" if int(found[1]) else "none"] += 1
        return hours.minutes(cell, form, self.asked.decimal, each.corrections, read.noted.append)

    def _identifier(self, name: str, each: FieldMap, cell: Cell) -> str:
        text = cells.identifier(cell)
        width, known = (2, COUNTIES) if name == "county" else (each.pad, self.known.get(name, frozenset()))
        if width and text.isdigit() and len(text) < width:
            if (padded := text.zfill(width)) in known:
                return padded
            raise BadCell(f"{width} digits: zeros were lost, and no id that is known has these with zeros before them")
        if name in PEOPLE and not PERSON.fullmatch(text):
            raise BadCell("an id of letters, digits, dots and dashes: of a name, say in the map whose it is (lookup)")
        return text

    def _looked_up(self, each: FieldMap, cell: Cell) -> str:
        table, text = self.asked.lookups[str(each.lookup)], cells.identifier(cell)
        assert isinstance(table, dict)
        meant = table.get(text) or {key.casefold(): value for key, value in table.items()}.get(text.casefold())
        if meant is None:
            raise BadCell(f"a word of the table {each.lookup} of the map: nothing near it is taken instead")
        return meant

    def _days(self, each: FieldMap, row: SourceRow, read: Reading) -> list[int | None]:
        """Minutes of a column a day; None where nothing stands."""
        days: list[int | None] = []
        for column in each.columns or ():
            cell = row.cells.get(column)
            try:
                no_formula(cell)
                days.append(None if is_empty(cell) else self._minutes(each, each.form or "hours", cell, read))
            except BadCell as bad:
                days.append(None)
                read.bad.append(Bad(column, text_of(cell), bad.expected, bad.reason, "minutes_worked"))
        return days

    def _two_columns(self, each: FieldMap, cell: Cell, row: SourceRow, read: Reading) -> int:
        _, rest = row.first(listed(each.minutes_column))
        whole, rest_of_hour = (
            0 if is_empty(part) else cells.whole_number(part, self.asked.decimal) for part in (cell, rest)
        )
        if not 0 <= rest_of_hour < cells.MINUTES_IN_HOUR or not 0 <= whole <= hours.MOST_HOURS:
            raise BadCell("hours, and minutes below 60 in the column beside them")
        return whole * cells.MINUTES_IN_HOUR + rest_of_hour

    def _weakest(self, name: str, each: FieldMap, target: Target, row: SourceRow, read: Reading) -> Cell:
        """Of columns that may differ the value that proves least."""
        found = [row.cells.get(column) for column in (*listed(each.column), *(each.columns or ()))]
        said = {str(self._converted(name, each, target, cell, read)) for cell in found if not is_empty(cell)}
        if not said:
            return self._where_empty(name, each, target, read)
        if len(said) > 1:
            read.noted.append(f"{name} was not the same at both ends: the weaker was taken")
        return next((each_ for each_ in each.weakest if each_ in said), None) or sorted(said)[0]

    def _in_two(self, name: str, each: FieldMap, row: SourceRow, read: Reading) -> Cell:
        day, clock = row.cells.get(each.day or ""), row.cells.get(each.clock or "")
        if is_empty(clock):
            return self._where_empty(name, each, self.targets[name], read)
        no_formula(day)
        no_formula(clock)
        if is_empty(day):
            raise BadCell(f"a day in the column {each.day} beside this time")
        try:
            civil_day = instants.day_of(day, self.asked.dates, listed(each.pattern), each.serial)
        except BadCell as bad:
            raise BadCell(bad.expected, bad.reason, each.day or "", day) from None
        if isinstance(clock, datetime) or instants.JOINED.fullmatch(text_of(clock)):  # it says its own day too
            return self._instant(name, each, each.clock or "", clock, row, read)
        civil = datetime.combine(civil_day, instants.clock_of(clock, read.noted.append))
        return self._placed(name, Civil(civil, self._zone(each, row), each.day or "", each.clock or ""))

    def _instant(
        self, name: str, each: FieldMap, column: str, cell: Cell, row: SourceRow | None, read: Reading
    ) -> Cell:
        at = instants.written_instant(cell, self.asked.dates, each, read.noted.append)
        return self._placed(name, Civil(at, self._zone(each, row), "", column))

    def _placed(self, name: str, civil: Civil) -> Cell:
        """A civil time as it is where a pair decides, else its one instant."""
        if name in PAIRED:
            return civil
        found = instants.instants_of(civil.at, civil.zone)
        if len(found) > 1:
            raise BadCell(instants.TWICE)
        return found[0]

    def _zone(self, each: FieldMap, row: SourceRow | None) -> ZoneInfo:
        if each.zone_column and row and not is_empty(cell := row.cells.get(each.zone_column)):
            try:
                return instants.zone_named(cell, self.asked.zones)
            except BadCell as bad:
                raise BadCell(bad.expected, bad.reason, each.zone_column, cell) from None
        return instants.zone_of(each.zone or self.asked.zone)

    def warnings(self) -> Iterator[str]:
        """What columns look like as a whole."""
        if self.hundredths["below"] and not self.hundredths["above"] and self.hundredths["below"] >= ENOUGH_HUNDREDTHS:
            yield LIKE_MINUTES
