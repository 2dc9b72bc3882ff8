"""A map proposed from headings and values. It asks nothing and takes nothing for granted: what cannot be seen stands in
it as a line to fill in, and an import by it is refused until that is done."""

import re
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from pipelines.importing.cells import Cell, text_of
from pipelines.importing.hours import COLON
from pipelines.importing.instants import digits_of, proven_order
from pipelines.importing.maps import EDITOR_SCHEMA
from pipelines.importing.sources import RefusedFile
from pipelines.importing.targets import Target, targets
from pipelines.importing.unmapped import Looked, look
from pipelines.misuse import Misuse

MOST_SHAPES, MOST_CODES = 3, 12
DAY_COLUMN = re.compile(r"(?:day ?|d)?(\d{1,2})", re.IGNORECASE)
FEWEST_DAYS = 13
CHOOSE = "CHOOSE"
ENVELOPE = {"source", "recorded_at", "revision", "withdrawn", "event_id", "admitted_cut_off", "document_id"}


def guessed(path: Path, kind: str | None) -> str:
    """A map for a file, as TOML. Raises Misuse for a file that cannot be read at all."""
    try:
        looked = look(path)
    except RefusedFile as refused:
        raise Misuse(f"{path} cannot be looked at: expected {refused.expected}") from None
    return "\n".join(_Guess(looked, kind).lines()) + "\n"


@cache
def words() -> dict[str, list[str]]:
    """words.toml."""
    return tomllib.loads(Path(__file__).with_name("words.toml").read_text("utf-8"))


class _Guess:
    def __init__(self, looked: Looked, kind: str | None) -> None:
        self.looked = looked
        self.days = [heading for heading in looked.columns if DAY_COLUMN.fullmatch(heading)]
        self.days = self.days if len(self.days) >= FEWEST_DAYS else []
        self.kind = kind or self._kind()
        self.shape = self._shape()
        self.taken: list[str] = []

    def _kind(self) -> str:
        has_times = self.find("started_at") and self.find("ended_at")
        return "EvvVisit" if has_times and not self.days else "Timesheet"

    def _shape(self) -> str:
        if self.kind not in ("Timesheet", "EvvVisit") or self.days:
            return "document"
        if self.find("started_at"):
            return "shift" if self.kind == "Timesheet" else "document"
        return "punch" if self.find("punch") else "day" if self.kind == "Timesheet" else "document"

    def find(self, field: str) -> str | None:
        """The heading of a field: the first of its words that stands there."""
        known = {_plain(heading): heading for heading in self.looked.columns}
        spoken = [field.replace("_", " "), *words().get(field, [])]
        return next((known[_plain(each)] for each in spoken if _plain(each) in known), None)

    def lines(self) -> Iterator[str]:
        """The map, line by line."""
        yield f"#:schema {EDITOR_SCHEMA}"
        yield f"# Proposed by ihss-payroll import --guess. Read each line; {CHOOSE} stands where nobody can know it."
        yield f'kind = "{self.kind}"'
        yield 'source = "import"        # who says so: stands in every fact and before every document id'
        yield from self._conventions()
        yield ""
        yield "[rows]"
        yield f'shape = "{self.shape}"'
        yield ""
        yield "[fields]"
        for name, target in self._fields():
            yield from self._field(name, target)
        yield from self._rest()

    def _conventions(self) -> Iterator[str]:
        order, why = _order([cell for heading in self._of_days() for cell in self.looked.columns[heading]])
        yield f'dates = "{order}"          # {why}'
        yield 'zone = "America/Los_Angeles"   # of times that have no offset: is it so?'
        commas = sum(
            bool(re.fullmatch(r"\d+,\d{1,2}", text_of(c))) for cells in self.looked.columns.values() for c in cells
        )
        if commas:
            yield f'decimal = ","            # {commas:,} cells are written so'

    def _of_days(self) -> set[str]:
        """Headings under which days stand, as far as their names are known."""
        names = [name for name, each in targets(self.kind).items() if each.form in ("date", "instant")]
        found = (self.find(name) for name in (*names, *ALIKE.values(), "start_day", "end_day"))
        return {heading for heading in found if heading}

    def _fields(self) -> Iterator[tuple[str, Target]]:
        known = targets(self.kind)
        own = [name for name in known if name in ENVELOPE - {"event_id", "admitted_cut_off"} and self.find(name)]
        yield from ((name, known[name]) for name in own)
        for name in parts_of_shape(self.kind, self.shape):
            yield name, known[name]
        for name, target in known.items():
            if name not in _ALL_PARTS and name not in ENVELOPE and name not in not_of_shape(self.kind, self.shape):
                yield name, target

    def _field(self, name: str, target: Target) -> Iterator[str]:
        if name == "minutes_worked":
            yield from self._grid()
            return
        heading = self.find(ALIKE.get(name, name))
        if target.form == "instant" and heading and self._is_clock(heading):
            yield from self._in_two(name, heading)
        elif heading is None:
            yield from _unknown(name, target)
        elif target.form == "code":
            self.taken.append(heading)
            yield from self._codes(name, heading, target)
        else:
            self.taken.append(heading)
            yield f"{name} = {{ column = {_quoted(heading)} }}   # {self._shapes(heading)}"

    def _grid(self) -> Iterator[str]:
        self.taken += self.days
        columns = ", ".join(map(_quoted, self.days)) or f'"{CHOOSE}"'
        yield f"minutes_worked = {{ columns = [{columns}] }}   # {self._shapes(*self.days)}"

    def _in_two(self, name: str, heading: str) -> Iterator[str]:
        first = name in ("started_at", "check_in_at")
        day = self.find("start_day" if first else "end_day") or self.find("service_date")
        self.taken += [heading, *([day] if day else [])]
        yield f"{name} = {{ day = {_quoted(day or CHOOSE)}, clock = {_quoted(heading)} }}   # {self._shapes(heading)}"

    def _is_clock(self, heading: str) -> bool:
        cells = self.looked.columns[heading]
        return bool(cells) and not any(len(text_of(cell)) > len("12:00:00 AM") for cell in cells)

    def _codes(self, name: str, heading: str, target: Target) -> Iterator[str]:
        said = list(dict.fromkeys(text_of(cell) for cell in self.looked.columns[heading]))
        symbols = {each.casefold() for each in target.symbols}
        strange = [each for each in said if each.casefold() not in symbols][:MOST_CODES]
        codes = ", ".join(f'{_quoted(each)} = "{CHOOSE}"' for each in strange)
        meant = f", codes = {{ {codes} }}" if codes else ""
        yield f"{name} = {{ column = {_quoted(heading)}{meant} }}   # each is one of {', '.join(target.symbols)}"

    def _rest(self) -> Iterator[str]:
        rest = [heading for heading in self.looked.columns if heading not in self.taken]
        if rest:
            yield ""
            yield "# Not read:"
            yield from (f"#   {heading}: {self._shapes(heading)}" for heading in rest)

    def _shapes(self, *headings: str) -> str:
        """What cells look like: 9 for a digit, A for a letter. Never what stands in them."""
        cells: Sequence[Cell] = [cell for heading in headings for cell in self.looked.columns[heading]]
        shapes = list(dict.fromkeys(_shape(cell) for cell in cells))[:MOST_SHAPES]
        hours = any(COLON.fullmatch(text_of(cell)) for cell in cells)
        return ("looks like " + ", ".join(shapes) if shapes else "always empty") + (" (hours:minutes?)" if hours and
                len(headings) > 1 else "")  # fmt: skip


ALIKE = {"check_in_at": "started_at", "check_out_at": "ended_at", "punched_at": "started_at"}
_ALL_PARTS = {"started_at", "ended_at", "break_minutes", "duration", "service_date", "minutes", "punch", "punched_at",
              "sequence"}  # fmt: skip


def parts_of_shape(kind: str, shape: str) -> tuple[str, ...]:
    """Words of a shape that a map of it says."""
    return (
        {
            "day": ("service_date", "minutes"),
            "punch": ("punched_at", "punch"),
            "shift": ("started_at", "ended_at", "break_minutes"),
        }.get(shape, ())
        if kind in ("Timesheet", "EvvVisit") and not (kind == "EvvVisit" and shape == "shift")
        else ()
    )


def not_of_shape(kind: str, shape: str) -> set[str]:
    """Fields that rows of a shape make, so that no column has them."""
    if kind == "Timesheet" and shape != "document":
        return {"period_start", "minutes_worked"}
    return {"check_in_at", "check_out_at"} if shape == "punch" else set()


def _unknown(name: str, target: Target) -> Iterator[str]:
    if target.nullable or target.defaults:
        yield f"# {name} = {{ column = ... }}   # may be left out"
    elif target.form == "code":
        yield f'{name} = {{ value = "{CHOOSE}" }}   # no column found; one of {", ".join(target.symbols)}'
    else:
        yield f'{name} = {{ column = "{CHOOSE}" }}   # no column found; needed'


def _order(cells: Sequence[Cell]) -> tuple[str, str]:
    """The order of days in digits, as far as the cells prove it."""
    found = [pair for cell in cells if (pair := digits_of(cell))]
    if not found:
        return "MDY", "no cell has a day such as 1/31/2026"
    proven = proven_order(found)
    if proven is None:
        return "auto", "not to be seen from these cells: write MDY or DMY; auto refuses a file that does not prove it"
    return proven, f"proven by a day above 12 in {'first' if proven == 'DMY' else 'second'} place"


def _shape(cell: Cell) -> str:
    if not isinstance(cell, str):
        return type(cell).__name__
    return re.sub(r"[A-Za-z]+", lambda found: "A" * min(len(found[0]), 3), re.sub(r"\d", "9", text_of(cell)))[:24]


def _plain(heading: str) -> str:
    return re.sub(r"[^a-z0-9]", "", heading.lower())


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
