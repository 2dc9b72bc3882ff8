"""A scenario file: a question, and what would be otherwise. TOML; what can stand in it is in docs/what_if.md.

Amounts of money are dollars and hours are written as in the law's files: a value under ``[law…]`` has the parameter's
own unit. One number may be a range, and the scenario then has a variant for each value of it.
"""

import tomllib
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from pipelines.overlays.differences import spelled
from pipelines.what_if.held_value import WAGE, held_from, over_minimum
from pipelines.what_if.variant import FactChange, Variant
from rules.law import Law, LawError
from rules.periods import epoch_day
from schemas import FACTS
from schemas.types import Json

MOST_POINTS = 40
LAW, VALUE = "law.", ".values.value"
RANGE = {"from", "to", "by"}
MILLS_IN_DOLLAR = 1000


class ScenarioError(ValueError):
    """A scenario cannot be used: one line that names the file and the field, and says why."""


class WrittenFacts(msgspec.Struct, forbid_unknown_fields=True):
    """Facts that would be otherwise, as they are written."""

    kind: str
    field: str
    where: dict[str, Any] = {}
    percent: Decimal | None = None
    more: int | None = None
    set: Any = None


class WrittenSupplement(msgspec.Struct, forbid_unknown_fields=True, rename={"from_": "from"}):
    """Dollars an hour over the minimum wage, as they are written."""

    from_: date
    dollars: Decimal
    until: date | None = None


class WrittenScenario(msgspec.Struct, forbid_unknown_fields=True, rename={"with_": "with"}):
    """A file as it is written."""

    name: str
    question: str
    with_: list[str] = []
    adopted: date | None = None
    law: dict[str, Any] = {}
    supplement: dict[str, WrittenSupplement] = {}
    facts: list[WrittenFacts] = []


class Scenario(NamedTuple):
    """``adopted``: the day after which pay runs know the changed values (an epoch day; None: they always did);
    ``axis``: what a range is of, "" where there is none; ``points``: its values, one for each variant."""

    path: Path
    name: str
    question: str
    adopted: int | None
    axis: str
    points: list[Decimal]
    variants: list[Variant]


def read_scenario(path: Path, base: Law) -> Scenario:
    """A file, over those that it names ``with``. Raises ScenarioError."""
    raw = [*_raw(path, ())]
    ranges = [(at, found) for at, (_, document) in enumerate(raw) for found in _ranges(document)]
    if len(ranges) > 1:
        raise ScenarioError(f"{path}: {ranges[1][1][0]}: a second range; only one number of a scenario may be a range")
    axis, points = (ranges[0][1][0], _points(path, *ranges[0][1])) if ranges else ("", [])
    at_points = [[(at, _at_point(each, point)) for at, each in raw] for point in _points_or_one(points)]
    labels = [*(_label(axis, point, base) for point in points)] or [""]
    variants = [_variant(*each, base) for each in zip(at_points, labels, strict=True)]
    own = _converted(path, _at_point(raw[-1][1], points[0] if points else None))
    adopted = None if own.adopted is None else epoch_day(own.adopted)
    return Scenario(path, own.name, own.question, adopted, _parameter_of(axis) or axis, points, variants)


def _raw(path: Path, above: tuple[Path, ...]) -> Iterator[tuple[Path, Json]]:
    """What stands in the files: those below first."""
    try:
        document = tomllib.loads(path.read_text("utf-8"), parse_float=Decimal)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as wrong:
        reason = getattr(wrong, "strerror", None) or str(wrong)
        raise ScenarioError(f"{path}: cannot be read as TOML ({reason})") from None
    named = document.get("with", [])
    for each in named if isinstance(named, list) else ():
        below = path.parent / str(each)
        if below in (*above, path):
            raise ScenarioError(f"{path}: with: {each} names this file again")
        yield from _raw(below, (*above, path))
    yield path, document


def _converted(path: Path, document: Json) -> WrittenScenario:
    try:
        return msgspec.convert(document, WrittenScenario)
    except msgspec.ValidationError as wrong:
        why, _, place = str(wrong).partition(" - at `$")
        raise ScenarioError(f"{path}: {place.strip('.`') or 'the file'}: {why}") from None


# --- ranges -----------------------------------------------------------------------------------------------------------


def _ranges(branch: Any, name: str = "") -> Iterator[tuple[str, Json]]:
    """Tables of from, to and by: their dotted places."""
    if isinstance(branch, dict):
        if branch.keys() == RANGE:
            yield name, branch
            return
        for part, below in branch.items():
            yield from _ranges(below, f"{name}.{part}".strip("."))
    elif isinstance(branch, list):
        for below in branch:
            yield from _ranges(below, name)


def _points(path: Path, name: str, written: Json) -> list[Decimal]:
    if any(type(written[each]) not in (int, Decimal) for each in RANGE):
        raise ScenarioError(f"{path}: {name}: from, to and by of a range are numbers, such as 0.65, 1.25 and 0.10")
    first, last, step = (Decimal(written[each]) for each in ("from", "to", "by"))
    if step <= 0 or last < first or (last - first) // step >= MOST_POINTS:
        raise ScenarioError(f"{path}: {name}: a range goes up, by 1 to {MOST_POINTS} steps")
    return [first + step * number for number in range(int((last - first) // step) + 1)]


def _parameter_of(axis: str) -> str:
    """The parameter whose value is a range, "" for any other number."""
    return axis.removeprefix(LAW).removesuffix(VALUE) if axis.startswith(LAW) else ""


def _label(axis: str, point: Decimal, base: Law) -> str:
    """A point as it is read: a value of the law in its unit."""
    parameter = base.parameters.get(_parameter_of(axis))
    if parameter is not None and point == int(point):
        return spelled(parameter, int(point))
    return f"{point.normalize():f}"


def _points_or_one(points: list[Decimal]) -> list[Decimal | None]:
    return [*points] or [None]


def _at_point(branch: Any, point: Decimal | None) -> Any:
    """The same with a range's point in its place; a whole number where it is one."""
    if isinstance(branch, dict):
        if branch.keys() == RANGE and point is not None:
            return int(point) if point == int(point) else point
        return {part: _at_point(below, point) for part, below in branch.items()}
    return [_at_point(below, point) for below in branch] if isinstance(branch, list) else branch


# --- law and facts ----------------------------------------------------------------------------------------------------


def _variant(documents: list[tuple[Path, Json]], label: str, base: Law) -> Variant:
    """What all files together would change, one after the other."""
    law, facts = base, []
    adopted = _converted(*documents[-1]).adopted
    for path, document in documents:
        written = _converted(path, document)
        try:
            law = _law(law, path, written, written.adopted or adopted)
        except LawError as wrong:
            raise ScenarioError(f"{path}: {str(wrong).partition(': ')[2]}") from None
        facts += [_facts(path, each) for each in written.facts]
    if law.version == base.version and not facts:
        raise ScenarioError(f"{documents[-1][0]}: changes nothing: write [law…], [supplement…] or [[facts]]")
    return Variant(label, law, facts)


def _law(law: Law, path: Path, written: WrittenScenario, adopted: date | None) -> Law:
    if written.law:
        law = law.amended({path.name: _published(written.law, adopted)})
    for county, each in written.supplement.items():
        name = f"{WAGE}{county}"
        if name not in law.parameters:
            raise ScenarioError(f"{path}: supplement.{county}: no county: write its two-digit State code, such as 17")
        mills = each.dollars * MILLS_IN_DOLLAR
        if mills != int(mills) or int(mills) % 2:
            raise ScenarioError(f"{path}: supplement.{county}.dollars: {each.dollars} is no even number of mills")
        last, known = (None if day is None else epoch_day(day) for day in (each.until, adopted))
        table = held_from(law, name, epoch_day(each.from_), last, known, over_minimum(law, int(mills)))
        law = law.amended({path.name: table})
    return law


def _published(branch: Any, adopted: date | None) -> Any:
    """Values that do not say when they are published are, on the day on which the scenario is adopted."""
    if isinstance(branch, list):
        return [_published(each, adopted) for each in branch]
    if not isinstance(branch, dict):
        return branch
    if adopted is not None and "from" in branch and "value" in branch:
        return {"published": adopted, **branch}
    return {part: _published(below, adopted) for part, below in branch.items()}


def _facts(path: Path, written: WrittenFacts) -> FactChange:
    model = FACTS.get(written.kind)
    if model is None:
        raise ScenarioError(f"{path}: facts.kind: {written.kind} is no kind of fact: {', '.join(sorted(FACTS))}")
    for name in (written.field, *written.where):
        if name not in model.model_fields:
            raise ScenarioError(f"{path}: facts.field: a {written.kind} has no {name}")
    if (written.set is None) == (written.percent is None and written.more is None):
        raise ScenarioError(f"{path}: facts: write percent or more, or set")
    where = {name: epoch_day(value) if isinstance(value, date) else value for name, value in written.where.items()}
    made = epoch_day(written.set) if isinstance(written.set, date) else written.set
    return FactChange(written.kind, written.field, where, Fraction(written.percent or 0), written.more or 0, made)
