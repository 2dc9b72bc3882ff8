"""Decides what may stand in a parameter file, and reads it: the numbers beside this module, or a folder laid over them.

Authority: LAW.md, the head (grades; effective and published dates), MONEY-1 (half of a rate must be exact in mills);
DESIGN.md: a published value is known to cut-offs after the end of the day it was published.
In force: always. Does not cover: which value is in force (rules/law.py), nor whether a value is right.

A file holds one table per parameter (``[wage.43]``): ``law`` (law id), ``unit``, ``choices`` (where not every word is
implemented), ``carried_by`` (the assumption by which the last value goes on after its last known day, WAGE-2; then
each value says that day), ``optional`` (the rules know what to do without a value) and ``values``, each with ``from``,
``value``, ``grade``, ``citation`` and, where known, ``until`` and ``published``. What is neither carried nor optional
has a value on every day, so that no rule asks in vain. Units: day ``int``, cut-off ``int``.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from difflib import get_close_matches
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import msgspec

from rules.parameters.plausible import too_much
from rules.parameters.values import Grade, LawEntry, Parameter
from rules.periods import cut_off_after, epoch_day, iso, midnight

__all__ = [
    "OWN_FOLDER", "Documents", "LawEntry", "LawError", "Parameter", "laid_over", "own_parameters", "read_documents",
]  # fmt: skip
Toml = Mapping[str, Any]
Documents = Mapping[str, Toml]  # by file name, parsed
Read = dict[str, Parameter]

GRADES = get_args(Grade)
OWN_FOLDER = Path(__file__).parent
WHOLE = ("minutes", "cents", "mills_per_hour", "per_100000", "days", "months", "count", "divisor")
ABOVE_ZERO = ("mills_per_hour", "divisor")
MEMBERS = {"symbols": str, "calendar": str, "counts": int}
TYPES: dict[str, type] = dict.fromkeys(WHOLE, int) | dict.fromkeys(MEMBERS, list)
TYPES |= {"boolean": bool, "choice": str, "text": str, "day": date}
SPOKEN = {int: "a whole number", list: "an array", bool: "true or false", str: "a string", date: "a date, 2026-01-31"}


class LawError(ValueError):
    """The parameters cannot be used: one line that names the file and the parameter, and says what to do."""


class _Value(msgspec.Struct, forbid_unknown_fields=True, rename={"from_": "from"}):
    from_: date
    value: Any
    until: date | None = None
    published: date | None = None
    grade: Grade | None = None
    citation: str | None = None


class _Table(msgspec.Struct, forbid_unknown_fields=True):
    values: list[_Value]
    law: str | None = None
    unit: str | None = None
    choices: list[str | bool] | None = None
    carried_by: str | None = None
    optional: bool | None = None


def read_documents(folder: Path) -> Documents:
    """The ``*.toml`` files of a folder, parsed. Raises LawError when there is none or one cannot be read."""
    paths = sorted(folder.glob("*.toml"))
    if not paths:
        raise LawError(f"{folder}: no *.toml file here; give a folder with files like rules/parameters/wages.toml")
    return {path.name: _document(path) for path in paths}


def own_parameters(documents: Documents) -> Read:
    """Parameters that must be complete: law, unit, and a grade and citation for each value. Raises LawError."""
    found = _whole(_read(documents, {}), documents, {})
    for name, parameter in found.items():
        if parameter.carried_by and parameter.carried_by not in found:
            raise LawError(f"{_origin(name, documents)}: {name}: carried_by names no parameter; correct it")
    return found


def laid_over(documents: Documents, base: Mapping[str, Parameter]) -> Read:
    """What ``base`` becomes where parameters lie over it, by name: a value with the same (from, published) is replaced,
    any other added. They take its law and unit; grade ``assumption`` unless stated.

    Raises LawError, also for a name that ``base`` does not have.
    """
    over = {name: _over(base[name], over) for name, over in _read(documents, base).items()}
    return _whole(over, documents, base)


def _whole(parameters: Read, documents: Documents, base: Mapping[str, Parameter]) -> Read:
    """The same; raises LawError where the rules would miss a value, or one is implausible."""
    for name, parameter in parameters.items():
        if wrong := too_much(name, parameter, {**base, **parameters}):
            raise LawError(f"{_origin(name, documents)}: {name}: {wrong}; correct one of them")
        day = parameter.missing()
        if day is not None:
            what = f"the rules need a value on every day, and {iso(day)} has none; leave `until` out or add one"
            raise LawError(f"{_origin(name, documents)}: {name}: {what}")
    return parameters


def _origin(name: str, documents: Documents) -> str:
    """The first file that names a parameter."""
    return next(origin for origin, document in documents.items() if name in dict(_tables(document, origin)))


def _over(below: Parameter, over: Parameter) -> Parameter:
    entries = {entry.order: entry for entry in (*below.entries, *over.entries)}
    return replace(below, entries=_in_order(entries.values()))


def _in_order(entries: Iterable[LawEntry]) -> tuple[LawEntry, ...]:
    """Sorted so that the last one that holds wins."""
    return tuple(sorted(entries, key=lambda entry: entry.order))


def _document(path: Path) -> Toml:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as problem:
        raise LawError(f"{path.name}: cannot be read as TOML ({problem}); correct the file") from None


def _read(documents: Documents, base: Mapping[str, Parameter]) -> Read:
    found: dict[str, Parameter] = {}
    for origin, document in documents.items():
        for name, written in _tables(document, origin):
            try:
                table = msgspec.convert(written, _Table)
                parameter = _laid_over(name, table, origin, base) if base else _own(table)
                found[name] = _joined(found.get(name), parameter)
            except (LawError, msgspec.ValidationError) as problem:
                raise LawError(f"{origin}: {name}: {problem}") from None
    return found


def _tables(branch: Toml, origin: str, above: str = "") -> Iterator[tuple[str, Toml]]:
    for key, below in branch.items():
        name = f"{above}{key}"
        if not isinstance(below, dict):
            raise LawError(f"{origin}: {name}: no table of values; write [{name}] and values = [...]")
        if not below:
            raise LawError(f"{origin}: {name}: has no values; write values = [...]")
        tables = {part: each for part, each in below.items() if isinstance(each, dict)}
        if "values" in below:  # others may be named below it: minimum_wage.carried_forward below minimum_wage
            yield name, {part: each for part, each in below.items() if part not in tables}
        yield from _tables(tables if "values" in below else below, origin, f"{name}.")


def _own(table: _Table) -> Parameter:
    if table.law is None or table.unit is None:
        raise LawError("law and unit are missing; add them")
    choices, carried_by = tuple(table.choices or ()), table.carried_by or ""
    blank = Parameter(table.law, table.unit, choices, (), carried_by, table.optional or False)
    return _with_entries(blank, table, None)


def _laid_over(name: str, table: _Table, origin: str, base: Mapping[str, Parameter]) -> Parameter:
    below = base.get(name)
    if below is None:
        near = get_close_matches(name, base, n=1) or ["a name of rules/parameters"]
        raise LawError(f"no such parameter; did you mean {near[0]}?")
    if below.unit == "calendar":
        raise LawError("the calendar is read with the product and cannot be laid over; leave it out")
    if table.unit not in (None, below.unit) or table.law not in (None, below.law) or table.choices is not None:
        raise LawError(f"law, unit and choices cannot be changed (unit is {below.unit}); leave them out")
    if table.carried_by not in (None, below.carried_by) or table.optional not in (None, below.optional):
        raise LawError("carried_by and optional cannot be changed; leave them out")
    return _with_entries(below, table, f"overlay {origin}")


def _with_entries(parameter: Parameter, table: _Table, citation: str | None) -> Parameter:
    return replace(parameter, entries=tuple(_entry(parameter, written, citation) for written in table.values))


def _entry(parameter: Parameter, written: _Value, citation: str | None) -> LawEntry:
    grade: Grade | None = written.grade or ("assumption" if citation else None)
    citation = written.citation or citation
    if not grade or not citation:
        raise LawError("a value without grade or citation; add them")
    if written.until is not None and written.until < written.from_:
        raise LawError(f"`until` {written.until} is before `from` {written.from_}; correct one of them")
    if parameter.carried_by and written.until is None and grade != "assumption":
        raise LawError("a value named by the year says until when it is known (WAGE-2); add `until`")
    until, published = (None if civil is None else epoch_day(civil) for civil in (written.until, written.published))
    # What is published on a day is known when that day has ended, as a fact recorded at that midnight would be.
    known_from = None if published is None else cut_off_after(midnight(published + 1))
    value = _checked(parameter, written.value)
    return LawEntry(value, epoch_day(written.from_), until, published, known_from, grade, citation, parameter.law)


def _checked(parameter: Parameter, value: Any) -> Any:
    _check_type(parameter.unit, value)
    if TYPES[parameter.unit] is int:
        _check_number(parameter.unit, value)
    if TYPES[parameter.unit] is list:
        _check_members(parameter.unit, value)
    _check_choices(parameter, value if TYPES[parameter.unit] is list else [value])
    if isinstance(value, list):
        return tuple(value)
    return epoch_day(value) if isinstance(value, date) else value


def _check_type(unit: str, value: object) -> None:
    if unit not in TYPES:
        raise LawError(f"unit {unit!r} is unknown; take one of {', '.join(TYPES)}")
    # Exactly the type: true is no whole number, and a date with a time of day is no date.
    if type(value) is not TYPES[unit]:
        raise LawError(f"`value` must be {SPOKEN[TYPES[unit]]} (unit {unit}); correct it")


def _check_number(unit: str, value: int) -> None:
    if value < 0 or (value == 0 and unit in ABOVE_ZERO):
        raise LawError(f"`value` {value} is too low for unit {unit}; correct it")
    if unit == "mills_per_hour" and value & 1:
        raise LawError(f"`value` {value}: half of an odd number of mills is not exact (MONEY-1); give an even number")


def _check_members(unit: str, value: list[object]) -> None:
    member = MEMBERS[unit]
    if any(type(part) is not member for part in value) or (member is str and len(set(value)) < len(value)):
        raise LawError(f"`value` must be an array, each part {SPOKEN[member]} and none twice; correct it")


def _check_choices(parameter: Parameter, values: list[object]) -> None:
    # A word that no rule knows would silently decide nothing.
    if (parameter.choices or parameter.unit == "choice") and not all(value in parameter.choices for value in values):
        raise LawError(f"`value` must be one of {', '.join(map(str, parameter.choices))}; correct it")


def _joined(earlier: Parameter | None, parameter: Parameter) -> Parameter:
    entries = _in_order(parameter.entries if earlier is None else (*earlier.entries, *parameter.entries))
    if not entries:
        raise LawError("has no values; write values = [...]")
    for published in {entry.published for entry in entries}:
        _check_apart([entry for entry in entries if entry.published == published])
    return replace(parameter, entries=entries)


def _check_apart(entries: list[LawEntry]) -> None:
    for entry, after in pairwise(entries):
        if entry.from_day == after.from_day or (entry.until is not None and entry.until >= after.from_day):
            raise LawError(f"two values for {iso(after.from_day)}; end the earlier one (`until`) before that day")
